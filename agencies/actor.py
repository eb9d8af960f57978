"""Who acts now. Made once at the door, handed down by name, never stored."""

from dataclasses import dataclass
from uuid import UUID

from .capabilities import Capability
from .kinds import AgencyKind
from .roles import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """A membership and the grants it holds. ``agencies.services.actor_for`` alone makes one; tests may by hand."""

    membership_id: UUID
    agency_id: UUID
    kind: AgencyKind
    role: Role
    capabilities: frozenset[Capability]

    def __reduce__(self) -> str:
        raise TypeError("An Actor is never serialised: carry the membership's id and ask actor_for again.")

    @property
    def name(self) -> str:
        """The pseudonym the log knows this actor by."""
        return f"Membership/{self.membership_id}"

    def may(self, capability: Capability) -> bool:
        """Whether this actor holds ``capability`` for its own agency."""
        return capability in self.capabilities
