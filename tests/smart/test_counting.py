"""Requests booked ahead: no process asks the database each time, and all together never let through more."""

from itertools import cycle
from typing import Any

import pytest

from fhir.smart import counting
from fhir.smart.counting import TooOften, count_requests
from fhir.smart.models import Application
from tests.smart.partner import Partner

Processes = list[dict[str, counting.Booked]]


@pytest.fixture
def processes(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Several processes: which one counts next is said by its number."""
    kept: Processes = [{}, {}, {}]

    def count(number: int, row: Application, times: int = 1) -> bool:
        monkeypatch.setattr(counting, "_booked", kept[number])
        try:
            count_requests(row, times)
        except TooOften:
            return False
        return True

    return count


def test_a_process_asks_once_for_many_requests(
    partner: Partner, processes: Any, django_assert_num_queries: Any
) -> None:
    row = partner.row
    with django_assert_num_queries(1):
        assert all(processes(0, row) for _ in range(counting.AHEAD))
    with django_assert_num_queries(1):
        assert processes(0, row)


@pytest.mark.parametrize("most", [3, 250, 777, 6000])
def test_all_processes_together_let_through_no_more_than_is_allowed(
    partner: Partner, processes: Any, settings: Any, most: int
) -> None:
    settings.BHU_REQUESTS_PER_MINUTE, row = most, partner.row
    through = sum(
        processes(number, row) for number, _ in zip(cycle(range(3)), range(most + 3 * counting.AHEAD), strict=False)
    )
    assert through == most
    assert [processes(number, row) for number in range(3)] == [False] * 3


@pytest.mark.parametrize("times", [1, 20, 26, 51, 60, 100])
def test_whoever_asks_for_many_at_once_gets_all_that_is_allowed(
    partner: Partner, processes: Any, settings: Any, times: int
) -> None:
    settings.BHU_REQUESTS_PER_MINUTE, row = 2000, partner.row
    whole = sum(times for _ in range(2000 // times + 5) if processes(0, row, times))
    rest = sum(processes(0, row) for _ in range(times + 5))
    assert whole + rest == 2000


def test_what_was_booked_ends_with_its_minute(partner: Partner, processes: Any, settings: Any) -> None:
    settings.BHU_REQUESTS_PER_MINUTE, row = 100, partner.row
    assert all(processes(0, row) for _ in range(100))
    assert not processes(0, row)
    counting.RequestCount.objects.update(until=0)
    assert processes(0, row)


def test_many_at_once_are_let_through_whole_or_not_at_all(partner: Partner, processes: Any, settings: Any) -> None:
    settings.BHU_REQUESTS_PER_MINUTE, row = 1000, partner.row
    assert [processes(0, row, 400) for _ in range(3)] == [True, True, False]
    assert [processes(1, row, times) for times in (1, 400)] == [False, False]


@pytest.mark.parametrize("most", [250, 305])
def test_a_refusal_is_the_first_of_its_minute_once(partner: Partner, settings: Any, most: int) -> None:
    settings.BHU_REQUESTS_PER_MINUTE, row, first = most, partner.row, []
    for _ in range(most + 10):
        try:
            count_requests(row, 1)
        except TooOften as refusal:
            first.append(refusal.first)
    assert first == [True] + [False] * 9
