"""Provenance over HTTP: of one version, of one resource, of what of one client's referrals opens."""

import re
from typing import NamedTuple

from fhir.content.exact import Object
from fhir.content.issues import Issue
from referrals import resources
from referrals.errors import Denied, NotFound
from referrals.services import recording
from referrals.services.versions import Version

from . import provenances
from .asking import Search
from .calls import Answer, Call, wrong
from .matching import matches
from .opened import open_all
from .pages import cut
from .reading import SEALED, covers

MOST = 50
BY = ("target", "_id", "patient")
_TARGET = re.compile(r"(?:.*/)?(?P<type>[A-Za-z]+)/(?P<id>[0-9a-fA-F-]{36})(?:/_history/(?P<version>\d{1,9}))?")
_NAME = re.compile(r"(?P<id>[0-9a-f-]{36})\.(?P<version>\d{1,9})", re.ASCII)


class Target(NamedTuple):
    """What a Provenance is asked of: a version, or with ``version`` "" all; ``type`` may be ""."""

    type: str
    id: str
    version: str


def read(call: Call) -> Answer:
    """One Provenance, through the gates of what it is about. Raises ``NotFound``, recorded."""
    found = _NAME.fullmatch(call.id)
    target = Target("", found["id"], found["version"]) if found else Target("", f"?{call.id}", "")
    version = next(iter(_of(call, target)), None)
    if version is None:
        recording.refuse(call.actor, resources.PROVENANCE, target=f"Resource/{target.id}", code=NotFound.code)
        raise NotFound
    return Answer(tree=provenances.tree(version))


def search(call: Call, asked: Search) -> Answer:
    """One page of what is asked for by target, by _id or by patient."""
    given = [name for name in ("targets", "ids", "patients") if name in asked.fields]
    if len(given) != 1:
        raise wrong(400, "not-supported", "Provenance", f"is found by one of: {', '.join(BY)}")
    if given == ["patients"]:
        types = [type_ for type_ in SEALED if covers(call.let_in, type_)]
        found, notes = open_all(call, asked.fields, types, signed=True)
    else:
        found, notes = _named(call, [_parsed(given[0], each) for each in sorted(asked.fields[given[0]])])
    trees: list[Object] = [provenances.tree(version) for version in found]
    fitting = [tree for tree in trees if all(matches(tree, each) for each in asked.filters)]
    return cut(call, asked, fitting, lambda _shown: [], notes=notes)


def _named(call: Call, targets: list[Target | None]) -> tuple[list[Version], list[Issue]]:
    """The versions named; of what is not there or not the caller's nothing is found, what is denied is said."""
    if len(targets) > MOST:
        raise wrong(400, "too-costly", "http.target", f"names more than {MOST}; ask for fewer")
    found, notes = list[Version](), list[Issue]()
    for target in filter(None, targets):
        try:
            found += _of(call, target)
        except NotFound:
            continue
        except Denied as denied:
            notes.append(Issue("warning", "suppressed", "Provenance", str(denied)))
    return found, notes


def _of(call: Call, target: Target) -> list[Version]:
    versions = resources.provenance(call.actor, target.type, target.id)
    mine = [each for each in versions if covers(call.let_in, each.type)]
    return [each for each in mine if target.version in ("", str(each.number))]


def _parsed(field: str, text: str) -> Target | None:
    found = (_TARGET if field == "targets" else _NAME).fullmatch(text)
    if found is None and field == "targets":
        raise wrong(400, "value", "http.target", "must refer to a resource: Type/id or Type/id/_history/version")
    return Target(found.groupdict().get("type", ""), found["id"], found["version"] or "") if found else None
