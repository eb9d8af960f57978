"""Whom a breach must be told, by when: a table, with the clock frozen at day 46 and day 61 (R-BR-01)."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
import time_machine

from referrals.desk.kinds import IncidentKind
from referrals.desk.services import incidents
from referrals.desk.timers import DUTIES, Facts, timers
from referrals.errors import IllegalStep, Invalid
from referrals.legal.models import LegalWrap
from tests.desk.conftest import Office

FOUND = datetime(2027, 9, 1, 14, 30, tzinfo=UTC)  # later than the memberships of the tests began
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
FACTORS = {name: f"About {name}." for name in incidents.FACTORS}


def facts(**changes) -> Facts:
    given = {"discovered_at": FOUND, "zone": ZoneInfo("America/New_York"), "state": "MA", "affected": 3}
    return Facts(**(given | changes))


def named(found, *, breach=True) -> dict[str, datetime]:
    return {each.duty.name: each.due for each in timers(found, breach=breach)}


def test_the_deadlines_of_a_small_breach_by_hand():
    assert named(facts()) == {
        "state-attorney": FOUND,
        "network": FOUND + DAY,
        "people": FOUND + 60 * DAY,
        "government": datetime(2028, 3, 1, 5, 0, tzinfo=UTC),
    }


def test_many_people_bring_the_federal_report_and_the_media_forward():
    found = named(facts(affected=500))
    assert found["government"] == FOUND + 60 * DAY
    assert "media" not in found
    assert named(facts(affected=501))["media"] == FOUND + 60 * DAY
    assert named(facts(affected=None)) == named(facts(affected=501))


def test_criminal_justice_information_is_told_within_the_hour():
    found = timers(facts(criminal_justice=True), breach=None)
    assert {each.duty.name for each in found if each.due == FOUND + HOUR} == {"own-team", "state-cso"}


def test_the_earliest_stands_first_whatever_applies():
    for breach in (None, True, False):
        for cji in (False, True):
            for many in (None, 0, 499, 500, 501):
                found = timers(facts(criminal_justice=cji, affected=many), breach=breach)
                assert [each.due for each in found] == sorted(each.due for each in found)


def test_the_police_put_off_what_they_may_and_nothing_else():
    until = FOUND + 90 * DAY
    found = named(facts(delayed_until=until, affected=501, criminal_justice=True))
    assert {name for name, due in found.items() if due == until} == {"state-attorney", "people", "media"} | {
        "government"
    }
    assert found["network"] == FOUND + DAY
    assert found["own-team"] == FOUND + HOUR


def test_what_was_no_breach_is_told_to_nobody_outside():
    assert set(named(facts(criminal_justice=True), breach=False)) == {"own-team", "network"}
    assert set(named(facts(), breach=None)) == set(named(facts(), breach=True))


@pytest.mark.parametrize(("state", "name"), [("MA", "state-attorney"), ("IL", "state-residents")])
def test_each_state_has_its_own(state, name):
    assert name in named(facts(state=state))
    assert {"state-attorney", "state-residents"} & set(named(facts(state=state))) == {name}


def test_every_duty_has_its_rule_and_applies_to_something():
    applying = set()
    for state in ("MA", "IL"):
        applying |= set(named(facts(state=state, criminal_justice=True, affected=None)))
    assert applying == {duty.name for duty in DUTIES}
    assert all(duty.rule and duty.words for duty in DUTIES)


@pytest.fixture
def found(office: Office):
    with time_machine.travel(FOUND + HOUR, tick=False):
        yield incidents.open_incident(
            office.officer, kind=IncidentKind.PAPER, discovered_at=FOUND, what="A list was left.", affected=3
        )


def late_at(office: Office, found, day: int) -> set[str]:
    with time_machine.travel(FOUND + day * DAY, tick=False):
        shown = incidents.read(office.officer, found.id).shown
        return {each.timer.duty.name for each in shown.timers if each.late}


def test_on_day_46_the_letters_are_not_late_and_on_day_61_they_are(office: Office, found):
    assert late_at(office, found, 46) == {"state-attorney", "network"}
    assert late_at(office, found, 61) == {"state-attorney", "network", "people"}


def test_what_must_be_told_is_told_before_it_is_closed(office: Office, found):
    with pytest.raises(IllegalStep):
        incidents.close(office.officer, found.id)
    incidents.assess(office.officer, found.id, breach=True, factors=FACTORS)
    with pytest.raises(Invalid) as lacking:
        incidents.close(office.officer, found.id)
    wanted = {issue.expression for issue in lacking.value.issues}
    assert wanted == {"state-attorney", "network", "people", "government"}
    for duty in sorted(wanted):
        incidents.tell(office.officer, found.id, duty, at=FOUND + HOUR)
    incidents.close(office.officer, found.id)
    assert incidents.read(office.officer, found.id).shown.row.state == "closed"


@pytest.mark.parametrize("left_out", list(incidents.FACTORS))
def test_nobody_says_that_it_was_no_breach_without_all_four_factors(office: Office, found, left_out):
    with pytest.raises(Invalid) as lacking:
        incidents.assess(office.officer, found.id, breach=False, factors=FACTORS | {left_out: " "})
    assert [issue.expression for issue in lacking.value.issues] == [left_out]
    assert incidents.read(office.officer, found.id).shown.row.state == "open"


def test_a_duty_that_is_none_of_its_own_and_one_done_twice_are_refused(office: Office, found):
    with pytest.raises(Invalid):
        incidents.tell(office.officer, found.id, "media", at=FOUND)
    with pytest.raises(Invalid):
        incidents.tell(office.officer, found.id, "network", at=FOUND + 4000 * DAY)
    incidents.tell(office.officer, found.id, "network", at=FOUND)
    with pytest.raises(IllegalStep):
        incidents.tell(office.officer, found.id, "network", at=FOUND)


def test_what_is_due_first_stands_on_top_and_the_closed_at_the_end(office: Office, found):
    with time_machine.travel(FOUND + 2 * DAY, tick=False):
        later = incidents.open_incident(
            office.officer, kind=IncidentKind.OTHER, discovered_at=FOUND + DAY, what="Something.", affected=1
        )
        assert [each.row.id for each in incidents.register(office.officer)] == [found.id, later.id]
        incidents.assess(office.officer, found.id, breach=False, factors=FACTORS)
        incidents.tell(office.officer, found.id, "network", at=FOUND)
        incidents.close(office.officer, found.id)
        assert [each.row.id for each in incidents.register(office.officer)] == [later.id, found.id]


def test_its_words_are_sealed_to_the_agencys_own_privacy_officers(office: Office, found):
    assert b"A list was left" not in bytes(found.sealed)
    assert {wrap.key.purpose for wrap in LegalWrap.objects.filter(row_id=found.id).select_related("key")} == {"legal"}
    assert incidents.read(office.officer, found.id).what == "A list was left."


def test_the_same_key_writes_one_incident(office: Office):
    key = uuid4()
    with time_machine.travel(FOUND + HOUR, tick=False):
        made = [
            incidents.open_incident(office.officer, kind=IncidentKind.OTHER, discovered_at=FOUND, what="Once.", key=key)
            for _again in range(2)
        ]
        assert {row.id for row in made} == {key}
        assert len(incidents.register(office.officer)) == 1
