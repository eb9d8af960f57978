"""The weekly review: which weeks wait, what they held, and that each is marked once (CJIS AU-6)."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine

from audit.models import AuditEvent
from referrals.desk.models import WeekReviewed
from referrals.desk.services import weeks
from referrals.errors import Denied, IllegalStep, Invalid
from referrals.listing import inbox
from tests.desk.conftest import Office

LATER = timedelta(days=15)


@pytest.fixture
def later(office: Office):
    """Two weeks and a day after the county began."""
    with time_machine.travel(datetime.now(UTC) + LATER, tick=False):
        yield office


def test_weeks_that_are_over_wait_the_oldest_first_and_begin_on_monday(later: Office):
    queue = weeks.queue(later.officer)
    assert 2 <= len(queue) <= 3
    assert [week.monday for week in queue] == sorted(week.monday for week in queue)
    assert {week.monday.weekday() for week in queue} == {0}
    assert all(week.sunday < date.today() for week in queue)  # noqa: DTZ011  a bound


def test_a_week_in_numbers_is_the_agencys_own(later: Office):
    (first, *_rest) = weeks.queue(later.officer)
    counted = {line.group: (line.done, line.refused) for line in weeks.counted(later.officer, first.monday)}
    assert sum(done for done, _refused in counted.values()) > 0
    theirs = {line.group: line.done for line in weeks.counted(later.police_officer, first.monday)}
    assert theirs != {group: done for group, (done, _refused) in counted.items()}
    assert counted["members"][0] >= 4


def test_every_action_has_one_group_and_a_refusal_is_counted_apart(later: Office):
    assert weeks.group_of("referral.print") == "taken"
    assert weeks.group_of("resource.read") == "opened"
    assert weeks.group_of("task.accept") == weeks.OTHER
    with pytest.raises(Denied):
        inbox(later.county.admin)
    this_week = weeks.monday_of(datetime.now(UTC).date())
    lines = {line.group: line for line in weeks.counted(later.officer, this_week)}
    assert lines[weeks.OTHER].refused == 1


def test_a_week_is_reviewed_once_and_leaves_its_event(later: Office):
    (first, *rest) = weeks.queue(later.officer)
    weeks.review(later.officer, first.monday)
    with pytest.raises(IllegalStep):
        weeks.review(later.officer, first.monday)
    now = weeks.queue(later.officer)
    assert [week.monday for week in now if week.reviewed_at is None] == [week.monday for week in rest]
    row = WeekReviewed.objects.get()
    assert (row.agency_id, row.reviewed_by) == (later.county.bhu.id, later.officer.membership_id)
    events = AuditEvent.objects.filter(action="week.review").order_by("pk").values_list("outcome", "actor")
    assert list(events) == [("0", later.officer.name), ("4", later.officer.name)]
    assert weeks.queue(later.police_officer)[0].reviewed_at is None


@pytest.mark.parametrize("days", [1, 7000])
def test_a_day_that_is_no_monday_and_a_week_that_is_not_over_are_refused(later: Office, days):
    monday = weeks.monday_of(datetime.now(UTC).date())
    asked = monday + timedelta(days=days)
    with pytest.raises(Invalid):
        weeks.review(later.officer, asked if days == 1 else weeks.monday_of(asked))


def test_nobody_else_reviews(later: Office):
    monday = weeks.queue(later.officer)[0].monday
    for who in (later.county.clinician, later.county.admin, later.county.outsider):
        for act in (lambda who=who: weeks.review(who, monday), lambda who=who: weeks.counted(who, monday)):
            with pytest.raises(Denied):
                act()
    assert not WeekReviewed.objects.exists()
