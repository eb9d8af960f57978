"""Through which door an act came in (web, fhir, cli, worker, ...) and the id of its request."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

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
