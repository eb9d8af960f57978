"""Who acts now. Made once at the door, handed down by name, never stored."""

from dataclasses import dataclass
from uuid import UUID

from .capabilities import Capability
from .kinds import AgencyKind, Purpose
from .roles import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """A membership and the grants it holds. ``agencies.services.actor_for`` alone makes one; tests may by hand.

    ``purpose`` is the one a machine's client is registered with; a person's is told by role and way in, never here.
    """

    membership_id: UUID
    agency_id: UUID
    kind: AgencyKind
    role: Role
    capabilities: frozenset[Capability]
    purpose: Purpose | None = None

    def __reduce__(self) -> str:
        raise TypeError("An Actor is never serialised: carry the membership's id and ask actor_for again.")

    @property
    def name(self) -> str:
        """The pseudonym the log knows this actor by."""
        return f"Membership/{self.membership_id}"

    @property
    def sworn(self) -> bool:
        """Whether this actor is police."""
        return self.kind is AgencyKind.POLICE

    def may(self, capability: Capability) -> bool:
        """Whether this actor holds ``capability`` for its own agency."""
        return capability in self.capabilities
