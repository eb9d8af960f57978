"""Who a subscription tells, as it may act this moment. What knows clients is named here, not imported."""

from collections.abc import Callable
from typing import Protocol, cast
from uuid import UUID

from django.utils.module_loading import import_string

from agencies.actor import Actor
from referrals.errors import Refused

READ = "read"


class Caller(Protocol):
    """A client that may act: as whom, and for what."""

    @property
    def actor(self) -> Actor:
        """As whom it is told."""
        ...

    def require(self, type_: str, interaction: str) -> None:
        """Raise a ``Refused`` unless ``interaction`` on ``type_`` is allowed."""
        ...


CALLER_BY = "fhir.smart.tokens.caller_by"
"""Takes the id of a client's membership. Raises a ``Refused`` for one that may not act."""


def caller_by(membership_id: UUID) -> Caller:
    """The client of a membership as it may act now. Raises a ``Refused``."""
    return cast("Callable[[UUID], Caller]", import_string(CALLER_BY))(membership_id)


def allowed(membership_id: UUID, type_: str) -> Actor | None:
    """The actor to tell of things of ``type_``, if the client may act and may read them; else ``None``."""
    try:
        caller = caller_by(membership_id)
        caller.require("Subscription", READ)
        caller.require(type_, READ)
    except Refused:
        return None
    return caller.actor
