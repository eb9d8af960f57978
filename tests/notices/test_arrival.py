"""Arrival and engagement by a frozen clock: over both nights clocks are moved, a holiday of a state and a weekend.

Every expected time is written by hand, as the wall clock of the agency shows it.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.utils import timezone

from agencies.vault import keyring
from referrals.acts import Send, TakeStep
from referrals.models import Notice, ReferralTask
from referrals.notices.ladder import Facts, clock_of, due
from referrals.notices.models import AgencyTimer, Call
from referrals.notices.services import climbing
from referrals.notices.timers import Rung
from referrals.notices.working import Hours, Pace
from referrals.perform import perform
from referrals.policy.bases import Basis
from tests.county import County, bundle_of, make_county

EASTERN, CENTRAL = ZoneInfo("America/New_York"), ZoneInfo("America/Chicago")
MA, IL = Pace(), Pace(hours=Hours(zone="America/Chicago", state="IL"))
CRISIS, DETOX = "308", "20093000"
WALL = "%a %m-%d %H:%M %Z"


def at(month: int, day: int, hour: int, minute: int = 0, zone: ZoneInfo = EASTERN) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=zone)


def accepted(when: datetime, urgency: str, service: str = "") -> Facts:
    return Facts(asked_at=when, urgency=urgency, service=service, acknowledged_at=when, decided_at=when)


def came(when: datetime, urgency: str, **more: Any) -> Facts:
    asked = when - timedelta(days=3)
    known = {"asked_at": asked, "acknowledged_at": asked, "decided_at": asked, "arrived_at": when, "service": ""}
    return Facts(urgency=urgency, **(known | more))  # type: ignore[arg-type]  # as they are named


def wall(facts: Facts, pace: Pace = MA) -> tuple[str, str]:
    """When it is warned of and when it is due, as the clock on the agency's wall shows it."""
    clock = clock_of(facts, pace)
    assert clock is not None
    zone = ZoneInfo(pace.hours.zone)
    warned, over = (each.astimezone(zone).strftime(WALL) for each in (clock.warn_at, clock.due_at))
    return warned, over


# 2026: clocks go forward on Sunday, March 8, at two, and back on Sunday, November 1, at two.


@pytest.mark.parametrize(
    ("since", "urgency", "service", "warned", "over"),
    [
        # Real time: the hour that is left out is not given, and the hour that comes twice counts twice.
        (at(3, 8, 0, 30), "stat", "", "Sun 03-08 04:30 EDT", "Sun 03-08 05:30 EDT"),
        (at(11, 1, 0, 30), "stat", "", "Sun 11-01 02:30 EST", "Sun 11-01 03:30 EST"),
        (at(3, 7, 18), "asap", "", "Sun 03-08 13:00 EDT", "Sun 03-08 19:00 EDT"),
        (at(10, 31, 18), "asap", "", "Sun 11-01 11:00 EST", "Sun 11-01 17:00 EST"),
        (at(3, 6, 20), "urgent", "", "Sun 03-08 09:00 EDT", "Sun 03-08 21:00 EDT"),
        (at(10, 30, 20), "urgent", "", "Sun 11-01 07:00 EST", "Sun 11-01 19:00 EST"),
        (at(3, 7, 12), "urgent", CRISIS, "Sun 03-08 07:00 EDT", "Sun 03-08 13:00 EDT"),
        (at(10, 31, 12), "urgent", DETOX, "Sun 11-01 05:00 EST", "Sun 11-01 11:00 EST"),
        (at(3, 7, 12), "routine", DETOX, "Mon 03-09 19:00 EDT", "Tue 03-10 13:00 EDT"),
        (at(10, 31, 12), "routine", DETOX, "Mon 11-02 17:00 EST", "Tue 11-03 11:00 EST"),
        # Working days: a weekend with a moved clock is no longer than another.
        (at(3, 5, 12), "routine", CRISIS, "Fri 03-06 16:30 EST", "Mon 03-09 12:00 EDT"),
        (at(10, 29, 12), "routine", CRISIS, "Fri 10-30 16:30 EDT", "Mon 11-02 12:00 EST"),
    ],
)  # fmt: skip
def test_an_arrival_is_due_by_the_wall_clock_over_a_night_clocks_are_moved(
    since: datetime, urgency: str, service: str, warned: str, over: str
) -> None:
    assert wall(accepted(since, urgency, service)) == (warned, over)


@pytest.mark.parametrize(
    ("since", "urgency", "warned", "over"),
    [
        (at(3, 6, 10), "urgent", "Fri 03-13 12:15 EDT", "Tue 03-17 10:00 EDT"),
        (at(10, 29, 10), "urgent", "Thu 11-05 12:15 EST", "Mon 11-09 10:00 EST"),
        (at(10, 29, 10), "stat", "Thu 11-05 12:15 EST", "Mon 11-09 10:00 EST"),
        (at(10, 29, 10), "asap", "Thu 11-05 12:15 EST", "Mon 11-09 10:00 EST"),
        (at(10, 29, 10), "routine", "Wed 12-02 14:30 EST", "Mon 12-14 10:00 EST"),
    ],
)  # fmt: skip
def test_going_on_is_due_after_working_days_over_a_night_clocks_are_moved(
    since: datetime, urgency: str, warned: str, over: str
) -> None:
    assert wall(came(since, urgency)) == (warned, over)


def test_a_holiday_of_the_state_is_no_working_day_there_and_one_next_door() -> None:
    """Patriots' Day, Monday, April 20, is kept in Massachusetts and not in Illinois."""
    assert wall(accepted(at(4, 16, 12), "routine", CRISIS)) == ("Fri 04-17 16:30 EDT", "Tue 04-21 12:00 EDT")
    there = accepted(at(4, 16, 12, zone=CENTRAL), "routine", CRISIS)
    assert wall(there, IL) == ("Fri 04-17 16:30 CDT", "Mon 04-20 12:00 CDT")


def test_seven_working_days_over_thanksgiving_are_twelve_of_the_calendar() -> None:
    assert wall(came(at(11, 20, 10), "urgent")) == ("Mon 11-30 12:15 EST", "Wed 12-02 10:00 EST")


def test_a_holiday_and_a_weekend_stop_no_clock_of_real_time() -> None:
    thanksgiving = accepted(at(11, 25, 20), "urgent")
    assert wall(thanksgiving) == ("Fri 11-27 08:00 EST", "Fri 11-27 20:00 EST")
    saturday = accepted(at(11, 28, 20), "stat")
    assert wall(saturday) == ("Sat 11-28 23:00 EST", "Sun 11-29 00:00 EST")


def test_who_came_on_a_weekend_is_waited_for_from_monday_on() -> None:
    assert wall(came(at(11, 28, 15), "urgent"))[1] == "Tue 12-08 17:00 EST"
    assert wall(came(at(11, 29, 3), "urgent"))[1] == "Tue 12-08 17:00 EST"


def test_what_an_agency_set_for_itself_is_minutes_of_real_time_also_in_that_night() -> None:
    own = Pace(own={("arrived", "routine"): 180, ("engaged", "routine"): 240})
    assert wall(accepted(at(3, 8, 1), "routine"), own)[1] == "Sun 03-08 05:00 EDT"
    assert wall(came(at(11, 1, 0), "routine"), own)[1] == "Sun 11-01 03:00 EST"


def test_each_call_is_due_at_its_minute_and_not_the_minute_before() -> None:
    facts, minute = accepted(at(3, 5, 12), "routine", CRISIS), timedelta(minutes=1)
    calls = [
        (at(3, 6, 16, 30), ("arrival-soon", 0)),
        (at(3, 9, 12), ("arrival-late", 1)),
        (at(3, 9, 16), ("arrival-late", 99)),
    ]
    for number, (when, call) in enumerate(calls):
        assert [(each.code, each.level) for each in due(facts, MA, at=when - minute, called=0)] == [
            call for _when, call in calls[:number]
        ]
        assert call in [(each.code, each.level) for each in due(facts, MA, at=when, called=0)]


# The whole ladder over one referral


@pytest.fixture(scope="module")
def shared_county(build_once: Callable[[Callable[[], County]], County]) -> County:
    """A county of early 2026: what is told here happened then, whenever it is run."""
    with time_machine.travel(at(3, 2, 9), tick=False):
        return build_once(make_county)


@pytest.fixture
def county(shared_county: County, db: None) -> Iterator[County]:
    yield shared_county
    keyring.forget()


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel(at(3, 2, 9), tick=False) as moved:
        yield moved


def asked_by_the_unit(county: County, urgency: str) -> ReferralTask:
    """The unit asks a clinic, and learns how it goes on, as no police do."""
    bundle = bundle_of(request={"priority": urgency})
    done = perform(county.clinician, [Send(data=bundle, to=(county.clinic.id,), basis=Basis.DEIDENTIFIED)])
    return ReferralTask.objects.get(referral_id=done.referral_id)


def told(clock: Any, *minutes: datetime) -> list[tuple[str, str, str]]:
    """What was told to whom, at which of these minutes."""
    found: list[tuple[str, str, str]] = []
    seen = Notice.objects.filter(call__isnull=False).count()
    for minute in minutes:
        clock.move_to(minute)
        climbing.climb(at=timezone.now())
        rows = list(Notice.objects.filter(call__isnull=False).order_by("id").values_list("agency__slug", "code"))
        shown = minute.strftime("%a %H:%M")
        found += [(shown, *row) for row in rows[seen:]]
        seen = len(rows)
    return found


def step(county: County, task: ReferralTask, *names: str) -> None:
    for name in names:
        perform(county.clinic_intake, [TakeStep(task_id=task.pk, step=name)])


@pytest.mark.django_db
def test_the_whole_ladder_over_the_night_clocks_go_forward(county: County, clock: Any) -> None:
    clock.move_to(at(3, 6, 19))
    task = asked_by_the_unit(county, "urgent")
    assert told(clock, at(3, 6, 19, 22), at(3, 6, 19, 23), at(3, 6, 19, 30), at(3, 6, 19, 38)) == [
        ("Fri 19:23", "clinic", "answer-soon"),
        ("Fri 19:30", "clinic", "answer-late"),
        ("Fri 19:38", "bhu", "call-them"),
    ]
    clock.move_to(at(3, 6, 20))
    step(county, task, "accept")
    arrival = (at(3, 8, 8, 59), at(3, 8, 9), at(3, 8, 20, 59), at(3, 8, 21), at(3, 9, 0, 59), at(3, 9, 1))
    assert told(clock, *arrival) == [
        ("Sun 09:00", "clinic", "arrival-soon"),
        ("Sun 21:00", "clinic", "arrival-late"),
        ("Mon 01:00", "bhu", "arrival-late"),
    ]
    clock.move_to(at(3, 9, 10))
    step(county, task, "start", "attend")
    going_on = (at(3, 16, 12, 14), at(3, 16, 12, 15), at(3, 18, 9, 59), at(3, 18, 10), at(3, 18, 14))
    assert told(clock, *going_on) == [
        ("Mon 12:15", "clinic", "arrival-soon"),
        ("Wed 10:00", "clinic", "arrival-late"),
        ("Wed 14:00", "bhu", "arrival-late"),
    ]
    step(county, task, "schedule")
    assert told(clock, at(6, 1, 12)) == []
    assert set(Call.objects.values_list("rung", flat=True)) == {"acknowledged", "arrived", "engaged"}


@pytest.mark.django_db
def test_the_whole_ladder_over_the_night_clocks_go_back_and_veterans_day(county: County, clock: Any) -> None:
    clock.move_to(at(10, 31, 22))
    task = asked_by_the_unit(county, "stat")
    clock.move_to(at(11, 1, 0, 10))
    step(county, task, "accept")
    second_two = datetime(2026, 11, 1, 7, 10, tzinfo=UTC).astimezone(EASTERN)
    assert told(clock, at(11, 1, 1, 59), second_two, at(11, 1, 3, 10), at(11, 1, 4, 10)) == [
        ("Sun 02:10", "clinic", "arrival-soon"),
        ("Sun 03:10", "clinic", "arrival-late"),
        ("Sun 04:10", "bhu", "arrival-late"),
    ]
    clock.move_to(at(11, 3, 10))
    step(county, task, "start", "attend")
    # Seven working days from Tuesday, the 3rd, without Wednesday, the 11th.
    assert told(clock, at(11, 13, 9, 59), at(11, 13, 10)) == [
        ("Fri 09:59", "clinic", "arrival-soon"),
        ("Fri 10:00", "clinic", "arrival-late"),
    ]
    step(county, task, "attend")
    assert told(clock, at(12, 24, 12)) == []


@pytest.mark.django_db
def test_an_agencys_own_time_for_an_arrival_counts_by_real_time(county: County, clock: Any) -> None:
    AgencyTimer.objects.create(agency=county.clinic, rung=Rung.ARRIVED.value, urgency="routine", minutes=120)
    clock.move_to(at(3, 8, 1, 30))
    task = asked_by_the_unit(county, "routine")
    step(county, task, "accept")
    assert told(clock, at(3, 8, 4, 29), at(3, 8, 4, 30)) == [
        ("Sun 04:29", "clinic", "arrival-soon"),
        ("Sun 04:30", "clinic", "arrival-late"),
    ]


@pytest.mark.django_db
def test_while_it_is_paused_no_arrival_is_asked_for(county: County, clock: Any) -> None:
    clock.move_to(at(3, 6, 9))
    task = asked_by_the_unit(county, "urgent")
    step(county, task, "accept")
    perform(county.clinic_intake, [TakeStep(task_id=task.pk, step="hold", reason="waiting-for-answer")])
    assert told(clock, at(3, 20, 9)) == []
    step(county, task, "resume")
    assert told(clock, at(3, 20, 9, 1))[0] == ("Fri 09:01", "clinic", "arrival-soon")
