"""Opening one stored section with its data key, and nothing else."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from agencies.vault import contexts, seal
from agencies.vault.bundles import DataKey
from fhir.content import exact
from fhir.content.compartments import Compartment
from referrals.models import Section


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A section that opened: ``tree`` is its FHIR JSON with number lexemes."""

    id: UUID
    compartment: Compartment
    task_id: UUID | None
    type: str
    resource_id: UUID
    version: int
    agency_id: UUID
    created_at: datetime
    tree: dict[str, Any]


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
        agency_id=section.agency_id,
        created_at=section.created_at,
        tree=exact.parse(plaintext),
    )
