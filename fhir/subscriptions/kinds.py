"""What a subscription can be about, how it stands, and what is sent for it. Pure.

Words and addresses are those of the FHIR R4 Subscriptions Backport guide and of Gravity's SDOH Clinical Care.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

BACKPORT = "http://hl7.org/fhir/uv/subscriptions-backport"
EXTENSIONS = f"{BACKPORT}/StructureDefinition"
FILTER = f"{EXTENSIONS}/backport-filter-criteria"
CONTENT = f"{EXTENSIONS}/backport-payload-content"
HEARTBEAT = f"{EXTENSIONS}/backport-heartbeat-period"
TIMEOUT = f"{EXTENSIONS}/backport-timeout"
MOST = f"{EXTENSIONS}/backport-max-count"
LISTS_TOPIC = f"{EXTENSIONS}/capabilitystatement-subscriptiontopic-canonical"
PROFILE = f"{EXTENSIONS}/backport-subscription"
STATUS_PROFILE = f"{EXTENSIONS}/backport-subscription-status-r4"
NOTIFICATION_PROFILE = f"{EXTENSIONS}/backport-subscription-notification-r4"
OPERATIONS: Mapping[str, str] = MappingProxyType(
    {
        "status": f"{BACKPORT}/OperationDefinition/backport-subscription-status",
        "events": f"{BACKPORT}/OperationDefinition/backport-subscription-events",
    }
)
GRAVITY = "http://hl7.org/fhir/us/sdoh-clinicalcare/SubscriptionTopic"


class Status(StrEnum):
    """FHIR subscription-status. After ``ERROR`` only the client asks for it again."""

    REQUESTED = "requested"
    ACTIVE = "active"
    ERROR = "error"
    OFF = "off"


class Content(StrEnum):
    """How much a notification says: that something happened, or also of what, by its id."""

    EMPTY = "empty"
    ID_ONLY = "id-only"


class Sent(StrEnum):
    """The kinds of notifications, and of answers to questions about a subscription."""

    HANDSHAKE = "handshake"
    HEARTBEAT = "heartbeat"
    EVENTS = "event-notification"
    STATUS = "query-status"
    QUERIED = "query-event"


class Problem(StrEnum):
    """Why a subscription came to a stand."""

    NO_ANSWER = "no-answer"
    ODD_ANSWER = "odd-answer"
    GONE = "gone"
    FORBIDDEN_ADDRESS = "forbidden-address"
    NOT_ALLOWED = "not-allowed"
    FAULT = "fault"
    ENDED = "ended"
    RESTORED = "restored"


WORDS: Mapping[Problem, str] = MappingProxyType(
    {
        Problem.NO_ANSWER: "The endpoint did not answer in time.",
        Problem.ODD_ANSWER: "The endpoint answered, but not with 2xx.",
        Problem.GONE: "The endpoint answered 410 Gone.",
        Problem.FORBIDDEN_ADDRESS: "The endpoint's name leads to an address that is not public.",
        Problem.NOT_ALLOWED: "The client is not to be told any more: it may not act, or not read this type.",
        Problem.FAULT: "A fault of this server.",
        Problem.ENDED: "Its end has come.",
        Problem.RESTORED: "The server was restored from a backup: numbers of events since then may come again. Read "
        "anew what you hold, and ask again.",
    }
)
"""As they stand in ``Subscription.error``, which programs read: English, like every diagnostic of the API."""


@dataclass(frozen=True, slots=True)
class Topic:
    """What can be subscribed to: its address, the type it is about, and the filters it takes, by name."""

    url: str
    type: str
    filters: frozenset[str]


_TASK = Topic(
    f"{GRAVITY}/Task",
    "Task",
    frozenset({"_id", "_lastUpdated", "code", "focus", "owner", "priority", "requester", "status"}),
)
# The guide spells this one with a small r.
_REQUEST = Topic(
    f"{GRAVITY}/Servicerequest", "ServiceRequest", frozenset({"_id", "_lastUpdated", "priority", "status"})
)

TOPICS: Mapping[str, Topic] = MappingProxyType({each.url: each for each in (_TASK, _REQUEST)})
"""Every topic there is, by its address. What is not here is not served."""
