"""Vignette 22: a clinician signs a section 12 hold; what it rests on is clinical, and no police part says it."""

import pytest

from fhir.content.builders import Agreed, Origin
from fhir.content.compartments import Compartment
from referrals.acts import AddAgency, OpenInEmergency, Send
from referrals.emergencies.natures import Nature
from referrals.models import Section, Wrap
from referrals.policy.bases import Basis
from referrals.shelltext import as_json
from tests.vignettes.people import Entry, call, ledger, of, said, seen, told

HELD = seen("hold", "Held", system="urn:example:call", value="Hold: yes. Handed over to the clinician on scene")
APPLIED = seen(
    "section-12", "Application for temporary hospitalization", value="Applied five past two by the LICSW, c.123 s.12"
)
WHY = said("Hears his late father tell him to walk into the river; refuses food since Tuesday")
DETAILS = ("five past two", "LICSW", "s.12", "late father", "refuses food")


@pytest.fixture
def held(merrow):
    """Eastgrove's officer called; the clinician on scene applied for the hold and wrote down why."""
    act = Send(
        data=call(HELD, born="1987-01-30", priority="stat"),
        to=merrow.at("bhu"),
        brought_by=Origin.FAMILY,
        agreed=Agreed.UNABLE,
    )
    referral_id = merrow.do("eastgrove officer", act).referral_id
    merrow.step("clinician", merrow.task(referral_id, "bhu"), "accept", "start")
    before = {who: merrow.screen(who, referral_id) for who in POLICE}
    merrow.add("clinician", referral_id, of(APPLIED))
    merrow.add("clinician", referral_id, WHY)
    return referral_id, before


POLICE = ("eastgrove officer", "eastgrove outreach")


def details_in(text: str) -> list[str]:
    return [word for word in DETAILS if word in text]


def test_vignette_22_the_details_are_in_the_clinical_part_alone(merrow, held):
    referral_id, _before = held
    opened = merrow.open("clinician", referral_id)
    by_part = {part: as_json([each for each in opened.sections if each.compartment is part]) for part in Compartment}
    assert details_in(by_part.pop(Compartment.CLINICAL)) == list(DETAILS)
    assert {part: details_in(text) for part, text in by_part.items() if details_in(text)} == {}
    assert "Hold: yes" in by_part[Compartment.INCIDENT]
    rows = Section.objects.filter(folder_id=referral_id, agency=merrow.agencies["bhu"])
    assert set(rows.values_list("compartment", flat=True)) == {"clinical"}


@pytest.mark.parametrize("who", POLICE)
def test_police_read_that_there_is_a_hold_and_not_one_byte_more_than_before(merrow, held, who):
    referral_id, before = held
    assert merrow.screen(who, referral_id) == before[who]
    assert b"Hold: yes" in before[who]
    assert details_in(before[who].decode()) == []
    assert merrow.turned_away(who, referral_id, Compartment.CLINICAL) == "ROLE"


def test_police_get_neither_a_key_nor_a_line_of_the_ledger_nor_a_word(merrow, held):
    referral_id, _before = held
    wraps = Wrap.objects.filter(folder_id=referral_id, agency=merrow.agencies["eastgrove-pd"])
    first = Section.objects.filter(folder_id=referral_id).order_by("id").first()
    assert {wrap.created_at for wrap in wraps} == {first.created_at}
    assert ledger(referral_id) == [Entry("eastgrove-pd", "bhu", "request+contact+incident", "referral_for_help", "COC")]
    assert [code for slug, _role, code in told(referral_id) if slug == "eastgrove-pd"] == ["received", "with-the-team"]


def test_the_clinician_has_no_ground_on_which_to_give_it_to_police(merrow, held):
    referral_id, _before = held
    for slug in ("brindle-pd", "eastgrove-pd"):
        for basis in Basis:
            act = AddAgency(
                referral_id=referral_id,
                agency_id=merrow.agencies[slug].id,
                compartments=frozenset({Compartment.CLINICAL}),
                basis=basis,
            )
            assert merrow.refused("clinician", act).code in {
                "NO_BASIS", "ROLE", "RECIPIENT_NOT_COVERED", "LEGAL_PROCESS_INSUFFICIENT",
            }  # fmt: skip


def test_the_coordinator_reads_that_he_is_held_and_not_why(merrow, held):
    referral_id, _before = held
    shown = as_json(merrow.open("coordinator", referral_id))
    assert "Hold: yes" in shown
    assert details_in(shown) == []


def test_the_emergency_department_reads_why_within_the_hour(merrow, held):
    referral_id, _before = held
    hospital = merrow.agencies["hospital"].id
    merrow.do("clinician", OpenInEmergency(referral_id=referral_id, agency_id=hospital, nature=Nature.PSYCHIATRIC))
    shown = as_json(merrow.open("ED doctor", referral_id))
    assert details_in(shown) == list(DETAILS)
    assert "Hold: yes" not in shown
    assert ledger(referral_id)[1:] == [
        Entry("bhu", "hospital", "request+contact+clinical", "medical_emergency", "ETREAT")
    ]
