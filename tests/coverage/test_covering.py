"""Who covers whom at a moment: by the clock on the wall, also in the nights it is moved; never handed on."""

from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from agencies.coverage.covering import Clash, Cover, clash, covering
from agencies.hours import Weekly, meet, turn_at

EASTERN = ZoneInfo("America/New_York")
FENN, BRINDLE, DUNMERE, ALDER = (UUID(int=n) for n in range(1, 5))
EVERY, WEEKEND = 0b1111111, 0b1100000


def at(month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=EASTERN)


def cover(
    covered: UUID = FENN, by: UUID = BRINDLE, begins: int = 20, ends: int = 6, *, number: int = 1, **more: Any
) -> Cover:
    said: dict[str, Any] = {"days": EVERY, "since": date(2026, 1, 1), "zone": "America/New_York"} | more
    return Cover(id=UUID(int=number), covered=covered, covering=by, begins=time(begins), ends=time(ends), **said)


def who(now: datetime, *covers: Cover, agency: UUID = FENN) -> tuple[UUID, str] | None:
    found = covering(covers or [cover()], agency, at=now)
    return (found[0].covering, found[1].astimezone(EASTERN).strftime("%m-%d %H:%M %Z")) if found else None


def test_at_night_who_covers_is_named_with_the_hour_it_ends() -> None:
    assert who(at(11, 23, 21)) == (BRINDLE, "11-24 06:00 EST")
    assert who(at(11, 24, 5, 59)) == (BRINDLE, "11-24 06:00 EST")


def test_by_day_it_goes_to_the_agency_itself_to_the_minute() -> None:
    assert who(at(11, 23, 19, 59)) is None
    assert who(at(11, 23, 20)) == (BRINDLE, "11-24 06:00 EST")
    assert who(at(11, 24, 6)) is None


def test_nobody_else_is_covered() -> None:
    assert who(at(11, 23, 21), agency=DUNMERE) is None
    assert who(at(11, 23, 21), agency=BRINDLE) is None


def test_in_the_night_clocks_go_forward_it_ends_by_the_wall_clock_an_hour_sooner() -> None:
    assert who(at(3, 7, 21)) == (BRINDLE, "03-08 06:00 EDT")
    assert who(datetime(2026, 3, 8, 9, 59, tzinfo=UTC)) == (BRINDLE, "03-08 06:00 EDT")
    assert who(datetime(2026, 3, 8, 10, 0, tzinfo=UTC)) is None


def test_in_the_night_clocks_go_back_it_ends_by_the_wall_clock_an_hour_later() -> None:
    assert who(at(10, 31, 21)) == (BRINDLE, "11-01 06:00 EST")
    assert who(datetime(2026, 11, 1, 10, 59, tzinfo=UTC)) == (BRINDLE, "11-01 06:00 EST")
    assert who(datetime(2026, 11, 1, 11, 0, tzinfo=UTC)) is None


@pytest.mark.parametrize("hour", range(1, 7))
def test_an_hour_that_is_there_twice_is_covered_both_times(hour: int) -> None:
    """20:00 to 01:00 in the night to November 1: one o'clock comes at 5:00 and again at 6:00 UTC."""
    now = datetime(2026, 11, 1, hour, 0, tzinfo=UTC)
    found = who(now, cover(ends=1))
    assert found == ((BRINDLE, "11-01 01:00 EST") if hour < 6 else None)


def test_an_hour_that_is_not_there_ends_it_no_sooner() -> None:
    """20:00 to 02:00 in the night to March 8: there is no two o'clock; it ends as three strikes."""
    assert who(datetime(2026, 3, 8, 6, 59, tzinfo=UTC), cover(ends=2)) == (BRINDLE, "03-08 03:00 EDT")
    assert who(datetime(2026, 3, 8, 7, 0, tzinfo=UTC), cover(ends=2)) is None


def test_a_turn_belongs_to_the_day_it_begins_on() -> None:
    weekend = cover(days=WEEKEND)
    assert who(at(11, 30, 5), weekend) == (BRINDLE, "11-30 06:00 EST")  # Monday morning, of Sunday's turn
    assert who(at(11, 30, 21), weekend) is None
    assert who(at(11, 28, 3), weekend) is None  # Saturday before its first night


def test_the_last_day_is_the_day_its_last_turn_begins_on() -> None:
    short = cover(since=date(2026, 11, 23), until=date(2026, 11, 24))
    assert who(at(11, 23, 3), short) is None
    assert who(at(11, 23, 21), short) is not None
    assert who(at(11, 25, 5, 59), short) == (BRINDLE, "11-25 06:00 EST")
    assert who(at(11, 25, 21), short) is None


def test_a_turn_that_ends_when_it_begins_lasts_a_whole_day() -> None:
    assert who(at(11, 24, 7), cover(begins=8, ends=8, days=1)) == (BRINDLE, "11-24 08:00 EST")
    assert who(at(11, 24, 8), cover(begins=8, ends=8, days=1)) is None


def test_it_runs_by_the_clock_of_the_agency_that_is_covered() -> None:
    chicago = cover(zone="America/Chicago")
    assert who(at(11, 23, 20, 59), chicago) is None
    assert who(at(11, 23, 21), chicago) == (BRINDLE, "11-24 07:00 EST")


def test_nothing_is_handed_on_though_the_rows_say_so() -> None:
    chain = (cover(), cover(BRINDLE, DUNMERE, number=2))
    assert who(at(11, 23, 21), *chain) is None
    assert who(at(11, 23, 21), *chain, agency=BRINDLE) == (DUNMERE, "11-24 06:00 EST")
    assert who(at(11, 23, 21), cover(), cover(BRINDLE, DUNMERE, 8, 12, number=2)) == (BRINDLE, "11-24 06:00 EST")


def test_in_a_loop_everybody_gets_their_own() -> None:
    loop = (cover(), cover(BRINDLE, FENN, number=2))
    assert who(at(11, 23, 21), *loop) is None
    assert who(at(11, 23, 21), *loop, agency=BRINDLE) is None


# What cannot stand beside what


@pytest.mark.parametrize(
    ("other", "kind"),
    [
        (cover(by=DUNMERE, begins=22, ends=23, number=2), Clash.TWICE),
        (cover(BRINDLE, DUNMERE, number=2), Clash.CHAIN),
        (cover(ALDER, FENN, number=2), Clash.HANDED_ON),
        (cover(BRINDLE, FENN, number=2), Clash.LOOP),
        (cover(BRINDLE, FENN, 8, 18, number=2), None),
        (cover(BRINDLE, FENN, 6, 20, number=2), None),
        (cover(BRINDLE, DUNMERE, 8, 12, zone="America/Chicago", number=2), Clash.CHAIN),
        (cover(DUNMERE, ALDER, number=2), None),
        (cover(DUNMERE, BRINDLE, number=2), None),
        (cover(BRINDLE, DUNMERE, until=date(2026, 10, 1), number=2), None),
        (cover(BRINDLE, DUNMERE, until=date(2026, 11, 1), number=2), Clash.CHAIN),
    ],
)  # fmt: skip
def test_what_would_be_handed_on_or_loop_or_go_two_ways_cannot_stand(other: Cover, kind: Clash | None) -> None:
    new = cover(since=date(2026, 11, 2))
    found = clash(new, [other])
    assert (found and found[0]) == kind
    back = clash(other, [new])
    turned = {Clash.CHAIN: Clash.HANDED_ON, Clash.HANDED_ON: Clash.CHAIN}
    assert (back and back[0]) == (turned.get(kind, kind) if kind else None)


def test_one_row_does_not_stand_in_its_own_way() -> None:
    assert clash(cover(), [cover()]) is None


def test_weekly_turns_meet_over_midnight_and_over_the_end_of_the_week() -> None:
    sunday_night = Weekly(0b1000000, time(20), time(6))
    assert meet(sunday_night, Weekly(0b0000001, time(5), time(7)))
    assert meet(Weekly(0b0000001, time(5), time(7)), sunday_night)
    assert not meet(sunday_night, Weekly(0b0000001, time(6), time(7)))
    assert not meet(sunday_night, Weekly(0b1000000, time(3), time(5)))


def test_a_moment_outside_of_every_turn_is_in_none() -> None:
    assert turn_at(at(11, 23, 12), zone="America/New_York", days=EVERY, begins=time(13), ends=time(14)) is None
