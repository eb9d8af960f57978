"""An agency's own record of one referral as a FHIR R4 collection, for its own archive. Pure."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from fhir.content import exact
from fhir.content.exact import Object, Tree

Version = tuple[UUID, int, Object]
"""A resource's id, the number of the version, and its tree."""


def bundle(versions: Iterable[Version], *, id_: UUID, at: datetime) -> bytes:
    """The resources in this order, every version of each, as the bytes of a Bundle.

    ``id_`` is random and stands in the file alone: who knows the file's hash cannot try out what may be in it.
    """
    made: Object = {
        "resourceType": "Bundle",
        "identifier": {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{id_}"},
        "type": "collection",
        "timestamp": at.isoformat(timespec="seconds"),
        "entry": [_entry(*version) for version in versions],
    }
    return exact.dump(made)


def _entry(resource_id: UUID, number: int, tree: Object) -> Tree:
    """Two versions of one resource differ by ``meta.versionId`` in one Bundle (bdl-7)."""
    meta = tree.get("meta")
    versioned: Object = {"versionId": str(number), **(meta if isinstance(meta, dict) else {})}
    return {"fullUrl": f"urn:uuid:{resource_id}", "resource": tree | {"meta": versioned}}
