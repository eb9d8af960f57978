"""Several act on one referral at the same moment, on PostgreSQL, each with connections of their own."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from uuid import UUID

import pytest

from agencies.actor import Actor
from audit.models import AuditEvent
from referrals.acts import AddSection, CorrectSection, Send, TakeStep, WithdrawAgency
from referrals.errors import Denied, Gone, IllegalStep, KeyReused, Refused
from referrals.models import Folder, Idempotency, Referral, ReferralTask, Section, Wrap
from referrals.opening import open_referral
from referrals.perform import Done, perform
from tests.county import SCREEN, bundle_of
from tests.databases import Pair, connected, together
from tests.integrity.alarms import alarms
from tests.integrity.arena import Arena, Offered, make_arena, rounds, screened

pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def arena(new_pair: Callable[[], Pair], django_db_blocker: object) -> Iterator[Arena]:
    """One arena for all races: each takes referrals of its own."""
    pair = new_pair()
    try:
        with django_db_blocker.unblock(), connected(pair):  # type: ignore[attr-defined] # its class is private
            yield make_arena()
    finally:
        pair.leave()


def step(actor: Actor, task_id: UUID, name: str, reason: str = "") -> Callable[[], Done]:
    return lambda: perform(actor, [TakeStep(task_id=task_id, step=name, reason=reason)])


def race(arena: Arena, offers: list[Offered]) -> list[tuple[object, ...]]:
    """Every intake worker accepts every offer, all three at the same moment; by offer, their answers."""
    lanes = ([step(intake, offer.tasks[intake.agency_id], "accept") for offer in offers] for intake in arena.intakes)
    return rounds(*lanes)


def statuses(offer: Offered) -> dict[UUID, str]:
    return dict(ReferralTask.objects.filter(pk__in=offer.tasks.values()).values_list("owner_id", "status"))


def test_of_three_who_accept_at_once_one_wins_and_the_losers_hold_no_wrap(arena: Arena) -> None:
    offers = list(arena.offers(60))
    agencies = [intake.agency_id for intake in arena.intakes]
    winners = Counter[UUID]()
    for offer, raced in zip(offers, race(arena, offers), strict=True):
        answers = dict(zip(agencies, raced, strict=True))
        (winner,) = [agency for agency, answer in answers.items() if isinstance(answer, Done)]
        losers = answers.keys() - {winner}
        assert {type(answers[agency]) for agency in losers} == {Gone}
        assert statuses(offer) == {winner: "accepted", **dict.fromkeys(losers, "cancelled")}
        assert not Wrap.objects.filter(folder_id=offer.referral_id, agency_id__in=losers).exists()
        assert Wrap.objects.filter(folder_id=offer.referral_id, agency_id=winner, delegated_by__isnull=False).exists()
        winners[winner] += 1
    assert winners.total() == 60
    of_these = [f"Referral/{offer.referral_id}" for offer in offers]
    assert AuditEvent.objects.filter(target__in=of_these, action="task.accept", outcome="0").count() == 60
    assert AuditEvent.objects.filter(action="task.accept", code="GONE").count() == 120
    assert alarms() == []


def test_what_the_winner_opens_after_a_race_is_whole(arena: Arena) -> None:
    offers = list(arena.offers(2))
    race(arena, offers)
    for offer in offers:
        for intake in arena.intakes:
            parts = {section.compartment.value for section in open_referral(intake, offer.referral_id).sections}
            won = statuses(offer)[intake.agency_id] == "accepted"
            assert parts == ({"request", "contact", "clinical"} if won else set())


def test_one_key_sent_by_several_at_once_makes_one_referral(arena: Arena) -> None:
    county, send = arena.county, Send(data=bundle_of(), to=(arena.county.bhu.id,))
    before = Folder.objects.count()
    answers = together([lambda: perform(county.officer, [send], key="one")] * 4)
    assert len({answer.referral_id for answer in answers}) == 1
    assert Folder.objects.count() == before + 1
    assert Idempotency.objects.filter(key="one").count() == 1


def test_one_key_with_two_contents_at_once_does_one_of_them(arena: Arena) -> None:
    county = arena.county
    sends = [Send(data=bundle_of(), to=(county.bhu.id,)) for _ in range(2)]
    before = Referral.objects.count()
    answers = together([lambda send=send: perform(county.officer, [send], key="two") for send in sends])
    assert sorted(type(answer).__name__ for answer in answers) == sorted([Done.__name__, KeyReused.__name__])
    assert Referral.objects.count() == before + 1


def test_an_accept_and_a_cancel_at_once_end_as_one_of_the_two(arena: Arena) -> None:
    intake, offers = arena.intakes[0], list(arena.offers(8))
    tasks = [offer.tasks[intake.agency_id] for offer in offers]
    raced = rounds(
        [step(intake, task, "accept") for task in tasks],
        [step(arena.county.clinician, task, "cancel", "mistake") for task in tasks],
    )
    for offer, (accept, cancel) in zip(offers, raced, strict=True):
        holds = Wrap.objects.filter(folder_id=offer.referral_id, agency_id=intake.agency_id).exists()
        won = isinstance(accept, Done)
        assert isinstance(accept, Done | Gone)
        assert isinstance(cancel, IllegalStep if won else Done)
        assert (statuses(offer)[intake.agency_id], holds) == (("accepted", True) if won else ("cancelled", False))


def withdrawal(arena: Arena, offer: Offered, agency_id: UUID) -> Callable[[], Done]:
    act = WithdrawAgency(referral_id=offer.referral_id, agency_id=agency_id, consent_revoked=True)
    return lambda: perform(arena.county.clinician, [act])


def test_a_withdrawal_and_an_accept_at_once_leave_the_withdrawn_nothing(arena: Arena) -> None:
    intake, offers = arena.intakes[0], list(arena.offers(8))
    raced = rounds(
        [step(intake, offer.tasks[intake.agency_id], "accept") for offer in offers],
        [withdrawal(arena, offer, intake.agency_id) for offer in offers],
    )
    for offer, (accepted, withdrawn) in zip(offers, raced, strict=True):
        assert isinstance(withdrawn, Done)
        assert isinstance(accepted, Done | Denied)
        assert statuses(offer)[intake.agency_id] == "cancelled"
        assert not Wrap.objects.filter(folder_id=offer.referral_id, agency_id=intake.agency_id).exists()
        with pytest.raises(Denied) as refusal:
            open_referral(intake, offer.referral_id)
        assert refusal.value.code == "CONSENT_REVOKED"
        assert open_referral(arena.county.clinician, offer.referral_id).sections


def test_two_corrections_at_once_are_two_versions_one_after_the_other(arena: Arena) -> None:
    county = arena.county
    done = perform(county.officer, [Send(data=bundle_of(), to=(county.bhu.id,))])
    perform(county.clinician, [AddSection(referral_id=done.referral_id, data=json.dumps(SCREEN).encode())])
    first = Section.objects.get(folder_id=done.referral_id, type="QuestionnaireResponse")

    def correct(status: str) -> Callable[[], Done]:
        act = CorrectSection(referral_id=done.referral_id, resource_id=first.resource_id, data=screened(status))
        return lambda: perform(county.clinician, [act])

    answers = together([correct("amended"), correct("entered-in-error")])
    assert [type(answer) for answer in answers] == [Done, Done]
    sections = open_referral(county.clinician, done.referral_id).sections
    shown = [row for row in sections if row.resource_id == first.resource_id]
    assert [row.version for row in shown] == [1, 2, 3]
    assert {row.tree["status"] for row in shown[1:]} == {"amended", "entered-in-error"}
    assert shown[1].created_at < shown[2].created_at


def test_what_a_race_refuses_is_a_refusal_of_ours_and_no_error_of_the_database(arena: Arena) -> None:
    (offer,) = arena.offers(1)
    raced = together([step(intake, offer.tasks[intake.agency_id], "accept") for intake in (*arena.intakes,) * 2])
    assert Counter(type(answer) for answer in raced)[Done] == 1
    assert all(isinstance(answer, Done | Refused) for answer in raced)


def test_opening_while_others_write_raises_no_alarm(arena: Arena) -> None:
    """What is read in several statements may change between two of them; that is no forgery."""
    county = arena.county
    done = perform(county.officer, [Send(data=bundle_of(SCREEN), to=(county.bhu.id,))])
    (task,) = done.tasks
    perform(county.clinician, [TakeStep(task_id=task, step="accept")])
    add = AddSection(referral_id=done.referral_id, data=json.dumps(SCREEN).encode())
    opening = [lambda: open_referral(county.coordinator, done.referral_id)] * 25
    raced = rounds([lambda: perform(county.clinician, [add])] * 25, opening, opening)
    assert [answer for round_ in raced for answer in round_ if isinstance(answer, Exception)] == []
    assert alarms() == []
