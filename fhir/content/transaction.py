"""A transaction on what is there already: its entries read, checked and named, each as one thing that is asked for.

A transaction that begins a referral is read by ``bundle``; here is what both have in common for a door to ask.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from fhir.content.bundle import MAX_ENTRIES, Entry, Names, dangling, entries_of, identified
from fhir.content.exact import Object, Tree
from fhir.content.issues import Invalid, Issue, error
from fhir.content.types import Arrival, allowed
from fhir.content.validate import walk

BEGINS: Final = frozenset({"Patient", "ServiceRequest"})
METHODS: Final = ("POST", "PUT", "PATCH")
PATCH_TYPE: Final = "Binary"
"""What a JSON Patch comes in: a Binary of that content type (R4 3.1.0.11.2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One entry: ``tree`` is to be created under ``id`` (POST), or to replace or to change what has it (PUT, PATCH)."""

    method: str
    type: str
    id: str
    tree: Object
    at: str
    if_match: str = ""


def begins(bundle: Object) -> bool:
    """Whether a transaction creates a client or a request: then it is a new referral and nothing else."""
    return any(each.type in BEGINS and _request(each).get("method") == "POST" for each in entries_of(bundle))


def read(bundle: Object, *, new_id: Callable[[], UUID]) -> tuple[Asked, ...]:
    """The entries of a transaction on what is there already, in their order, under new ids where they create.

    References to one another are rewritten, as in a new referral. Raises ``Invalid`` with every fault found.
    """
    require_bounded(bundle)
    entries = list(entries_of(bundle))
    findings = walk(bundle, "Bundle", types=("Bundle",), entries=(*allowed(Arrival.REFERRAL), PATCH_TYPE))
    named = Names(entries)
    issues = [*findings.issues, *_envelope(bundle, entries), *named.issues]
    issues += [issue for each in findings.references for issue in dangling(each, named)]
    if issues:
        raise Invalid(issues)
    asked = {each.at: _target(each, new_id) for each in entries}
    for reference in findings.references:
        entry = named.get(reference)
        if entry is not None:
            type_, id_ = asked[entry.at]
            reference.holder["reference"] = f"{type_}/{id_}"
    return tuple(_asked(each, *asked[each.at]) for each in entries)


def require_bounded(bundle: Object) -> None:
    """Raise ``Invalid`` for a Bundle of no entries, or of more than are taken."""
    entries = bundle.get("entry")
    if not isinstance(entries, list) or not entries:
        raise Invalid([error("required", "Bundle.entry", "must hold at least one entry")])
    if len(entries) > MAX_ENTRIES:
        text = f"has {len(entries)} entries; at most {MAX_ENTRIES} are taken"
        raise Invalid([error("too-costly", "Bundle.entry", text)])


def _asked(entry: Entry, type_: str, id_: str) -> Asked:
    request = _request(entry)
    method = str(request["method"])
    tree = identified(entry.tree, UUID(id_)) if method == "POST" else entry.tree
    return Asked(method=method, type=type_, id=id_, tree=tree, at=entry.at, if_match=str(request.get("ifMatch", "")))


def _target(entry: Entry, new_id: Callable[[], UUID]) -> tuple[str, str]:
    """Which resource an entry is about, by type and id."""
    request = _request(entry)
    type_, _, id_ = str(request["url"]).partition("/")
    return type_, str(new_id()) if request["method"] == "POST" else id_


def _envelope(bundle: Object, entries: list[Entry]) -> Iterator[Issue]:
    wrappers = bundle.get("entry")
    if isinstance(wrappers, list) and len(wrappers) != len(entries):
        yield from _without_resource(wrappers)
    changed: set[str] = set()
    for entry in entries:
        yield from _wrong_request(entry)
        url = str(_request(entry).get("url"))
        if url in changed:
            yield error("duplicate", entry.at, "must be the only entry that changes this resource")
        changed |= {url} if "/" in url else set()


def _without_resource(wrappers: list[Tree]) -> Iterator[Issue]:
    """A transaction answers what it wrote. GET and DELETE are the entries that come without a resource."""
    for index, wrapper in enumerate(wrappers):
        if not isinstance(wrapper, dict) or "resource" not in wrapper:
            at = f"Bundle.entry[{index}]"
            yield error("not-supported", at, f"must hold a resource and be one of: {', '.join(METHODS)}")


def _wrong_request(entry: Entry) -> Iterator[Issue]:
    request, at = _request(entry), entry.at.removesuffix("resource") + "request"
    method, (type_, _, id_) = request.get("method"), str(request.get("url")).partition("/")
    if method not in METHODS:
        yield error("not-supported", f"{at}.method", f"must be one of: {', '.join(METHODS)}")
        return
    carried = PATCH_TYPE if method == "PATCH" else type_
    whole = type_ in allowed(Arrival.REFERRAL) and "/" not in id_ and "?" not in id_
    if not whole or entry.type != carried or bool(id_) is (method == "POST"):
        text = "must be the type of the resource" if method == "POST" else "must be the type and the id of the resource"
        yield error("value", f"{at}.url", text)
    for name in ("ifModifiedSince", "ifNoneMatch", "ifNoneExist", *(("ifMatch",) if method == "POST" else ())):
        if name in request:
            yield error("not-supported", f"{at}.{name}", "must not be here: no such condition is taken")


def _request(entry: Entry) -> Object:
    request = entry.wrapper.get("request")
    return request if isinstance(request, dict) else {}
