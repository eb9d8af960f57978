"""To whom what is sent goes: to who covers an agency now, in its place, unless the sender chose that agency itself."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from agencies.coverage import services as coverage
from agencies.coverage.services import Route
from referrals.errors import Denied
from referrals.lines import time_in_words
from referrals.models import ReferralTask
from referrals.onward.models import Routed

from .planning import Cover


@dataclass(frozen=True, slots=True, kw_only=True)
class Routing:
    """``to`` is who gets it, in order; ``by`` the coverages by which an agency gets it; ``aside``: where an agency is
    covered and gets it itself, because the sender chose so, or is the one who covers.
    """

    to: tuple[UUID, ...] = ()
    by: Mapping[UUID, Sequence[Route]] = field(default_factory=dict)
    aside: Mapping[UUID, Route] = field(default_factory=dict)

    def covers(self) -> dict[UUID, tuple[Cover, ...]]:
        """What a plan says of it, by recipient."""
        found = {id_: tuple(_cover(route, routed=True) for route in routes) for id_, routes in self.by.items()}
        return found | {id_: (_cover(route, routed=False),) for id_, route in self.aside.items()}

    def rows(self, task: ReferralTask) -> list[Routed]:
        """What is kept of it with the task that goes to who covers."""
        return [Routed(task=task, coverage_id=route.coverage_id) for route in self.by.get(task.owner_id, ())]

    def refused(self, recipient_id: UUID, denial: Denied) -> Denied:
        """The denial, with who was picked, where it is the one who covers that may not get it."""
        routes = self.by.get(recipient_id)
        if not routes:
            return denial
        route = routes[0]
        covered, covering, until = route.covered.slug, route.covering.slug, time_in_words(route.until)
        text = f"{covered} is covered by {covering} until {until}, and there it may not go: {denial}"
        return Denied(text, code=denial.code, covered=route.covered.id)


def routing(to: Sequence[UUID], *, itself: Iterable[UUID] | None, me: UUID, at: datetime) -> Routing:
    """Where ``to`` goes at ``at``. ``itself`` are those the sender ``me`` chose though covered; ``None``: all of them.

    Who is picked and covers another that is picked gets it once.
    """
    if itself is None or len(set(to)) < len(to):  # who is named twice is refused, as ever
        return Routing(to=tuple(to))
    routes = coverage.routes(to, at=at)
    chosen = set(itself)
    aside = {one: route for one, route in routes.items() if one in chosen or route.covering.id == me}
    by: dict[UUID, list[Route]] = defaultdict(list)
    for one, route in routes.items():
        if one not in aside:
            by[route.covering.id].append(route)
    found = [one if one in aside or one not in routes else routes[one].covering.id for one in to]
    return Routing(to=tuple(dict.fromkeys(found)), by=by, aside=aside)


def _cover(route: Route, *, routed: bool) -> Cover:
    return Cover(
        coverage=route.coverage_id,
        covered=route.covered.id,
        covered_name=route.covered.name,
        covering_name=route.covering.name,
        until=route.until,
        agreement=route.agreement,
        routed=routed,
    )
