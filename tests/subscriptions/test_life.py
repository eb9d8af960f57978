"""The life of a subscription: handshake, events in their order, heartbeat, errors, off, and asked for again."""

from datetime import timedelta
from uuid import UUID

import pytest
import time_machine
from django.utils import timezone

from audit.models import AuditEvent
from bhu.attention import wants
from fhir.subscriptions.kinds import Problem
from fhir.subscriptions.models import Subscription, SubscriptionEvent
from fhir.subscriptions.services import counting, sending
from referrals.acts import TakeStep
from referrals.perform import perform
from tests.county import County
from tests.notices.sinks import WebSink
from tests.rest.calling import get, send
from tests.subscriptions.hooks import (
    active,
    bundles,
    events_of,
    kinds,
    made,
    numbers_of,
    state,
    status_of,
    subscription,
    told,
)


def step(county: County, task: UUID, *names: str) -> None:
    """Take steps of the task that detox was asked, each of which is an event."""
    for name in names:
        reason = "no-capacity" if name in ("hold", "fail", "reject") else ""
        perform(county.detox_intake, [TakeStep(task_id=task, step=name, reason=reason)])


def later(**length: int) -> None:
    """Send what is due after so long."""
    with time_machine.travel(timezone.now() + timedelta(**length), tick=False):
        sending.send_due()


def again(who: str, id_: str, status: str = "requested", **more: object) -> int:
    tree = get(who, f"Subscription/{id_}").tree
    return send("PUT", who, f"Subscription/{id_}", tree | {"status": status} | more).status


def test_a_subscription_shakes_hands_and_is_told_of_one_event(county: County, task: UUID, hook: WebSink) -> None:
    id_ = made("clinician", subscription())
    assert state("clinician", id_) == "requested"
    assert sending.send_due() == 1
    assert state("clinician", id_) == "active"
    assert kinds(hook) == ["handshake"]
    step(county, task, "accept")
    assert sending.send_due() == 1
    assert kinds(hook) == ["handshake", "event-notification"]
    (event,) = events_of(bundles(hook)[1])
    assert event["event-number"] == "1"
    assert event["focus"]["reference"].endswith(f"/fhir/Task/{task}")
    assert sending.send_due() == 0


def test_both_sides_are_told_under_numbers_of_their_own(county: County, task: UUID, hook: WebSink) -> None:
    ours, theirs = active("clinician", subscription(), hook), active("detox_intake", subscription(), hook)
    step(county, task, "accept", "start")
    sending.send_due()
    found = {status_of(each)["subscription"]["reference"].rpartition("/")[2]: each for each in bundles(hook)}
    assert numbers_of(found[ours]) == numbers_of(found[theirs]) == [1, 2]


def test_a_handshake_that_is_refused_three_times_is_an_error_until_the_client_asks_again(
    county: County, task: UUID, hook: WebSink
) -> None:
    hook.status = 500
    id_ = made("clinician", subscription())
    sending.send_due()
    assert state("clinician", id_) == "requested"
    later(minutes=1)
    later(minutes=3)
    tree = get("clinician", f"Subscription/{id_}").tree
    assert (tree["status"], tree["error"]) == ("error", "The endpoint answered, but not with 2xx.")
    assert len(hook.heard) == 3
    hook.status = 200
    later(hours=1)
    assert len(hook.heard) == 3
    step(county, task, "accept")
    assert again("clinician", id_) == 200
    sending.send_due()
    assert state("clinician", id_) == "active"
    assert "error" not in get("clinician", f"Subscription/{id_}").tree
    assert kinds(hook)[3:] == ["handshake", "event-notification"]


def test_the_server_never_activates_on_the_word_of_the_client(county: County, people: None) -> None:
    id_ = made("clinician", subscription())
    heard = send("PUT", "clinician", f"Subscription/{id_}", subscription(status="active") | {"id": id_})
    assert (heard.status, heard.issue["expression"]) == (422, ["Subscription.status"])
    assert state("clinician", id_) == "requested"


def test_who_has_much_to_be_told_waits_its_turn(
    county: County, task: UUID, hook: WebSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An endpoint that answers after seconds, told of one thing at a time, keeps nobody else from being told."""
    monkeypatch.setattr(sending, "BATCH", 1)
    one_at_a_time = subscription(numbers={"backport-max-count": 1})
    whose = [active(who, one_at_a_time, hook) for who in ("clinician", "clinician", "detox_intake")]
    step(county, task, "accept", "start")
    for _ in range(2 * len(whose)):
        (row,) = sending.claim(at=timezone.now())
        sending.attempt(row)
    order = [status_of(each)["subscription"]["reference"].rpartition("/")[2] for each in bundles(hook)]
    assert order == whose * 2


def test_what_was_not_taken_comes_again_under_the_same_numbers_and_nothing_overtakes_it(
    county: County, task: UUID, hook: WebSink
) -> None:
    active("clinician", subscription(numbers={"backport-max-count": 1}), hook)
    hook.status = 503
    step(county, task, "accept", "start")
    sending.send_due()
    assert [numbers_of(each) for each in bundles(hook)] == [[1]]
    sending.send_due()
    assert len(hook.heard) == 1
    hook.status = 200
    later(minutes=1)
    assert [numbers_of(each) for each in bundles(hook)] == [[1], [1], [2]]
    first, second = bundles(hook)[:2]
    assert events_of(first) == events_of(second)


def test_several_events_come_in_one_notification_and_no_more_than_were_asked_for(
    county: County, task: UUID, hook: WebSink
) -> None:
    active("clinician", subscription(numbers={"backport-max-count": 2}), hook)
    step(county, task, "accept", "start", "complete")
    sending.send_due()
    assert [numbers_of(each) for each in bundles(hook)] == [[1, 2], [3]]
    assert {status_of(each)["events-since-subscription-start"] for each in bundles(hook)} == {"3"}


def test_after_three_days_it_is_an_error_and_what_happens_is_still_counted(
    county: County, task: UUID, hook: WebSink
) -> None:
    id_ = active("clinician", subscription(), hook)
    hook.status = 500
    step(county, task, "accept")
    sending.send_due()
    for hours in (1, 24, 71):
        later(hours=hours)
    assert state("clinician", id_) == "active"
    later(hours=72, minutes=1)
    assert state("clinician", id_) == "error"
    assert AuditEvent.objects.filter(action="subscription.stop", code="odd-answer").count() == 1
    assert ("bhu", "1 subscriptions of its systems in error") in {
        (each.agency, each.what) for each in wants(at=timezone.now())
    }
    sent = len(hook.heard)
    step(county, task, "start")
    later(hours=80)
    assert len(hook.heard) == sent
    assert numbers_of(told("clinician", id_).tree) == [1, 2]
    hook.status = 200
    assert again("clinician", id_) == 200
    sending.send_due()
    assert [numbers_of(each) for each in bundles(hook)[sent:]] == [[], [1, 2]]


@pytest.mark.parametrize(("status", "problem"), [(410, "gone")])
def test_an_endpoint_that_is_gone_is_an_error_at_once(
    county: County, task: UUID, hook: WebSink, status: int, problem: str
) -> None:
    id_ = active("clinician", subscription(), hook)
    hook.status = status
    step(county, task, "accept")
    sending.send_due()
    assert state("clinician", id_) == "error"
    assert Subscription.objects.get(pk=id_).problem == problem


def test_a_heart_beats_when_nothing_was_told_for_its_period(county: County, task: UUID, hook: WebSink) -> None:
    active("clinician", subscription(numbers={"backport-heartbeat-period": 60}), hook)
    sending.send_due()
    later(seconds=59)
    assert kinds(hook) == []
    later(seconds=61)
    assert kinds(hook) == ["heartbeat"]
    (beat,) = bundles(hook)
    assert (len(beat["entry"]), status_of(beat)["events-since-subscription-start"]) == (1, "0")
    step(county, task, "accept")
    with time_machine.travel(timezone.now() + timedelta(seconds=100), tick=False):
        sending.send_due()
    later(seconds=159)
    assert kinds(hook) == ["heartbeat", "event-notification"]
    later(seconds=161)
    assert kinds(hook) == ["heartbeat", "event-notification", "heartbeat"]


def test_one_that_is_off_counts_nothing_and_goes_on_where_it_was(county: County, task: UUID, hook: WebSink) -> None:
    id_ = active("clinician", subscription(), hook)
    step(county, task, "accept")
    sending.send_due()
    assert again("clinician", id_, "off") == 200
    step(county, task, "start")
    assert sending.send_due() == 0
    assert again("clinician", id_) == 200
    step(county, task, "complete")
    sending.send_due()
    assert [numbers_of(each) for each in bundles(hook)] == [[1], [], [2]]


def test_its_own_end_switches_it_off(county: County, task: UUID, hook: WebSink) -> None:
    end = (timezone.now() + timedelta(hours=1)).isoformat()
    id_ = active("clinician", subscription(end=end), hook)
    later(hours=2)
    tree = get("clinician", f"Subscription/{id_}").tree
    assert (tree["status"], tree["end"], tree["error"]) == ("off", end, "Its end has come.")
    with time_machine.travel(timezone.now() + timedelta(hours=2), tick=False):
        step(county, task, "accept")
    assert SubscriptionEvent.objects.count() == 0
    assert again("clinician", id_, end="2026-01-01T00:00:00Z") == 422


def test_one_that_was_deleted_is_gone_and_tells_no_more(county: County, task: UUID, hook: WebSink) -> None:
    id_ = active("clinician", subscription(header=["X-Secret: one"]), hook)
    step(county, task, "accept")
    assert send("DELETE", "clinician", f"Subscription/{id_}", b"").status == 204
    step(county, task, "start")
    assert sending.send_due() == 0
    for heard in (get("clinician", f"Subscription/{id_}"), told("clinician", id_)):
        assert (heard.status, heard.issue["code"]) == (410, "deleted")
    assert again_of_deleted(id_) == 410
    assert get("clinician", "Subscription").tree["total"] == 0
    assert SubscriptionEvent.objects.count() == 0
    assert bytes(Subscription.objects.get(pk=id_).sealed_headers) == b""
    assert get("outsider", f"Subscription/{id_}").status == 404


def again_of_deleted(id_: str) -> int:
    return send("PUT", "clinician", f"Subscription/{id_}", subscription() | {"id": id_}).status


def test_a_process_that_died_is_followed_by_one_that_sends_the_same_when_the_lease_is_over(
    county: County, task: UUID, hook: WebSink
) -> None:
    active("clinician", subscription(), hook)
    step(county, task, "accept")
    (taken,) = sending.claim(at=timezone.now())
    parcel = sending._packed(taken)
    assert parcel is not None
    assert sending.send_due() == 0
    later(minutes=4)
    assert [each.body for each in hook.heard] != [parcel.body]  # another id and time of the notification
    assert [numbers_of(each) for each in bundles(hook)] == [[1]]
    sending._noted(taken, parcel)  # it wakes again, and has the lease no more
    assert Subscription.objects.get(pk=taken.pk).lease is None


def test_who_wakes_when_its_lease_is_over_takes_it_from_nobody(county: County, task: UUID, hook: WebSink) -> None:
    active("clinician", subscription(), hook)
    step(county, task, "accept")
    (first,) = sending.claim(at=timezone.now())
    parcel = sending._packed(first)
    (second,) = sending.claim(at=timezone.now() + timedelta(minutes=4))
    sending._noted(first, parcel)
    sending._failed(first, Problem.NO_ANSWER)
    row = Subscription.objects.get(pk=first.pk)
    assert (row.lease, row.told, row.tries) == (second.lease, 0, 0)


def test_what_is_a_months_old_is_forgotten_and_its_numbers_are_not_given_again(
    county: County, task: UUID, hook: WebSink
) -> None:
    id_ = active("clinician", subscription(), hook)
    step(county, task, "accept", "start")
    sending.send_due()
    assert counting.forget(now=timezone.now() + timedelta(days=29)) == 0
    assert counting.forget(now=timezone.now() + timedelta(days=31)) == 2
    step(county, task, "complete")
    sending.send_due()
    assert numbers_of(told("clinician", id_).tree) == [3]
    assert numbers_of(bundles(hook)[-1]) == [3]


def test_one_that_waited_for_its_client_for_a_month_is_switched_off(county: County, people: None) -> None:
    id_ = made("clinician", subscription())
    Subscription.objects.filter(pk=id_).update(status="error")
    assert sending.switch_off_forgotten(now=timezone.now() + timedelta(days=29)) == 0
    assert sending.switch_off_forgotten(now=timezone.now() + timedelta(days=31)) == 1
    assert state("clinician", id_) == "off"


def test_a_fault_of_ours_stops_one_after_a_few_tries_and_keeps_no_other_from_going(
    county: County, task: UUID, hook: WebSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, sound = active("clinician", subscription(), hook), active("detox_intake", subscription(), hook)
    really = sending.bundle_of

    def bundle_of(kind, row, events, *, at):
        if str(row.pk) == broken:
            raise RuntimeError
        return really(kind, row, events, at=at)

    monkeypatch.setattr(sending, "bundle_of", bundle_of)
    step(county, task, "accept")
    for minutes in (0, 1, 3, 8, 14):
        later(minutes=minutes)
    assert (state("clinician", broken), state("detox_intake", sound)) == ("error", "active")
    assert kinds(hook) == ["event-notification"]
