"""Which agencies something may be put to."""

from collections.abc import Sequence
from uuid import UUID

from agencies.models import Agency
from fhir.content.issues import error
from referrals.errors import Invalid

from .rows import select


def active(ids: Sequence[UUID], *, other_than: Agency) -> list[Agency]:
    """The active agencies with these ids, in order. Raises ``Invalid`` for none, a repeat, oneself or a stranger."""
    found = {agency.id: agency for agency in select(Agency, id=tuple(ids), is_active=True)}
    problem = next((sentence for wrong, sentence in _checks(ids, found, other_than) if wrong), None)
    if problem:
        raise Invalid([error("value", "to", problem)])
    return [found[agency_id] for agency_id in ids]


def _checks(ids: Sequence[UUID], found: dict[UUID, Agency], me: Agency) -> tuple[tuple[bool, str], ...]:
    return (
        (not ids, "Name at least one agency."),
        (len(set(ids)) != len(ids), "Name each agency once."),
        (me.id in ids, "An agency does not send to itself."),
        (any(agency_id not in found for agency_id in ids), "One of the agencies is not on this network."),
    )
