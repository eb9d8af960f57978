"""Whom a consent is shown: the agency that recorded it, and those it names (R-P2-03). So is the paper it was signed on.

Others who take part learn from it with whom the client deals: that a detox is named says what for. What may be read on
a consent is asked of its signed terms, never of the section, so nobody needs it to read what it lets through.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from uuid import UUID

from agencies.models import Agency
from agencies.vault import manifests
from agencies.vault.bundles import DataKey
from fhir.content.compartments import Compartment
from fhir.content.issues import error
from referrals.errors import Invalid
from referrals.models import Section
from referrals.policy.terms import Terms, names

from .consented import Consents
from .wrapping import place

KEPT = frozenset({"Consent", "DocumentReference"})
Place = tuple[Compartment, UUID | None]


def is_shown(agency: Agency, type_: str, resource_id: UUID, author: UUID, consents: Consents) -> bool:
    """Whether ``agency`` may be shown a resource that ``author`` wrote, as far as consents are concerned.

    A Consent that could not be read names nobody. The papers of a consent are its own agency's.
    """
    if type_ not in KEPT or author == agency.id:
        return True
    if type_ == "Consent":
        terms = consents.get(resource_id)
        return terms is not None and _names(terms, agency)
    return all(_names(terms, agency) for terms in consents.values() if resource_id in terms.papers)


def _names(terms: Terms, agency: Agency) -> bool:
    return names(terms, agency.id, sworn=agency.sworn, treating=agency.treating_provider)


def shown_rows(agency: Agency, rows: Iterable[Section], consents: Consents) -> Iterator[Section]:
    """Those of ``rows`` that ``agency`` may be shown."""
    return (row for row in rows if is_shown(agency, row.type, row.resource_id, row.agency_id, consents))


def lets(agency: Agency, added: Iterable[Section], consents: Consents) -> bool:
    """Whether the key of what an act adds in one place may go to ``agency``: not if it opens nothing but what is kept.

    What begins a referral may lie beside a consent under one key; there the gate alone keeps it.
    """
    rows = list(added)
    return not rows or any(True for _row in shown_rows(agency, rows, consents))


def require_apart(added: Iterable[Section], consents: Consents) -> None:
    """Raise ``Invalid`` if what an act adds to a referral under way puts a consent and anything else under one key.

    One key would either show the consent to whom it does not name, or hide the rest from who is to have it.
    """
    kinds: dict[Place, set[UUID | None]] = defaultdict(set)
    for row in added:
        kinds[Compartment(row.compartment), row.task_id].add(_consent_of(row, consents))
    if any(len(found) > 1 for found in kinds.values()):
        raise Invalid([error("business-rule", "Consent", "must be added by itself, with its signed paper alone")])


def _consent_of(row: Section, consents: Consents) -> UUID | None:
    """The consent that a section is, or is the paper of."""
    if row.type == "Consent":
        return row.resource_id
    papers = (terms.consent for terms in consents.values() if row.resource_id in terms.papers)
    return next(papers, None) if row.type == "DocumentReference" else None


def without_kept(state: manifests.State, consents: Consents, agency: Agency, keys: Iterable[DataKey]) -> list[DataKey]:
    """Those of ``keys`` to what lies there already that open to ``agency`` anything it may be shown."""
    shown: dict[tuple[Compartment, UUID | None, int], set[bool]] = defaultdict(set)
    for line in state.sections.values():
        entry = state.added_by[line.section_id]
        seen = is_shown(agency, line.resource_type, UUID(line.resource_id), entry.agency_id, consents)
        shown[line.compartment, line.audience, entry.number].add(seen)
    return [key for key in keys if shown[place(key)] != {False}]
