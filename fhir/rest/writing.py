"""Create: parse, one perform, answer. And what every write has in common: its key, and what it gives back."""

import re
from datetime import UTC, datetime
from email.utils import format_datetime

from audit.uuid7 import uuid7
from fhir.content.exact import Object
from fhir.content.issues import Issue
from fhir.content.transaction import Asked
from referrals import arriving, resources
from referrals.errors import Denied, NotFound
from referrals.perform import perform
from referrals.services.idempotency import LONGEST

from . import bodies, outcomes, rendering
from .calls import Answer, Call, wrong
from .reading import covers

CONDITION = re.compile(r"identifier=[^|&=\s]+(\||%7[Cc])[^|&=\s]+")
KEY = re.compile(rf"[!-~]{{0,{LONGEST}}}", re.ASCII)
FOUND = Issue("information", "informational", "http", "This is here; it was written when it was sent before.")
WRITTEN = Issue("information", "informational", "http", "It is written.")


def create(call: Call) -> Answer:
    """Add one resource to a referral under way, or put that to one more agency by a Task."""
    tree = bodies.resource(call.data, call.type)
    new = Asked(method="POST", type=call.type, id=str(uuid7()), tree=tree, at=call.type)
    acts = arriving.adding(call.actor, [new], base=call.base)
    done = perform(call.actor, acts, key=key_of(call), content=content_of(call))
    name = done.created[0]
    headers = {
        "Location": f"{call.base}/{name}/_history/1",
        "ETag": rendering.etag(1),
        "Last-Modified": http_date(done.at),
    }
    return Answer(
        status=200 if done.repeated else 201, tree=given_back(call, name, again=done.repeated), headers=headers
    )


def alone(call: Call) -> Answer:
    """A client or a request by itself: what is sent is refused, and says how it is sent."""
    text = "must be in a transaction that begins a referral: Patient, ServiceRequest, and a Task for each agency"
    bodies.resource(call.data, call.type)
    raise wrong(422, "business-rule", call.type, text)


def given_back(call: Call, name: str, *, again: bool) -> "Object | None":
    """What ``Prefer`` asks to get back of a resource that was written; without it, the resource.

    Nothing of what its author has no key for: some write who may not read.
    """
    if call.returns == "minimal":
        return None
    if call.returns == "OperationOutcome":
        return outcomes.tree_of([FOUND if again else WRITTEN])
    return opened(call, name)


def opened(call: Call, name: str) -> "Object | None":
    """The resource as its author reads it, which is one event more; nothing, if its author may not."""
    type_, _, id_ = name.partition("/")
    if not covers(call.let_in, type_, "read"):
        return None
    try:
        return rendering.resource(resources.read(call.actor, type_, id_))
    except (Denied, NotFound):
        return None


def key_of(call: Call) -> str | None:
    """The key under which the same request is done once, if it has one. Raises ``Unanswerable``."""
    if call.key and call.if_none_exist:
        raise wrong(400, "invalid", "http.If-None-Exist", "must not come with Idempotency-Key: one key is enough")
    if not KEY.fullmatch(call.key):
        raise wrong(400, "value", "http.Idempotency-Key", f"must have at most {LONGEST} characters of visible ASCII")
    if not call.if_none_exist:
        return call.key or None
    if not CONDITION.fullmatch(call.if_none_exist):
        raise wrong(400, "not-supported", "http.If-None-Exist", "must be identifier=system|value")
    return arriving.key_of(call.actor, call.type, call.if_none_exist)


def content_of(call: Call) -> bytes:
    """What is the same when the same is sent again."""
    return f"{call.type}\0".encode() + call.data


def http_date(at: datetime) -> str:
    """A time as HTTP writes it."""
    return format_datetime(at.astimezone(UTC), usegmt=True)
