"""A transaction: its entries become acts, all of them one perform; what is answered names what came of each."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from fhir.content import moments, transaction
from fhir.content.bundle import entries_of
from fhir.content.exact import Object, Tree
from fhir.content.patch import NotAPatch
from fhir.content.transaction import Asked
from referrals import arriving
from referrals.acts import Act
from referrals.perform import Done, done_before, perform
from referrals.services.versions import Version
from referrals.updating import patched

from . import bodies, rendering, told, updating, writing
from .batches import patch_of
from .calls import Answer, Call, Unanswerable
from .door import require
from .reading import covers

INTERACTIONS = {"POST": "create", "PUT": "update", "PATCH": "patch"}


def run(call: Call, bundle: Object) -> Answer:
    """Do all of a transaction or nothing of it."""
    _require_covered(call, bundle)
    if transaction.begins(bundle):
        begun = _perform(call, [arriving.sending(call.actor, bundle, call.data)])
        return _answer(_created(call, begun, name, begun.created) for name in begun.created)
    asked = arriving.asked(call.actor, bundle)
    repeated = done_before(call.actor, key=writing.key_of(call), content=writing.content_of(call))
    if repeated:
        return _answer(_entries(call, asked, repeated, lambda each: updating.as_now(call.actor, each.type, each.id)))
    acts = arriving.adding(call.actor, [each for each in asked if each.method == "POST"], base=call.base)
    changes = {each.at: _change(call, each) for each in asked if each.method != "POST"}
    acts += [act for _before, its in changes.values() for act in its]
    arriving.require_together(call.actor, acts)
    done = _perform(call, acts) if acts else None
    return _answer(_entries(call, asked, done, lambda each: updating.after(call.actor, changes[each.at][0])))


def _change(call: Call, asked: Asked) -> tuple[Version, Sequence[Act]]:
    """What an entry updates or patches, and the acts that do it."""
    one = replace(call, type=asked.type, id=asked.id, if_match=asked.if_match)
    if asked.method == "PUT":
        return updating.asked(one, lambda _shown: asked.tree)
    operations = bodies.tree(patch_of(asked.tree, asked.at))
    try:
        return updating.asked(one, lambda shown: patched(shown, operations))
    except NotAPatch as malformed:
        raise Unanswerable(400, *malformed.issues) from None


def _entries(
    call: Call, asked: Sequence[Asked], done: Done | None, now: Callable[[Asked], Version | None]
) -> Iterator[Object]:
    """What came of each entry, in their order; what was added came first, then the tasks. ``now`` reads an update's."""
    names = done.created if done else ()
    tasks = iter([name for name in names if name.startswith("Task/")])
    others = iter([name for name in names if not name.startswith("Task/")])
    for each in asked:
        if each.method == "POST" and done:
            yield _created(call, done, next(tasks if each.type == "Task" else others), names)
        else:
            yield _updated(call, each, now(each))


def _updated(call: Call, asked: Asked, version: Version | None) -> Object:
    name = f"{asked.type}/{asked.id}"
    made: Object = {"fullUrl": f"{call.base}/{name}"}
    if version is None:
        return made | {"response": {"status": "200 OK"}}
    if call.returns == "representation" and covers(call.let_in, asked.type, "read"):
        made["resource"] = rendering.resource(version)
    made["response"] = {
        "status": "200 OK",
        "location": f"{name}/_history/{version.number}",
        "etag": rendering.etag(version.number),
        "lastModified": moments.instant(version.at),
    }
    return made


def _require_covered(call: Call, bundle: Object) -> None:
    """Raise unless the token covers each entry by itself; what is no entry is refused by what reads it."""
    entries = {
        (str(request.get("url")).partition("/")[0], INTERACTIONS.get(str(request.get("method")), "create"))
        for each in entries_of(bundle)
        if isinstance(request := each.wrapper.get("request"), dict)
    }
    for type_, interaction in sorted(entries):
        require(call.let_in, type_, interaction)


def _perform(call: Call, acts: Sequence[Act]) -> Done:
    return perform(call.actor, acts, key=writing.key_of(call), content=writing.content_of(call))


def _created(call: Call, done: Done, name: str, names: Sequence[str]) -> Object:
    resource = _resource(call, done, name, names)
    made: Object = {"fullUrl": f"{call.base}/{name}"} | ({"resource": resource} if resource else {})
    made["response"] = {
        "status": "201 Created",
        "location": f"{name}/_history/1",
        "etag": rendering.etag(1),
        "lastModified": moments.instant(done.at),
    }
    return made


def _resource(call: Call, done: Done, name: str, names: Sequence[str]) -> "Object | None":
    """What is given back of one entry: of a new request its number, which people say on the telephone."""
    if call.returns == "representation":
        return writing.opened(call, name)
    if call.returns or name != f"ServiceRequest/{done.referral_id}":
        return None
    patient = next(each for each in names if each.startswith("Patient/"))
    return told.new_request(done.referral_id, done.reference, patient, at=done.at)


def _answer(entries: Iterable[Object]) -> Answer:
    listed: list[Tree] = list(entries)
    return Answer(tree={"resourceType": "Bundle", "type": "transaction-response", "entry": listed})
