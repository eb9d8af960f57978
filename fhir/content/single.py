"""One resource as it arrives by itself, to be added to a referral or to correct what is there."""

from collections.abc import Callable
from uuid import UUID

from fhir.content.bundle import Resource, identified, parsed
from fhir.content.issues import Invalid, error
from fhir.content.types import Arrival, allowed
from fhir.content.validate import walk

LATER = tuple(type_ for type_ in allowed(Arrival.REFERRAL) if type_ not in {"ServiceRequest", "Task"})
"""What may be added once a referral is under way: the request and its tasks change by steps."""


def read_one(data: bytes, *, new_id: Callable[[], UUID]) -> Resource:
    """Read one resource of a type in ``LATER`` from JSON bytes, under the id ``new_id`` gives.

    Raises ``Invalid`` with every fault found; a reference by ``urn:uuid:`` has nothing here to resolve to.
    """
    tree = parsed(data)
    type_ = tree.get("resourceType") if isinstance(tree, dict) else None
    if not isinstance(tree, dict) or type_ not in LATER:
        raise Invalid([error("not-supported", "resourceType", f"must be one of: {', '.join(LATER)}")])
    findings = walk(tree, str(type_), types=LATER)
    dangling = [
        error("not-found", f"{each.at}.reference", "must not be urn:uuid: here; name the resource by its type and id")
        for each in findings.references
        if each.target.urn
    ]
    if findings.issues or dangling:
        raise Invalid([*findings.issues, *dangling])
    id_ = new_id()
    return Resource(str(type_), id_, identified(tree, id_), str(type_))
