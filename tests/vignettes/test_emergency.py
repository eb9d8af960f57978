"""Vignette 27: he seizes at the detox; its nurse opens what is known to the emergency department, and writes after."""

from dataclasses import MISSING, fields
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from fhir.content.builders import Agreed, Pathway
from fhir.content.compartments import Compartment
from referrals.acts import AddAgency, Offer, OpenInEmergency, Send, StopConsent
from referrals.emergencies import services as emergencies
from referrals.emergencies.models import EmergencyAccess
from referrals.emergencies.natures import Nature
from referrals.errors import Denied, IllegalStep, Invalid, NotFound
from referrals.listing import inbox
from referrals.models import Wrap
from referrals.policy.bases import Basis
from referrals.shelltext import as_json
from tests.vignettes.people import Entry, Event, Merrow, call, ledger, of, said, seen, told

USE = seen("15167005", "Alcohol use disorder", value="Two bottles a day, last drink at nine")
SEIZED_BEFORE = said("Had withdrawal seizures in 2024")
RELEASE = frozenset({Compartment.CONTACT, Compartment.CLINICAL, Compartment.SUD})
PARTS = ("contact", "clinical", "sud")
STATEMENT = "42cfr2-2024"
WORDS = "Tonic-clonic seizure at 22:40, four minutes; no answer when asked; taken by ambulance."


@pytest.fixture
def in_detox(merrow):
    """The officer brought him, the unit found a bed on his signature, and detox has begun."""
    act = Send(data=call(born="1968-01-11"), to=merrow.at("bhu"), pathway=Pathway.SELF_REFERRAL, agreed=Agreed.YES)
    referral_id = merrow.do("alder officer", act).referral_id
    merrow.step("clinician", merrow.task(referral_id, "bhu"), "accept", "start")
    merrow.add("clinician", referral_id, of(USE))
    merrow.add("clinician", referral_id, SEIZED_BEFORE)
    merrow.sign("clinician", referral_id, to=("detox",), parts=PARTS)
    merrow.do("clinician", Offer(referral_id=referral_id, to=merrow.at("detox"), release=RELEASE))
    merrow.step("detox intake", merrow.task(referral_id, "detox"), "accept", "start")
    return referral_id


def opening(merrow: Merrow, referral_id, to: str = "hospital") -> OpenInEmergency:
    """Two taps: what it is, and whom."""
    return OpenInEmergency(referral_id=referral_id, agency_id=merrow.agencies[to].id, nature=Nature.SEIZURE)


@pytest.fixture
def opened(merrow, in_detox):
    merrow.do("detox intake", opening(merrow, in_detox))
    return in_detox


def in_(**spell: float) -> time_machine.travel:
    return time_machine.travel(timezone.now() + timedelta(**spell), tick=True)


def test_it_asks_for_two_things_besides_whom_it_is_about():
    asked = {field.name for field in fields(OpenInEmergency) if field.default is MISSING}
    assert asked == {"referral_id", "nature", "agency_id"}


def test_vignette_27_the_nurse_reads_who_he_is_what_he_drinks_and_that_he_seized_before(merrow, in_detox):
    for who in ("ED nurse", "ED doctor"):
        assert merrow.turned_away(who, in_detox) == "NOT_FOUND"
    merrow.do("detox intake", opening(merrow, in_detox))
    for who in ("ED nurse", "ED doctor"):
        shown = merrow.open(who, in_detox)
        text = as_json(shown)
        assert {"Zwillinger", "last drink at nine", "seizures in 2024"} == {
            word for word in ("Zwillinger", "last drink at nine", "seizures in 2024", "river bridge") if word in text
        }
        assert {section.compartment.value for section in shown.sections} == {"request", *PARTS}
        assert [notice.version for notice in shown.notices] == [STATEMENT]


def test_the_four_fields_of_2_51_are_on_record_with_the_opening(merrow, opened):
    row = EmergencyAccess.objects.get(referral_id=opened)
    assert row.recipient.slug == "hospital"
    assert (row.agency.slug, row.membership_id) == ("detox", merrow.people["detox intake"].membership_id)
    assert abs(row.opened_at - timezone.now()) < timedelta(minutes=1)
    assert row.nature == "seizure"
    assert row.until - row.opened_at == timedelta(minutes=60)
    assert row.words_due - row.opened_at == timedelta(hours=1)
    assert row.documented_at is None
    assert ledger(opened)[-1] == Entry(
        "detox", "hospital", "request+contact+clinical+sud", "medical_emergency", "ETREAT", None, None, STATEMENT
    )
    assert merrow.events(opened)[-1] == Event("detox intake", "emergency.open", "0", f"EmergencyAccess/{row.id}")


def test_the_privacy_officers_of_both_houses_are_told_at_once_and_police_are_not(merrow, in_detox):
    known = len(told(in_detox))
    merrow.do("detox intake", opening(merrow, in_detox))
    assert sorted(told(in_detox)[known:]) == [
        ("detox", "privacy_officer", "emergency-open"),
        ("hospital", "", "emergency-open"),
        ("hospital", "privacy_officer", "emergency-open"),
    ]


def test_it_is_over_after_the_hour(merrow, opened):
    with in_(minutes=59):
        assert merrow.parts("ED nurse", opened) == {"request", *PARTS}
        assert [row.referral_id for row in inbox(merrow.people["ED nurse"])] == [opened]
    with in_(minutes=61):
        assert merrow.turned_away("ED nurse", opened) == "EMERGENCY_OVER"
        assert inbox(merrow.people["ED nurse"]) == []
        merrow.step("detox intake", merrow.task(opened, "detox"), "hold", reason="not-medically-clear")
        assert not Wrap.objects.filter(folder_id=opened, agency=merrow.agencies["hospital"]).exists()
    assert len([entry for entry in ledger(opened) if entry.recipient == "hospital"]) == 1


def test_no_consent_is_asked_for_and_a_stopped_one_does_not_stand_in_the_way(merrow, in_detox):
    (signed,) = {entry.consent for entry in ledger(in_detox) if entry.consent}
    merrow.do("clinician", StopConsent(referral_id=in_detox, consent_id=signed))
    merrow.do("clinician", opening(merrow, in_detox))
    assert "seizures in 2024" in as_json(merrow.open("ED nurse", in_detox))


@pytest.mark.parametrize(
    "who",
    ["alder officer", "alder outreach", "coach", "bhu admin", "bhu privacy", "detox driver", "detox coach", "driver"],
)
def test_who_is_not_there_to_help_the_client_medically_opens_nothing(merrow, in_detox, who):
    refusal = merrow.refused(who, opening(merrow, in_detox))
    assert refusal.code in {"ROLE", "NOT_FOUND"}
    assert not EmergencyAccess.objects.exists()
    assert merrow.turned_away("ED nurse", in_detox) == "NOT_FOUND"


@pytest.mark.parametrize("to", ["alder-pd", "brindle-pd", "rides", "elder"])
def test_police_drivers_and_an_office_are_not_medical_personnel(merrow, in_detox, to):
    assert merrow.refused("detox intake", opening(merrow, in_detox, to)).code == "RECIPIENT_NOT_COVERED"
    assert not EmergencyAccess.objects.exists()


@pytest.mark.parametrize("who", ["hospital coordinator", "hospital coach", "hospital admin", "hospital privacy"])
def test_in_the_hospital_itself_only_those_who_treat_read_it(merrow, opened, who):
    try:
        sections = merrow.open(who, opened).sections
    except (Denied, NotFound):
        sections = ()
    assert sections == ()
    for part in map(Compartment, PARTS):
        assert merrow.turned_away(who, opened, part) in {"ROLE", "NOT_FOUND"}


@pytest.mark.parametrize("who", ["hospital coordinator", "hospital coach"])
def test_who_may_not_read_it_there_does_not_open_it_to_the_next_house_either(merrow, opened, who):
    assert merrow.refused(who, opening(merrow, opened, "clinic")).code == "ROLE"
    assert merrow.turned_away("clinic intake", opened) == "NOT_FOUND"
    # Nor do those who may: what came in an emergency is handed on by whoever it came from (test_second_emergency.py).
    assert merrow.refused("ED nurse", opening(merrow, opened, "clinic")).code == "COMPARTMENT"


@pytest.mark.parametrize("basis", [Basis.MEDICAL_EMERGENCY, Basis.HIPAA_512J])
def test_nobody_gets_round_the_hour_by_naming_the_ground_in_another_act(merrow, in_detox, basis):
    contact, to = frozenset({Compartment.CONTACT}), merrow.at("hospital")
    for act in (
        AddAgency(referral_id=in_detox, agency_id=to[0], compartments=contact, basis=basis),
        Offer(referral_id=in_detox, to=to, release=contact, basis=basis),
        Send(data=call(), to=to, basis=basis),
    ):
        assert merrow.refused("clinician", act).code == "NO_BASIS"
    assert not Wrap.objects.filter(agency=merrow.agencies["hospital"]).exists()


def test_the_words_are_written_after_and_read_by_those_who_review(merrow, opened):
    access = EmergencyAccess.objects.get(referral_id=opened)
    with in_(minutes=40):
        emergencies.document(merrow.people["detox intake"], access.id, recipient="R. Amery, RN", words=WORDS)
    access.refresh_from_db()
    assert access.documented_by == merrow.people["detox intake"].membership_id
    assert emergencies.read_words(merrow.people["detox privacy"], access.id) == {
        "recipient": "R. Amery, RN",
        "words": WORDS,
    }
    with pytest.raises(NotFound):
        emergencies.read_words(merrow.people["ED nurse"], access.id)
    emergencies.review(merrow.people["detox privacy"], access.id, justified=True)
    assert emergencies.open_list(merrow.people["detox privacy"]) == []


@pytest.mark.parametrize(
    ("recipient", "words", "field"),
    [("", WORDS, "recipient"), ("R. Amery, RN", "", "words"), ("R. Amery", "x", "words")],
)
def test_the_task_does_not_close_without_a_name_and_words(merrow, opened, recipient, words, field):
    access = EmergencyAccess.objects.get(referral_id=opened)
    with pytest.raises(Invalid) as refusal:
        emergencies.document(merrow.people["detox intake"], access.id, recipient=recipient, words=words)
    assert [issue.expression for issue in refusal.value.issues] == [field]
    assert EmergencyAccess.objects.get(pk=access.pk).documented_at is None


def test_it_is_written_once(merrow, opened):
    access = EmergencyAccess.objects.get(referral_id=opened)
    emergencies.document(merrow.people["detox intake"], access.id, recipient="R. Amery, RN", words=WORDS)
    with pytest.raises(IllegalStep):
        emergencies.document(merrow.people["detox intake"], access.id, recipient="R. Amery, RN", words=WORDS)


def test_the_officer_who_brought_him_sees_no_difference(merrow, in_detox):
    before = merrow.screen("alder officer", in_detox)
    merrow.do("detox intake", opening(merrow, in_detox))
    assert merrow.screen("alder officer", in_detox) == before
    assert b"hospital" not in before
