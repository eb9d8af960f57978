"""Who calls: the one place where a header becomes a caller. What makes callers is named here, not imported."""

from collections.abc import Callable
from typing import Protocol, cast

from django.utils.module_loading import import_string

from agencies.actor import Actor
from referrals.errors import Refused
from referrals.services import recording


class Caller(Protocol):
    """Somebody who was let in: as whom, and for what."""

    @property
    def actor(self) -> Actor:
        """As whom everything is done."""
        ...

    def require(self, type_: str, interaction: str) -> None:
        """Raise a ``Refused`` that says how HTTP answers it, unless ``interaction`` on ``type_`` is allowed."""
        ...

    def count(self, times: int = 1) -> None:
        """Count so many requests of this client. Raise a ``Refused`` that says how HTTP answers it for too many."""
        ...


CallerOf = Callable[[str | None], Caller]

CALLER_OF = "fhir.smart.tokens.actor_of"
"""Takes the ``Authorization`` header, or ``None``. The tokens' room and this one know nothing of each other."""


def caller_of(authorization: str | None) -> Caller:
    """Who sent a request with this header. Raises what ``CALLER_OF`` raises for one who is nobody."""
    return cast("CallerOf", import_string(CALLER_OF))(authorization)


def require(caller: Caller, type_: str, interaction: str) -> None:
    """Raise a ``Refused``, recorded, unless the caller's token covers ``interaction`` on ``type_``."""
    try:
        caller.require(type_, interaction)
    except Refused as refusal:
        recording.refuse(caller.actor, "door.refuse", code=refusal.code)
        raise


def count(caller: Caller, times: int = 1) -> None:
    """Count requests of a caller. Raises a ``Refused``, recorded once a minute, when there are too many."""
    try:
        caller.count(times)
    except Refused as refusal:
        if getattr(refusal, "first", True):
            recording.refuse(caller.actor, "door.refuse", code=refusal.code)
        raise
