"""A stored Task, ServiceRequest or Consent as it is now: the sealed tree, and over it what columns hold.

Every other element stays byte for byte, in its place (docs/encryption.md).
"""

from enum import Enum
from typing import Final, TypeAlias

from fhir.content.exact import Object, Tree
from fhir.content.invariants import in_order

_IN_ORDER = in_order("authoredOn", "lastModified")


class _Kept(Enum):
    KEPT = "as it was written"


KEPT: Final = _Kept.KEPT
State: TypeAlias = "Tree | _Kept"


def task_now(
    tree: Object,
    *,
    status: str,
    business_status: State = KEPT,
    status_reason: State = KEPT,
    owner: State = KEPT,
    last_modified: State = KEPT,
) -> Object:
    """A Task with its state laid over: ``KEPT`` leaves an element as written, ``None`` takes it away.

    ``business_status`` and ``status_reason`` are CodeableConcepts, ``owner`` a Reference, ``last_modified`` a dateTime;
    of a time that is told by its day alone, the one it was authored at if that is later (inv-1).
    """
    made = _laid_over(
        tree,
        {
            "status": status,
            "businessStatus": business_status,
            "statusReason": status_reason,
            "owner": owner,
            "lastModified": last_modified,
        },
    )
    return made if _IN_ORDER(made) else made | {"lastModified": made["authoredOn"]}


def service_request_now(tree: Object, *, status: str) -> Object:
    """A ServiceRequest with its status laid over."""
    return _laid_over(tree, {"status": status})


def consent_now(tree: Object, *, status: str) -> Object:
    """A Consent with its status laid over: ``inactive`` once it was stopped."""
    return _laid_over(tree, {"status": status})


def _laid_over(tree: Object, states: dict[str, State]) -> Object:
    changed = {name: value for name, value in states.items() if not isinstance(value, _Kept)}
    merged = tree | changed
    return {name: value for name, value in merged.items() if value is not None or name not in changed}
