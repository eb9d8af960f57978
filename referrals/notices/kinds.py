"""The kinds of things notices are told by. Pure."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


def _(text: str) -> str:
    """Mark ``text`` for translation; pages translate it when they show it."""
    return text


class Channel(StrEnum):
    """A way to reach somebody. ``PAGE`` is the list of notices on the network's own pages."""

    PAGE = "page"
    MAIL = "mail"
    TEXT = "text"
    HOOK = "webhook"


SENT_OUT = (Channel.MAIL, Channel.TEXT, Channel.HOOK)
"""The channels that leave this installation."""


class Status(StrEnum):
    """How a delivery stands. ``DEAD`` reached nobody and waits for a person; ``DROPPED``: that person let it be.

    ``VOID``: when it was to go, whom it was for was not to be told any more.
    """

    WAITING = "waiting"
    SENT = "sent"
    DEAD = "dead"
    DROPPED = "dropped"
    VOID = "void"


class Wish(StrEnum):
    """Of which notices a person wants to hear by one channel."""

    ALL = "all"
    URGENT = "urgent"
    NONE = "none"


class Problem(StrEnum):
    """Why an attempt did not reach its channel; what the other side said is not kept."""

    NOBODY = "nobody"
    NO_ADDRESS = "no-address"
    REFUSED = "refused"
    NO_ANSWER = "no-answer"
    ODD_ANSWER = "odd-answer"
    FORBIDDEN_ADDRESS = "forbidden-address"
    FAULT = "fault"
    BROKEN_OFF = "broken-off"
    NOT_ALLOWED = "not-allowed"


CHANNELS: Mapping[Channel, str] = MappingProxyType(
    {
        Channel.PAGE: _("list of notices"),
        Channel.MAIL: _("email"),
        Channel.TEXT: _("text message"),
        Channel.HOOK: _("webhook"),
    }
)

STATUSES: Mapping[Status, str] = MappingProxyType(
    {
        Status.WAITING: _("waiting"),
        Status.SENT: _("sent"),
        Status.DEAD: _("reached nobody"),
        Status.DROPPED: _("let be"),
        Status.VOID: _("not to be told any more"),
    }
)

WISHES: Mapping[Wish, str] = MappingProxyType(
    {Wish.ALL: _("of everything"), Wish.URGENT: _("only of what is urgent"), Wish.NONE: _("of nothing")}
)

PROBLEMS: Mapping[Problem, str] = MappingProxyType(
    {
        Problem.NOBODY: _("nobody in the agency may be told"),
        Problem.NO_ADDRESS: _("there is no address or number"),
        Problem.REFUSED: _("the other side refused the address"),
        Problem.NO_ANSWER: _("no answer in time"),
        Problem.ODD_ANSWER: _("an answer that is no yes"),
        Problem.FORBIDDEN_ADDRESS: _("the address leads nowhere we may go"),
        Problem.FAULT: _("a fault of this installation"),
        Problem.BROKEN_OFF: _("the process ended while it was sending"),
        Problem.NOT_ALLOWED: _("the person or agency is not to be told any more"),
    }
)
