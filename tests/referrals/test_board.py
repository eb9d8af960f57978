"""The board: whose turn it is, in numbers and rows that agree, and no more than each may see."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from referrals.acts import AddSection, Send, TakeStep
from referrals.board import PILES, Board, about, board, mark
from referrals.models import Folder, ReferralTask
from referrals.perform import perform
from tests.county import SCREEN, bundle_of
from tests.web.asked import listening

pytestmark = pytest.mark.django_db


def send(county, *more, priority="routine", to=None):
    data = bundle_of(*more, request={"priority": priority})
    return perform(county.officer, [Send(data=data, to=(to or county.bhu.id,))])


def seen(actors, pile, **more) -> Board:
    return board(list(actors), PILES[pile], **more)


def numbers_of(actor) -> dict[str, int]:
    found = board([actor], PILES["answer"]).numbers
    return {name: number for name, number in found.items() if number}


def test_the_most_urgent_stands_first_and_of_those_the_one_that_waits_longest(county):
    first, second = send(county), send(county)
    urgent = send(county, priority="urgent")
    rows = seen([county.clinician], "answer").rows
    assert [row.reference for row in rows] == [urgent.reference, first.reference, second.reference]


def test_numbers_and_rows_agree_in_every_pile_and_what_is_over_is_not_counted(county):
    for step in ("accept", "reject", None, "accept"):
        (task,) = send(county).tasks
        if step:
            perform(
                county.clinician, [TakeStep(task_id=task, step=step, reason="no-capacity" if step == "reject" else "")]
            )
    for actor in (county.clinician, county.officer):
        for pile in PILES:
            found = seen([actor], pile)
            assert len(found.rows) == found.numbers.get(pile, 1), (actor.role, pile)
    assert numbers_of(county.clinician) == {"answer": 1, "ours": 2}
    assert numbers_of(county.officer) == {"theirs": 3}


def test_whatever_the_team_does_the_officers_board_stays_the_same(county):
    (task,) = send(county).tasks
    for step in ("accept", "start"):
        perform(county.clinician, [TakeStep(task_id=task, step=step)])
    before, marked = seen([county.officer], "theirs"), mark([county.officer])
    for step, reason in (("schedule", ""), ("no-show", ""), ("hold", "other"), ("resume", "")):
        perform(county.clinician, [TakeStep(task_id=task, step=step, reason=reason)])
        assert seen([county.officer], "theirs") == before
        assert mark([county.officer]) == marked


def test_a_screen_of_the_team_moves_nothing_on_the_officers_board(county):
    done = send(county)
    perform(county.clinician, [TakeStep(task_id=next(iter(done.tasks)), step="accept")])
    before, marked = seen([county.officer], "theirs"), mark([county.officer])
    screen = {**SCREEN, "subject": {"reference": f"Patient/{Folder.objects.get(pk=done.referral_id).patient_id}"}}
    perform(county.clinician, [AddSection(referral_id=done.referral_id, data=json.dumps(screen).encode())])
    assert seen([county.clinician], "ours").rows[0].priority != "routine"
    assert seen([county.clinician], "ours", priorities=["routine"]).rows == []
    assert seen([county.officer], "theirs") == before
    assert len(seen([county.officer], "theirs", priorities=["routine"]).rows) == 1
    assert mark([county.officer]) == marked


def test_it_is_late_when_it_waits_longer_than_its_urgency_allows(county):
    (task,) = send(county, priority="urgent").tasks
    assert not seen([county.clinician], "answer").rows[0].late
    ReferralTask.objects.filter(pk=task).update(authored_at=timezone.now() - timedelta(minutes=31))
    assert seen([county.clinician], "answer").rows[0].late
    perform(county.clinician, [TakeStep(task_id=task, step="accept")])
    assert not seen([county.clinician], "ours").rows[0].late


def test_another_agency_sees_nothing_and_a_role_without_a_list_adds_nothing(county):
    send(county)
    for actor in (county.outsider, county.detox_intake, county.other_officer, county.admin):
        assert numbers_of(actor) == {}
        assert not seen([actor], "answer").rows


def test_one_board_of_two_places_names_whose_each_row_is(county):
    send(county)
    send(county, to=county.detox.id)
    rows = seen([county.clinician, county.detox_intake], "answer").rows
    assert {row.actor for row in rows} == {county.clinician, county.detox_intake}


def test_a_page_is_full_and_says_that_there_are_more(county):
    sent = [send(county).reference for _ in range(3)]
    first = seen([county.clinician], "answer", size=2)
    assert [row.reference for row in first.rows] == sent[:2]
    rest = seen([county.clinician], "answer", size=2, after=first.last)
    assert [row.reference for row in rest.rows] == sent[2:]
    assert rest.last is None


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("pile", ["answer", "closed"])
def test_pages_hold_every_row_once_in_one_order_however_long_they_are(county, pile, size):
    for priority in ("routine", "stat", "routine", "urgent"):
        (task,) = send(county, priority=priority).tasks
        if pile == "closed":
            perform(county.clinician, [TakeStep(task_id=task, step="reject", reason="no-capacity")])
    both = [county.clinician, county.officer]
    whole, found, after = seen(both, pile).rows, [], None
    for _page in whole:
        page = seen(both, pile, size=size, after=after)
        found += page.rows
        if (after := page.last) is None:
            break
    assert found == whole
    assert len(found) == (8 if pile == "closed" else 4)


def test_a_board_is_read_by_one_statement_for_any_number_of_places(county):
    send(county)
    places = [county.clinician, county.detox_intake, county.clinic_intake]
    with listening() as one:
        seen(places[:1], "answer", priorities=["urgent"])
    with listening() as three:
        seen(places, "answer", priorities=["urgent"])
    events = [sum("INTO audit_event" in each.sql for each in asked.queries) for asked in (one, three)]
    reads = [sum("referraltask" in each.sql for each in asked.queries) for asked in (one, three)]
    assert events == [1, 3]
    assert reads == [1, 1]


def test_the_mark_changes_with_what_is_shown_and_not_otherwise(county):
    empty = mark([county.clinician])
    (task,) = send(county).tasks
    waiting = mark([county.clinician])
    assert waiting != empty
    assert mark([county.clinician]) == waiting
    perform(county.clinician, [TakeStep(task_id=task, step="accept")])
    assert mark([county.clinician]) != waiting
    assert mark([county.outsider]) == mark([county.outsider])


def test_about_shows_the_tasks_of_these_referrals_to_their_sides_alone(county):
    done = send(county)
    assert [row.reference for row in about(county.clinician, {done.referral_id})] == [done.reference]
    assert about(county.outsider, {done.referral_id}) == []
