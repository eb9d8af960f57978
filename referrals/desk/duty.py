"""Whether somebody was on duty: the agency's hours, its rota, and who works on what anyway. Pure.

An agency without a rota has not said who is to be there when; of its people nothing is said either.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from uuid import UUID
from zoneinfo import ZoneInfo

from agencies.coverage.covering import Cover, covers_somebody
from referrals.notices.oncall import Turn, on_call
from referrals.notices.working import Hours

MEMBERSHIP = "Membership/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rota:
    """One agency's hours, its turns by its own clock, and the coverages by which it stands in for others."""

    agency_id: UUID
    hours: Hours
    turns: tuple[Turn, ...]
    covers: tuple[Cover, ...] = ()

    def is_on(self, actor: str, *, at: datetime) -> bool:
        """Whether ``actor``, as the log names a member, was to be there: in a turn, or when all of the agency was."""
        local = at.astimezone(ZoneInfo(self.hours.zone))
        if self.hours.works_on(local.date()) and self.hours.opens <= local.time() < self.hours.closes:
            return True
        if covers_somebody(self.covers, self.agency_id, at=at):
            return True
        return actor in {f"{MEMBERSHIP}{each}" for each in on_call(self.turns, at=at, zone=self.hours.zone)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """What is known of who was to be where. ``works_on``: a member, and a referral that is theirs to work on, as the
    log names both: they began it, took a step, wrote in it, said that the agency has it, or were called for it.
    ``systems`` are partners' machines, as the log names them: they have no hours.

    Nothing after ``before`` is judged yet: who opens a referral and then acts on it works on it.
    """

    before: datetime
    rotas: Mapping[str, Rota] = field(default_factory=lambda: MappingProxyType({}))
    works_on: frozenset[tuple[str, str]] = frozenset()
    systems: frozenset[str] = frozenset()

    def is_off(self, agency: str, actor: str, target: str, *, at: datetime) -> bool:
        """Whether somebody opened what was not theirs, at a time that was not theirs."""
        rota = self.rotas.get(agency)
        if rota is None or not rota.turns or at > self.before or not actor.startswith(MEMBERSHIP):
            return False
        if actor in self.systems:
            return False
        return (actor, target) not in self.works_on and not rota.is_on(actor, at=at)
