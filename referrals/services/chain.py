"""A referral's chain of manifests: read and verified under the lock, extended by the act (design.md §7)."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from agencies.vault import keyring, manifests
from audit import log
from fhir.content.compartments import Compartment
from referrals.models import Folder, Manifest, Section

Parties = dict[tuple[UUID, UUID | None], frozenset[Compartment]]
Releases = dict[tuple[UUID, UUID], frozenset[Compartment]]


def target(folder_id: UUID) -> str:
    """The log's name for a referral."""
    return f"Referral/{folder_id}"


def load(folder_id: UUID) -> manifests.State:
    """The verified state of a referral's chain. Raises ``CannotOpen`` if any link is not genuine or one is missing."""
    rows = Manifest.objects.filter(folder_id=folder_id).order_by("number").values_list("body", "signature")
    return manifests.verify_chain(
        [manifests.Signed(bytes(body), bytes(signature)) for body, signature in rows],
        folder_id=folder_id,
        newest_digest=log.newest_digest(target(folder_id)),
        public_of=keyring.public_of,
    )


def parties_of(state: manifests.State) -> Parties:
    """Who takes part in what, as a table an act may change."""
    return {(party.agency_id, party.audience): party.compartments for party in state.parties}


def releases_of(state: manifests.State) -> Releases:
    """What opens on accept, as a table an act may change."""
    return {(release.task_id, release.agency_id): release.compartments for release in state.releases}


def extend(
    state: manifests.State,
    *,
    folder: Folder,
    act: str,
    agency_id: UUID,
    at: datetime,
    parties: Parties,
    releases: Releases,
    sections: Iterable[Section],
) -> str:
    """Write the next link, signed by ``agency_id``. Returns the digest that must stand in the act's audit event."""
    signer = keyring.signer(agency_id)
    signed, after = manifests.extend(
        state,
        act=act,
        signer=signer,
        at=at,
        parties=[
            manifests.Party(agency_id=agency, audience=audience, compartments=held)
            for (agency, audience), held in parties.items()
        ],
        releases=[
            manifests.Release(task_id=task, agency_id=agency, compartments=opens)
            for (task, agency), opens in releases.items()
        ],
        sections=[line(section) for section in sections],
    )
    Manifest(
        folder=folder,
        number=after.number,
        body=signed.body,
        signer_id=signer.key_id,
        signature=signed.signature,
    ).save(force_insert=True)
    return after.digest


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
