"""How long each kind of record is kept, which referrals are due, and what holds one. Pure: it knows no database.

Dates are days in the time zone of the agency a referral began with. A record is kept through the last day of its
period and may go on the day after, so nothing is deleted some hours early.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from fhir.content.compartments import Compartment
from referrals.workflow import gettext_noop as _

ADULT = 18
MINORS_KEPT_TO = 25
LONGEST_YEARS = 100
DAY = timedelta(days=1)


class Category(StrEnum):
    """A kind of record that has a period of its own."""

    CONTACT_INCIDENT = "contact_incident"
    CLINICAL_SUD = "clinical_sud"
    ANONYMOUS_REQUEST = "anonymous_request"
    UNANSWERED = "unanswered"
    TRANSPORT = "transport"
    PICKUP_PLACE = "pickup_place"
    CONSENT_LEDGER = "consent_ledger"
    LOG = "log"
    BREACH = "breach"
    WELLNESS = "wellness"
    CONCERN = "concern"
    SURVEY = "survey"
    TOWN_NOTICE = "town_notice"


class Mark(StrEnum):
    """Where a default comes from: our own choice, or the law from memory, which counsel must still confirm."""

    CHOSEN = "D"
    FROM_MEMORY = "M"


class Reach(StrEnum):
    """What becomes of a category when its period is over."""

    REFERRAL = "the referral is deleted"
    KEPT = "stored, and never deleted by this software"
    NOT_STORED = "not yet stored"


@dataclass(frozen=True, slots=True)
class Period:
    """So many calendar years, or so many days. Raises ``ValueError`` unless it is exactly one of the two."""

    years: int = 0
    days: int = 0

    def __post_init__(self) -> None:
        if (self.years > 0) == (self.days > 0) or min(self.years, self.days) < 0 or self.years > LONGEST_YEARS:
            raise ValueError(f"A period is 1 to {LONGEST_YEARS} years, or a number of days.")
        if self.days > LONGEST_YEARS * 366:
            raise ValueError(f"A period is at most {LONGEST_YEARS} years.")

    def __str__(self) -> str:
        number, unit = (self.years, "year") if self.years else (self.days, "day")
        return f"{number} {unit}{'' if number == 1 else 's'}"

    @property
    def least_days(self) -> int:
        """No fewer days than this are in it, whatever the leap years."""
        return self.years * 365 + self.days

    def last_day(self, start: date) -> date:
        """The last day something is kept whose period starts on ``start``."""
        return anniversary(start, self.years) if self.years else start + self.days * DAY


def anniversary(day: date, years: int) -> date:
    """The same day so many years on; that of a 29 February is 1 March where there is none, so never too early."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the default schedule: how long, from when on, where that comes from, and what it does today."""

    category: Category
    period: Period
    starts: str
    mark: Mark
    reach: Reach
    words: str


C, R = Category, Reach

DEFAULTS: tuple[Rule, ...] = (
    Rule(
        C.CONTACT_INCIDENT, Period(years=7), _("closed"), Mark.FROM_MEMORY, R.REFERRAL,
        _("who the client is, and what a police unit wrote"),
    ),
    Rule(
        C.CLINICAL_SUD, Period(years=7), _("last service; a minor's to the 25th birthday"), Mark.FROM_MEMORY,
        R.REFERRAL, _("screenings, clinical and substance-use parts, and all other sealed parts"),
    ),
    Rule(
        C.ANONYMOUS_REQUEST, Period(days=30), _("last change"), Mark.CHOSEN, R.REFERRAL,
        _("a search for a bed without a name"),
    ),
    Rule(
        C.UNANSWERED, Period(days=90), _("last change"), Mark.CHOSEN, R.REFERRAL,
        _("a referral that was declined, or called off before anybody took it, without a consent"),
    ),
    Rule(C.TRANSPORT, Period(years=1), _("trip"), Mark.CHOSEN, R.NOT_STORED, _("trips")),
    Rule(C.PICKUP_PLACE, Period(days=30), _("trip"), Mark.CHOSEN, R.NOT_STORED, _("the exact place of a pick-up")),
    Rule(
        C.CONSENT_LEDGER, Period(years=6), _("expiry"), Mark.FROM_MEMORY, R.KEPT,
        _("the ledger of disclosures; a signed consent keeps its referral as long"),
    ),
    Rule(C.LOG, Period(years=7), _("event"), Mark.CHOSEN, R.KEPT, _("the log")),
    Rule(C.BREACH, Period(years=6), _("closed"), Mark.FROM_MEMORY, R.NOT_STORED, _("breaches and complaints")),
    Rule(C.WELLNESS, Period(years=1), _("last contact"), Mark.CHOSEN, R.NOT_STORED, _("officer wellness")),
    Rule(C.CONCERN, Period(years=1), _("received"), Mark.CHOSEN, R.NOT_STORED, _("concerns of the community")),
    Rule(C.SURVEY, Period(days=90), _("received"), Mark.CHOSEN, R.NOT_STORED, _("raw answers to a survey")),
    Rule(C.TOWN_NOTICE, Period(years=1), _("sent"), Mark.CHOSEN, R.NOT_STORED, _("notices between towns")),
)  # fmt: skip

ACTING: Mapping[Category, Rule] = MappingProxyType(
    {rule.category: rule for rule in DEFAULTS if rule.reach is Reach.REFERRAL}
)
"""The categories an agency approves and the job acts on."""

Periods = Mapping[Category, Period]

DEFAULT_PERIODS: Periods = MappingProxyType({category: rule.period for category, rule in ACTING.items()})

CONSENT_KEPT = next(rule.period for rule in DEFAULTS if rule.category is C.CONSENT_LEDGER)
"""After a consent ended: its paper is sealed in the referral, which is therefore not deleted before."""

GENERAL = (C.CONTACT_INCIDENT, C.CLINICAL_SUD)

PLAIN = frozenset({Compartment.REQUEST, Compartment.CONTACT, Compartment.INCIDENT})
"""Whatever is not one of these is kept as clinical, also a part that is yet to be invented."""

ANSWER = PLAIN | {Compartment.OUTCOME}
"""What a unit may write and only have answered; whatever else it writes is a record of its own of the client."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What of a referral decides how long it is kept; nothing of it was sealed.

    ``closed`` is the day the last task ended, ``None`` while one is open; ``last`` the day of the newest step or
    section. ``answered``: some agency took it. ``parts`` are all there are, ``own`` those the agency it began with
    holds. ``agencies`` are all that ever took part, ``holders`` the others that still hold parts, ``recorders`` the
    others that wrote more than an answer, whether or not they still hold it. ``clients`` are the (agency, client)
    pairs linked to it, or that were until a place closed. ``consents_end`` is the day the last of its consents
    ends. ``birth_year`` is sealed: somebody told it, or it is unknown.
    """

    folder_id: UUID
    origin: UUID
    made: date
    last: date
    closed: date | None
    parts: frozenset[Compartment]
    own: frozenset[Compartment]
    answered: bool
    consent: bool
    agencies: frozenset[UUID]
    holders: frozenset[UUID] = frozenset()
    recorders: frozenset[UUID] = frozenset()
    clients: frozenset[tuple[UUID, UUID]] = frozenset()
    consents_end: date | None = None
    birth_year: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A referral whose time is over: from which day, and by which category, as the agency it began with knows it."""

    folder_id: UUID
    category: Category
    on: date


def due(facts: Iterable[Facts], schedules: Mapping[UUID, Periods], at: date) -> list[Due]:
    """Those due on the day ``at``, the longest due first. ``schedules`` are the periods in force, by agency.

    What has no period in the schedule of the agency a referral began with is never due, nor is what is still open. A
    longer period of another agency that still holds parts keeps the whole referral, and so does the clinical period,
    approved or by default, of one that wrote its own record into it: there is one secret to delete for all of it.
    """
    found = (day for each in facts if (day := due_on(each, schedules)) is not None and day.on <= at)
    return sorted(found, key=lambda each: (each.on, each.folder_id))


def due_on(facts: Facts, schedules: Mapping[UUID, Periods]) -> Due | None:
    """From which day on a referral may go; ``None`` while it is open, or without a period for all it holds."""
    mine = schedules.get(facts.origin, {})
    wanted = categories(facts)
    if any(category not in mine or STARTS[category](facts) is None for category in wanted):
        return None
    others = [schedules[agency] for agency in facts.holders if agency in schedules]
    ends = {category: _end(facts, category, [mine, *others]) for category in wanted if _holds(facts.parts, category)}
    known = [category for category in ends if _holds(facts.own, category)]
    named = max(known, key=ends.__getitem__)
    consents = [CONSENT_KEPT.last_day(facts.consents_end)] if facts.consents_end else []
    records = [
        _end(facts, C.CLINICAL_SUD, [{**DEFAULT_PERIODS, **schedules.get(agency, {})}]) for agency in facts.recorders
    ]
    return Due(folder_id=facts.folder_id, category=named, on=max([*ends.values(), *consents, *records]) + DAY)


def categories(facts: Facts) -> tuple[Category, ...]:
    """The categories of the schedule a referral falls under; the special ones come before the general two.

    The general two go together whatever the parts: else an agency could tell from its own schedule that another
    wrote something clinical.
    """
    if facts.parts <= {Compartment.REQUEST}:
        return (C.ANONYMOUS_REQUEST,)
    return GENERAL if facts.answered or facts.consent else (C.UNANSWERED,)


def _holds(parts: frozenset[Compartment], category: Category) -> bool:
    """Whether these parts make a referral one of ``category``; only the clinical category depends on it."""
    return category is not C.CLINICAL_SUD or bool(parts - PLAIN)


def _last_change(facts: Facts) -> date | None:
    return facts.closed and facts.last


STARTS: Mapping[Category, Callable[[Facts], date | None]] = MappingProxyType(
    {
        C.CONTACT_INCIDENT: lambda facts: facts.closed,
        C.CLINICAL_SUD: _last_change,
        C.ANONYMOUS_REQUEST: _last_change,
        C.UNANSWERED: _last_change,
    }
)
"""The day a period starts; ``None`` while it has not: no period runs while a task is open."""


def _end(facts: Facts, category: Category, schedules: list[Periods]) -> date:
    """The last day to keep what is of ``category``: the longest that any of these schedules asks for."""
    start = STARTS[category](facts)
    if start is None:
        raise ValueError("The period has not started.")
    last = max(schedule[category].last_day(start) for schedule in schedules if category in schedule)
    return max(last, _minors_end(facts)) if category is C.CLINICAL_SUD else last


def _minors_end(facts: Facts) -> date:
    """The last day a minor's record is kept, the day it was made for an adult's.

    Of a birth year the last day is taken. Of an unknown age the longest is: born on the day the record was made.
    """
    if facts.birth_year is None:
        return anniversary(facts.made, MINORS_KEPT_TO)
    youngest = date(facts.birth_year, 12, 31)
    minor = facts.made < anniversary(youngest, ADULT)
    return anniversary(youngest, MINORS_KEPT_TO) if minor else facts.made


class Scope(StrEnum):
    """What a hold is on."""

    REFERRAL = "referral"
    CLIENT = "client"
    AGENCY = "agency"
    PERIOD = "period"


NAMES: Mapping[Scope, frozenset[str]] = MappingProxyType(
    {
        Scope.REFERRAL: frozenset({"referral_id"}),
        Scope.CLIENT: frozenset({"client_id"}),
        Scope.AGENCY: frozenset(),
        Scope.PERIOD: frozenset({"first", "last"}),
    }
)
"""What each scope must name, and nothing else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What one agency keeps from being deleted. Raises ``ValueError`` unless it names what its scope asks for."""

    agency_id: UUID
    scope: Scope
    referral_id: UUID | None = None
    client_id: UUID | None = None
    first: date | None = None
    last: date | None = None

    def __post_init__(self) -> None:
        given = {name for name in ("referral_id", "client_id", "first", "last") if getattr(self, name) is not None}
        if given != NAMES[self.scope] or (self.first and self.last and self.first > self.last):
            raise ValueError(
                f"A hold on a {self.scope} names: {', '.join(sorted(NAMES[self.scope])) or 'nothing more'}."
            )

    def stops(self, facts: Facts) -> bool:
        """Whether this keeps that referral."""
        return self.agency_id in facts.agencies and STOPS[self.scope](self, facts)


def _overlap(held: Held, facts: Facts) -> bool:
    """Whether anything of the referral falls into the period."""
    return bool(held.first and held.last and held.first <= facts.last and facts.made <= held.last)


STOPS: Mapping[Scope, Callable[[Held, Facts], bool]] = MappingProxyType(
    {
        Scope.REFERRAL: lambda held, facts: held.referral_id == facts.folder_id,
        Scope.CLIENT: lambda held, facts: (held.agency_id, held.client_id) in facts.clients,
        Scope.AGENCY: lambda _held, _facts: True,
        Scope.PERIOD: _overlap,
    }
)
