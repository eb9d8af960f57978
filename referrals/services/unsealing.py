"""Opening one stored section with its data key, and nothing else."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from agencies.vault import contexts, seal
from agencies.vault.bundles import DataKey
from agencies.vault.errors import CannotOpen
from fhir.content import exact
from fhir.content.compartments import Compartment
from fhir.content.exact import Object
from referrals.models import Section


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A section that opened: ``tree`` is its FHIR JSON with number lexemes.

    ``agency_id`` is who wrote it, ``None`` for the anonymous ask: that police wrote it would say how it came about.
    """

    id: UUID
    compartment: Compartment
    task_id: UUID | None
    type: str
    resource_id: UUID
    version: int
    agency_id: UUID | None
    created_at: datetime
    tree: Object


def place(section: Section) -> tuple[Compartment, UUID | None, int]:
    """Which data key a section needs."""
    return Compartment(section.compartment), section.task_id, section.epoch


def unseal(section: Section, key: DataKey, shred_secret: bytes) -> Opened:
    """The opened section. Raises ``CannotOpen``."""
    plaintext = seal.open_sealed(
        dek=key.dek,
        shred_secret=shred_secret,
        sealed=bytes(section.sealed),
        context=contexts.section(
            folder_id=section.folder_id,
            section_id=section.id,
            compartment=Compartment(section.compartment),
            audience=section.task_id,
            version=section.version,
            epoch=section.epoch,
        ),
    )
    return Opened(
        id=section.id,
        compartment=Compartment(section.compartment),
        task_id=section.task_id,
        type=section.type,
        resource_id=section.resource_id,
        version=section.version,
        agency_id=None if section.compartment == Compartment.REQUEST else section.agency_id,
        created_at=section.created_at,
        tree=_object(exact.parse(plaintext)),
    )


def _object(tree: exact.Tree) -> Object:
    if not isinstance(tree, dict):
        raise CannotOpen
    return tree
