"""Legal papers: a registered one changes nothing, the letter is the same for everybody, a release is always refused."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from agencies.roles import Role
from audit.uuid7 import uuid7
from referrals.acts import Send
from referrals.errors import Denied, IllegalStep, Invalid, NotFound
from referrals.legal import services
from referrals.legal.errors import NoSuchPaper
from referrals.legal.kinds import LETTER, PAPERS, Need, Paper
from referrals.legal.models import LegalRequest
from referrals.listing import inbox
from referrals.opening import open_referral
from referrals.perform import perform
from tests.county import CANARIES, bundle_of
from tests.legal.town import BEFORE_2000, SENDER, SUBJECT, Events, Town, hours_ago, refused, register


def sent(town: Town):
    """A referral of the person with the county's canaries, from the police to the BHU."""
    return perform(town.county.officer, [Send(data=bundle_of(), to=(town.county.bhu.id,))]).referral_id


def views(town: Town, referral_id):
    """What everybody gets who asks to open the referral: who is refused with what, and what the others read."""
    found = {}
    people = {
        **town.roles,
        "outsider": town.county.outsider,
        "foreign": town.foreign,
        "detox": town.county.detox_intake,
    }
    for who, actor in people.items():
        try:
            opened = open_referral(actor, referral_id)
            found[who] = {section.type for section in opened.sections}
        except (NotFound, Denied) as refusal:
            found[who] = (type(refusal), refusal.code, str(refusal))
    return found


@pytest.mark.parametrize("kind", Paper)
def test_a_registered_paper_changes_nothing_for_anybody(town: Town, kind):
    referral_id = sent(town)
    before, lists = views(town, referral_id), inbox(town.county.clinician)
    assert before["outsider"][1] == before[Role.PRIVACY_OFFICER][1] == before["foreign"][1] == "NOT_FOUND"
    assert "Patient" in before[Role.CLINICIAN]
    request = register(town.privacy, kind=kind, subject=f"{CANARIES[1]} {CANARIES[0]}")
    services.answer_request(town.privacy, request.id)
    assert views(town, referral_id) == before
    assert inbox(town.county.clinician) == lists


def test_the_letter_is_the_same_whether_or_not_the_person_is_known(town: Town):
    sent(town)
    known = register(town.privacy, subject=f"{CANARIES[1]} {CANARIES[0]}")
    unknown = register(town.privacy, subject="Nobody Anywhere", kind=Paper.SEARCH_WARRANT)
    elsewhere = register(town.foreign, subject=f"{CANARIES[1]} {CANARIES[0]}")
    letters = [
        services.answer_request(town.privacy, known.id).encode(),
        services.answer_request(town.privacy, unknown.id).encode(),
        services.answer_request(town.foreign, elsewhere.id).encode(),
    ]
    assert letters[0] == letters[1] == letters[2] == LETTER.encode()
    assert all(canary.encode() not in letters[0] for canary in CANARIES)


def test_answering_looks_nobody_up(town: Town, django_assert_num_queries):
    requests = [register(town.privacy, subject=name).id for name in ("Ottilie Zwillinger", "Nobody Anywhere")]
    for request_id in requests:
        # Begin, the locked row, its change, event and pending event, end; nothing that knows of clients.
        with django_assert_num_queries(count_of_an_answer()):
            services.answer_request(town.privacy, request_id)


def count_of_an_answer() -> int:
    from django.db import connection

    return 5 if connection.vendor == "postgresql" else 6


@pytest.mark.parametrize("kind", Paper)
def test_a_release_is_refused_and_names_what_is_missing(town: Town, events: Events, kind):
    request = register(town.privacy, kind=kind)
    events.new()
    for needs in ((), PAPERS[kind].needs[:1], tuple(Need)):
        refusal = refused(services.release, town.privacy, request.id, showing=needs)
        assert type(refusal) is Denied
        assert refusal.code == "LEGAL_PROCESS_INSUFFICIENT"
        assert all(f"{need}=False" in str(refusal) for need in PAPERS[kind].needs if need not in needs)
        assert events.new() == [("legal.release", f"LegalRequest/{request.id}", "4", "LEGAL_PROCESS_INSUFFICIENT")]


def test_an_order_without_findings_is_refused_by_that_name(town: Town):
    request = register(town.privacy, kind=Paper.ORDER_WITH_PAPER)
    said = str(refused(services.release, town.privacy, request.id, showing=[Need.NOTICE]))
    assert "findings=False" in said
    assert "notice=False" not in said


def test_every_act_on_a_paper_leaves_its_event(town: Town, events: Events):
    request = register(town.privacy)
    target = f"LegalRequest/{request.id}"
    services.answer_request(town.privacy, request.id)
    services.open_request(town.privacy, request.id)
    services.close_request(town.privacy, request.id)
    services.requests(town.privacy)
    assert events.new() == [
        ("legal.register", target, "0", "subpoena"),
        ("legal.answer", target, "0", "template"),
        ("legal.open", target, "0", "subpoena"),
        ("legal.close", target, "0", "template"),
        ("legal.list", f"Agency/{town.county.bhu.id}", "0", "requests"),
    ]


ACTS = {
    "legal.register": lambda actor, _id: register(actor),
    "legal.answer": services.answer_request,
    "legal.close": services.close_request,
    "legal.open": services.open_request,
    "legal.release": services.release,
    "legal.list": lambda actor, _id: services.requests(actor),
    "legal.record": lambda actor, id_: services.record_by_hand(
        actor, id_, to="x", at=hours_ago(1), parts=["contact"], under="x"
    ),
}


@pytest.mark.parametrize("action", ACTS)
@pytest.mark.parametrize("role", Role)
def test_nobody_but_a_privacy_officer_handles_a_paper_and_each_refusal_is_recorded(
    town: Town, events: Events, action, role
):
    request = register(town.privacy)
    if role is Role.PRIVACY_OFFICER:
        return
    events.new()
    refusal = refused(ACTS[action], town.roles[role], request.id)
    assert (type(refusal), refusal.code) == (Denied, "ROLE")
    ((done, _target, outcome, code),) = events.new()
    assert (done, outcome, code) == (action, "4", "ROLE")


@pytest.mark.parametrize("action", [action for action in ACTS if action not in {"legal.register", "legal.list"}])
def test_a_foreign_paper_and_an_absent_one_get_the_same_answer(town: Town, events: Events, action):
    request = register(town.privacy)
    events.new()
    answers = [refused(ACTS[action], town.foreign, id_) for id_ in (request.id, uuid7())]
    assert [(type(each), each.code, str(each)) for each in answers] == 2 * [
        (NoSuchPaper, "NOT_FOUND", "There is no such legal paper or report for you.")
    ]
    assert [(done, outcome, code) for done, _target, outcome, code in events.new()] == 2 * [(action, "4", "NOT_FOUND")]


def test_a_list_names_the_own_agencys_papers_newest_first_and_nobody_in_them(town: Town):
    older, newer = register(town.privacy, received_at=hours_ago(48)), register(town.privacy)
    register(town.foreign)
    listed = services.requests(town.privacy)
    assert [row.id for row in listed] == [newer.id, older.id]
    assert SUBJECT not in str(listed)


def test_who_is_asked_about_and_who_asks_are_opened_for_the_privacy_officer(town: Town):
    opened = services.open_request(town.privacy, register(town.privacy).id)
    assert (opened.subject, opened.sender) == (SUBJECT, SENDER)


BAD = [
    ({"received_at": BEFORE_2000}, "received_at"),
    ({"received_at": timezone.now() + timedelta(days=400)}, "received_at"),
    ({"received_at": timezone.now().replace(tzinfo=None)}, "received_at"),
    ({"received_at": timezone.now() - timedelta(days=1), "due_at": timezone.now() - timedelta(days=2)}, "due_at"),
    ({"subject": " "}, "subject"),
    ({"sender": ""}, "sender"),
    ({"sender": "x" * 501}, "sender"),
]


@pytest.mark.parametrize(("changed", "field"), BAD, ids=range(len(BAD)))
def test_a_bad_clock_or_an_empty_name_is_refused_by_field_and_leaves_only_the_refusal(
    town: Town, events: Events, changed, field
):
    refusal = refused(register, town.privacy, **changed)
    assert isinstance(refusal, Invalid)
    assert [issue.expression for issue in refusal.issues] == [field]
    assert LegalRequest.objects.count() == 0
    assert [row[0::2] for row in events.new()] == [("legal.register", "4")]


def test_what_was_not_answered_is_not_closed_and_what_is_closed_stays_closed(town: Town, events: Events):
    request = register(town.privacy)
    early = refused(services.close_request, town.privacy, request.id)
    assert isinstance(early, IllegalStep)
    assert early.allowed == ("answer", "by-hand")
    services.answer_request(town.privacy, request.id)
    assert services.answer_request(town.privacy, request.id) == LETTER
    assert services.close_request(town.privacy, request.id).state == "closed"
    events.new()
    for act in (services.answer_request, services.close_request):
        assert refused(act, town.privacy, request.id).code == "ILLEGAL_STEP"
    assert [row[3] for row in events.new()] == ["ILLEGAL_STEP", "ILLEGAL_STEP"]


@pytest.mark.parametrize(
    "changed",
    [
        {"state": "released"},
        {"kind": "letter"},
        {"answered": "nothing"},
        {"state": "closed"},
        {"answered": "template"},
        {"due_at": BEFORE_2000},
    ],
    ids=str,
)
def test_the_database_refuses_what_no_paper_can_be(town: Town, changed):
    request = register(town.privacy)
    with pytest.raises(IntegrityError), transaction.atomic():
        LegalRequest.objects.filter(pk=request.id).update(**changed)
