"""The ladder: when who is called for what nobody answered, by a frozen clock, across a holiday and moved clocks."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from referrals.notices.holidays import holidays
from referrals.notices.ladder import ASKER, Facts, alarms, clock_of, due
from referrals.notices.oncall import Turn, on_call
from referrals.notices.timers import TIMERS, Rung
from referrals.notices.timing import after_quiet
from referrals.notices.working import Hours, Pace, after

EASTERN = ZoneInfo("America/New_York")
NORMAL = Pace()


def at(month: int, day: int, hour: int, minute: int = 0, *, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=EASTERN)


def asked(when: datetime, urgency: str = "urgent", **more: object) -> Facts:
    return Facts(asked_at=when, urgency=urgency, service="", **more)  # type: ignore[arg-type]  # as they are named


def said(facts: Facts, now: datetime, *, called: int = 0, pace: Pace = NORMAL) -> list[tuple[str, int]]:
    return [(each.code, each.level) for each in due(facts, pace, at=now, called=called)]


MONDAY = at(11, 23, 9)


def test_nobody_is_called_before_three_quarters_of_the_time() -> None:
    assert said(asked(MONDAY), MONDAY + timedelta(minutes=22, seconds=29)) == []


def test_at_three_quarters_who_is_on_call_is_warned_and_at_the_end_called() -> None:
    facts = asked(MONDAY)
    assert said(facts, MONDAY + timedelta(minutes=22, seconds=30)) == [("answer-soon", 0)]
    assert said(facts, MONDAY + timedelta(minutes=30)) == [("answer-soon", 0), ("answer-late", 1)]


def test_then_the_next_on_the_rota_and_then_whoever_asked_is_told_to_call() -> None:
    facts = asked(MONDAY)
    whole = [("answer-soon", 0), ("answer-late", 1), ("answer-late", 2), ("call-them", ASKER)]
    for minutes, number in ((30, 2), (37.5, 3), (45, 4)):
        assert said(facts, MONDAY + timedelta(minutes=minutes), called=3) == whole[:number]


def test_without_a_rota_whoever_asked_is_told_a_quarter_of_the_time_after_it_was_over() -> None:
    facts = asked(MONDAY)
    assert ("call-them", ASKER) not in said(facts, MONDAY + timedelta(minutes=37))
    assert ("call-them", ASKER) in said(facts, MONDAY + timedelta(minutes=37, seconds=30))


def test_however_long_the_rota_whoever_asked_is_told_before_twice_the_time_is_over() -> None:
    assert ("call-them", ASKER) in said(asked(MONDAY), MONDAY + timedelta(minutes=60), called=40)


def test_of_an_agency_off_the_network_whoever_asked_is_told_as_soon_as_it_is_late() -> None:
    facts = asked(MONDAY, reached=False)
    assert said(facts, MONDAY + timedelta(minutes=30)) == [("call-them", ASKER)]


@pytest.mark.parametrize(("urgency", "minutes"), [("stat", 15), ("asap", 30), ("urgent", 30)])
def test_what_is_urgent_runs_day_and_night(urgency: str, minutes: int) -> None:
    saturday = at(11, 28, 2)
    clock = clock_of(asked(saturday, urgency), NORMAL)
    assert clock is not None
    assert clock.due_at == saturday + timedelta(minutes=minutes)


def test_we_have_it_stops_the_first_clock_and_the_second_runs_since_it_was_asked() -> None:
    facts = asked(MONDAY, acknowledged_at=MONDAY + timedelta(minutes=5))
    clock = clock_of(facts, NORMAL)
    assert clock is not None
    assert (clock.rung, clock.due_at) == (Rung.DECIDED, MONDAY + timedelta(hours=2))
    assert not alarms(facts, NORMAL, at=MONDAY + timedelta(days=3))


def test_what_is_urgent_and_unacknowledged_alarms_until_somebody_has_it() -> None:
    facts = asked(MONDAY)
    assert not alarms(facts, NORMAL, at=MONDAY + timedelta(minutes=29))
    assert alarms(facts, NORMAL, at=MONDAY + timedelta(days=300))
    assert not alarms(asked(MONDAY, "routine"), NORMAL, at=MONDAY + timedelta(days=300))


def test_after_a_yes_the_arrival_is_waited_for_and_police_are_not_told_of_it() -> None:
    yes = {"acknowledged_at": MONDAY, "decided_at": MONDAY}
    late = MONDAY + timedelta(days=4)
    assert said(asked(MONDAY, **yes), late) == [("arrival-soon", 0), ("arrival-late", 1), ("arrival-late", ASKER)]
    assert said(asked(MONDAY, asker_learns=False, **yes), late) == [("arrival-soon", 0), ("arrival-late", 1)]


def test_what_is_asked_may_shorten_the_clock() -> None:
    yes = {"acknowledged_at": MONDAY, "decided_at": MONDAY}
    crisis = Facts(asked_at=MONDAY, urgency="urgent", service="308", **yes)  # type: ignore[arg-type]
    clock, other = clock_of(crisis, NORMAL), clock_of(asked(MONDAY, **yes), NORMAL)
    assert clock is not None
    assert other is not None
    assert (clock.due_at, other.due_at) == (MONDAY + timedelta(hours=24), MONDAY + timedelta(hours=48))


def test_an_agency_may_set_its_own_time() -> None:
    pace = Pace(own={("acknowledged", "urgent"): 10})
    assert said(asked(MONDAY), MONDAY + timedelta(minutes=10), pace=pace)[-1] == ("answer-late", 1)


def test_who_came_and_goes_on_is_waited_for_no_more() -> None:
    done = {"acknowledged_at": MONDAY, "decided_at": MONDAY, "arrived_at": MONDAY, "engaged_at": MONDAY}
    assert clock_of(asked(MONDAY, **done), NORMAL) is None
    assert clock_of(asked(MONDAY, over=True), NORMAL) is None


def test_every_rung_has_a_time_for_every_urgency() -> None:
    assert set(TIMERS) == {(rung, level) for rung in Rung for level in ("routine", "urgent", "asap", "stat")}


# Working days


def test_a_routine_request_has_one_working_day() -> None:
    assert after(at(11, 23, 9), Hours().day, Hours()) == at(11, 24, 9)


def test_what_comes_in_the_night_begins_in_the_morning() -> None:
    assert after(at(11, 23, 3), timedelta(hours=1), Hours()) == at(11, 23, 9)
    assert after(at(11, 23, 22), timedelta(hours=1), Hours()) == at(11, 24, 9)


def test_a_weekend_and_thanksgiving_are_no_working_days() -> None:
    wednesday = at(11, 25, 12)
    assert after(wednesday, Hours().day, Hours()) == at(11, 27, 12)
    assert after(at(11, 27, 12), Hours().day, Hours()) == at(11, 30, 12)


def test_the_day_clocks_are_moved_is_as_long_as_any_other() -> None:
    """2026: clocks go forward on Sunday, March 8, and back on Sunday, November 1."""
    every_day = Hours(days=0b1111111)
    for begins, ends in ((at(3, 7, 12), at(3, 8, 12)), (at(10, 31, 12), at(11, 1, 12))):
        assert after(begins, every_day.day, every_day) == ends


def test_an_urgent_clock_runs_by_real_time_over_the_night_clocks_are_moved() -> None:
    before = at(11, 1, 0, 50).astimezone(UTC)
    clock = clock_of(asked(before, "asap"), Pace(own={("acknowledged", "asap"): 120}))
    assert clock is not None
    assert clock.due_at - before == timedelta(hours=2)
    assert clock.due_at.astimezone(EASTERN).strftime("%H:%M") == "01:50"


def test_an_agency_that_never_works_has_a_clock_all_the_same() -> None:
    assert after(MONDAY, timedelta(hours=9), Hours(days=0)) == MONDAY + timedelta(hours=9)


def test_holidays_of_two_states_by_hand() -> None:
    assert holidays("MA", 2026) == {
        date(2026, 1, 1), date(2026, 1, 19), date(2026, 2, 16), date(2026, 4, 20), date(2026, 5, 25), date(2026, 6, 19),
        date(2026, 7, 4), date(2026, 9, 7), date(2026, 10, 12), date(2026, 11, 11), date(2026, 11, 26),
        date(2026, 12, 25),
    }  # fmt: skip
    assert date(2027, 7, 5) in holidays("MA", 2027)  # the 4th is a Sunday
    assert date(2026, 7, 3) in holidays("IL", 2026)  # the 4th is a Saturday
    assert date(2027, 12, 31) in holidays("IL", 2027)  # New Year's Day 2028 is a Saturday
    assert date(2026, 4, 20) not in holidays("IL", 2026)
    assert holidays("NH", 2026) == frozenset()


# The rota

ANN, BEN = UUID(int=1), UUID(int=2)
WEEKEND = 0b1100000


def turn(who: UUID, place: int, days: int, begins: int, ends: int) -> Turn:
    return Turn(membership_id=who, place=place, days=days, begins=time(begins), ends=time(ends))


def called(turns: list[Turn], now: datetime) -> tuple[UUID, ...]:
    return on_call(turns, at=now, zone="America/New_York")


def test_the_first_is_called_first() -> None:
    both = [turn(BEN, 2, 127, 8, 20), turn(ANN, 1, 127, 8, 20)]
    assert called(both, at(11, 23, 8)) == (ANN, BEN)
    assert called(both, at(11, 23, 20)) == ()


def test_a_turn_over_midnight_belongs_to_the_day_it_began_on() -> None:
    night = [turn(ANN, 1, WEEKEND, 20, 6)]
    assert called(night, at(11, 29, 23)) == (ANN,)  # Sunday
    assert called(night, at(11, 30, 5, 59)) == (ANN,)  # the morning after it
    assert called(night, at(11, 30, 6)) == ()
    assert called(night, at(11, 30, 23)) == ()  # Monday
    assert called(night, at(11, 28, 3)) == ()  # Saturday before its first night


def test_a_turn_that_ends_when_it_begins_lasts_a_whole_day() -> None:
    whole = [turn(ANN, 1, 0b0000001, 8, 8)]
    assert called(whole, at(11, 23, 8)) == (ANN,)
    assert called(whole, at(11, 24, 7, 59)) == (ANN,)
    assert called(whole, at(11, 24, 8)) == ()


def test_quiet_hours_end_by_the_clock_on_the_wall_also_when_it_was_moved() -> None:
    night = {"zone": "America/New_York", "begins": time(22), "ends": time(6)}
    assert after_quiet(at(10, 31, 23), **night) == at(11, 1, 6)  # type: ignore[arg-type]
    assert after_quiet(at(11, 1, 6), **night) == at(11, 1, 6)  # type: ignore[arg-type]
    assert after_quiet(at(3, 8, 3), **night) == at(3, 8, 6)  # type: ignore[arg-type]
