"""What a chain of manifest entries says, once verified. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from types import MappingProxyType
from uuid import UUID

from agencies.vault.errors import Forged
from fhir.content.compartments import Compartment

from .entries import Consent, Entry, Ground, Party, Receipt, Release, Section

NOTHING: frozenset[Compartment] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """The newest entry's ``number``, ``hash`` (hex), parties, grounds, consents and releases; the sections of all.

    ``promised_by`` names, for each standing release, the agency whose signature first made it, ``recorded_by`` for each
    consent the agency that recorded it; ``added_by`` the entry that added each section; ``receipts`` are the data keys
    agencies must have a wrap of now; ``known`` is every agency that takes part or ever did.
    ``State(folder_id=...)`` is a folder to which nothing has happened yet.
    """

    folder_id: UUID
    number: int = 0
    hash: str = ""
    parties: tuple[Party, ...] = ()
    grounds: tuple[Ground, ...] = ()
    consents: tuple[Consent, ...] = ()
    releases: tuple[Release, ...] = ()
    recorded_by: Mapping[UUID, UUID] = field(default_factory=lambda: MappingProxyType({}))
    promised_by: Mapping[Release, UUID] = field(default_factory=lambda: MappingProxyType({}))
    sections: Mapping[UUID, Section] = field(default_factory=lambda: MappingProxyType({}))
    added_by: Mapping[UUID, Entry] = field(default_factory=lambda: MappingProxyType({}))
    receipts: frozenset[Receipt] = frozenset()
    known: frozenset[UUID] = frozenset()

    @property
    def digest(self) -> str:
        """What the newest act's audit event carries: ``<number:06d>.<hash>``."""
        return f"{self.number:06d}.{self.hash}"

    def held(self, agency_id: UUID, audience: UUID | None = None) -> frozenset[Compartment]:
        """The compartments this agency takes part in for this audience; empty for a stranger."""
        rows = (row.compartments for row in self.parties if (row.agency_id, row.audience) == (agency_id, audience))
        return next(rows, NOTHING)

    def released(self, agency_id: UUID, task_id: UUID | None = None) -> frozenset[Compartment]:
        """What standing releases promise this agency, for one task or for any."""
        rows = (
            row.compartments for row in self.releases if row.agency_id == agency_id and task_id in {None, row.task_id}
        )
        return NOTHING.union(*rows)

    def check_section(self, section_id: UUID, sealed: bytes) -> Section:
        """The signed line of a section. Raises ``Forged`` if there is none, or it is of other bytes than these."""
        section = self.sections.get(section_id)
        if section is None or section.digest != sha256(sealed).digest():
            raise Forged("section")
        return section
