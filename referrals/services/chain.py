"""A referral's chain of manifests: read and verified under the lock, extended by the act (docs/encryption.md)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import connection
from django.db.models import CharField
from django.db.models.expressions import RawSQL

from agencies.compiled import Question, ask_together, question
from agencies.vault import keyring, manifests
from agencies.vault.errors import Forged
from audit import log
from fhir.content.compartments import Compartment
from referrals.masks import mask_of
from referrals.models import Folder, Manifest, Participation, Section

from .rows import insert

if TYPE_CHECKING:
    from django.db.models import QuerySet

Parties = dict[tuple[UUID, UUID | None], frozenset[Compartment]]
Releases = dict[tuple[UUID, UUID, UUID], frozenset[Compartment]]
"""What opens on accept, by task, agency and offer group."""


def target(folder_id: UUID) -> str:
    """The log's name for a referral."""
    return f"Referral/{folder_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """A referral's chain as it is stored, and the newest digest that the log knows."""

    folder_id: UUID
    rows: Sequence[Manifest]
    newest: str

    def verified(self) -> manifests.State:
        """The state it comes to. Raises ``CannotOpen`` if any link is not genuine or one is missing."""
        keyring.publics_of({row.signer_id for row in self.rows})  # all at once; what is signed names them again
        return manifests.verify_chain(
            [manifests.Signed(bytes(row.body), bytes(row.signature)) for row in self.rows],
            folder_id=self.folder_id,
            newest_digest=self.newest,
            public_of=keyring.public_of,
        )


def load(folder_id: UUID) -> manifests.State:
    """The verified state of a referral's chain. Raises ``CannotOpen`` if any link is not genuine or one is missing."""
    return read_with(folder_id)[0].verified()


def read_with(folder_id: UUID, *more: Question) -> tuple[Links, list[list[Any]]]:
    """The chain, and the rows that ``more`` asks for, by one statement: all as it stood at one moment.

    Read one after the other, an act between two of them would look like a forgery; and each is a way to the database.
    """
    asked = (question(_links, folder_id=folder_id), question(_newest, folder_id=folder_id, target=target(folder_id)))
    rows, newest, *found = ask_together(*asked, *more)
    rows.sort(key=attrgetter("number"))
    return Links(folder_id=folder_id, rows=rows, newest=next(iter(newest), None) or ""), found


def _links(*, folder_id: UUID) -> "QuerySet[Manifest]":
    return Manifest.objects.filter(folder_id=folder_id)


def _newest(*, folder_id: UUID, target: str) -> "QuerySet[Folder, Any]":
    """The newest digest that the log knows; one row."""
    digest = RawSQL(log.NEWEST_DIGEST[connection.vendor], (target,), output_field=CharField())  # noqa: S611  a constant
    return Folder.objects.filter(pk=folder_id).values_list(digest, flat=True)


def require_genuine(state: manifests.State, row: Section) -> None:
    """Raise ``CannotOpen`` unless a stored section is as it was signed: its bytes, place, author, epoch and time."""
    signed, entry = state.check_section(row.id, bytes(row.sealed)), state.added_by[row.id]
    if (signed, entry.number, entry.agency_id, entry.at) != (line(row), row.epoch, row.agency_id, row.created_at):
        raise Forged("section row")


def require_signed_place(state: manifests.State, place: Participation) -> None:
    """Raise ``CannotOpen`` unless a stored place is what acts made it: whose it is, its task, ground and parts."""
    most = mask_of(part for row in state.parties if row.agency_id == place.agency_id for part in row.compartments)
    least = mask_of(row.compartment for row in state.receipts if row.agency_id == place.agency_id)
    if place.agency_id not in state.known or place.mask & ~most or least & ~place.mask:
        raise Forged("a place that no act gave")
    if most and ground(place) not in state.grounds:
        raise Forged("a ground that no act named")


def ground(place: Participation) -> manifests.Ground:
    """The manifest's line for a stored place."""
    return manifests.Ground(agency_id=place.agency_id, task_id=place.task_id, basis=place.basis, consent=place.consent)


def require_signed_places(state: manifests.State, places: Mapping[UUID, Participation]) -> None:
    """``require_signed_place`` of all, and raise ``CannotOpen`` if an agency that takes part has none."""
    if not {party.agency_id for party in state.parties} <= places.keys():
        raise Forged("a place that is gone")
    for place in places.values():
        require_signed_place(state, place)


def consents(state: manifests.State) -> list[UUID]:
    """The Consents of a referral, oldest first."""
    found = {
        line.section_id: UUID(line.resource_id) for line in state.sections.values() if line.resource_type == "Consent"
    }
    return [found[section_id] for section_id in sorted(found)]


def parties_of(state: manifests.State) -> Parties:
    """Who takes part in what, as a table an act may change."""
    return {(party.agency_id, party.audience): party.compartments for party in state.parties}


def releases_of(state: manifests.State) -> Releases:
    """What opens on accept, as a table an act may change."""
    return {(release.task_id, release.agency_id, release.group): release.compartments for release in state.releases}


def extend(
    state: manifests.State,
    *,
    act: str,
    agency_id: UUID,
    at: datetime,
    parties: Parties,
    grounds: Iterable[manifests.Ground],
    consents: Iterable[manifests.Consent],
    releases: Releases,
    closed: Iterable[UUID],
    receipts: Iterable[manifests.Receipt],
    sections: Iterable[Section],
) -> str:
    """Write the next link, signed by ``agency_id``. Returns the digest that must stand in the act's audit event."""
    signer = keyring.signer(agency_id)
    signed, after = manifests.extend(
        state,
        act=act,
        signer=signer,
        at=at,
        parties=_party_lines(parties),
        grounds=grounds,
        consents=consents,
        releases=_release_lines(releases),
        closed=closed,
        receipts=receipts,
        sections=[line(section) for section in sections],
    )
    link = Manifest(
        folder_id=state.folder_id,
        number=after.number,
        body=signed.body,
        signer_id=signer.key_id,
        signature=signed.signature,
    )
    insert([link])
    return after.digest


def _party_lines(parties: Parties) -> list[manifests.Party]:
    return [
        manifests.Party(agency_id=agency, audience=audience, compartments=held)
        for (agency, audience), held in parties.items()
    ]


def _release_lines(releases: Releases) -> list[manifests.Release]:
    return [
        manifests.Release(task_id=task, agency_id=agency, group=group, compartments=opens)
        for (task, agency, group), opens in releases.items()
    ]


def line(section: Section) -> manifests.Section:
    """The manifest's line for a stored section."""
    return manifests.Section.of(
        bytes(section.sealed),
        section_id=section.id,
        compartment=Compartment(section.compartment),
        audience=section.task_id,
        resource_type=section.type,
        resource_id=str(section.resource_id),
        version=section.version,
    )
