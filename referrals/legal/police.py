"""What a police records system may be given of a legal paper (R-P2-17): these fields, and no way to others.

Pure. It imports no row and nothing that opens one, so there is no path from here to what a client said or has.
"""

from collections.abc import Mapping

from fhir.content.issues import error
from referrals.errors import Invalid

POLICE_FIELDS = ("request", "kind", "received_at", "due_at", "state")


def police_record(values: Mapping[str, str]) -> dict[str, str]:
    """The record as it may be handed over. Raises ``Invalid`` naming each field that may not be."""
    outside = sorted(values.keys() - set(POLICE_FIELDS))
    if outside:
        allowed = ", ".join(POLICE_FIELDS)
        raise Invalid(
            [error("forbidden", field, f"may not reach a police record. Allowed: {allowed}.") for field in outside]
        )
    return {field: values[field] for field in POLICE_FIELDS if field in values}
