"""An agency's own clients: made when contact reaches it, found again by blind tokens, never across agencies."""

from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

from agencies.actor import Actor
from agencies.capabilities import Capability
from agencies.models import Agency
from agencies.vault import keyring
from agencies.vault.bundles import DataKey
from audit.uuid7 import uuid7
from fhir.content.compartments import Compartment
from referrals.blind import Lookup, lookups_of
from referrals.errors import Denied
from referrals.models import BlindToken, Client, ClientReferral, Folder, FolderKind, Section
from referrals.policy.codes import WORDS, DenyCode

from . import recording, unsealing
from .work import Work
from .wrapping import place


def know(work: Work, agency: Agency, patient: dict[str, Any]) -> Client:
    """Link this referral to ``agency``'s own client, and remember how to find the client again.

    Only an equal identifier makes two referrals one client by itself; names that look alike are for people to judge.
    """
    tokens = [(lookup, _token(agency.id, lookup)) for lookup in lookups_of(patient)]
    identifiers = [token for lookup, token in tokens if lookup.kind == "identifier"]
    client = _same(agency, identifiers) or _new(agency)
    ClientReferral(client=client, referral=work.referral).save(force_insert=True)
    BlindToken.objects.bulk_create(
        [BlindToken(client=client, agency=agency, kind=lookup.kind, token=token) for lookup, token in tokens],
        ignore_conflicts=True,
    )
    return client


def know_from_contact(work: Work, agency: Agency, keys: Iterable[DataKey]) -> None:
    """``know``, from the contact section that these keys open."""
    by_place = {place(key): key for key in keys}
    newest = (
        Section.objects.filter(folder=work.folder, type="Patient", compartment=Compartment.CONTACT.value)
        .order_by("-version")
        .first()
    )
    if newest is not None and unsealing.place(newest) in by_place:
        opened = unsealing.unseal(newest, by_place[unsealing.place(newest)], work.shred_secret)
        know(work, agency, opened.tree)


def find(actor: Actor, lookups: Iterable[Lookup]) -> list[UUID]:
    """The agency's own clients that match any of these lookups, oldest first; recorded, hit or miss.

    Raises ``Denied`` if the role may not look clients up.
    """
    if not actor.may(Capability.FIND_CLIENTS):
        recording.refuse(actor, "client.find", code=DenyCode.ROLE)
        raise Denied(WORDS[DenyCode.ROLE], code=DenyCode.ROLE)
    tokens = [_token(actor.agency_id, lookup) for lookup in lookups]
    found = BlindToken.objects.filter(agency_id=actor.agency_id, token__in=tokens).values_list("client_id", flat=True)
    clients = sorted(set(found))
    recording.record(actor, "client.find")
    return clients


def _token(agency_id: UUID, lookup: Lookup) -> bytes:
    return keyring.blind(agency_id, lookup.kind, lookup.fields)


def _same(agency: Agency, identifiers: list[bytes]) -> Client | None:
    found = BlindToken.objects.filter(agency=agency, kind="identifier", token__in=identifiers)
    clients = {token.client_id: token.client for token in found.select_related("client")}
    return next(iter(clients.values())) if len(clients) == 1 else None


def _new(agency: Agency) -> Client:
    folder = Folder(kind=FolderKind.CLIENT.value, agency=agency, patient_id=uuid7())
    folder.save(force_insert=True)
    client = Client(folder=folder, agency=agency)
    client.save(force_insert=True)
    return client


def referrals_of(actor: Actor, client_ids: Iterable[UUID]) -> Iterator[UUID]:
    """The referrals linked to these clients of the actor's own agency."""
    links = ClientReferral.objects.filter(client_id__in=list(client_ids), client__agency_id=actor.agency_id)
    return iter(links.order_by("referral_id").values_list("referral_id", flat=True))
