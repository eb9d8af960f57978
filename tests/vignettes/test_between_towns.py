"""Vignettes 2 and 18: an overdose here of somebody who lives there; and a call to a home that stays in its town."""

import json
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine

from fhir.content.builders import Agreed, Origin, Pathway
from fhir.content.compartments import Compartment
from referrals.acts import AddAgency, Offer, Send
from referrals.listing import inbox
from referrals.policy.bases import Basis
from referrals.shelltext import as_json
from tests.vignettes.people import Entry, Merrow, c_ssrs, call, ledger, of, said, seen, told, words_in

OVERDOSE = seen("55680006", "Overdose", value="Down at the mall, two doses of naloxone, woke")
KIT = seen("kit-left", "Naloxone kit left at the visit", system="urn:example:outreach")
WAS_IT_MEANT = c_ssrs(wish=False, thoughts=False, ever=False)

FACTS = frozenset({Compartment.REQUEST, Compartment.CONTACT, Compartment.INCIDENT})


def clock(hours: float, *, since: datetime) -> time_machine.travel:
    return time_machine.travel(since + timedelta(hours=hours), tick=True)


def notice(merrow: Merrow, *more, **said_too):
    """Brindle's officer tells Cobbs Landing, where she lives, and asks the unit that helps."""
    act = Send(
        data=call(OVERDOSE, *more, born="1999-08-02", gender="female"),
        to=merrow.at("cobbs-pd", "bhu"),
        pathway=Pathway.NALOXONE_PLUS,
        brought_by=Origin.EMERGENCY_CALL,
        agreed=Agreed.YES,
        **said_too,
    )
    return merrow.do("brindle officer", act).referral_id


@pytest.fixture
def at_noon() -> datetime:
    """Noon of the next day in Merrow County's winter, whenever the test is started."""
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(17), UTC)


def test_vignette_2_the_notice_is_claimed_the_visit_made_and_the_bridge_clinic_takes_her(merrow, at_noon):
    referral_id = notice(merrow)
    ours = merrow.task(referral_id, "cobbs-pd")
    assert merrow.label("cobbs outreach", referral_id) == "waiting for your answer"
    with clock(9, since=at_noon):
        merrow.step("cobbs outreach", ours, "accept")
    with clock(31, since=at_noon):
        merrow.step("cobbs outreach", ours, "start")
        merrow.add("cobbs outreach", referral_id, of(KIT))
        merrow.step("clinician", merrow.task(referral_id, "bhu"), "accept", "start")
        parts = ("contact", "clinical")
        today = datetime.now(ZoneInfo("America/New_York")).date()  # seven in the evening: tomorrow in UTC
        signed = merrow.sign("clinician", referral_id, to=("clinic",), parts=parts, signed=today)
        release = frozenset({Compartment.CONTACT})
        merrow.do("clinician", Offer(referral_id=referral_id, to=merrow.at("clinic"), release=release))
        assert not words_in(merrow.open("clinic intake", referral_id))
        merrow.step("clinic intake", merrow.task(referral_id, "clinic"), "accept", "start", "attend")
        assert "Zwillinger" in as_json(merrow.open("clinic intake", referral_id))
        merrow.step("cobbs outreach", ours, "complete")
    assert ledger(referral_id) == [
        Entry("brindle-pd", "bhu", "request+contact+incident", "referral_for_help", "COC"),
        Entry("brindle-pd", "cobbs-pd", "request+contact+incident", "police_business", "COC"),
        Entry("cobbs-pd", "bhu", "incident", "referral_for_help", "COC"),
        Entry("cobbs-pd", "brindle-pd", "incident", "police_business", "COC"),
        Entry("bhu", "clinic", "request", "consent_named", "TREAT", signed, 1),
        Entry("bhu", "clinic", "contact", "consent_named", "TREAT", signed, 1),
    ]
    assert merrow.label("brindle officer", referral_id) == "with the team"


def test_the_outreach_officer_of_the_town_she_lives_in_opens_what_police_saw_and_nothing_else(merrow):
    referral_id = notice(merrow)
    opened = merrow.open("cobbs outreach", referral_id)
    assert {section.compartment.value for section in opened.sections} == {"request", "contact", "incident"}
    assert "Down at the mall" in as_json(opened)
    assert opened.notices == ()
    for who in ("cobbs officer", "alder outreach", "alder officer", "stranger", "clinic intake"):
        assert merrow.turned_away(who, referral_id) == "NOT_FOUND"


def test_neither_department_learns_what_the_unit_writes_or_whom_it_asks(merrow):
    referral_id = notice(merrow)
    police = ("brindle officer", "cobbs outreach")
    merrow.step("clinician", merrow.task(referral_id, "bhu"), "accept", "start")
    before = {who: merrow.screen(who, referral_id) for who in police}
    merrow.add("clinician", referral_id, said("Wants to start on buprenorphine"))
    merrow.add("clinician", referral_id, of(OVERDOSE))
    merrow.sign("clinician", referral_id, to=("clinic",), parts=("contact",))
    release = frozenset({Compartment.CONTACT})
    merrow.do("clinician", Offer(referral_id=referral_id, to=merrow.at("clinic"), release=release))
    merrow.step("clinic intake", merrow.task(referral_id, "clinic"), "accept", "start", "attend", "complete")
    assert {who: merrow.screen(who, referral_id) for who in police} == before
    assert {code for slug, _role, code in told(referral_id) if slug in ("brindle-pd", "cobbs-pd")} == {
        "send",
        "received",
        "with-the-team",
    }


def test_a_screening_never_goes_from_one_department_to_another(merrow):
    refusal = merrow.refused(
        "brindle officer", Send(data=call(OVERDOSE, WAS_IT_MEANT), to=merrow.at("cobbs-pd", "bhu"))
    )
    assert refusal.code == "NO_BASIS"
    assert "clinical → cobbs-pd" in str(refusal)
    assert inbox(merrow.people["cobbs outreach"]) == []


def test_the_officer_passes_on_what_he_may_read_and_after_his_hours_that_is_no_longer_what_happened(merrow, at_noon):
    referral_id = notice(merrow)

    def passing_on(part: Compartment) -> AddAgency:
        parts, alder = frozenset({part}), merrow.agencies["alder-pd"].id
        return AddAgency(referral_id=referral_id, agency_id=alder, compartments=parts, basis=Basis.POLICE_BUSINESS)

    with clock(13, since=at_noon):
        assert merrow.parts("brindle officer", referral_id) == {"contact"}
        assert merrow.refused("brindle officer", passing_on(Compartment.INCIDENT)).code == "COMPARTMENT"
    merrow.do("brindle officer", passing_on(Compartment.INCIDENT))
    assert "Down at the mall" in as_json(merrow.open("alder outreach", referral_id))


HOME = said("She says he will hurt her if he hears of this")
LABELLED = {"meta": {"security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "SDV"}]}}


@pytest.fixture
def call_to_a_home(merrow):
    act = Send(data=call(HOME | LABELLED, gender="female"), to=merrow.at("bhu"), agreed=Agreed.YES)
    return merrow.do("alder officer", act).referral_id


def test_vignette_18_a_call_to_a_home_reaches_the_unit_and_no_other_department(merrow, call_to_a_home):
    assert ledger(call_to_a_home) == [Entry("alder-pd", "bhu", "request+contact+incident", "referral_for_help", "COC")]
    for who in ("brindle officer", "brindle outreach", "alder night officer", "cobbs outreach"):
        assert merrow.turned_away(who, call_to_a_home) == "NOT_FOUND"
        assert inbox(merrow.people[who]) == []
    assert told(call_to_a_home) == [("bhu", "", "send")]


def to_brindle(merrow, referral_id, part="contact"):
    return AddAgency(
        referral_id=referral_id,
        agency_id=merrow.agencies["brindle-pd"].id,
        compartments=frozenset({Compartment(part)}),
        basis=Basis.POLICE_BUSINESS,
    )


def test_a_call_to_a_home_is_blocked_from_a_notice_to_another_town_at_once_and_later(merrow, call_to_a_home):
    both = Send(data=call(HOME | LABELLED, gender="female"), to=merrow.at("brindle-pd", "bhu"), agreed=Agreed.YES)
    assert merrow.refused("alder officer", both).code == "KEPT_LOCAL"
    for part in ("contact", "incident"):
        assert merrow.refused("alder officer", to_brindle(merrow, call_to_a_home, part)).code == "KEPT_LOCAL"
    assert inbox(merrow.people["brindle outreach"]) == []


def test_what_is_labelled_later_does_not_reach_the_town_that_was_told_before(merrow):
    referral_id = notice(merrow)
    merrow.add("brindle officer", referral_id, HOME | LABELLED)
    assert "he will hurt her" in as_json(merrow.open("clinician", referral_id))
    assert "he will hurt her" not in as_json(merrow.open("cobbs outreach", referral_id))


@pytest.mark.parametrize(
    ("born", "code"), [("2008-11-27", "KEPT_LOCAL"), ("2008", "KEPT_LOCAL"), ("2008-10-01", ""), ("1999", ""), ("", "")]
)
def test_a_client_who_may_be_under_eighteen_is_not_told_to_another_town(merrow, born, code):
    bundle = json.loads(call(OVERDOSE))
    patient = bundle["entry"][0]["resource"]
    del patient["birthDate"]
    patient |= {"birthDate": born} if born else {}
    act = Send(data=json.dumps(bundle).encode(), to=merrow.at("cobbs-pd", "bhu"), agreed=Agreed.YES)
    with time_machine.travel("2026-11-26T12:00:00Z"):
        if code:
            assert merrow.refused("brindle officer", act).code == code
        else:
            merrow.do("brindle officer", act)


def test_what_its_author_called_domestic_violence_is_labelled_restricted(merrow, call_to_a_home):
    (note,) = [each for each in merrow.open("clinician", call_to_a_home).sections if each.type == "Communication"]
    assert [label["code"] for label in note.tree["meta"]["security"]] == ["R", "SDV"]


def test_the_unit_has_no_ground_on_which_to_tell_another_department(merrow, call_to_a_home):
    merrow.step("clinician", merrow.task(call_to_a_home, "bhu"), "accept")
    merrow.sign("clinician", call_to_a_home, to=("clinic",), parts=("contact", "clinical", "outcome"))
    for basis in Basis:
        act = AddAgency(
            referral_id=call_to_a_home,
            agency_id=merrow.agencies["brindle-pd"].id,
            compartments=FACTS,
            basis=basis,
        )
        assert merrow.refused("clinician", act).code in {
            "NO_BASIS",
            "RECIPIENT_NOT_COVERED",
            "ROLE",
            "LEGAL_PROCESS_INSUFFICIENT",
            "CONSENT_MISSING",
        }
    assert len(ledger(call_to_a_home)) == 1
