"""Whom a breach must be told, and by when (domain rule R-BR-01): one table, earliest first. Pure; times come in.

The clock starts at discovery. Until an incident is assessed every duty counts, as if it were a breach.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from referrals.packs.packs import Mark
from referrals.workflow import gettext_noop as _

HOUR, DAY, SIXTY = timedelta(hours=1), timedelta(days=1), timedelta(days=60)
MANY = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the deadlines hang on. ``affected`` is ``None`` while nobody knows: then it may be many.

    ``delayed_until``: the police asked to wait (45 CFR 164.412). ``criminal_justice``: it concerns such information.
    """

    discovered_at: datetime
    zone: ZoneInfo
    state: str
    affected: int | None = None
    criminal_justice: bool = False
    delayed_until: datetime | None = None

    @property
    def many(self) -> bool:
        """Whether 500 people or more are affected, or may be."""
        return self.affected is None or self.affected >= MANY


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """One duty to tell somebody. ``waits``: the police may ask to put it off. ``mark``: how sure the rule is."""

    name: str
    words: str
    rule: str
    mark: Mark
    applies: Callable[[Facts], bool]
    due: Callable[[Facts], datetime]
    waits: bool = False
    only_breach: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Timer:
    """One duty of one incident, with its moment."""

    duty: Duty
    due: datetime


def _always(_facts: Facts) -> bool:
    return True


def _after(span: timedelta) -> Callable[[Facts], datetime]:
    return lambda facts: facts.discovered_at + span


def _government(facts: Facts) -> datetime:
    """With the letters if many are affected, else sixty days after the calendar year of discovery has ended."""
    if facts.many:
        return facts.discovered_at + SIXTY
    year = facts.discovered_at.astimezone(facts.zone).year
    return datetime(year + 1, 1, 1, tzinfo=facts.zone).astimezone(UTC) + SIXTY


DUTIES: tuple[Duty, ...] = (
    Duty(
        name="own-team",
        words=_("Tell your agency's own incident team"),
        rule="CJIS IR-6",
        mark=Mark.VERIFIED,
        applies=lambda facts: facts.criminal_justice,
        due=_after(HOUR),
        only_breach=False,
    ),
    Duty(
        name="state-cso",
        words=_("Tell the CJIS systems officer of the state, once it is confirmed"),
        rule="CJIS IR-6",
        mark=Mark.VERIFIED,
        applies=lambda facts: facts.criminal_justice,
        due=_after(HOUR),
    ),
    Duty(
        name="network",
        words=_("Tell the privacy officers of the agencies whose referrals it touches"),
        rule="R-BR-01",
        mark=Mark.DESIGN,
        applies=_always,
        due=_after(DAY),
        only_breach=False,
    ),
    Duty(
        name="state-attorney",
        words=_("Tell the attorney general, the office of consumer affairs and the residents: as soon as practicable"),
        rule="M.G.L. c.93H §3",
        mark=Mark.VERIFIED,
        applies=lambda facts: facts.state == "MA",
        due=_after(timedelta(0)),
        waits=True,
    ),
    Duty(
        name="state-residents",
        words=_("Tell the residents in the most expedient time possible; the attorney general above 500"),
        rule="815 ILCS 530",
        mark=Mark.MEMORY,
        applies=lambda facts: facts.state == "IL",
        due=_after(timedelta(0)),
        waits=True,
    ),
    Duty(
        name="people",
        words=_("Write to the people concerned: what happened, what to do, what you do"),
        rule="45 CFR 164.404; 42 CFR 2.16(b)",
        mark=Mark.MEMORY,
        applies=_always,
        due=_after(SIXTY),
        waits=True,
    ),
    Duty(
        name="media",
        words=_("Tell the media of the state: more than 500 residents"),
        rule="45 CFR 164.406",
        mark=Mark.MEMORY,
        applies=lambda facts: facts.affected is None or facts.affected > MANY,
        due=_after(SIXTY),
        waits=True,
    ),
    Duty(
        name="government",
        words=_("Report to the federal department of health"),
        rule="45 CFR 164.408",
        mark=Mark.MEMORY,
        applies=_always,
        due=_government,
        waits=True,
    ),
)

BY_NAME = {duty.name: duty for duty in DUTIES}


def timers(facts: Facts, *, breach: bool | None) -> list[Timer]:
    """Every duty that applies with its moment, earliest first. ``breach`` is ``None`` while nothing is decided."""
    return sorted(_timers(facts, breach), key=lambda timer: timer.due)


def _timers(facts: Facts, breach: bool | None) -> Iterator[Timer]:
    for duty in DUTIES:
        if duty.applies(facts) and not (duty.only_breach and breach is False):
            due = duty.due(facts)
            if duty.waits and facts.delayed_until is not None:
                due = max(due, facts.delayed_until)
            yield Timer(duty=duty, due=due)
