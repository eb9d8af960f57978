"""Vignettes 29 and 32: a lawyer's subpoena gets the one letter; an elder's report says nothing of drink or program."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from audit.models import AuditEvent
from fhir.content.builders import Agreed
from fhir.content.compartments import Compartment
from referrals.acts import AddAgency, Send
from referrals.errors import Denied, Invalid, NotFound, Refused
from referrals.legal import services as legal
from referrals.legal.kinds import LETTER, Need, Paper, Report
from referrals.legal.models import LegalRequest, MandatedReport
from referrals.listing import inbox
from referrals.models import Disclosure, Section
from referrals.policy.bases import Basis
from tests.vignettes.people import IDENTIFYING, Merrow, call, ledger, of, seen, told

USE = seen("15167005", "Alcohol use disorder", value="Vodka in her tea")
LAWYER, ABOUT = "Attorney Q. Featherby, for the husband", "Ottilie Zwillinger"


def now() -> datetime:
    return timezone.now()


@pytest.fixture
def known(merrow):
    """She is a client of the unit: sent by police, taken on, and what she drinks is known."""
    act = Send(data=call(born="1946-03-03", gender="female"), to=merrow.at("bhu"), agreed=Agreed.YES)
    referral_id = merrow.do("alder officer", act).referral_id
    merrow.step("coordinator", merrow.task(referral_id, "bhu"), "accept", "start")
    merrow.add("coordinator", referral_id, of(USE))
    return referral_id


def refused(call_: Callable[..., object], *args: object, **named: object) -> Refused:
    with pytest.raises(Refused) as refusal:
        call_(*args, **named)
    return refusal.value


def registered(merrow: Merrow, subject: str = ABOUT, kind: Paper = Paper.SUBPOENA):
    """The privacy officer writes down that it came."""
    privacy = merrow.people["bhu privacy"]
    return legal.register_request(privacy, kind=kind, subject=subject, sender=LAWYER, received_at=now()).id


def everything_seen(merrow: Merrow, referral_id) -> dict[str, object]:
    """What each of these gets who opens the referral, or why not."""
    found: dict[str, object] = {}
    for who in ("alder officer", "clinician", "coordinator", "bhu privacy", "detox intake", "stranger"):
        try:
            found[who] = merrow.screen(who, referral_id)
        except (NotFound, Denied) as refusal:
            found[who] = refusal.code
    return found


# Vignette 29.
def test_vignette_29_the_lawyer_gets_the_letter_and_the_paper_changes_nothing(merrow, known):
    privacy = merrow.people["bhu privacy"]
    before, rows, notices = everything_seen(merrow, known), ledger(known), told(known)
    request = registered(merrow)
    letter = legal.answer_request(privacy, request)
    assert letter == LETTER
    assert "can neither confirm nor deny" in letter
    assert refused(legal.release, privacy, request, showing=list(Need)).code == "LEGAL_PROCESS_INSUFFICIENT"
    legal.close_request(privacy, request)
    assert everything_seen(merrow, known) == before
    assert (ledger(known), told(known)) == (rows, notices)
    assert before["bhu privacy"] == before["stranger"] == "NOT_FOUND"


def test_the_letter_is_the_same_for_somebody_nobody_knows(merrow, known):
    privacy = merrow.people["bhu privacy"]
    letters = {legal.answer_request(privacy, registered(merrow, subject)) for subject in (ABOUT, "Nobody Anywhere")}
    letters |= {legal.answer_request(privacy, registered(merrow, kind=kind)) for kind in Paper}
    (letter,) = letters
    assert not [word for word in (*IDENTIFYING, "Merrow") if word in letter]


@pytest.mark.parametrize("who", ["coordinator", "clinician", "bhu admin", "alder officer", "alder chief", "coach"])
def test_nobody_but_the_privacy_officer_takes_answers_or_reads_it(merrow, known, who):
    request, actor = registered(merrow), merrow.people[who]
    for call_, more in (
        (legal.register_request, {"kind": Paper.SUBPOENA, "subject": "x", "sender": "y", "received_at": now()}),
        (legal.requests, {}),
        (legal.answer_request, {"request_id": request}),
        (legal.open_request, {"request_id": request}),
        (legal.release, {"request_id": request}),
    ):
        assert refused(call_, actor, **more).code == "ROLE"
    assert LegalRequest.objects.get(pk=request).state == "registered"


def test_another_agencys_privacy_officer_does_not_find_it(merrow, known):
    request = registered(merrow)
    assert refused(legal.open_request, merrow.people["detox privacy"], request).code == "NOT_FOUND"
    assert legal.requests(merrow.people["detox privacy"]) == []


@pytest.mark.parametrize("who", ["clinician", "coordinator"])
@pytest.mark.parametrize("to", ["alder-pd", "brindle-pd", "detox"])
def test_nobody_shares_by_saying_that_a_court_asked(merrow, known, who, to):
    registered(merrow, kind=Paper.ORDER_WITH_PAPER)
    for basis in (Basis.COURT_ORDER, Basis.HIPAA_512F2):
        act = AddAgency(
            referral_id=known,
            agency_id=merrow.agencies[to].id,
            compartments=frozenset({Compartment.CONTACT}),
            basis=basis,
        )
        assert merrow.refused(who, act).code == "LEGAL_PROCESS_INSUFFICIENT"


def test_an_order_without_findings_is_told_what_it_lacks(merrow, known):
    request = registered(merrow, kind=Paper.ORDER_WITH_PAPER)
    refusal = refused(legal.release, merrow.people["bhu privacy"], request, showing=[Need.NOTICE])
    assert refusal.code == "LEGAL_PROCESS_INSUFFICIENT"
    assert "findings=False" in str(refusal)


def test_who_asked_and_about_whom_stands_nowhere_in_the_clear(merrow, known):
    request = registered(merrow)
    row, bodies = LegalRequest.objects.get(pk=request), AuditEvent.objects.values_list("body", flat=True)
    kept = bytes(row.sealed) + b"".join(map(bytes, bodies))
    assert not [word for word in (ABOUT, "Zwillinger", "Featherby") if word.encode() in kept]
    opened = legal.open_request(merrow.people["bhu privacy"], request)
    assert (opened.subject, opened.sender) == (ABOUT, LAWYER)


# Vignette 32.
HURT = {
    "name": ABOUT,
    "age": "80",
    "address": "12 Larkspur Court",
    "circumstances": "Found locked in her room by her son; bruised wrists, no food in the house.",
    "danger": "The son is there every evening.",
}


def reported(merrow: Merrow, who: str = "coordinator", **changed: str):
    """The coordinator called the protective service and writes down what she said."""
    return legal.report(
        merrow.people[who],
        kind=Report.ELDER,
        fields=HURT | changed,
        made_at=now() - timedelta(hours=2),
        called_at=now() - timedelta(hours=1),
    )


def test_vignette_32_the_report_says_what_she_saw_and_nothing_of_what_is_known_of_drink(merrow, known):
    shown = reported(merrow)
    text = legal.open_report(merrow.people["coordinator"], shown.id).text
    assert "bruised wrists" in text
    assert not [word for word in ("Vodka", "Alcohol", "Merrow", "program", "alder-pd") if word.lower() in text.lower()]
    assert shown.called_at is not None
    assert shown.written_by == shown.made_at + timedelta(hours=48)


# What a tired person would write, and the word that is named.
@pytest.mark.parametrize(
    ("field", "text", "word"),
    [
        ("circumstances", "Locked in because she drinks: an alcoholic, says the son.", "alcohol"),
        ("circumstances", "Came to us after detox; bruised wrists.", "detox"),
        ("danger", "He takes her methadone.", "methadone"),
        ("help_given", "Enrolled in a treatment program.", "treatment program"),
        ("employer", "Merrow bhu", "merrow bhu"),
        ("circumstances", "Reached us by naloxone_plus.", "naloxone plus"),
        ("where", "Sober since June at home", "sober"),
    ],
)
def test_a_word_that_gives_it_away_is_refused_by_name(merrow, field, text, word):
    refusal = refused(reported, merrow, **{field: text})
    assert type(refusal) is Invalid
    assert (field, True) in [(issue.expression, f"'{word}'" in issue.text) for issue in refusal.issues]
    assert not MandatedReport.objects.exists()


@pytest.mark.parametrize("field", ["substance_use", "treatment", "program", "pathway", "unit", "patient_status"])
def test_an_elders_report_has_no_place_for_it_at_all(merrow, field):
    refusal = refused(reported, merrow, **{field: "yes"})
    assert [issue.expression for issue in refusal.issues if issue.code == "forbidden"] == [field]


@pytest.mark.parametrize("who", ["clinician", "coach", "bhu admin", "alder officer", "detox intake", "detox privacy"])
def test_nobody_else_reads_the_text(merrow, who):
    report = reported(merrow)
    assert refused(legal.open_report, merrow.people[who], report.id).code in {"ROLE", "NOT_FOUND"}


def test_reporter_and_privacy_officer_read_it_and_a_list_tells_only_that_it_was_made(merrow):
    report = reported(merrow)
    for who in ("coordinator", "bhu privacy"):
        assert "bruised" in legal.open_report(merrow.people[who], report.id).text
        assert "bruised" not in str(legal.reports(merrow.people[who]))
    assert legal.reports(merrow.people["clinician"]) == []


def test_the_report_leaves_the_referral_the_ledger_and_every_notice_as_they_were(merrow, known):
    before = (
        ledger(known),
        told(known),
        Section.objects.filter(folder_id=known).count(),
        {who: merrow.screen(who, known) for who in ("alder officer", "coordinator", "clinician")},
    )
    rows = Disclosure.objects.count()
    reported(merrow)
    assert before == (
        ledger(known),
        told(known),
        Section.objects.filter(folder_id=known).count(),
        {who: merrow.screen(who, known) for who in ("alder officer", "coordinator", "clinician")},
    )
    assert Disclosure.objects.count() == rows
    assert [row.referral_id for row in inbox(merrow.people["coordinator"])] == [known]


def test_no_word_of_it_is_in_the_log_or_readable_in_the_row(merrow):
    report = reported(merrow)
    kept = bytes(MandatedReport.objects.get(pk=report.id).sealed)
    kept += b"".join(map(bytes, AuditEvent.objects.values_list("body", flat=True)))
    assert not [word for word in ("Ottilie", "Larkspur", "bruised", "locked") if word.encode() in kept]
