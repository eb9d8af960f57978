"""The history before it is played: the same for the same seed, in order, and plausible by the clock."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from bhu.demo.history import moves, shares
from bhu.demo.history.cases import NEWEST, Case, cases
from bhu.demo.history.courses import course
from bhu.demo.history.moves import Move
from bhu.demo.history.times import opening
from bhu.demo.people import FAMILY, GIVEN

NOW = datetime(2026, 11, 26, 15, 30, tzinfo=UTC)
SEED = shares.SEED


@pytest.fixture(scope="module")
def found() -> tuple[Case, ...]:
    return cases(seed=SEED, now=NOW)


@pytest.fixture(scope="module")
def courses(found: tuple[Case, ...]) -> list[tuple[Move, ...]]:
    return [course(case, seed=SEED, now=NOW) for case in found]


def test_the_same_seed_at_the_same_time_gives_the_same_history(found, courses):
    again = cases(seed=SEED, now=NOW)
    assert again == found
    assert [course(case, seed=SEED, now=NOW) for case in again[:100]] == courses[:100]


def test_another_seed_gives_another_history_of_the_same_size(found):
    other = cases(seed=SEED + 1, now=NOW)
    assert len(other) == len(found) == shares.REFERRALS
    assert [case.at for case in other] != [case.at for case in found]
    assert Counter(case.client.problem for case in other) == Counter(case.client.problem for case in found)


def test_as_many_people_as_the_county_has_and_no_two_of_one_name(found):
    people = {case.client.number: case.client for case in found}
    assert len(people) == shares.PEOPLE
    assert len({(each.given, each.family) for each in people.values()}) == shares.PEOPLE
    assert not {each.family for each in people.values()} & set(FAMILY)
    assert not {each.given for each in people.values()} & set(GIVEN)
    assert any(not each.family.isascii() for each in people.values())
    assert max(len(f"{each.given} {each.family}") for each in people.values()) > 25


def test_everything_happens_in_order_and_before_now(found, courses):
    assert [case.at for case in found] == sorted(case.at for case in found)
    for case, played in zip(found, courses, strict=True):
        assert played[0].at == case.at
        assert [move.at for move in played] == sorted(move.at for move in played)
        assert played[-1].at < NOW


def test_no_two_begin_at_the_same_time(found):
    assert len({case.at for case in found}) == len(found)


def test_each_course_begins_by_sending_and_sends_once(courses):
    for played in courses:
        sends = [deed for move in played for deed in move.deeds if isinstance(deed, moves.Send)]
        assert [*played[0].deeds] == sends


def test_the_newest_are_hours_old_and_some_wait_for_an_answer(found, courses):
    newest = list(zip(found, courses, strict=True))[-len(NEWEST) :]
    assert all(NOW - case.at < timedelta(days=2) for case, _ in newest)
    waiting = [(case, played) for case, played in newest if case.waits]
    assert [len(played) for _, played in waiting] == [1] * sum(each.waits for each in NEWEST)
    late = [case for case, _ in waiting if case.urgent and NOW - case.at > timedelta(hours=1)]
    assert (late, any(case.urgent for case, _ in waiting)) == ([], True)


def test_what_is_not_urgent_is_answered_in_office_hours(found, courses):
    declined = [
        played[1].at
        for case, played in zip(found, courses, strict=True)
        if case.fate == shares.DECLINED and not case.urgent and len(played) > 1
    ]
    assert len(declined) > 10
    assert [opening(at) for at in declined] == declined


@pytest.mark.parametrize(
    ("at", "opens"),
    [
        ("2026-11-25T15:00:00+00:00", "2026-11-25T15:00:00+00:00"),  # ten on a Wednesday
        ("2026-11-26T04:00:00+00:00", "2026-11-26T13:15:00+00:00"),  # eleven in the evening
        ("2026-11-28T15:00:00+00:00", "2026-11-30T13:15:00+00:00"),  # a Saturday
    ],
)
def test_an_office_opens_in_the_morning_of_a_working_day(at, opens):
    assert opening(datetime.fromisoformat(at)) == datetime.fromisoformat(opens)


def test_a_small_history_is_a_small_picture_of_the_whole():
    small = cases(seed=SEED, now=NOW, size=115)
    assert len(small) == 115
    assert Counter(case.client.problem for case in small)[shares.SUICIDAL] in (26, 27)
