"""A referral as it arrives: one FHIR Bundle, wholly refused or read into its resources under new ids.

Only ids and the references that resolve inside the Bundle are rewritten, once, here (docs/encryption.md).
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Final
from uuid import UUID

from fhir.content import exact, references
from fhir.content.exact import Object, Tree
from fhir.content.issues import Invalid, Issue, error
from fhir.content.types import Arrival, allowed
from fhir.content.validate import Reference, walk, wrong_target

MAX_BYTES: Final = 5_000_000
MAX_ENTRIES: Final = 100
BUNDLE_TYPES: Final = ("transaction", "collection")

# The states a resource may arrive in. A request that is a draft, on hold or over asks nobody for anything; a Task
# may be a draft still to be sent.
FIRST_STATES: Final = {"ServiceRequest": ("active",), "Task": ("requested", "draft")}


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource of a referral. ``at`` is where it stood (``Bundle.entry[2].resource``), ``id`` its new one."""

    type: str
    id: UUID
    tree: Object
    at: str


@dataclass(frozen=True, slots=True)
class Contents:
    """What a referral holds; ``in_order`` is all of it as it stood in the Bundle."""

    patient: Resource
    service_request: Resource
    tasks: tuple[Resource, ...]
    others: tuple[Resource, ...]
    in_order: tuple[Resource, ...]

    @property
    def task(self) -> Resource | None:
        """The first task, if there is one."""
        return self.tasks[0] if self.tasks else None

    @property
    def resources(self) -> tuple[Resource, ...]:
        """All of them: patient, request, tasks, others in the order of the Bundle."""
        return self.patient, self.service_request, *self.tasks, *self.others


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry whose resource is an object with a type; ``at`` is where that stands."""

    type: str
    tree: Object
    wrapper: Object
    at: str


def read(data: bytes, *, new_id: Callable[[], UUID], tasks: int = 1) -> Contents:
    """Read a referral from the bytes of a transaction or collection Bundle that holds at most so many ``tasks``.

    ``new_id`` is asked once for each resource. Raises ``Invalid`` with every fault that could be found.
    """
    bundle = _bundle(data)
    entries = list(entries_of(bundle))
    findings = walk(bundle, "Bundle", types=("Bundle",), entries=allowed(Arrival.REFERRAL))
    named = Names(entries)
    issues = (
        *findings.issues,
        *_envelope(bundle),
        *_census(entries, tasks),
        *named.issues,
        *chain.from_iterable(dangling(each, named) for each in findings.references),
        *chain.from_iterable(_first_state(each) for each in entries),
        *_focus(entries, findings.references, named),
    )
    if issues:
        raise Invalid(issues)
    return _contents(entries, findings.references, named, new_id)


def parsed(data: bytes) -> Tree:
    """The exact tree of what was sent. Raises ``Invalid`` if it is too large or not exact JSON."""
    if len(data) > MAX_BYTES:
        raise Invalid([error("too-long", "", f"The file has {len(data)} bytes; at most {MAX_BYTES} are taken (5 MB).")])
    try:
        return exact.parse(data)
    except exact.Malformed as malformed:
        raise Invalid([Issue("fatal", "structure", malformed.at, str(malformed))]) from None


def _bundle(data: bytes) -> Object:
    tree = parsed(data)
    if not isinstance(tree, dict) or tree.get("resourceType") != "Bundle":
        raise Invalid([error("structure", "", "The file must hold a FHIR Bundle: an object with resourceType Bundle.")])
    entries = tree.get("entry")
    if isinstance(entries, list) and len(entries) > MAX_ENTRIES:
        text = f"has {len(entries)} entries; at most {MAX_ENTRIES} are taken"
        raise Invalid([error("too-costly", "Bundle.entry", text)])
    return tree


def _wrappers(bundle: Object) -> Iterator[tuple[str, Object]]:
    entries = bundle.get("entry")
    for index, wrapper in enumerate(entries if isinstance(entries, list) else ()):
        if isinstance(wrapper, dict):
            yield f"Bundle.entry[{index}]", wrapper


def entries_of(bundle: Object) -> Iterator[Entry]:
    """The entries of a Bundle that hold a resource."""
    for at, wrapper in _wrappers(bundle):
        tree = wrapper.get("resource")
        type_ = tree.get("resourceType") if isinstance(tree, dict) else None
        if isinstance(tree, dict) and isinstance(type_, str):
            yield Entry(type_, tree, wrapper, f"{at}.resource")


def _envelope(bundle: Object) -> Iterator[Issue]:
    """What is wrong around the resources."""
    type_ = bundle.get("type")
    if type_ not in BUNDLE_TYPES:
        yield error("not-supported", "Bundle.type", f"must be one of: {', '.join(BUNDLE_TYPES)}")
    for at, wrapper in _wrappers(bundle):
        if "resource" not in wrapper:
            yield error("required", f"{at}.resource", "is required: every entry holds a resource")
        for name in ("search", "response"):
            if name in wrapper:
                yield error("structure", f"{at}.{name}", "must not stand in a Bundle that is sent (bdl-2, bdl-4)")
        if type_ in BUNDLE_TYPES:
            yield from _request(wrapper, at, transaction=type_ == "transaction")


def _request(wrapper: Object, at: str, *, transaction: bool) -> Iterator[Issue]:
    request, resource = wrapper.get("request"), wrapper.get("resource")
    if ("request" in wrapper) != transaction:
        text = "is required in a transaction" if transaction else "must not stand in a collection"
        yield error("required" if transaction else "structure", f"{at}.request", f"{text} (bdl-3)")
    if not isinstance(request, dict) or not isinstance(resource, dict):
        return
    if request.get("method") != "POST":
        yield error("not-supported", f"{at}.request.method", "must be POST: a referral creates what it holds")
    if request.get("url") != resource.get("resourceType"):
        yield error("value", f"{at}.request.url", "must be the type of the resource")
    for name in ("ifMatch", "ifModifiedSince", "ifNoneMatch", "ifNoneExist"):
        if name in request:
            yield error("not-supported", f"{at}.request.{name}", "must not be here: no condition is taken")


def _census(entries: list[Entry], tasks: int) -> Iterator[Issue]:
    """One Patient, one ServiceRequest, at most so many tasks."""
    for type_, least, most in (("Patient", 1, 1), ("ServiceRequest", 1, 1), ("Task", 0, tasks)):
        found = [entry for entry in entries if entry.type == type_]
        if len(found) < least:
            yield error("required", "Bundle.entry", f"must hold exactly one {type_}; it holds none")
        for extra in found[most:]:
            number = "exactly one" if least else "at most one" if most == 1 else "at most one for each agency a"
            yield error("business-rule", extra.at, f"must not be here: a referral holds {number} {type_}")


class Names:
    """By what names the references of a Bundle may call its entries."""

    def __init__(self, entries: list[Entry]) -> None:
        self.issues: list[Issue] = []
        self._entries: dict[str, Entry] = {}
        for entry in entries:
            id_, full_url = entry.tree.get("id"), entry.wrapper.get("fullUrl")
            if isinstance(id_, str):
                self._name(f"{entry.type}/{id_}", entry, f"{entry.at}.id")
            if isinstance(full_url, str):
                self._full_url(full_url, entry, entry.at.removesuffix("resource") + "fullUrl")

    def get(self, reference: Reference) -> Entry | None:
        """The entry a reference names, if one does."""
        return self._entries.get(reference.target.key)

    def _full_url(self, full_url: str, entry: Entry, at: str) -> None:
        target = references.target(full_url)
        if target is None or target.local is not None or "/_history/" in full_url:
            self.issues.append(error("value", at, "must be an absolute URL or urn:uuid:... without a version (bdl-8)"))
            return
        self._name(target.key, entry, at)
        if target.type:
            self._entries.setdefault("/".join(target.key.split("/")[-2:]), entry)

    def _name(self, key: str, entry: Entry, at: str) -> None:
        if self._entries.setdefault(key, entry) is not entry:
            self.issues.append(error("duplicate", at, "must be the only one of its kind in the Bundle (bdl-7)"))


def dangling(reference: Reference, named: Names) -> Iterator[Issue]:
    """What is wrong with a reference, if it names nothing in its Bundle that it could."""
    entry, at = named.get(reference), f"{reference.at}.reference"
    if entry is None and reference.target.urn:
        yield error("not-found", at, "must name an entry of this Bundle by its fullUrl")
    elif entry and reference.allowed and entry.type not in reference.allowed:
        yield error("value", at, wrong_target(reference.allowed))


def _first_state(entry: Entry) -> Iterator[Issue]:
    states = FIRST_STATES.get(entry.type, ())
    if states and "status" in entry.tree and entry.tree["status"] not in states:
        yield error("business-rule", f"{entry.at}.status", f"must be one of, when it arrives: {', '.join(states)}")


def _focus(entries: list[Entry], found: Iterable[Reference], named: Names) -> Iterator[Issue]:
    """A Task says what it is about: the request it came with (Gravity SDOH-CC 3.0)."""
    for task in entries:
        at = f"{task.at}.focus"
        if task.type == "Task" and not any(each.at == at and _is_request(named.get(each)) for each in found):
            yield error("required", at, "must refer to the ServiceRequest of this Bundle")


def _is_request(entry: Entry | None) -> bool:
    return entry is not None and entry.type == "ServiceRequest"


def _contents(entries: list[Entry], found: Iterable[Reference], named: Names, new_id: Callable[[], UUID]) -> Contents:
    ids = {entry.at: new_id() for entry in entries}
    for reference in found:
        entry = named.get(reference)
        if entry:
            reference.holder["reference"] = f"{entry.type}/{ids[entry.at]}"
    made = [Resource(each.type, ids[each.at], identified(each.tree, ids[each.at]), each.at) for each in entries]
    first = {each.type: each for each in reversed(made)}
    special = ("Patient", "ServiceRequest", "Task")
    return Contents(
        patient=first["Patient"],
        service_request=first["ServiceRequest"],
        tasks=tuple(each for each in made if each.type == "Task"),
        others=tuple(each for each in made if each.type not in special),
        in_order=tuple(made),
    )


def identified(tree: Object, id_: UUID) -> Object:
    """The resource with its new id, where the old one stood or else after its type."""
    if "id" in tree:
        return tree | {"id": str(id_)}
    named: Object = {}
    for key, value in tree.items():
        named[key] = value
        if key == "resourceType":
            named["id"] = str(id_)
    return named
