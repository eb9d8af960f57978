"""What a subscriber is told is what its client may see at that moment: no event, number or time says more."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.utils import timezone

from agencies.models import Membership, User
from agencies.roles import Role
from agencies.services import actor_for, add_member, end_membership
from fhir.subscriptions.models import Subscription, SubscriptionEvent
from fhir.subscriptions.services import sending
from referrals.acts import Send, TakeStep, WithdrawAgency
from referrals.models import Participation, ReferralTask
from referrals.perform import perform
from tests.county import SCREEN, County, bundle_of
from tests.notices.sinks import WebSink
from tests.rest import calling
from tests.rest.calling import get, send
from tests.subscriptions.hooks import (
    REQUEST,
    active,
    bundles,
    events_of,
    made,
    numbers_of,
    state,
    status_of,
    subscription,
    told,
)

LONG = ("accept", "start", "schedule", "no-show", "unschedule", "hold", "resume", "complete")
SHORT = ("accept", "start", "fail")
REASONS = {"hold": "no-capacity", "fail": "no-capacity", "reject": "no-capacity"}


def steps(county: County, task: UUID, names: tuple[str, ...]) -> None:
    """What the unit does with what police sent it, an hour for each."""
    for hours, name in enumerate(names):
        with time_machine.travel(timezone.now() + timedelta(hours=hours), tick=False):
            perform(county.clinician, [TakeStep(task_id=task, step=name, reason=REASONS.get(name, ""))])
            sending.send_due()


def heard_by_police(county: County, task: UUID, hook: WebSink, names: tuple[str, ...]) -> list[dict[str, Any]]:
    id_ = active("officer", subscription(), hook)
    steps(county, task, names)
    assert status_of(get("officer", f"Subscription/{id_}/$status").tree)["events-since-subscription-start"] == "1"
    assert numbers_of(told("officer", id_).tree) == [1]
    assert len(hook.heard) == 1
    with time_machine.travel(timezone.now() + timedelta(days=2), tick=False):
        sending.send_due()
    return [event for bundle in bundles(hook) for event in events_of(bundle)]


@pytest.mark.parametrize("names", [LONG, SHORT], ids=["long", "short"])
def test_a_police_system_hears_of_its_first_hop_and_then_of_two_words_by_the_day(
    county: County, officers: UUID, hook: WebSink, names: tuple[str, ...]
) -> None:
    events = heard_by_police(county, officers, hook, names)
    assert [event["event-number"] for event in events] == ["1", "2", "3"]
    days = [event["timestamp"] for event in events[1:]]
    zone = ZoneInfo(county.police.time_zone)
    assert {datetime.fromisoformat(day).astimezone(zone).time() for day in days} == {time(0)}
    assert SubscriptionEvent.objects.count() == 3
    assert len(hook.heard) == 2


@pytest.mark.parametrize(("hour", "heard"), [(6, 0), (7, 1)])
def test_what_police_are_told_the_day_of_reaches_their_system_at_seven_the_next_morning(
    county: County, officers: UUID, hook: WebSink, hour: int, heard: int
) -> None:
    id_ = active("officer", subscription(), hook)
    perform(county.clinician, [TakeStep(task_id=officers, step="accept")])
    perform(county.clinician, [TakeStep(task_id=officers, step="start")])
    sending.send_due()
    assert [numbers_of(each) for each in bundles(hook)] == [[1]]
    hook.heard.clear()
    today = timezone.now().astimezone(ZoneInfo(county.police.time_zone))
    then = (today + timedelta(days=1)).replace(hour=hour, minute=0, second=0, microsecond=0)
    with time_machine.travel(then, tick=False):
        sending.send_due()
        counted = status_of(get("officer", f"Subscription/{id_}/$status").tree)["events-since-subscription-start"]
    assert (len(hook.heard), counted) == (heard, str(1 + heard))


def test_a_filter_of_a_police_system_is_held_against_what_it_is_shown(
    county: County, officers: UUID, hook: WebSink
) -> None:
    active("officer", subscription("status=failed"), hook)
    active("officer", subscription("status=completed"), hook)
    steps(county, officers, SHORT)
    with time_machine.travel(timezone.now() + timedelta(days=2), tick=False):
        sending.send_due()
    (bundle,) = bundles(hook)
    assert numbers_of(bundle) == [1]


def test_a_system_of_an_officer_hears_of_what_it_began_itself_and_leaves_no_gap(
    county: County, officers: UUID, hook: WebSink
) -> None:
    user = User.objects.create_user("second@police.example.org")
    other = add_member(by="System/setup", agency=county.police, role=Role.OFFICER, user=user)
    calling.PEOPLE["second"] = calling.Known(actor_for(other))
    theirs = active("second", subscription(), hook)
    steps(county, officers, ("accept",))
    assert hook.heard == []
    perform(calling.PEOPLE["second"].actor, [Send(data=bundle_of(SCREEN), to=(county.bhu.id,))])
    sending.send_due()
    assert [numbers_of(each) for each in bundles(hook)] == [[1]]
    assert numbers_of(told("second", theirs).tree) == [1]


def test_an_agency_that_was_taken_out_is_told_of_nothing_any_more(
    county: County, officers: UUID, hook: WebSink
) -> None:
    id_ = active("clinician", subscription(), hook)
    referral_id = ReferralTask.objects.get(pk=officers).referral_id
    perform(county.officer, [WithdrawAgency(referral_id=referral_id, agency_id=county.bhu.id)])
    sending.send_due()
    assert hook.heard == []
    assert status_of(get("clinician", f"Subscription/{id_}/$status").tree)["events-since-subscription-start"] == "0"
    assert SubscriptionEvent.objects.count() == 0


def test_what_ends_between_two_tries_of_an_event_takes_its_name_and_leaves_its_number(
    county: County, officers: UUID, hook: WebSink
) -> None:
    id_ = active("clinician", subscription(), hook)
    perform(county.clinician, [TakeStep(task_id=officers, step="accept")])
    hook.status = 500
    sending.send_due()
    (first,) = bundles(hook)
    assert events_of(first)[0]["focus"]["reference"].endswith(str(officers))
    Participation.objects.filter(agency=county.bhu, referral__tasks=officers).update(
        until=timezone.now(), ended_as="WITHDRAWN"
    )
    hook.status = 200
    with time_machine.travel(timezone.now() + timedelta(minutes=1), tick=False):
        sending.send_due()
    second = bundles(hook)[1]
    assert numbers_of(second) == [1]
    assert "focus" not in events_of(second)[0]
    assert len(second["entry"]) == 1
    assert str(officers) not in str(second)
    assert str(officers) not in str(told("clinician", id_).tree)


def ended(county: County) -> None:
    end_membership(by="System/setup", membership_id=county.clinician.membership_id)


def uncovered(_county: County) -> None:
    calling.PEOPLE["clinician"] = replace(calling.PEOPLE["clinician"], never=frozenset({"Task"}))


@pytest.mark.parametrize("taken_away", [ended, uncovered], ids=["member", "scope"])
def test_a_client_that_may_not_be_told_any_more_is_not_even_called(
    county: County, task: UUID, hook: WebSink, taken_away: Callable[[County], None]
) -> None:
    id_ = active("clinician", subscription(), hook)
    perform(county.detox_intake, [TakeStep(task_id=task, step="accept")])
    taken_away(county)
    sending.send_due()
    row = Subscription.objects.get(pk=id_)
    assert (hook.heard, row.status, row.problem, row.counted) == ([], "error", "not-allowed", 0)


def test_a_token_that_does_not_cover_the_type_subscribes_to_none_of_it(county: County, people: None) -> None:
    calling.PEOPLE["clinician"] = replace(calling.PEOPLE["clinician"], never=frozenset({"ServiceRequest"}))
    assert send("POST", "clinician", "Subscription", subscription(topic=REQUEST)).status == 403
    assert send("POST", "clinician", "Subscription", subscription()).status == 201


def test_a_token_that_covers_the_type_no_more_catches_up_on_none_of_it(
    county: County, task: UUID, hook: WebSink
) -> None:
    id_ = active("clinician", subscription(), hook)
    perform(county.detox_intake, [TakeStep(task_id=task, step="accept")])
    uncovered(county)
    asked = told("clinician", id_)
    assert (asked.status, asked.refusal) == (403, "SCOPE")
    for path in (f"Subscription/{id_}/$status", "Subscription/$status"):
        assert status_of(get("clinician", path).tree)["events-since-subscription-start"] == "0"


def test_who_turns_to_another_type_is_told_nothing_of_the_first(county: County, task: UUID, hook: WebSink) -> None:
    id_ = active("clinician", subscription(), hook)
    perform(county.detox_intake, [TakeStep(task_id=task, step="accept")])
    uncovered(county)
    assert send("PUT", "clinician", f"Subscription/{id_}", subscription(topic=REQUEST) | {"id": id_}).status == 200
    sending.send_due()
    assert [status_of(each)["type"] for each in bundles(hook)] == ["handshake"]
    assert str(task) not in str(told("clinician", id_).tree)


def test_who_never_took_part_hears_nothing_and_sees_nobody_elses_subscription(
    county: County, task: UUID, hook: WebSink
) -> None:
    ours = active("clinician", subscription(), hook)
    active("outsider", subscription(f"_id={task}"), hook)
    perform(county.detox_intake, [TakeStep(task_id=task, step="accept")])
    sending.send_due()
    assert len(hook.heard) == 1
    for who in ("outsider", "coordinator"):
        seen = [get(who, f"Subscription/{ours}{tail}") for tail in ("", "/$status", "/$events")]
        seen += [send("PUT", who, f"Subscription/{ours}", subscription() | {"id": ours})]
        seen += [send("DELETE", who, f"Subscription/{ours}", b"")]
        absent = get(who, "Subscription/018f0000-0000-7000-8000-000000000000")
        assert {(each.status, each.body) for each in seen} == {(404, absent.body)}
        assert ours not in str(get(who, "Subscription").tree)
        assert ours not in str(get(who, "Subscription/$status").tree)
    assert state("clinician", ours) == "active"


def test_a_request_is_told_of_when_its_agency_ends_it(county: County, officers: UUID, hook: WebSink) -> None:
    id_ = active("clinician", subscription(topic=REQUEST), hook)
    made("clinician", subscription("status=completed", topic=REQUEST))
    referral_id = ReferralTask.objects.get(pk=officers).referral_id
    perform(county.officer, [TakeStep(task_id=officers, step="cancel", reason="no-longer-needed")])
    sending.send_due()
    events = [event for bundle in bundles(hook) for event in events_of(bundle)]
    assert [event["focus"]["reference"].rpartition("/fhir/")[2] for event in events] == [
        f"ServiceRequest/{referral_id}"
    ]
    assert numbers_of(told("clinician", id_).tree) == [1]


def test_an_event_that_cannot_be_written_undoes_the_act(
    county: County, task: UUID, hook: WebSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    active("clinician", subscription(), hook)

    def broken(_work: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("referrals.services.listening._listener", lambda _name: broken)
    with pytest.raises(RuntimeError):
        perform(county.detox_intake, [TakeStep(task_id=task, step="accept")])
    assert ReferralTask.objects.get(pk=task).status == "requested"


def test_membership_is_what_a_subscription_hangs_on(county: County, people: None) -> None:
    row = Subscription.objects.get(pk=made("clinician", subscription()))
    assert Membership.objects.get(pk=row.membership_id).agency_id == county.bhu.id == row.agency_id
