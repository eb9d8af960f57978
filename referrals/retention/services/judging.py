"""Whether a referral may go: what its schedule says, whether two people approved it, and what holds it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from referrals.retention.models import Hold, Schedule
from referrals.retention.schedule import (
    DEFAULT_PERIODS,
    Category,
    Due,
    Facts,
    Periods,
    categories,
    due_on,
)

from . import holds, schedules


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
