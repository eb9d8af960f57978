"""Naming whom to ask next, and the alarm of what nobody has, on the pages."""

from datetime import timedelta
from http import HTTPStatus
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from agencies.models import Town
from agencies.roles import Role
from referrals.acts import Send
from referrals.board import PILES, board
from referrals.models import ReferralTask
from referrals.notices.services import acknowledging, climbing
from referrals.onward.models import Following
from referrals.perform import perform
from tests.anyone import member
from tests.county import County, bundle_of
from tests.coverage.test_pages import at, browser, post, words
from tests.web.test_sending import faults, hidden, told

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def town(county: County) -> None:
    """The police serve one town, so that the form knows it."""
    county.police.towns_served.set([Town.objects.create(slug="alder", name="Alder Falls", state="MA")])


def typed(county: County, **changes: Any) -> dict[str, Any]:
    return told(county, then_first=str(county.clinic.pk), then_second=str(county.detox.pk), **changes)


def test_whom_to_ask_next_is_shown_before_it_is_sent_and_kept_in_order(county: County, clock: Any) -> None:
    client = browser(county.officer)
    answer = client.post(reverse("referrals:new", args=at(county.officer)), typed(county))
    assert answer.status_code == HTTPStatus.SEE_OTHER, faults(answer)
    url = answer.headers["Location"]
    seen = client.get(url)
    shown = words(seen).partition("If nobody answers")[2]
    assert shown.index("Clinic") < shown.index("Detox")
    assert "the rest opens when it says yes" in shown
    post(client, url, seen, digest=hidden(seen, "digest"))
    assert list(Following.objects.order_by("place").values_list("agency__slug", flat=True)) == ["clinic", "detox"]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"urgency": "routine"}, "Only what is urgent is asked on by itself."),
        ({"then_first": ""}, "Say first who is asked before that one."),
        ({"then_second": "first"}, "This one is asked before already."),
        ({"then_first": "to"}, "This one is asked first already."),
        ({"to": "both"}, "This can follow one agency, not several at once."),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_on_is_said_by_its_box(
    county: County, clock: Any, changes: dict[str, str], says: str
) -> None:
    names = {
        "first": str(county.clinic.pk),
        "to": str(county.bhu.pk),
        "both": [str(county.bhu.pk), str(county.detox.pk)],
    }
    said = typed(county) | {name: names.get(value, value) for name, value in changes.items()}
    answer = browser(county.officer).post(reverse("referrals:new", args=at(county.officer)), said)
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert says in faults(answer)


def test_who_reads_no_ask_is_not_offered_to_name_anybody(county: County, clock: Any) -> None:
    dispatcher = member(county.police, Role.DISPATCHER, "dispatcher")
    page = browser(dispatcher).get(reverse("referrals:new", args=at(dispatcher))).content.decode()
    assert "then_first" not in page
    assert (
        "then_first" in browser(county.officer).get(reverse("referrals:new", args=at(county.officer))).content.decode()
    )


# The alarm


def alarms(county: County) -> list[bool]:
    return [row.alarm for row in board([county.officer], PILES["theirs"]).rows]


def sent(county: County, priority: str = "urgent") -> ReferralTask:
    done = perform(county.officer, [Send(data=bundle_of(request={"priority": priority}), to=(county.bhu.pk,))])
    return ReferralTask.objects.get(referral_id=done.referral_id)


def later(clock: Any, minutes: float) -> None:
    clock.shift(timedelta(minutes=minutes))
    climbing.climb(at=timezone.now())


def test_what_nobody_has_stays_on_the_senders_list_with_whom_to_call(county: County, clock: Any) -> None:
    county.bhu.phone = "555-0131"
    county.bhu.save()
    task = sent(county)
    later(clock, 37)
    assert alarms(county) == [False]
    later(clock, 1)
    assert alarms(county) == [True]
    page = browser(county.officer).get(reverse("referrals:work"), {"pile": "theirs"})
    assert "nobody has it: call them" in words(page)
    assert "tel:555-0131" in page.content.decode()
    later(clock, 60 * 24 * 30)
    assert alarms(county) == [True]
    acknowledging.acknowledge(county.clinician, task.pk)
    assert alarms(county) == [False]


def test_the_agency_that_was_asked_reads_no_such_thing(county: County, clock: Any) -> None:
    sent(county)
    later(clock, 60)
    assert [row.alarm for row in board([county.clinician], PILES["answer"]).rows] == [False]


def test_what_is_routine_alarms_nobody_nor_what_a_clinician_made_of_it(county: County, clock: Any) -> None:
    task = sent(county, "routine")
    task.referral.priority = "stat"  # found by a clinician; police are shown ``said_priority``
    task.referral.save()
    later(clock, 60)
    assert alarms(county) == [False]
    later(clock, 60 * 24 * 9)
    assert alarms(county) == [False]
