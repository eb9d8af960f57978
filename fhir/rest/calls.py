"""One request taken apart, one answer to be written, and a row of the routing table."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

from agencies.actor import Actor
from fhir.content.exact import Object
from fhir.content.issues import Issue, error

from .door import Caller

NOTHING: Mapping[str, str] = {}


class Body(Enum):
    """What a route takes below the headers."""

    NONE = "nothing"
    FORM = "search parameters"
    RESOURCE = "a resource"
    PATCH = "a JSON Patch"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What is asked for. ``base`` is the server's own address, ``parameters`` come in their order.

    ``posted``: they came in a body, and must not be seen in an address. ``caller`` is ``None`` where anybody may ask.
    ``data`` is the body of a write; the rest are headers: ``key`` is ``Idempotency-Key``, ``returns`` what ``Prefer``
    asks to get back.
    """

    base: str
    type: str = ""
    id: str = ""
    version: str = ""
    parameters: tuple[tuple[str, str], ...] = ()
    posted: bool = False
    strict: bool = False
    if_none_match: str = ""
    if_match: str = ""
    if_none_exist: str = ""
    key: str = ""
    returns: str = ""
    data: bytes = b""
    caller: Caller | None = None

    @property
    def actor(self) -> Actor:
        """As whom it is done."""
        return self.let_in.actor

    @property
    def let_in(self) -> Caller:
        """Who asks, where somebody must."""
        if self.caller is None:
            raise TypeError("Nobody was asked who calls.")
        return self.caller


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is answered; without a tree, nothing but the status."""

    status: int = 200
    tree: "Object | None" = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One thing one can ask: ``path`` with ``{type}``, ``{id}`` and ``{version}``; for these types.

    Without types it is asked of the whole system, and its handler asks whether the caller's scopes cover it; without an
    ``interaction`` any token does. ``stated`` is False for what is answered only to say how else it is done.
    """

    method: str
    path: str
    interaction: str
    types: tuple[str, ...]
    handler: Callable[[Call], Answer]
    public: bool = False
    operation: str = ""
    body: Body = Body.NONE
    stated: bool = True


class Match(NamedTuple):
    """The route that was asked for, and what stood in its path."""

    route: Route
    found: dict[str, str]


class Unanswerable(Exception):
    """The request is not one that can be answered; ``issues`` say why, ``status`` is HTTP's."""

    def __init__(self, status: int, *issues: Issue, headers: Mapping[str, str] = NOTHING) -> None:
        super().__init__("; ".join(map(str, issues)))
        self.status, self.issues, self.headers = status, issues, headers


def wrong(status: int, code: str, at: str, text: str, headers: Mapping[str, str] = NOTHING) -> Unanswerable:
    """A request refused for one reason. ``at`` is an element, or ``http.<name>`` for a parameter or header."""
    return Unanswerable(status, error(code, at, text), headers=headers)
