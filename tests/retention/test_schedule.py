"""The schedule's arithmetic, worked out by hand: calendar years, leap days, birthdays, what is due and what is held."""

from datetime import date
from uuid import UUID

import pytest

from fhir.content.compartments import Compartment
from referrals.retention.schedule import (
    ACTING,
    DEFAULT_PERIODS,
    DEFAULTS,
    Category,
    Facts,
    Held,
    Period,
    Reach,
    Scope,
    due,
    due_on,
)

ORIGIN, BHU, DETOX, STRANGER = (UUID(int=number) for number in (1, 2, 3, 9))
REFERRAL, OTHER, CLIENT = UUID(int=100), UUID(int=101), UUID(int=200)
CLOSED = date(2026, 11, 22)
P = Compartment
IDENTIFYING = frozenset({P.REQUEST, P.CONTACT, P.INCIDENT})


def facts(**changes: object) -> Facts:
    """A referral of the police, taken by the BHU, closed: contact and incident only."""
    usual: dict[str, object] = {
        "folder_id": REFERRAL, "origin": ORIGIN, "made": date(2026, 9, 1), "last": CLOSED, "closed": CLOSED,
        "parts": IDENTIFYING, "own": IDENTIFYING, "answered": True, "consent": False,
        "agencies": frozenset({ORIGIN, BHU}), "holders": frozenset({BHU}), "birth_year": 1980,
    }  # fmt: skip
    return Facts(**usual | changes)  # type: ignore[arg-type] # the names are those of the class


def first_day(each: Facts, **own: Period) -> date | None:
    """From which day on it may go, under the default schedule with some periods of the agency's own."""
    periods = {**DEFAULT_PERIODS, **{Category(name): period for name, period in own.items()}}
    found = due_on(each, {ORIGIN: periods})
    return found and found.on


def test_the_default_schedule_is_the_one_that_was_agreed() -> None:
    # By hand: category, period, mark, whether the job acts on it.
    written = """
        contact_incident 7y M acts | clinical_sud 7y M acts | anonymous_request 30d D acts | unanswered 90d D acts |
        transport 1y D - | pickup_place 30d D - | consent_ledger 6y M - | log 7y D - | breach 6y M - |
        wellness 1y D - | concern 1y D - | survey 90d D - | town_notice 1y D -
    """
    found = [
        f"{rule.category} {rule.period.years or rule.period.days}{'y' if rule.period.years else 'd'} {rule.mark} "
        f"{'acts' if rule.reach is Reach.REFERRAL else '-'}"
        for rule in DEFAULTS
    ]
    assert found == [" ".join(line.split()) for line in written.split("|")]
    assert {rule.category for rule in DEFAULTS} == set(Category)
    assert {rule.category for rule in DEFAULTS if rule.reach is Reach.KEPT} == {Category.CONSENT_LEDGER, Category.LOG}
    assert set(ACTING) == set(DEFAULT_PERIODS)


@pytest.mark.parametrize(
    ("start", "period", "last"),
    [
        (date(2026, 11, 22), Period(years=7), date(2033, 11, 22)),
        (date(2028, 2, 29), Period(years=7), date(2035, 3, 1)),
        (date(2028, 2, 29), Period(years=4), date(2032, 2, 29)),
        (date(2027, 2, 28), Period(years=1), date(2028, 2, 28)),
        (date(2028, 1, 30), Period(days=30), date(2028, 2, 29)),
        (date(2027, 1, 30), Period(days=30), date(2027, 3, 1)),
        (date(2026, 11, 22), Period(days=90), date(2027, 2, 20)),
    ],
)
def test_a_period_ends_on_the_same_day_of_the_calendar(start: date, period: Period, last: date) -> None:
    assert period.last_day(start) == last


@pytest.mark.parametrize(
    "wrong", [{}, {"years": 1, "days": 1}, {"years": -1}, {"days": -3}, {"years": 101}, {"days": 36601}]
)
def test_a_period_is_years_or_days_and_never_nothing(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="A period is"):
        Period(**wrong)


def test_a_record_is_kept_through_its_last_day_and_due_the_day_after() -> None:
    assert first_day(facts()) == date(2033, 11, 23)
    schedules = {ORIGIN: DEFAULT_PERIODS}
    assert due([facts()], schedules, date(2033, 11, 22)) == []
    assert [each.folder_id for each in due([facts()], schedules, date(2033, 11, 23))] == [REFERRAL]


def test_what_is_due_longest_comes_first() -> None:
    younger = facts(folder_id=OTHER, closed=date(2026, 11, 25), last=date(2026, 11, 25))
    found = due([younger, facts()], {ORIGIN: DEFAULT_PERIODS}, date(2040, 1, 1))
    assert [each.folder_id for each in found] == [REFERRAL, OTHER]


def test_a_referral_that_is_open_is_never_due() -> None:
    assert first_day(facts(closed=None)) is None
    assert first_day(facts(closed=None, parts=frozenset({P.REQUEST}))) is None


@pytest.mark.parametrize("missing", [Category.CONTACT_INCIDENT, Category.CLINICAL_SUD])
def test_without_a_period_for_all_it_may_hold_nothing_is_due(missing: Category) -> None:
    """Also of a referral without a clinical part: its own schedule must not tell a police unit whether there is one."""
    periods = {category: period for category, period in DEFAULT_PERIODS.items() if category is not missing}
    assert due_on(facts(), {ORIGIN: periods}) is None
    assert due_on(facts(), {BHU: DEFAULT_PERIODS}) is None
    assert due_on(facts(), {}) is None


def test_the_agencys_own_period_wins_over_the_default() -> None:
    assert first_day(facts(), contact_incident=Period(years=3)) == date(2029, 11, 23)
    assert first_day(facts(), contact_incident=Period(years=20)) == date(2046, 11, 23)


def test_a_longer_period_of_an_agency_that_still_holds_parts_keeps_it_and_a_shorter_one_does_not() -> None:
    def schedules(years: int) -> dict[UUID, dict[Category, Period]]:
        return {ORIGIN: dict(DEFAULT_PERIODS), BHU: {Category.CONTACT_INCIDENT: Period(years=years)}}

    found = {years: due_on(facts(), schedules(years)) for years in (3, 10)}
    assert [each and each.on for each in found.values()] == [date(2033, 11, 23), date(2036, 11, 23)]
    gone = due_on(facts(holders=frozenset()), schedules(10))
    assert gone is not None
    assert gone.on == date(2033, 11, 23)


def test_clinical_parts_are_kept_from_the_last_service_and_all_goes_together() -> None:
    clinical = facts(parts=IDENTIFYING | {P.CLINICAL}, own=IDENTIFYING | {P.CLINICAL}, last=date(2027, 1, 5))
    found = due_on(clinical, {ORIGIN: DEFAULT_PERIODS})
    assert found is not None
    assert (found.on, found.category) == (date(2034, 1, 6), Category.CLINICAL_SUD)


@pytest.mark.parametrize("part", [P.CLINICAL, P.SUD, P.OUTCOME, P.TRANSPORT])
def test_every_part_but_the_plain_three_is_kept_as_clinical(part: Compartment) -> None:
    assert first_day(facts(parts=IDENTIFYING | {part}, last=date(2027, 1, 5))) == date(2034, 1, 6)


def test_an_agency_is_told_no_category_of_a_part_that_it_does_not_hold() -> None:
    found = due_on(facts(parts=IDENTIFYING | {P.SUD}, last=date(2027, 1, 5)), {ORIGIN: DEFAULT_PERIODS})
    assert found is not None
    assert (found.on, found.category) == (date(2034, 1, 6), Category.CONTACT_INCIDENT)


# A referral made 1 September 2026 and closed 22 November 2026, with clinical parts.
@pytest.mark.parametrize(
    ("birth_year", "day"),
    [
        (1980, date(2033, 11, 23)),  # an adult: seven years
        (2007, date(2033, 11, 23)),  # 19 or 18 on the day it was made
        (
            2008,
            date(2034, 1, 1),
        ),  # may have been 17: to the last day on which the 25th birthday can be, 31 December 2033
        (2010, date(2036, 1, 1)),
        (2026, date(2052, 1, 1)),  # a newborn
        (None, date(2051, 9, 2)),  # unknown: born on 1 September 2026 at the latest
    ],
)
def test_a_minors_clinical_record_is_kept_to_the_25th_birthday(birth_year: int | None, day: date) -> None:
    assert first_day(facts(parts=IDENTIFYING | {P.CLINICAL}, birth_year=birth_year)) == day


def test_a_minor_is_who_was_one_when_the_record_was_made() -> None:
    """The agency keeps clinical records two years only; service ended as an adult."""
    grown = facts(
        parts=IDENTIFYING | {P.CLINICAL},
        birth_year=2009,
        made=date(2026, 9, 1),
        last=date(2028, 6, 1),
        closed=date(2028, 6, 1),
    )
    short = {"contact_incident": Period(years=2), "clinical_sud": Period(years=2)}
    assert first_day(grown, **short) == date(2035, 1, 1)


def test_seven_years_count_where_they_are_longer_than_to_the_25th_birthday() -> None:
    late = date(2032, 3, 1)
    minor = facts(parts=IDENTIFYING | {P.CLINICAL}, birth_year=2009, last=late, closed=late)
    assert first_day(minor) == date(2039, 3, 2)


def test_the_birthday_of_a_leap_day_child_of_unknown_age_is_no_earlier_than_it_can_be() -> None:
    leap = date(2028, 2, 29)
    newborn = facts(parts=IDENTIFYING | {P.CLINICAL}, birth_year=None, made=leap, last=leap, closed=leap)
    assert first_day(newborn) == date(2053, 3, 2)


def test_a_minors_contact_alone_is_kept_as_long_as_an_adults() -> None:
    assert first_day(facts(birth_year=2012)) == first_day(facts(birth_year=1960)) == date(2033, 11, 23)


@pytest.mark.parametrize(
    ("consents_end", "day"),
    [
        (date(2027, 1, 1), date(2033, 11, 23)),  # six years after it ended are over before
        (date(2027, 11, 22), date(2033, 11, 23)),
        (date(2028, 2, 29), date(2034, 3, 2)),
        (date(2030, 6, 1), date(2036, 6, 2)),
    ],
)
def test_a_signed_consent_keeps_its_referral_six_years_after_it_ended(consents_end: date, day: date) -> None:
    assert first_day(facts(consent=True, consents_end=consents_end)) == day


@pytest.mark.parametrize(
    ("changes", "day"),
    [
        ({"answered": False}, date(2027, 2, 21)),  # declined or never taken: 90 days after the last change
        ({"answered": False, "closed": None}, None),  # it still waits for its answer
        ({"answered": False, "parts": IDENTIFYING | {P.CLINICAL}, "birth_year": None}, date(2027, 2, 21)),
        ({"answered": False, "consent": True}, date(2033, 11, 23)),
        ({"answered": False, "consent": True, "closed": None}, None),
        ({"parts": frozenset({P.REQUEST})}, date(2026, 12, 23)),  # anonymous: 30 days
        ({"parts": frozenset({P.REQUEST}), "answered": False}, date(2026, 12, 23)),
        ({"parts": frozenset({P.REQUEST}), "answered": False, "closed": None}, None),
        ({"parts": frozenset()}, date(2026, 12, 23)),
    ],
)
def test_what_nobody_took_and_what_has_no_name_goes_early(changes: dict[str, object], day: date | None) -> None:
    assert first_day(facts(**changes)) == day


# Declined on 22 November 2026 by a unit that had written something clinical; the client is an adult.
@pytest.mark.parametrize(
    ("theirs", "day"),
    [
        ({}, date(2033, 11, 23)),  # it approved nothing: the default, seven years
        ({Category.UNANSWERED: Period(days=10)}, date(2033, 11, 23)),
        ({Category.CLINICAL_SUD: Period(years=10)}, date(2036, 11, 23)),
        ({Category.CLINICAL_SUD: Period(years=1)}, date(2027, 11, 23)),
    ],
)
def test_what_another_unit_recorded_before_it_declined_is_kept_by_its_own_schedule(
    theirs: dict[Category, Period], day: date
) -> None:
    declined = facts(answered=False, holders=frozenset(), recorders=frozenset({BHU}), parts=IDENTIFYING | {P.CLINICAL})
    found = due_on(declined, {ORIGIN: DEFAULT_PERIODS, BHU: theirs})
    assert found is not None
    assert (found.on, found.category) == (day, Category.UNANSWERED)


def test_a_minors_record_of_a_unit_that_declined_is_kept_to_the_25th_birthday() -> None:
    declined = facts(answered=False, recorders=frozenset({BHU}), parts=IDENTIFYING | {P.SUD}, birth_year=2010)
    assert first_day(declined) == date(2036, 1, 1)


@pytest.mark.parametrize(
    ("held", "stopped"),
    [
        (Held(agency_id=ORIGIN, scope=Scope.REFERRAL, referral_id=REFERRAL), True),
        (Held(agency_id=BHU, scope=Scope.REFERRAL, referral_id=REFERRAL), True),
        (Held(agency_id=STRANGER, scope=Scope.REFERRAL, referral_id=REFERRAL), False),
        (Held(agency_id=ORIGIN, scope=Scope.REFERRAL, referral_id=OTHER), False),
        (Held(agency_id=ORIGIN, scope=Scope.CLIENT, client_id=CLIENT), True),
        (Held(agency_id=BHU, scope=Scope.CLIENT, client_id=CLIENT), False),
        (Held(agency_id=ORIGIN, scope=Scope.CLIENT, client_id=OTHER), False),
        (Held(agency_id=BHU, scope=Scope.AGENCY), True),
        (Held(agency_id=DETOX, scope=Scope.AGENCY), False),
        (Held(agency_id=ORIGIN, scope=Scope.PERIOD, first=date(2026, 11, 22), last=date(2026, 12, 1)), True),
        (Held(agency_id=ORIGIN, scope=Scope.PERIOD, first=date(2026, 1, 1), last=date(2026, 9, 1)), True),
        (Held(agency_id=ORIGIN, scope=Scope.PERIOD, first=date(2026, 10, 1), last=date(2026, 10, 1)), True),
        (Held(agency_id=ORIGIN, scope=Scope.PERIOD, first=date(2026, 11, 23), last=date(2026, 12, 1)), False),
        (Held(agency_id=ORIGIN, scope=Scope.PERIOD, first=date(2026, 1, 1), last=date(2026, 8, 31)), False),
    ],
)
def test_a_hold_keeps_what_it_is_on_and_nothing_else(held: Held, stopped: bool) -> None:
    each = facts(clients=frozenset({(ORIGIN, CLIENT), (BHU, OTHER)}))
    assert held.stops(each) is stopped


@pytest.mark.parametrize(
    "wrong",
    [
        {"scope": Scope.REFERRAL},
        {"scope": Scope.AGENCY, "referral_id": REFERRAL},
        {"scope": Scope.CLIENT, "client_id": CLIENT, "referral_id": REFERRAL},
        {"scope": Scope.PERIOD, "first": CLOSED},
        {"scope": Scope.PERIOD, "first": CLOSED, "last": date(2026, 11, 21)},
    ],
)
def test_a_hold_names_exactly_what_its_scope_asks_for(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="A hold on a"):
        Held(agency_id=ORIGIN, **wrong)  # type: ignore[arg-type] # wrong on purpose


@pytest.mark.parametrize(
    ("period", "said"),
    [
        (Period(years=1), "1 year"),
        (Period(years=7), "7 years"),
        (Period(days=1), "1 day"),
        (Period(days=30), "30 days"),
    ],
)
def test_a_period_is_said_as_people_say_it(period: Period, said: str) -> None:
    assert str(period) == said
