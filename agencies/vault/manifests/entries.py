"""One entry of a folder's manifest and its only accepted bytes: JSON with sorted keys, without white space. Pure."""

import json
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from typing import Any
from uuid import UUID

from agencies.vault.errors import Forged
from agencies.vault.seal import commitment
from fhir.content.compartments import Compartment

FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """What one agency takes part in: compartments for all participants (``audience`` None) or for one task."""

    agency_id: UUID
    audience: UUID | None
    compartments: frozenset[Compartment]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """On what an agency takes part: the task it was asked by, the legal basis's code, the Consent that names it."""

    agency_id: UUID
    task_id: UUID | None
    basis: str
    consent: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """What one Consent lets through, by the SHA-256 of its terms, and how it stands: active, held or revoked.

    ``digest`` does not change with ``standing``: who may only stop a consent cannot widen it.
    """

    consent_id: UUID
    version: int
    standing: str
    digest: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """The requester's promise: these compartments open for this agency when it accepts this task.

    Of the tasks of one ``group`` only the first to be accepted is given what was promised.
    """

    task_id: UUID
    agency_id: UUID
    group: UUID
    compartments: frozenset[Compartment]


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A data key that was wrapped to an agency: of a compartment for one audience (``None``: all) in one epoch."""

    agency_id: UUID
    compartment: Compartment
    audience: UUID | None
    epoch: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One stored version of one compartment: where it belongs, and the hash and commitment of its sealed bytes."""

    section_id: UUID
    compartment: Compartment
    audience: UUID | None
    resource_type: str
    resource_id: str
    version: int
    commit: bytes
    digest: bytes

    @classmethod
    def of(
        cls,
        sealed: bytes,
        *,
        section_id: UUID,
        compartment: Compartment,
        audience: UUID | None,
        resource_type: str,
        resource_id: str,
        version: int,
    ) -> "Section":
        """The line that stands for a sealed blob."""
        return cls(
            section_id=section_id,
            compartment=compartment,
            audience=audience,
            resource_type=resource_type,
            resource_id=resource_id,
            version=version,
            commit=commitment(sealed),
            digest=sha256(sealed).digest(),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One act: ``parties``, ``grounds``, ``consents``, ``releases`` as they stand after it, ``sections`` it adds.

    ``closed`` are the agencies whose wraps it took back, ``receipts`` the data keys it wrapped after that.

    ``previous`` is the SHA-256 of the body before, in hex, "" in the first; ``agency_id`` signs with ``key_id``.
    """

    folder_id: UUID
    number: int
    previous: str
    act: str
    agency_id: UUID
    key_id: UUID
    at: datetime
    parties: tuple[Party, ...]
    grounds: tuple[Ground, ...]
    consents: tuple[Consent, ...]
    releases: tuple[Release, ...]
    closed: tuple[UUID, ...]
    receipts: tuple[Receipt, ...]
    sections: tuple[Section, ...]


def encode(entry: Entry) -> bytes:
    """The canonical bytes. Raises ``ValueError`` where a party, ground, consent, release, key or section repeats."""
    _once((party.agency_id, party.audience) for party in entry.parties)
    _once(ground.agency_id for ground in entry.grounds)
    _once(consent.consent_id for consent in entry.consents)
    _once((release.task_id, release.agency_id) for release in entry.releases)
    _once(entry.closed)
    _once(entry.receipts)
    _once(section.section_id for section in entry.sections)
    document = {
        "format": FORMAT,
        "folder": str(entry.folder_id),
        "number": entry.number,
        "previous": entry.previous,
        "act": entry.act,
        "agency": str(entry.agency_id),
        "key": str(entry.key_id),
        "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "parties": sorted(map(_party_out, entry.parties)),
        "grounds": sorted(map(_ground_out, entry.grounds)),
        "consents": sorted(map(_consent_out, entry.consents)),
        "releases": sorted(map(_release_out, entry.releases)),
        "closed": sorted(map(str, entry.closed)),
        "receipts": sorted(map(_receipt_out, entry.receipts)),
        "sections": sorted(map(_section_out, entry.sections)),
    }
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()


@lru_cache(maxsize=4096)
def parse(body: bytes) -> Entry:
    """The entry of these bytes. Raises ``Forged`` for anything ``encode`` would not have written."""
    try:
        entry = _entry(json.loads(body))
        canonical = encode(entry) == body
    except (KeyError, TypeError, ValueError, RecursionError):
        raise Forged("encoding") from None
    if not canonical:
        raise Forged("encoding")
    return entry


def _once(places: Iterable[Hashable]) -> None:
    listed = list(places)
    if len(set(listed)) != len(listed):
        raise ValueError("A manifest entry names each party, ground, consent, release, key and section once.")


# Rows are lists, not objects: they sort by themselves, and an entry stays small.


def _party_out(party: Party) -> list[Any]:
    return [str(party.agency_id), str(party.audience or ""), sorted(party.compartments)]


def _ground_out(ground: Ground) -> list[Any]:
    return [str(ground.agency_id), str(ground.task_id or ""), ground.basis, str(ground.consent or "")]


def _consent_out(consent: Consent) -> list[Any]:
    return [str(consent.consent_id), consent.version, consent.standing, consent.digest.hex()]


def _release_out(release: Release) -> list[Any]:
    return [str(release.task_id), str(release.agency_id), str(release.group), sorted(release.compartments)]


def _receipt_out(receipt: Receipt) -> list[Any]:
    return [str(receipt.agency_id), receipt.compartment, str(receipt.audience or ""), receipt.epoch]


def _section_out(section: Section) -> list[Any]:
    return [
        str(section.section_id),
        section.compartment,
        str(section.audience or ""),
        section.resource_type,
        section.resource_id,
        section.version,
        section.commit.hex(),
        section.digest.hex(),
    ]


def _entry(data: Any) -> Entry:
    return Entry(
        folder_id=_id(data["folder"]),
        number=_whole(data["number"]),
        previous=_text(data["previous"]),
        act=_text(data["act"]),
        agency_id=_id(data["agency"]),
        key_id=_id(data["key"]),
        at=datetime.fromisoformat(data["at"]),
        parties=tuple(map(_party, data["parties"])),
        grounds=tuple(map(_ground, data["grounds"])),
        consents=tuple(map(_consent, data["consents"])),
        releases=tuple(map(_release, data["releases"])),
        closed=tuple(map(_id, data["closed"])),
        receipts=tuple(map(_receipt, data["receipts"])),
        sections=tuple(map(_section, data["sections"])),
    )


def _party(row: Sequence[Any]) -> Party:
    agency, audience, compartments = row
    return Party(agency_id=_id(agency), audience=_maybe_id(audience), compartments=_compartments(compartments))


def _ground(row: Sequence[Any]) -> Ground:
    agency, task, basis, consent = row
    return Ground(agency_id=_id(agency), task_id=_maybe_id(task), basis=_text(basis), consent=_maybe_id(consent))


def _consent(row: Sequence[Any]) -> Consent:
    consent, version, standing, digest = row
    return Consent(
        consent_id=_id(consent), version=_whole(version), standing=_text(standing), digest=bytes.fromhex(digest)
    )


def _release(row: Sequence[Any]) -> Release:
    task, agency, group, compartments = row
    return Release(task_id=_id(task), agency_id=_id(agency), group=_id(group), compartments=_compartments(compartments))


def _receipt(row: Sequence[Any]) -> Receipt:
    agency, compartment, audience, epoch = row
    return Receipt(
        agency_id=_id(agency),
        compartment=Compartment(compartment),
        audience=_maybe_id(audience),
        epoch=_whole(epoch),
    )


def _section(row: Sequence[Any]) -> Section:
    section, compartment, audience, resource_type, resource_id, version, commit, digest = row
    return Section(
        section_id=_id(section),
        compartment=Compartment(compartment),
        audience=_maybe_id(audience),
        resource_type=_text(resource_type),
        resource_id=_text(resource_id),
        version=_whole(version),
        commit=bytes.fromhex(commit),
        digest=bytes.fromhex(digest),
    )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("not a string")
    return value


def _whole(value: Any) -> int:
    if type(value) is not int:  # True is an int to isinstance
        raise TypeError("not a whole number")
    return value


def _id(value: Any) -> UUID:
    return UUID(_text(value))


def _maybe_id(value: Any) -> UUID | None:
    return UUID(value) if _text(value) else None


def _compartments(value: Iterable[Any]) -> frozenset[Compartment]:
    return frozenset(map(Compartment, value))
