"""Resources as they leave: version, time, marks of what is left out, the notice of the law; and Bundles of them."""

from collections.abc import Collection, Iterable
from datetime import UTC
from email.utils import format_datetime

from fhir.content import moments
from fhir.content.exact import Lexeme, Object, Tree
from fhir.content.notices import DISPLAY
from fhir.content.shapes import shape
from referrals.policy.outbound import Scope
from referrals.services.versions import Version

from . import told
from .told import SUBSETTED

FRAME = ("resourceType", "id", "meta")


def resource(version: Version) -> Object:
    """The resource, with what must travel with it. Everything but ``meta`` is as it was sealed."""
    tree = _tree(version)
    return with_meta(tree, _meta_of(version, tree))


def meta_of(version: Version) -> Object:
    """The ``meta`` it leaves with: version, time, labels, the notice of the law, and whether it is all."""
    return _meta_of(version, _tree(version))


def _meta_of(version: Version, tree: Object) -> Object:
    meta = _meta(tree) | {"versionId": str(version.number), "lastUpdated": moments.instant(version.at)}
    if version.notices:
        words = "\n\n".join([*(notice.text for notice in version.notices), *map(_scope, version.scopes)])
        meta["extension"] = [*_list(meta.get("extension")), {"url": DISPLAY, "valueAnnotation": {"text": words}}]
    if version.cut or version.row is not None:
        meta["tag"] = [*_list(meta.get("tag")), SUBSETTED]
    return meta


def _tree(version: Version) -> Object:
    tree = told.tree_of(version.row) if version.row is not None else version.tree
    if tree is None:
        raise TypeError("A version has a tree or a row.")
    return tree


def arrived(tree: Object) -> Object:
    """A resource as it came back, less what ``resource`` put on it and no sender says: version, time, notices."""
    meta = tree.get("meta")
    if not isinstance(meta, dict):
        return tree
    marks = [each for each in _list(meta.get("extension")) if not isinstance(each, dict) or each.get("url") != DISPLAY]
    kept: Object = {
        name: value for name, value in meta.items() if name not in ("versionId", "lastUpdated", "extension")
    }
    kept |= {"extension": marks} if marks else {}
    return tree | {"meta": kept} if kept else {name: value for name, value in tree.items() if name != "meta"}


def _scope(scope: Scope) -> str:
    """The scope of a consent in words (42 CFR 2.32(b))."""
    until = f", until {moments.date_time(scope.until)}" if scope.until else ""
    parts, purposes = ", ".join(scope.compartments), ", ".join(scope.purposes)
    return f"Given on Consent/{scope.consent}, version {scope.version}, for {parts}; purposes: {purposes}{until}."


def with_meta(tree: Object, meta: Object) -> Object:
    """The resource with ``meta`` where it stood, else after the id."""
    if "meta" in tree:
        return tree | {"meta": meta}
    head = {name: value for name, value in tree.items() if name in FRAME}
    return {**head, "meta": meta, **tree}


def only(tree: Object, elements: Collection[str]) -> Object:
    """The resource cut down to these elements and those its type must have (R4 3.1.1.5.7), marked so.

    Whole if none are named.
    """
    if not elements:
        return tree
    wanted = {*FRAME, *elements, *_mandatory(str(tree["resourceType"]))}
    kept: Object = {name: value for name, value in tree.items() if name in wanted}
    meta = _meta(tree)
    tags = _list(meta.get("tag"))
    return with_meta(kept, meta if SUBSETTED in tags else meta | {"tag": [*tags, SUBSETTED]})


def _mandatory(type_: str) -> Iterable[str]:
    return (name for _path, names in shape(type_).required for name in names)


def headers(version: Version) -> dict[str, str]:
    """What HTTP says of a version."""
    return {"ETag": etag(version.number), "Last-Modified": format_datetime(version.at.astimezone(UTC), usegmt=True)}


def etag(number: int) -> str:
    """A version as a weak validator."""
    return f'W/"{number}"'


def entry(base: str, tree: Object, mode: str) -> Object:
    """One entry of a searchset."""
    if mode == "outcome":
        return {"resource": tree, "search": {"mode": mode}}
    return {"fullUrl": f"{base}/{tree['resourceType']}/{tree['id']}", "resource": tree, "search": {"mode": mode}}


def past(base: str, version: Version) -> Object:
    """One entry of a history."""
    first, path = version.number == 1, f"{version.type}/{version.id}"
    return {
        "fullUrl": f"{base}/{path}",
        "resource": resource(version),
        "request": {"method": "POST", "url": version.type} if first else {"method": "PUT", "url": path},
        "response": {
            "status": "201" if first else "200",
            "etag": etag(version.number),
            "lastModified": moments.instant(version.at),
        },
    }


def bundle(type_: str, entries: Iterable[Object], *, links: Iterable[tuple[str, str]], total: Tree = None) -> Object:
    """A Bundle; an element without a value is left out."""
    made: Object = {
        "resourceType": "Bundle",
        "type": type_,
        "total": total,
        "link": [{"relation": relation, "url": url} for relation, url in links],
        "entry": list(entries),
    }
    return {name: value for name, value in made.items() if value not in (None, [])}


def number(count: int) -> Lexeme:
    """A whole number as it is written."""
    return Lexeme(str(count))


def _meta(tree: Object) -> Object:
    meta = tree.get("meta")
    return dict(meta) if isinstance(meta, dict) else {}


def _list(tree: Tree) -> list[Tree]:
    return tree if isinstance(tree, list) else []
