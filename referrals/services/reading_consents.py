"""A Consent, as FHIR says it, read into the terms the gate knows: by which form, under whose rules, naming whom."""

from collections.abc import Iterable
from uuid import UUID
from zoneinfo import ZoneInfo

from agencies.models import Agency
from fhir.content import consent
from fhir.content.bundle import Resource
from fhir.content.consent_facts import Facts
from fhir.content.exact import Object
from referrals.consents import elements, forms
from referrals.consents.elements import Known, Named
from referrals.errors import Invalid
from referrals.models import Section
from referrals.packs import packs
from referrals.policy.codes import DenyCode, denied
from referrals.policy.terms import Standing, Terms

from . import chain, unsealing, wrapping
from .rows import select
from .work import Work

UNSIGNED, ENDED = frozenset({"draft", "proposed"}), frozenset({"inactive", "rejected", "entered-in-error"})
"""Consent.status of a paper that grounds nothing yet, and of one that does not any more."""


def terms_of(work: Work, resource: Resource, *, version: int, patient: "Object | None") -> Terms | None:
    """What a Consent lets through; ``None`` for one that grounds nothing: another's shape, or not signed yet.

    A new version that grounds nothing ends the one before. Raises ``Invalid`` with the elements that are missing or
    wrong; its code is the one a gate would say no with.
    """
    facts = consent.read(resource.tree)
    if not forms.is_ours(facts.form) or facts.status in UNSIGNED | ENDED:
        before = work.consents.get(resource.id)
        return before.standing_as(Standing.REVOKED) if before else None
    client = patient if patient is not None else _client(work)
    form, pack, known = forms.find(facts.form), pack_of(work.agency.state), _known(work, facts, client)
    faults = elements.check(facts, form, pack, known)
    if faults:
        raise Invalid(faults, code=faults[0].deny)
    return elements.terms(facts, form, pack, known, consent=resource.id, version=version)


def pack_of(state: str) -> packs.Pack:
    """The rules of a state. Raises ``Denied`` for one whose rules nobody wrote down."""
    try:
        return packs.by_state(state)
    except KeyError:
        raise denied(DenyCode.STATE_PACK) from None


def _known(work: Work, facts: Facts, client: Object) -> Known:
    return Known(
        client=f"Patient/{work.folder.patient_id}",
        client_named=bool(client.get("name")),
        client_born=str(client.get("birthDate", "")),
        agencies=_agencies({facts.discloser, *facts.recipients} - {""}),
        zone=ZoneInfo(work.agency.time_zone),
        at=work.now,
    )


def _agencies(named: Iterable[str]) -> dict[str, Named]:
    """The active agencies of the network among those named, by handle or as ``Organization/<id>``."""
    by_id = {name: agency_id for name in named if (agency_id := _id(name)) is not None}
    rows = select(Agency, slug={name for name in named if "/" not in name}, is_active=True)
    found = {agency.slug: Named(agency.id, agency.sworn) for agency in rows}
    ids = {
        agency.id: Named(agency.id, agency.sworn) for agency in select(Agency, id=set(by_id.values()), is_active=True)
    }
    return found | {name: ids[agency_id] for name, agency_id in by_id.items() if agency_id in ids}


def _id(named: str) -> UUID | None:
    try:
        return UUID(named.removeprefix("Organization/")) if "/" in named else None
    except ValueError:
        return None


def _client(work: Work) -> Object:
    """The client as this referral has them, opened with the actor's own keys.

    Raises ``Denied`` for an actor who may not read who it is: who signs depends on the client's age.
    """
    rows = select(Section, folder_id=work.folder.id, type="Patient")
    keys = wrapping.keys_of(work.actor, work.state)
    newest = max(rows, key=lambda row: row.version, default=None)
    if newest is None or unsealing.place(newest) not in keys:
        raise denied(DenyCode.COMPARTMENT)
    chain.require_genuine(work.state, newest)
    return unsealing.unseal(newest, keys[unsealing.place(newest)], work.shred_secret).tree
