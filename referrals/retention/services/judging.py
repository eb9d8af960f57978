"""Whether a referral may go: what its schedule says, whether two people approved it, and what holds it."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from referrals.models import Referral
from referrals.retention.models import Hold, Schedule
from referrals.retention.schedule import (
    DEFAULT_PERIODS,
    GENERAL,
    LONGEST_YEARS,
    Category,
    Due,
    Facts,
    Periods,
    categories,
    due_on,
)

from . import holds, schedules
from .gathering import Born, batches, day, gather

A_DAY_AND_MORE = timedelta(days=2)
"""A day begins at another moment in each time zone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What is to be said of one referral. ``due`` is from which day on, ``None`` while its time does not run.

    ``line`` is the approved line of the category it is due by; ``approved`` asks that of all its categories.
    """

    facts: Facts
    due: Due | None
    line: Schedule | None
    approved: bool
    holds: tuple[Hold, ...]


def judge(facts: Sequence[Facts], *, by_default: bool = False) -> list[Verdict]:
    """A verdict on each, in their order.

    ``by_default`` puts the default period where the agency a referral began with has approved none: for lists only.
    """
    lines = schedules.in_force(agency for each in facts for agency in each.agencies)
    periods: dict[UUID, Periods] = {
        agency: {category: row.period for category, row in own.items()} for agency, own in lines.items()
    }
    stopping = holds.stopping(facts)
    return [
        _verdict(
            each, lines.get(each.origin, {}), _completed(periods, each.origin) if by_default else periods, stopping
        )
        for each in facts
    ]


def _completed(periods: Mapping[UUID, Periods], origin: UUID) -> dict[UUID, Periods]:
    return {**periods, origin: {**DEFAULT_PERIODS, **periods.get(origin, {})}}


def _verdict(
    facts: Facts, lines: dict[Category, Schedule], periods: Mapping[UUID, Periods], stopping: dict[UUID, list[Hold]]
) -> Verdict:
    due = due_on(facts, periods)
    return Verdict(
        facts=facts,
        due=due,
        line=lines.get(due.category) if due else None,
        approved=all(category in lines for category in categories(facts)),
        holds=tuple(stopping.get(facts.folder_id, ())),
    )


def verdicts(
    agency_ids: Collection[UUID], *, at: datetime, born: Born, by_default: bool = False
) -> Iterator[tuple[Verdict, Referral]]:
    """What began with these agencies and is due on the day of ``at``, oldest first."""
    for referrals in batches(agency_ids, made_before=_made_before(agency_ids, at, by_default=by_default)):
        for verdict, referral in zip(judge(gather(referrals, born), by_default=by_default), referrals, strict=True):
            if verdict.due is not None and verdict.due.on <= day(at, referral):
                yield verdict, referral


def _made_before(agency_ids: Collection[UUID], at: datetime, *, by_default: bool) -> datetime:
    """When a referral was made at the latest that is due now by a general period: they run from later than that."""
    lines = schedules.in_force(agency_ids).values()
    found = [row.period.least_days for own in lines for category, row in own.items() if category in GENERAL]
    found += [DEFAULT_PERIODS[category].least_days for category in GENERAL] if by_default else []
    return at - timedelta(days=min(found, default=LONGEST_YEARS * 365)) + A_DAY_AND_MORE
