"""The referrals of the history, dealt from the tables: for whom, when, how each began, what will come of it. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

from fhir.content.builders import Pathway

from . import shares
from .dealing import chance_of, dealt, some
from .residents import Resident, in_order, residents
from .times import ANY, NIGHTS, OFFICE, ZONE, moments

P = Pathway
POLICE, UNIT, CRISIS_TEAM = "police", "merrow-bhu", "northfield-cbhc"
SIGNED = frozenset({shares.TPO, shares.TPO_AND_POLICE, shares.NAMED})
BEGAN: Mapping[str, float] = {CRISIS_TEAM: 18, UNIT: 20, POLICE: 62}
"""Where what is a community's response begins."""
FOLLOWED = timedelta(days=36), timedelta(days=187)
"""How long ago a referral must have been made for us to know how its client was 30 and 180 days after an admission."""

LATELY = timedelta(days=12)
"""Since when what is paused is paused still."""

QUESTIONS = ("Treated with respect", "Listened to", "Would call again")
SURVEYED = timedelta(days=45)
"""How long ago a referral must have been made for all of it to be done, and its client asked how it was."""


@dataclass(frozen=True, slots=True)
class Newest:
    """One of the newest referrals, so that whoever opens a board has work on it: how many minutes old, and whether it
    is urgent, and nobody has answered yet.
    """

    minutes: int
    urgent: bool = False
    waits: bool = False


NEWEST = (
    Newest(6, urgent=True, waits=True),
    Newest(12),
    Newest(26, waits=True),
    Newest(41, urgent=True, waits=True),
    Newest(55),
    Newest(90, waits=True),
    Newest(130, urgent=True),
    Newest(185),
    Newest(260, waits=True),
    Newest(350, urgent=True),
    Newest(480),
    Newest(620, waits=True),
    Newest(800, urgent=True),
    Newest(1000),
    Newest(1250),
    Newest(1500, waits=True),
    Newest(1900),
    Newest(2400, urgent=True),
)
BEFORE = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True, kw_only=True)
class Case:
    """One referral: what was found, and what becomes of it. ``waits``: nobody has answered.

    ``risk`` is what the suicide screen came to, "" without one; ``consent`` what the client said when asked to sign,
    "" where nobody asked. ``after_30`` and ``after_180`` are how somebody admitted that long ago was. ``marks`` are
    what who was ``surveyed`` answered, one for each of ``QUESTIONS``; without any there was no answer.
    """

    client: Resident
    number: int = 0
    born: date = date.min
    at: datetime = BEFORE
    pathway: Pathway = P.FIRST_RESPONDER_REFERRAL
    began: str = POLICE
    incident: str = ""
    risk: str = ""
    disposition: str = shares.AT_HOME
    force: bool = False
    injury: bool = False
    fate: str = shares.SERVED
    consent: str = ""
    revoked: bool = False
    searched: bool = False
    found: bool = False
    admitted: bool = False
    ride: bool = False
    paused: bool = False
    notice: bool = False
    claimed: bool = False
    visited: bool = False
    reached: bool = False
    helped: bool = False
    after_30: str = ""
    after_180: str = ""
    surveyed: bool = False
    marks: tuple[int, ...] = ()
    waits: bool = False

    @property
    def substances(self) -> bool:
        """Whether what is wrong has to do with substances."""
        return self.client.problem in shares.SUBSTANCES

    @property
    def urgent(self) -> bool:
        """Whether it cannot wait for the next working day."""
        return self.client.problem in (shares.SUICIDAL, shares.OVERDOSE, shares.PSYCHOSIS) or self.risk == "high"

    @property
    def signed(self) -> bool:
        """Whether the client signed a consent."""
        return self.consent in SIGNED


@dataclass(frozen=True, slots=True)
class _Table:
    """What the dealing needs: the cases, the chance, how much smaller than the whole history this one is, the end."""

    cases: list[Case]
    chance: Random
    scale: float
    now: datetime

    def put(
        self, name: str, shares_: Mapping[Any, float], likes: Callable[[Any, Case], float], among: list[Case]
    ) -> None:
        """Deal a fact to some of the cases."""
        for case, kind in zip(among, dealt(among, shares_, self.chance, likes=likes), strict=True):
            setattr(case, name, kind)

    def mark(self, name: str, wanted: float, likes: Callable[[Case], float], among: list[Case]) -> None:
        """Let a fact be so of ``wanted`` of the cases, or of as many as there are."""
        share = min(100, 100 * wanted / len(among)) if among else 0
        for case, so in zip(among, some(among, share, self.chance, likes=likes), strict=True):
            setattr(case, name, so)


def cases(*, seed: int, now: datetime, size: int = shares.REFERRALS) -> tuple[Case, ...]:
    """``size`` referrals of the months before ``now``, oldest first; always the same for the same arguments."""
    chance = chance_of(seed)
    people = in_order(residents(chance, size=size))
    chance.shuffle(people)
    table = _Table([Case(client=client) for client in people], chance, size / shares.REFERRALS, now)
    for deal in (_beginnings, _findings, _times, _fates, _consents, _searches, _notices, _afterwards, _surveys):
        deal(table)
    return tuple(table.cases)


def _even(_kind: object, _case: Case) -> float:
    return 0


def _beginnings(table: _Table) -> None:
    """By which way, at which agency, in which town."""
    table.put("pathway", shares.PATHWAY, _way, table.cases)
    table.put("began", BEGAN, _began, [case for case in table.cases if case.pathway is P.COMMUNITY_RESPONSE])
    for case in table.cases:
        case.began = UNIT if case.pathway is P.SELF_REFERRAL else case.began
        case.incident = case.client.town
    overdoses = [case for case in table.cases if case.pathway is P.NALOXONE_PLUS and not case.client.minor]
    table.mark("notice", shares.NOTICES * table.scale, lambda _case: 0, overdoses)
    for case in table.cases:
        if case.notice:
            others = [town for town in shares.TOWN if town != case.client.town]
            (case.incident,) = table.chance.choices(others, weights=[shares.TOWN[town] for town in others])


def _way(way: Pathway, case: Case) -> float:
    problem, minor = case.client.problem, case.client.minor
    return {
        P.NALOXONE_PLUS: 3 * (problem == shares.OVERDOSE) + (problem == shares.USE) - 3 * minor,
        P.SELF_REFERRAL: 0.5 * (problem == shares.USE) - 2 * minor,
        P.OFFICER_INTERVENTION: 0.4 * case.substances - minor,
        P.ACTIVE_OUTREACH: 2 * case.client.unhoused - minor,
    }.get(way, 0.0)


def _began(place: str, case: Case) -> float:
    """A crisis team passes on whom the unit must find something else for; the old and the poor come to the unit."""
    problem = case.client.problem
    if place == UNIT:
        return (problem in (shares.DEMENTIA, shares.HOUSING)) - case.client.minor
    return -2.0 * (place == CRISIS_TEAM and (case.client.minor or case.substances))


def _times(table: _Table) -> None:
    kinds = [
        NIGHTS if case.client.problem == shares.OVERDOSE else OFFICE if case.began == UNIT else ANY
        for case in table.cases
    ]
    for case, at in zip(table.cases, moments(kinds, table.chance, now=table.now, days=shares.DAYS), strict=True):
        case.at = at
    table.cases.sort(key=lambda case: case.at)
    _bring_near(table)
    table.cases.sort(key=lambda case: case.at)
    first: dict[int, date] = {}
    for number, case in enumerate(table.cases):
        case.number, case.at = number, case.at.replace(microsecond=number)  # no two began at the same time
        case.born = case.client.born(first.setdefault(case.client.number, case.at.astimezone(ZONE).date()))


def _bring_near(table: _Table) -> None:
    """Let some of the last weeks be hours old."""
    late = [case for case in reversed(table.cases[-5 * len(NEWEST) :]) if not case.notice]
    for each in NEWEST[: len(table.cases) // 2]:
        fits = [case for case in late if case.urgent == each.urgent]
        if fits:
            fits[0].at = table.now - timedelta(minutes=each.minutes, seconds=table.chance.randrange(50))
            fits[0].waits = each.waits
            late.remove(fits[0])


def _findings(table: _Table) -> None:
    """What was found and done at the first meeting."""
    screened = some(table.cases, shares.SCREENED, table.chance, likes=_asked)
    asked = [case for case, so in zip(table.cases, screened, strict=True) if so]
    table.put("risk", shares.RISK, _risk, asked)
    table.put("disposition", shares.DISPOSITION, _ends, table.cases)
    police = [case for case in table.cases if case.began == POLICE]
    for name, share in (("force", shares.FORCE), ("injury", shares.INJURY)):
        table.mark(name, len(table.cases) * share / 100, lambda _case: 0, police)


def _asked(case: Case) -> float:
    """Nobody screens whom a department only hears of; a screen is not for it to see."""
    return (
        -9.0
        if case.notice
        else {shares.SUICIDAL: 0.8, shares.LOW: 0.4, shares.DEMENTIA: -2.0, shares.DEVELOPMENTAL: -1.0}.get(
            case.client.problem, 0.0
        )
    )


def _risk(level: str, case: Case) -> float:
    return 0.8 * (case.client.problem == shares.SUICIDAL) if level in ("high", "moderate") else 0


def _ends(disposition: str, case: Case) -> float:
    """Who began with the unit is not arrested; who may die goes to a hospital."""
    problem, unit = case.client.problem, case.began == UNIT
    return {
        shares.ARRESTED: 2.0 * (case.pathway is P.OFFICER_INTERVENTION) - 9 * (unit or case.client.minor),
        shares.HELD: 0.7 * (problem in (shares.PSYCHOSIS, shares.SUICIDAL)) - 9 * unit,
        shares.DIRECT: 1.0 * unit,
        shares.TO_ED: 0.8 * (problem == shares.OVERDOSE) + 0.8 * (case.risk == "high"),
        shares.REFUSED: -2.0 * unit,
    }.get(disposition, 0.0)


def _fates(table: _Table) -> None:
    """What the unit does with what police send it; what began with it, it keeps."""
    sent = [case for case in table.cases if case.began == POLICE and not case.notice and not case.waits]
    table.put("fate", shares.FATE, _even, sent)
    served = [case for case in sent if case.fate == shares.SERVED]
    table.mark("paused", len(served) * shares.PAUSED / 100, lambda case: 0.3 * (case.at > table.now - LATELY), served)


def _consents(table: _Table) -> None:
    served = [case for case in table.cases if case.fate == shares.SERVED and not case.waits]
    wanted = shares.OFFERED_CONSENT / 100 * len(table.cases)
    offered = some(served, min(100, 100 * wanted / len(served)), table.chance, likes=_offered)
    asked = [case for case, so in zip(served, offered, strict=True) if so]
    table.put("consent", shares.CONSENT, _signs, asked)
    later = [case for case in asked if case.consent in (shares.TPO, shares.TPO_AND_POLICE) and case.began == POLICE]
    table.mark("revoked", len(asked) * shares.REVOKED / 100, lambda _case: 0, later)


def _offered(case: Case) -> float:
    return 9.0 * (case.began != POLICE) - 0.5 * case.notice


def _signs(answer: str, case: Case) -> float:
    """Who does not treat has to be named; the police learn how it went only where police were there."""
    named = case.began == CRISIS_TEAM or case.client.problem in (shares.DEMENTIA, shares.HOUSING)
    return {
        shares.NAMED: 9.0 * (case.began == CRISIS_TEAM) + 2 * named,
        shares.TPO_AND_POLICE: 2.0 * (case.began == POLICE) - 9 * (case.began != POLICE),
        shares.NOT_SIGNED: -9.0 * (case.began == CRISIS_TEAM),
    }.get(answer, 0.0)


def _searches(table: _Table) -> None:
    """For whom a place is looked for, found, and who goes there."""
    served = [
        case for case in table.cases if case.fate == shares.SERVED and case.began != CRISIS_TEAM and not case.waits
    ]
    table.mark("searched", shares.SEARCHES * table.scale, _needs_place, served)
    for case in table.cases:
        case.searched |= case.began == UNIT
    searched = [case for case in table.cases if case.searched]
    table.mark("found", len(searched) * shares.FOUND / 100, lambda case: case.signed, searched)
    table.mark(
        "admitted",
        shares.ADMITTED * table.scale,
        lambda case: -9 * case.revoked,
        [c for c in searched if c.found and c.signed],
    )
    table.mark(
        "ride", shares.RIDES * table.scale, lambda case: 2 * case.admitted + (case.disposition == shares.TO_ED), served
    )


def _needs_place(case: Case) -> float:
    return 9.0 * (case.began == UNIT) + 1.5 * case.signed + case.substances - 2 * case.notice


def _notices(table: _Table) -> None:
    """What another town does when it is told of an overdose of somebody who lives there."""
    among = [case for case in table.cases if case.notice]
    whole = len(among) / 100
    for name, share in (
        ("claimed", shares.CLAIMED_IN_12_HOURS),
        ("visited", shares.VISITED_IN_48_HOURS),
        ("reached", shares.REACHED),
        ("helped", shares.ACCEPTED_HELP),
    ):
        table.mark(name, whole * share, lambda case: 0.5 * case.signed, among)
        among = [case for case in among if getattr(case, name)]


def _afterwards(table: _Table) -> None:
    """How those who were admitted were a month and half a year later, where that long has passed."""
    due = [[case for case in table.cases if case.admitted and case.at + since <= table.now] for since in FOLLOWED]
    table.put("after_30", shares.AFTER_30_DAYS, _even, due[0])
    table.put(
        "after_180",
        shares.AFTER_180_DAYS,
        lambda how, case: 0.3 * (how == shares.DOING_WELL and case.after_30 == shares.IN_CARE),
        due[1],
    )


def _surveys(table: _Table) -> None:
    """Who is asked afterwards how they were treated, and what they say; never a child."""
    over = [
        case
        for case in table.cases
        if case.fate == shares.SERVED and case.began != UNIT and case.at + SURVEYED <= table.now
    ]
    table.mark(
        "surveyed", shares.SURVEYS * table.scale, lambda _case: 0, [case for case in over if not case.client.minor]
    )
    asked = [case for case in table.cases if case.surveyed]
    said = some(asked, 100 * shares.ANSWERED / shares.SURVEYS, table.chance, likes=lambda case: -9.0 * case.revoked)
    answered = [case for case, so in zip(asked, said, strict=True) if so]
    marks = iter(dealt(range(len(answered) * len(QUESTIONS)), shares.MARKS, table.chance))
    for case in answered:
        case.marks = tuple(next(marks) for _ in QUESTIONS)
