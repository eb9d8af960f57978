"""What is created over HTTP comes to: a new referral, an offer, or something added. Nothing is done here.

Whether the actor may is asked by the acts; what is refused here is recorded here.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from typing import TypeAlias, TypeVar
from uuid import UUID

from agencies.actor import Actor
from agencies.models import Agency
from agencies.vault import keyring
from audit.uuid7 import uuid7
from fhir.content import exact, inputs, references
from fhir.content.builders import Agreed, Origin, Pathway
from fhir.content.bundle import entries_of
from fhir.content.compartments import Compartment
from fhir.content.consent_facts import AGENCY
from fhir.content.exact import Object, Tree
from fhir.content.inputs import CODES, OFFERED, Said
from fhir.content.issues import Invalid as InvalidContent
from fhir.content.issues import Issue, error
from fhir.content.single import LATER
from fhir.content.systems import TASK_INPUT
from fhir.content.transaction import Asked, read
from fhir.content.validate import check
from referrals import resources
from referrals.acts import Act, AddSection, Offer, Send
from referrals.errors import Invalid, NotFound
from referrals.policy.bases import Basis
from referrals.services import recording
from referrals.services.rows import select

CREATE = "resource.create"
ADDED = tuple(type_ for type_ in LATER if type_ != "Patient")
"""What can be created by itself, in a referral that is under way."""

HANDLE = re.compile(r"[a-z0-9-]{1,100}", re.ASCII)
CARRIED = frozenset(
    {
        "resourceType", "id", "meta", "status", "intent", "priority", "code", "focus", "for", "authoredOn",
        "lastModified", "requester", "owner", "input",
    }
)  # fmt: skip
"""What a Task that offers a referral on may hold. The one its recipient reads is the server's own: it names nobody."""

NAMING = ("subject", "patient", "for", "focus", "basedOn", "about")
"""The elements by which a resource says to which referral it belongs."""

NAMED = frozenset({"Patient", "ServiceRequest", "Task"})
Code = TypeVar("Code", bound=StrEnum)
Owner: TypeAlias = tuple[str, UUID | str]
"""A column of an agency that is known by it alone, and its value."""


def sending(actor: Actor, bundle: Object, data: bytes) -> Send:
    """The act of a transaction that begins a referral: its Tasks say to whom. ``data`` is what it was read from.

    Raises ``Invalid``, recorded.
    """
    tasks = [(each.tree, each.at) for each in entries_of(bundle) if each.type == "Task"]
    with recording.refusals(actor, "referral.send", target=""), _as_refusal():
        if not tasks:
            raise InvalidContent([error("required", "Bundle.entry", "must hold a Task for each agency it is put to")])
        _require_requested(tasks)
        said, at = _said(tasks, CODES), tasks[0][1]
        return Send(
            data=data,
            to=_owners(actor, tasks),
            basis=_coded(said, "basis", Basis, at),
            pathway=_coded(said, "pathway", Pathway, at),
            brought_by=_coded(said, "brought-by", Origin, at) or Origin.OTHER,
            agreed=_coded(said, "agreed", Agreed, at) or Agreed.UNABLE,
        )


def asked(actor: Actor, bundle: Object) -> tuple[Asked, ...]:
    """What a transaction on a referral under way asks for. Raises ``Invalid``, recorded."""
    with recording.refusals(actor, CREATE, target=""), _as_refusal():
        return read(bundle, new_id=uuid7)


def require_together(actor: Actor, acts: Sequence[Act]) -> None:
    """Raise ``Invalid``, recorded, unless all of these acts are about one referral."""
    if len({act.referral() for act in acts}) > 1:
        with recording.refusals(actor, CREATE, target=""):
            raise Invalid([error("business-rule", "Bundle.entry", "must all be about one referral")])


def key_of(actor: Actor, type_: str, condition: str) -> str:
    """The key under which a conditional create is known again: what it names may be a client's, so it is hashed."""
    return f"if-none-exist/{keyring.mac(actor.agency_id, f'{type_}?{condition}'.encode()).hex()}"


@contextmanager
def _as_refusal() -> Iterator[None]:
    try:
        yield
    except InvalidContent as refusal:
        raise Invalid(refusal.issues) from None


def adding(actor: Actor, asked: Sequence[Asked], *, base: str) -> list[Act]:
    """The acts of what is to be created in a referral under way: what is added in its order, then the offer.

    ``base`` is the server's own address. Raises ``Invalid`` and ``NotFound``, recorded.
    """
    with recording.refusals(actor, CREATE, target=""), _as_refusal():
        _require_addable(asked)
        sections: list[Act] = [_section(actor, each, base) for each in asked if each.type != "Task"]
        tasks = [each for each in asked if each.type == "Task"]
        return [*sections, *([_offer(actor, tasks, base)] if tasks else [])]


def _require_addable(asked: Sequence[Asked]) -> None:
    issues = [
        error("business-rule", each.at, "must be in a transaction: with it a referral begins")
        for each in asked
        if each.type not in (*ADDED, "Task")
    ]
    if issues:
        raise InvalidContent(issues)


def _section(actor: Actor, asked: Asked, base: str) -> AddSection:
    home = _home(actor, asked, base)
    return AddSection(referral_id=home, data=exact.dump(asked.tree), id=UUID(asked.id))


def _offer(actor: Actor, tasks: Sequence[Asked], base: str) -> Offer:
    issues = [issue for each in tasks for issue in _not_carried(each, base)]
    if issues:
        raise InvalidContent(issues)
    given = [(each.tree, each.at) for each in tasks]
    said, at = _said(given, OFFERED), tasks[0].at
    (home, *others) = dict.fromkeys(_home(actor, each, base) for each in tasks)
    if others:
        raise InvalidContent([error("business-rule", f"{tasks[0].at}.focus", "must be the same for all Tasks")])
    return Offer(
        referral_id=home,
        to=_owners(actor, given),
        release=frozenset(_code(each, "release", Compartment, at) for each in said.get("release", ())),
        basis=_coded(said, "basis", Basis, at),
        consent=_consent(said, at),
        ids=tuple(UUID(each.id) for each in tasks),
    )


def _not_carried(asked: Asked, base: str) -> Iterator[Issue]:
    check(asked.tree, asked.at)
    for name in asked.tree:
        if name.lstrip("_") not in CARRIED:
            yield error("not-supported", f"{asked.at}.{name}", "must not be here: an offer carries the anonymous ask")
    yield from _not_requested(asked.tree, asked.at)
    if not any(type_ == "ServiceRequest" for type_, _id in _named(asked.tree.get("focus"), base)):
        yield error("required", f"{asked.at}.focus", "must refer to the ServiceRequest it is about")


def _require_requested(tasks: Sequence[tuple[Object, str]]) -> None:
    issues = [issue for tree, at in tasks for issue in _not_requested(tree, at)]
    if issues:
        raise InvalidContent(issues)


def _not_requested(task: Object, at: str) -> Iterator[Issue]:
    """What is sent asks at once: a draft would be put to an agency before its author meant it."""
    if task.get("status") != "requested":
        yield error("business-rule", f"{at}.status", "must be one of, when it arrives: requested")


def _home(actor: Actor, asked: Asked, base: str) -> UUID:
    """The referral a resource belongs to, by what it names. Raises ``InvalidContent`` and ``NotFound``."""
    named = list(dict.fromkeys(pair for name in NAMING for pair in _named(asked.tree.get(name), base)))
    homes = {home for type_, id_ in named if (home := resources.home_of(actor, type_, id_)) is not None}
    if len(homes) > 1:
        raise InvalidContent([error("business-rule", asked.at, "must be about one referral; it names several")])
    if homes:
        return homes.pop()
    if named:
        raise NotFound
    text = "must name the Patient or the ServiceRequest of a referral, in subject, patient, basedOn or about"
    raise InvalidContent([error("required", asked.at, text)])


def _named(value: Tree, base: str) -> Iterator[tuple[str, str]]:
    """The clients, requests and tasks of ours that one or more references name."""
    for each in value if isinstance(value, list) else [value]:
        text = each.get("reference") if isinstance(each, dict) else None
        found = references.target(text.removeprefix(f"{base}/")) if isinstance(text, str) else None
        if found is not None and found.type in NAMED and found.key.count("/") == 1:
            yield found.type, found.key.partition("/")[2]


def _said(tasks: Sequence[tuple[Object, str]], known: tuple[str, ...]) -> Said:
    """What the inputs of these Tasks say. Raises ``InvalidContent`` unless they all say the same."""
    said = [inputs.read(tree, at, known=known) for tree, at in tasks]
    for (_tree, at), each in zip(tasks, said, strict=True):
        if each != said[0]:
            text = f"must be the same in every Task, as far as it is of {TASK_INPUT}"
            raise InvalidContent([error("business-rule", f"{at}.input", text)])
    return said[0]


def _coded(said: Said, name: str, kind: type[Code], at: str) -> Code | None:
    return _code(said[name][0], name, kind, at) if name in said else None


def _code(value: str, name: str, kind: type[Code], at: str) -> Code:
    try:
        return kind(value)
    except ValueError:
        allowed = ", ".join(each.value for each in kind)
        raise InvalidContent([error("code-invalid", f"{at}.input", f"{name} must be one of: {allowed}")]) from None


def _consent(said: Said, at: str) -> UUID | None:
    try:
        return UUID(said["consent"][0]) if "consent" in said else None
    except ValueError:
        text = "consent must name a Consent of the referral"
        raise InvalidContent([error("value", f"{at}.input", text)]) from None


def _owners(actor: Actor, tasks: Sequence[tuple[Object, str]]) -> tuple[UUID, ...]:
    """The agencies these Tasks are put to. Raises ``InvalidContent`` for what is none, oneself, or one named twice."""
    named = [_owner(tree.get("owner")) for tree, _at in tasks]
    there = dict(_there(named))
    owners = [there.get(each) if each else None for each in named]
    issues = []
    for index, ((_tree, at), owner) in enumerate(zip(tasks, owners, strict=True)):
        problem = _problem(named[index], owner, own=owner == actor.agency_id, again=owner in owners[:index])
        if problem:
            issues.append(error(problem[0], f"{at}.owner", problem[1]))
    if issues:
        raise InvalidContent(issues)
    return tuple(owner for owner in owners if owner)


def _there(named: Sequence[Owner | None]) -> Iterator[tuple[Owner, UUID]]:
    """Which of these are active agencies."""
    for field in ("id", "slug"):
        wanted = {each[1] for each in named if each and each[0] == field}
        for agency in select(Agency, **{field: wanted}, is_active=True):
            yield (field, getattr(agency, field)), agency.id


def _problem(named: Owner | None, owner: UUID | None, *, own: bool, again: bool) -> tuple[str, str] | None:
    rows = (
        (named is None, "required", f"must be an Organization by its id, or by its identifier of {AGENCY}"),
        (owner is None, "not-found", "must be an agency on this network"),
        (own, "business-rule", "must be another agency than the one that sends"),
        (again, "duplicate", "must be another agency than that of an earlier Task"),
    )
    return next(((code, text) for wrong, code, text in rows if wrong), None)


def _owner(element: Tree) -> Owner | None:
    """By what an owner names an agency: its id or its handle; ``None`` if by neither."""
    if not isinstance(element, dict):
        return None
    text, identifier = element.get("reference"), element.get("identifier")
    found = references.target(text) if isinstance(text, str) else None
    if found is not None and found.type == "Organization":
        id_ = _uuid(found.key.rpartition("/")[2])
        return ("id", id_) if id_ else None
    if isinstance(identifier, dict) and identifier.get("system") == AGENCY:
        value = str(identifier.get("value"))
        return "slug", value if HANDLE.fullmatch(value) else ""
    return None


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
