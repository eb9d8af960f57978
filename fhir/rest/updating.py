"""A resource is sent again, whole or as a JSON Patch: compared with what its sender is shown, and done as acts."""

import re
from collections.abc import Callable, Mapping
from hashlib import sha256
from types import MappingProxyType

from agencies.actor import Actor
from fhir.content.exact import Object
from fhir.content.issues import Issue
from fhir.content.patch import NotAPatch
from referrals import resources, updating
from referrals.errors import Denied, NotFound
from referrals.perform import done_before, perform
from referrals.services.versions import Version

from . import bodies, outcomes, rendering
from .calls import Answer, Call, Unanswerable, wrong
from .reading import covers

TAG = re.compile(r'(?:W/)?"([^"]*)"')
Sent = Callable[[Object], Object]
"""Makes of a resource as it is shown what it is to be."""


def update(call: Call) -> Answer:
    """``PUT``: the whole resource as it is to be. Nothing is made by it that is not there."""
    sent = bodies.resource(call.data, call.type)
    if sent.get("id") != call.id:
        raise wrong(400, "value", f"{call.type}.id", "must be the id in the address")
    return _updated(call, lambda _shown: sent)


def patch(call: Call) -> Answer:
    """``PATCH``: what is to change of it (RFC 6902)."""
    operations = bodies.tree(call.data)
    try:
        return _updated(call, lambda shown: updating.patched(shown, operations))
    except NotAPatch as malformed:
        raise Unanswerable(400, *malformed.issues) from None


def _updated(call: Call, sent: Sent) -> Answer:
    key, content = call.key or None, _content(call)
    if done_before(call.actor, key=key, content=content):
        now = as_now(call.actor, call.type, call.id)
    else:
        before, acts = asked(call, sent)
        if not acts:
            return _answer(call, before)
        perform(call.actor, acts, key=key, content=content)
        now = after(call.actor, before)
    return _answer(call, now) if now is not None else Answer()


def asked(call: Call, sent: Sent) -> tuple[Version, updating.Acts]:
    """The resource in the address as it is, and the acts that make of it what was sent; none if it is so already."""
    before = resources.read(call.actor, call.type, call.id, action=resources.UPDATE)
    acts = updating.acts(
        call.actor,
        before,
        shown=rendering.resource(before),
        sent=lambda shown: rendering.arrived(sent(shown)),
        version=seen_version(call.if_match, before.number),
    )
    return before, acts


def after(actor: Actor, before: Version) -> Version | None:
    """A resource that was just changed, as it is now; ``None`` if it is, by that, no longer the actor's to read."""
    try:
        return AFTER.get(before.type, _read)(actor, before)
    except (Denied, NotFound):
        return None


def as_now(actor: Actor, type_: str, id_: str) -> Version | None:
    """A resource that was changed by an earlier request; ``None`` if it is no longer the actor's to read."""
    try:
        return resources.read(actor, type_, id_)
    except (Denied, NotFound):
        return None


def _read(actor: Actor, before: Version) -> Version:
    return resources.read(actor, before.type, str(before.id))


AFTER: Mapping[str, Callable[[Actor, Version], Version]] = MappingProxyType({"Task": resources.moved})
"""How a resource is read that was just changed; the others as ever."""


def _content(call: Call) -> bytes:
    """What an idempotency key stands for: the request, since the acts it comes to depend on what it finds."""
    return sha256(f"{call.type}/{call.id}\n".encode() + call.data).digest()


def seen_version(if_match: str, number: int) -> int | None:
    """The version that the sender says it saw: ``None`` if it says nothing, ``number`` if that is among those it names.

    0, which no version has, for any other.
    """
    if if_match.strip() in ("", "*"):
        return None
    return number if str(number) in TAG.findall(if_match) else 0


def _answer(call: Call, version: Version) -> Answer:
    """What ``Prefer: return=`` asks for; without it the resource, to a caller whose token covers reading it."""
    place = f"{call.base}/{version.type}/{version.id}/_history/{version.number}"
    headers = {**rendering.headers(version), "Location": place}
    if call.returns == "minimal" or not covers(call.let_in, call.type, "read"):
        return Answer(headers=headers)
    if call.returns == "OperationOutcome":
        done = Issue("information", "informational", version.type, f"It is now version {version.number}.")
        return Answer(tree=outcomes.tree_of([done]), headers=headers)
    return Answer(tree=rendering.resource(version), headers=headers)
