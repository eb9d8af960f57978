"""Vignettes 8 and 9: the officer asks "did he arrive?"; and a client who lets his department know how it went."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from agencies.models import AgreementParty
from fhir.content.builders import Agreed, Pathway
from fhir.content.compartments import Compartment
from referrals.acts import AddAgency, Offer, ResumeConsent, Send, StopConsent, TakeStep
from referrals.errors import Invalid
from referrals.explaining import explain
from referrals.listing import history
from referrals.models import Wrap
from referrals.policy.bases import Basis
from referrals.policy.matrix import Action
from referrals.shelltext import as_json
from tests.county import consent_in
from tests.vignettes.people import Entry, Merrow, call, ledger, of, said, seen, told

RELEASE = frozenset({Compartment.CONTACT, Compartment.SUD})
PARTS = ("contact", "sud", "outcome")
USE = seen("75544000", "Opioid dependence", value="Last used this morning")
PROVIDERS_STEPS = ("accept", "start", "schedule", "attend", "no-show", "hold", "resume", "complete")


@pytest.fixture
def walked_in(merrow):
    """He walked in to the station; the officer called the unit, which has taken him on and has begun."""
    act = Send(data=call(born="1997-04-30"), to=merrow.at("bhu"), pathway=Pathway.SELF_REFERRAL, agreed=Agreed.YES)
    referral_id = merrow.do("alder officer", act).referral_id
    merrow.step("coordinator", merrow.task(referral_id, "bhu"), "accept", "start")
    merrow.add("clinician", referral_id, of(USE))
    return referral_id


def signs_for_treatment(merrow: Merrow, referral_id):
    """He signs for those who treat him, and those who help to run the program."""
    return merrow.sign(
        "coordinator",
        referral_id,
        form="tpo",
        to=(),
        classes=("treating_providers",),
        parts=PARTS,
        purposes=("TREAT", "COC"),
    )


def offer(merrow: Merrow, referral_id, *slugs: str):
    merrow.do("clinician", Offer(referral_id=referral_id, to=merrow.at(*slugs), release=RELEASE))
    return merrow.task(referral_id, slugs[0])


def what_he_sees(merrow: Merrow, referral_id) -> list[object]:
    """Everything the officer can get at: his screen, each gate's reasons, and what is refused to him."""
    asked = [
        explain(merrow.people["alder officer"], referral_id, part, Action.READ)
        for part in (Compartment.OUTCOME, Compartment.SUD, Compartment.CLINICAL)
    ]
    tries = [merrow.turned_away("alder officer", referral_id, part) for part in (Compartment.OUTCOME, Compartment.SUD)]
    return [merrow.screen("alder officer", referral_id), asked, tries]


def test_vignette_8_his_screen_stays_the_same_bytes_whatever_the_provider_does(merrow, walked_in):
    signs_for_treatment(merrow, walked_in)
    before = what_he_sees(merrow, walked_in)
    task = offer(merrow, walked_in, "detox", "clinic")
    assert what_he_sees(merrow, walked_in) == before
    for step in PROVIDERS_STEPS:
        reason = "waiting-for-answer" if step == "hold" else ""
        merrow.do("detox intake", TakeStep(task_id=task, step=step, reason=reason, note=f"He {step} today"))
        assert what_he_sees(merrow, walked_in) == before
    merrow.add("detox intake", walked_in, of(USE))
    merrow.add("clinician", walked_in, said("He is on methadone"))
    assert what_he_sees(merrow, walked_in) == before
    assert b"detox" not in before[0]
    assert b"with the team" in before[0]


def test_it_stays_the_same_after_his_hours_when_he_reads_the_name_alone(merrow, walked_in):
    signs_for_treatment(merrow, walked_in)
    task = offer(merrow, walked_in, "detox")
    with time_machine.travel(timezone.now() + timedelta(hours=13), tick=True):
        before = what_he_sees(merrow, walked_in)
        merrow.step("detox intake", task, "accept", "start", "attend", "complete")
        assert what_he_sees(merrow, walked_in) == before
        assert b'"name"' in before[0]
        assert b"0147" not in before[0]


def test_he_is_told_nothing_by_a_notice_either(merrow, walked_in):
    signs_for_treatment(merrow, walked_in)
    task = offer(merrow, walked_in, "detox")
    known = [code for slug, _role, code in told(walked_in) if slug == "alder-pd"]
    merrow.step("detox intake", task, "accept", "start", "attend", "complete")
    assert known == ["received", "with-the-team"]
    assert [code for slug, _role, code in told(walked_in) if slug == "alder-pd"] == known


def test_the_department_gets_no_key_and_no_line_of_the_ledger(merrow, walked_in):
    wraps = Wrap.objects.filter(folder_id=walked_in, agency=merrow.agencies["alder-pd"])
    before = set(wraps.values_list("pk", flat=True))
    signed = signs_for_treatment(merrow, walked_in)
    task = offer(merrow, walked_in, "detox")
    merrow.do("detox intake", TakeStep(task_id=task, step="accept"))
    merrow.do("detox intake", TakeStep(task_id=task, step="start", note="Arrived, shaking"))
    assert set(wraps.values_list("pk", flat=True)) == before
    assert ledger(walked_in) == [
        Entry("alder-pd", "bhu", "request+contact+incident", "referral_for_help", "COC"),
        Entry("bhu", "detox", "request", "consent_tpo", "TREAT", signed, 1),
        Entry("bhu", "detox", "contact+sud", "consent_tpo", "TREAT", signed, 1, "42cfr2-2024"),
        Entry("detox", "bhu", "outcome", "consent_tpo", "TREAT", signed, 1),
    ]


@pytest.mark.parametrize("basis", [Basis.CONSENT_TPO, Basis.CONSENT_NAMED, Basis.POLICE_BUSINESS])
@pytest.mark.parametrize("department", ["alder-pd", "brindle-pd"])
def test_the_paper_for_treatment_lets_nobody_tell_a_department(merrow, walked_in, basis, department):
    signs_for_treatment(merrow, walked_in)
    for part in (Compartment.OUTCOME, Compartment.CONTACT, Compartment.SUD):
        act = AddAgency(
            referral_id=walked_in,
            agency_id=merrow.agencies[department].id,
            compartments=frozenset({part}),
            basis=basis,
        )
        assert merrow.refused("coordinator", act).code in {
            "RECIPIENT_NOT_COVERED",
            "CONSENT_MISSING",
            "ROLE",
            "NO_BASIS",
        }


@pytest.mark.parametrize("form", ["tpo", "named"])
def test_a_paper_for_treatment_that_names_a_department_is_not_taken(merrow, walked_in, form):
    from referrals.acts import AddSection

    paper = consent_in(walked_in, form=form, to=("alder-pd",), parts=("outcome",))
    refusal = merrow.refused("coordinator", AddSection(referral_id=walked_in, data=paper))
    assert type(refusal) is Invalid
    assert refusal.code == "RECIPIENT_NOT_COVERED"
    assert "R-P2-06" in str(refusal)


# Vignette 9.
def signs_for_police(merrow: Merrow, referral_id, department: str = "alder-pd", days: int = 90):
    """He signs that one department may learn how it went, until a day."""
    return merrow.sign(
        "coordinator",
        referral_id,
        form="police-outcome",
        to=(department,),
        parts=("outcome",),
        purposes=("COC",),
        days=days,
    )


def later(**spell: int) -> time_machine.travel:
    return time_machine.travel(timezone.now() + timedelta(**spell), tick=True)


def test_vignette_9_the_department_he_named_reads_contact_made_until_the_paper_ends(merrow, walked_in):
    assert merrow.label("alder officer", walked_in) == "with the team"
    signed = signs_for_police(merrow, walked_in)
    assert merrow.label("alder officer", walked_in) == "contact made"
    assert b'"contact made"' in merrow.screen("alder officer", walked_in)
    assert ledger(walked_in)[1:] == [Entry("bhu", "alder-pd", "outcome", "consent_named", "COC", signed, 1)]
    with later(days=88):
        assert merrow.label("alder officer", walked_in) == "contact made"
    with later(days=91):
        assert merrow.label("alder officer", walked_in) == "with the team"
        assert b"contact made" not in merrow.screen("alder officer", walked_in)
    assert len(ledger(walked_in)) == 2


@pytest.mark.parametrize(
    ("step", "reason", "words"),
    [
        ("complete", "", "closed: connected to services"),
        ("fail", "client-left", "closed: not connected"),
    ],
)
def test_he_reads_how_it_closed_and_after_the_paper_ends_only_that_it_did(merrow, walked_in, step, reason, words):
    signs_for_police(merrow, walked_in)
    merrow.step("coordinator", merrow.task(walked_in, "bhu"), step, reason=reason)
    assert merrow.label("alder officer", walked_in) == words
    assert b"client-left" not in merrow.screen("alder officer", walked_in)
    with later(days=91):
        assert merrow.label("alder officer", walked_in) == "closed"


def test_what_the_provider_does_changes_no_byte_for_a_department_that_is_told(merrow, walked_in):
    signs_for_police(merrow, walked_in)
    signs_for_treatment(merrow, walked_in)
    before = what_he_sees(merrow, walked_in)
    task = offer(merrow, walked_in, "detox", "clinic")
    merrow.step("detox intake", task, "accept", "start", "attend", "complete")
    assert what_he_sees(merrow, walked_in) == before


def test_the_history_stays_coarse_and_its_times_stay_days(merrow, walked_in):
    signs_for_police(merrow, walked_in)
    steps = history(merrow.people["alder officer"], walked_in)
    assert [step.name for step in steps] == ["not-picked-up", "received", "with-the-team"]
    assert (steps[-1].at.hour, steps[-1].at.minute, steps[-1].at.second) in {(4, 0, 0), (5, 0, 0)}


def test_a_department_he_did_not_name_is_told_nothing(merrow, walked_in):
    signs_for_police(merrow, walked_in, department="brindle-pd")
    assert merrow.label("alder officer", walked_in) == "with the team"
    assert merrow.turned_away("brindle officer", walked_in) == "NOT_FOUND"
    assert [entry for entry in ledger(walked_in) if entry.discloser == "bhu"] == []


def test_a_department_that_left_the_agreement_is_told_nothing_though_the_paper_names_it(merrow, walked_in):
    yesterday = timezone.now().date() - timedelta(days=1)
    AgreementParty.objects.filter(agency=merrow.agencies["alder-pd"]).update(left_on=yesterday)
    signs_for_police(merrow, walked_in)
    assert merrow.label("alder officer", walked_in) == "with the team"
    assert [entry for entry in ledger(walked_in) if entry.discloser == "bhu"] == []


def test_his_stop_ends_it_at_once_and_his_word_brings_it_back_until_it_is_in_writing(merrow, walked_in):
    signed = signs_for_police(merrow, walked_in)
    merrow.do("coordinator", StopConsent(referral_id=walked_in, consent_id=signed))
    assert merrow.label("alder officer", walked_in) == "with the team"
    merrow.do("coordinator", ResumeConsent(referral_id=walked_in, consent_id=signed))
    assert merrow.label("alder officer", walked_in) == "contact made"
    merrow.do("coordinator", StopConsent(referral_id=walked_in, consent_id=signed, written=True))
    assert merrow.label("alder officer", walked_in) == "with the team"
    resume = ResumeConsent(referral_id=walked_in, consent_id=signed)
    assert merrow.refused("coordinator", resume).code == "CONSENT_REVOKED"
    assert [entry.recipient for entry in ledger(walked_in)].count("alder-pd") == 2


def test_the_department_passes_what_it_was_told_to_nobody(merrow, walked_in):
    signs_for_police(merrow, walked_in)
    for basis in Basis:
        act = AddAgency(
            referral_id=walked_in,
            agency_id=merrow.agencies["brindle-pd"].id,
            compartments=frozenset({Compartment.OUTCOME}),
            basis=basis,
        )
        assert merrow.refused("alder officer", act).code in {
            "NO_BASIS", "ROLE", "RECIPIENT_NOT_COVERED", "CONSENT_MISSING", "LEGAL_PROCESS_INSUFFICIENT",
        }  # fmt: skip


def test_nothing_but_the_two_words_is_told_the_paper_opens_no_part(merrow, walked_in):
    signs_for_police(merrow, walked_in)
    merrow.do("coordinator", TakeStep(task_id=merrow.task(walked_in, "bhu"), step="attend", note="Bed 7, ground floor"))
    shown = as_json(merrow.open("alder officer", walked_in))
    assert "Bed 7" not in shown
    assert merrow.parts("alder officer", walked_in) == {"request", "contact", "incident"}
    assert merrow.turned_away("alder officer", walked_in, Compartment.OUTCOME) == "ROLE"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"until": ""}, "must be the day on which it ends"),
        ({"days": 366}, "later than such a form may last"),
        ({"to": ("alder-pd", "brindle-pd")}, "must name one police department"),
        ({"to": ("detox",)}, "must name one police department"),
        ({"parts": ("outcome", "sud")}, "covers only: outcome"),
        ({"method": "oral"}, "on an oral yes"),
        ({"classes": ("treating_providers",)}, "class of recipients"),
    ],
)
def test_a_paper_for_police_that_says_more_or_less_is_not_taken(merrow, walked_in, changes, why):
    from referrals.acts import AddSection

    said_well = {"form": "police-outcome", "to": ("alder-pd",), "parts": ("outcome",), "purposes": ("COC",)}
    paper = consent_in(walked_in, **(said_well | changes))
    refusal = merrow.refused("coordinator", AddSection(referral_id=walked_in, data=paper))
    assert type(refusal) is Invalid
    assert why in str(refusal)
    assert merrow.label("alder officer", walked_in) == "with the team"
