"""An agency's own clients: made when contact reaches it, found again by blind tokens, never across agencies."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from uuid import UUID

from agencies.actor import Actor
from agencies.capabilities import Capability
from agencies.models import Agency, Membership
from agencies.vault import keyring
from agencies.vault.bundles import DataKey
from fhir.content.compartments import Compartment
from fhir.content.exact import Object
from referrals.blind import Lookup, lookups_of, normal
from referrals.models import BlindToken, Client, Participation, Section
from referrals.policy.codes import DenyCode, denied

from . import chain, recording, unsealing
from .rows import IGNORE, insert, select
from .work import Work
from .wrapping import place

OWN_NAME = "own-name"
"""The code of a look-up of a client who has the family name of who looks."""


def know(work: Work, agencies: Sequence[Agency], patient: Object) -> None:
    """Link this referral to each agency's own client, and remember how each finds the client again.

    Only an equal identifier makes two referrals one client by itself; names that look alike are for people to judge.
    """
    lookups = lookups_of(patient)
    tokens = [
        BlindToken(agency_id=agency.id, kind=lookup.kind, token=token(agency.id, lookup))
        for agency in agencies
        for lookup in lookups
    ]
    known = _known(row for row in tokens if row.kind == "identifier")
    made = {agency.id: Client(agency_id=agency.id) for agency in agencies if agency.id not in known}
    insert(made.values())
    known |= {agency_id: client.id for agency_id, client in made.items()}
    for agency in agencies:
        work.participations[agency.id].client_id = known[agency.id]
        work.touched.add(agency.id)
    for row in tokens:
        row.client_id = known[row.agency_id]
    insert(tokens, otherwise=IGNORE)


def know_from_contact(work: Work, agency: Agency, keys: Iterable[DataKey]) -> None:
    """``know``, from the contact section that these keys open."""
    by_place = {place(key): key for key in keys}
    newest = (
        Section.objects.filter(folder=work.folder, type="Patient", compartment=Compartment.CONTACT.value)
        .order_by("-version")
        .first()
    )
    if newest is not None and unsealing.place(newest) in by_place:
        chain.require_genuine(work.state, newest)
        opened = unsealing.unseal(newest, by_place[unsealing.place(newest)], work.shred_secret)
        know(work, [agency], opened.tree)


def find(actor: Actor, lookups: Iterable[Lookup]) -> list[UUID]:
    """The agency's own clients that match any of these lookups, oldest first.

    One event for each that is found, one if none is. Raises ``Denied`` if the role may not look clients up, recorded.
    """
    _require_finder(actor)
    asked = list(lookups)
    tokens = [token(actor.agency_id, lookup) for lookup in asked]
    found = BlindToken.objects.filter(agency_id=actor.agency_id, token__in=tokens).values_list("client_id", flat=True)
    clients = sorted(set(found))
    code = OWN_NAME if _own_name(actor, asked) else ""
    for target in [f"Client/{id_}" for id_ in clients] or [""]:
        recording.record(actor, "client.find", target=target, code=code)
    return clients


def _own_name(actor: Actor, lookups: Iterable[Lookup]) -> bool:
    """Whether somebody looks for a client of their own family name: a privacy officer is told (docs/audit.md)."""
    sought = {lookup.fields[0] for lookup in lookups if lookup.kind == "name"}
    if not sought:
        return False
    names = Membership.objects.filter(pk=actor.membership_id).values_list("user__name", flat=True)
    return any(normal(name.split()[-1]) in sought for name in names if name and name.split())


def _require_finder(actor: Actor) -> None:
    if not actor.may(Capability.FIND_CLIENTS):
        recording.refuse(actor, "client.find", code=DenyCode.ROLE)
        raise denied(DenyCode.ROLE)


def token(agency_id: UUID, lookup: Lookup) -> bytes:
    """The keyed hash by which this agency finds ``lookup``."""
    return keyring.blind(agency_id, lookup.kind, lookup.fields)


def _known(identifiers: Iterable[BlindToken]) -> dict[UUID, UUID]:
    """By agency, its one client with any of these identifiers; an agency where several fit is left out."""
    tokens = list(identifiers)
    rows = select(
        BlindToken,
        agency_id={token.agency_id for token in tokens},
        kind="identifier",
        token=[token.token for token in tokens],
    )
    found: dict[UUID, set[UUID]] = defaultdict(set)
    for row in rows:
        found[row.agency_id].add(row.client_id)
    return {agency_id: next(iter(clients)) for agency_id, clients in found.items() if len(clients) == 1}


def forget(client_ids: Iterable[UUID]) -> None:
    """Delete these clients, and the tokens they are found by, of whom no referral and no file is left."""
    Client.objects.filter(pk__in=client_ids, participations=None, file=None).delete()


def referrals_of(actor: Actor, client_ids: Iterable[UUID]) -> list[UUID]:
    """The referrals linked to these clients of the actor's own agency, oldest first. Raises ``Denied`` as ``find``."""
    _require_finder(actor)
    places = Participation.objects.filter(client_id__in=list(client_ids), agency_id=actor.agency_id)
    return list(places.order_by("referral_id").values_list("referral_id", flat=True))
