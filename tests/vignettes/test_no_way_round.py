"""Ways round a gate: an offer made again, a part ended to see who has one, words where none may stand, and others."""

import json
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from fhir.content.builders import Agreed
from fhir.content.compartments import Compartment
from referrals.acts import (
    AddAgency,
    AddSection,
    CorrectSection,
    Offer,
    OpenInEmergency,
    Send,
    StopConsent,
    TakeStep,
    WarnOfThreat,
    WithdrawAgency,
)
from referrals.emergencies.natures import Nature
from referrals.models import Referral, Section
from referrals.policy.bases import Basis
from referrals.shelltext import as_json
from tests.referrals.test_ambulance import FLAGS, check
from tests.vignettes.people import Merrow, c_ssrs, call, ledger, of, said, seen, told
from tests.vignettes.test_consent_ends import PARTS, RELEASE, USE, walks_in
from tests.vignettes.test_threat import SAID

HIGH = c_ssrs(wish=True, thoughts=True, method=True, intent=True, plan=True, ever=True, recent=True)


def later(**spell: float) -> time_machine.travel:
    return time_machine.travel(timezone.now() + timedelta(**spell), tick=True)


def sent(merrow: Merrow, *more):
    return merrow.do("alder officer", Send(data=call(*more), to=merrow.at("bhu"), agreed=Agreed.YES)).referral_id


def emergency(merrow: Merrow, referral_id, slug="hospital") -> OpenInEmergency:
    return OpenInEmergency(referral_id=referral_id, agency_id=merrow.agencies[slug].id, nature=next(iter(Nature)))


@pytest.fixture
def served(merrow):
    """Detox had him on his signature, and is done."""
    referral_id = walks_in(merrow)
    signed = merrow.sign("coordinator", referral_id, to=("detox", "clinic"), parts=PARTS, days=5)
    merrow.do("coordinator", Offer(referral_id=referral_id, to=merrow.at("detox"), release=RELEASE))
    merrow.step("detox intake", merrow.task(referral_id, "detox"), "accept", "start", "complete")
    return referral_id, signed


@pytest.mark.parametrize("days", [1, 30], ids=["held", "expired"])
def test_an_anonymous_offer_opens_nothing_of_what_an_ended_consent_had_opened(merrow, served, days):
    referral_id, signed = served
    if days == 1:
        merrow.do("coordinator", StopConsent(referral_id=referral_id, consent_id=signed))
    with later(days=days):
        assert merrow.turned_away("detox intake", referral_id).startswith("CONSENT_")
        again = Offer(referral_id=referral_id, to=merrow.at("detox"), basis=Basis.DEIDENTIFIED)
        merrow.do("coordinator", again)
        assert merrow.parts("detox intake", referral_id) == {"request"}
        assert "Two bags" not in as_json(merrow.open("detox intake", referral_id))


def test_an_officer_gets_one_answer_whether_a_provider_is_in_his_referral_or_not(merrow):
    referral_id = sent(merrow)
    merrow.sign("coordinator", referral_id, to=("detox",), parts=("contact",))
    merrow.do(
        "clinician",
        AddAgency(
            referral_id=referral_id,
            agency_id=merrow.agencies["detox"].id,
            compartments=frozenset({Compartment.CONTACT}),
            basis=Basis.CONSENT_NAMED,
        ),
    )
    answers = {
        merrow.refused(
            "alder officer", WithdrawAgency(referral_id=referral_id, agency_id=merrow.agencies[slug].id)
        ).code
        for slug in ("detox", "clinic")
    }
    assert answers == {"NOT_FOUND"}
    assert "contact" in merrow.parts("detox intake", referral_id)


def test_an_emergency_opened_to_who_was_offered_it_outlives_anothers_yes_and_breaks_nothing(merrow):
    referral_id = walks_in(merrow)
    merrow.do("coordinator", Offer(referral_id=referral_id, to=merrow.at("hospital", "clinic")))
    merrow.do("clinician", emergency(merrow, referral_id))
    with later(minutes=5):
        merrow.step("clinic intake", merrow.task(referral_id, "clinic"), "accept")
        assert "contact" in merrow.parts("ED nurse", referral_id)
    with later(minutes=65):
        merrow.add("clinician", referral_id, of(USE))
        assert merrow.turned_away("ED nurse", referral_id) == "EMERGENCY_OVER"
        merrow.step("clinic intake", merrow.task(referral_id, "clinic"), "start")
        merrow.open("coordinator", referral_id)


def test_after_the_hour_what_was_offered_to_others_can_still_be_taken(merrow):
    referral_id = walks_in(merrow)
    merrow.do("coordinator", Offer(referral_id=referral_id, to=merrow.at("hospital", "clinic")))
    merrow.do("clinician", emergency(merrow, referral_id))
    with later(minutes=65):
        merrow.add("clinician", referral_id, of(USE))
        merrow.step("clinic intake", merrow.task(referral_id, "clinic"), "accept")


@pytest.mark.parametrize("days", [1, 30], ids=["held", "expired"])
def test_in_an_emergency_nobody_is_refused_because_a_consent_of_theirs_ended(merrow, served, days):
    referral_id, signed = served
    if days == 1:
        merrow.do("coordinator", StopConsent(referral_id=referral_id, consent_id=signed))
    with later(days=days):
        merrow.do("clinician", emergency(merrow, referral_id, "detox"))
        assert "sud" in merrow.parts("detox intake", referral_id)


@pytest.mark.parametrize("first", [(), (c_ssrs(wish=False, thoughts=False),)], ids=["none", "low"])
def test_a_screen_that_comes_after_the_sending_reaches_the_unit_and_makes_it_urgent(merrow, first):
    referral_id = sent(merrow, *first)
    merrow.add("alder officer", referral_id, HIGH)
    assert "high" in {score.level.value for score in merrow.open("clinician", referral_id).scores}
    assert ledger(referral_id)[-1].parts == "clinical"
    assert Referral.objects.get(pk=referral_id).priority == "stat"
    if not first:
        assert ("bhu", "", "part-added") in told(referral_id)


def test_nothing_is_added_to_a_warning_and_nothing_of_it_corrected(merrow):
    to = merrow.agencies["alder-pd"].id
    referral_id = merrow.do("clinician", WarnOfThreat(to=to, threat=SAID)).referral_id
    named = {"resourceType": "Patient", "name": [{"text": "Anselm Zwillinger, our methadone client"}]}
    patient = Section.objects.get(folder_id=referral_id, type="Patient").resource_id
    for data in (named, said("in methadone treatment")):
        act = AddSection(referral_id=referral_id, data=json.dumps(data).encode())
        assert merrow.refused("clinician", act).code == "NO_BASIS"
    act = CorrectSection(referral_id=referral_id, resource_id=patient, data=json.dumps(named).encode())
    assert merrow.refused("clinician", act).code == "NO_BASIS"


@pytest.mark.parametrize(("before", "step"), [((), "cancel"), (("accept",), "request-cancel")])
def test_words_do_not_go_along_to_who_knows_no_name(merrow, before, step):
    referral_id = walks_in(merrow)
    merrow.do("coordinator", Offer(referral_id=referral_id, to=merrow.at("detox")))
    task = merrow.task(referral_id, "detox")
    merrow.step("detox intake", task, *before)
    refusal = merrow.refused("coordinator", TakeStep(task_id=task, step=step, reason="other", note="Anselm went home"))
    assert (refusal.code, "note" in str(refusal)) == ("INVALID", True)
    merrow.do("coordinator", TakeStep(task_id=task, step=step, reason="other"))


def test_a_red_flag_that_comes_after_the_sending_is_an_ambulance_first_too(merrow):
    referral_id = sent(merrow)
    merrow.add("clinician", referral_id, of({**check(FLAGS[0]), "subject": None}))
    offer = Offer(referral_id=referral_id, to=merrow.at("detox"))
    assert merrow.refused("clinician", offer).code == "ESCALATED_911"


def test_the_ledger_of_police_does_not_say_where_an_emergency_went(merrow):
    referral_id = sent(merrow)
    merrow.step("clinician", merrow.task(referral_id, "bhu"), "accept")
    merrow.do("clinician", emergency(merrow, referral_id))
    merrow.add("alder officer", referral_id, of(seen("55680006", "Overdose", value="Told us two bags")))
    assert {entry.recipient for entry in ledger(referral_id) if entry.discloser == "alder-pd"} == {"bhu"}
