"""Times that cannot be, at their edges."""

from datetime import UTC, datetime, timedelta

import pytest

from referrals.legal.clock import due, past, suspension

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize("at", [None, NOW, NOW - SECOND, datetime(2000, 1, 1, tzinfo=UTC)])
def test_a_time_in_the_past_since_2000_is_believed(at):
    assert list(past("received_at", at, now=NOW)) == []


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (NOW + SECOND, "future"),
        (datetime(1999, 12, 31, 23, 59, 59, tzinfo=UTC), "before the year 2000"),
        (datetime(2026, 11, 20), "time zone"),  # noqa: DTZ001  what is refused
    ],
)
def test_another_is_refused_by_name(at, said):
    (issue,) = past("received_at", at, now=NOW)
    assert issue.expression == "received_at"
    assert said in issue.text


@pytest.mark.parametrize("at", [None, NOW, NOW + timedelta(days=30)])
def test_a_due_day_is_not_before_the_paper_came(at):
    assert list(due("due_at", at, received_at=NOW)) == []


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (NOW - SECOND, "before the paper was received"),
        (NOW + timedelta(days=3654), "ten years"),
        (datetime(2026, 12, 1), "time zone"),  # noqa: DTZ001  what is refused
    ],
)
def test_a_due_day_that_cannot_be_is_refused_by_name(at, said):
    (issue,) = due("due_at", at, received_at=NOW)
    assert issue.expression == "due_at"
    assert said in issue.text


def test_a_receipt_without_a_zone_is_one_fault_not_two():
    assert list(due("due_at", NOW, received_at=datetime(2026, 11, 20))) == []  # noqa: DTZ001  past() has named it


def test_an_oral_suspension_ends_within_thirty_days_and_a_written_one_as_it_says():
    month, later = NOW + timedelta(days=30), NOW + timedelta(days=31)
    assert list(suspension("until", month, written=False, now=NOW)) == []
    assert list(suspension("until", later, written=True, now=NOW)) == []
    assert list(suspension("until", None, written=False, now=NOW)) == []
    for at, written in ((later, False), (NOW, True), (NOW - SECOND, False), (NOW + timedelta(days=4000), True)):
        assert [issue.expression for issue in suspension("until", at, written=written, now=NOW)] == ["until"]
