"""Through which door an act came in (web, fhir, cli, ...), the id of its request, and what it left in the log."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID

from audit import canonical


@dataclass(frozen=True, slots=True)
class Door:
    """Where the running code was entered; outside of every door it is the system itself."""

    name: str = "system"
    request_id: str = ""

    def __post_init__(self) -> None:
        for field in ("door", "request_id"):
            value = self.name if field == "door" else self.request_id
            if not re.fullmatch(canonical.GRAMMAR[field], value):
                raise canonical.NotCanonical(field)


_left: ContextVar[list[UUID] | None] = ContextVar("audit_left", default=None)
_current: ContextVar[Door] = ContextVar("audit_door", default=Door())  # noqa: B039  frozen


def current() -> Door:
    """Return the door the caller stands behind."""
    return _current.get()


@contextmanager
def opened(*, door: str, request_id: str = "") -> Iterator[Door]:
    """Stand behind a door for the length of a ``with``; raises NotCanonical for names the log cannot hold."""
    entered = Door(door, request_id)
    token = _current.set(entered)
    try:
        yield entered
    finally:
        _current.reset(token)


@contextmanager
def counted() -> Iterator[list[UUID]]:
    """The ids of the events written inside the ``with``, in their order: a door that left none can leave its own.

    What was rolled back is among them; a refusal is recorded after its rollback.
    """
    left: list[UUID] = []
    outer = _left.get()
    token = _left.set(left)
    try:
        yield left
    finally:
        _left.reset(token)
        if outer is not None:
            outer.extend(left)


def wrote(event_id: UUID) -> None:
    """``audit.log`` says that it wrote this event."""
    left = _left.get()
    if left is not None:
        left.append(event_id)
