"""Opening a referral: fetch and gate, one short transaction that gates again and records, and only then decrypt.

What was refused is recorded too; a section that does not open is a second event (design.md §4).
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from agencies.actor import Actor
from agencies.capabilities import OPEN, Capability
from agencies.vault import manifests
from agencies.vault.errors import CannotOpen, Forged
from agencies.vault.shred import secrets as shred_secrets
from audit.outcome import Outcome
from fhir.content import overlay
from fhir.content.compartments import Compartment
from referrals.errors import Broken, Denied, NotFound, Refused
from referrals.masks import BIT
from referrals.models import Participation, Referral, ReferralTask, Section
from referrals.policy.codes import WORDS
from referrals.policy.gate import Access, Deny, Permit, decide
from referrals.policy.matrix import Action
from referrals.services import chain, recording, showing, unsealing, wrapping
from referrals.services.unsealing import Opened
from referrals.services.work import require_live


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenReferral:
    """A referral as this actor may see it now."""

    id: UUID
    reference: str
    patient_id: UUID
    origin: str
    status: str
    priority: str
    service_type: str
    created_at: datetime
    tasks: tuple[showing.ShownTask, ...]
    sections: tuple[Opened, ...]


def open_referral(
    actor: Actor, referral_id: UUID, *, compartments: Iterable[Compartment] | None = None
) -> OpenReferral:
    """Everything of the referral this actor may open, or just ``compartments``, each of which must then be open to it.

    Raises ``NotFound``, ``Denied`` and ``Broken``, each recorded.
    """
    target = chain.target(referral_id)
    try:
        mine = place_of(actor, referral_id)
        wanted = _wanted(actor, mine, compartments)
        with transaction.atomic():
            _wanted(actor, place_of(actor, referral_id), wanted)
            recording.record(actor, "referral.open", target=target, purpose=mine.purpose)
        return _opened(actor, mine, wanted)
    except CannotOpen as broken:
        recording.refuse(actor, "referral.open", target=target, code=Broken.code, outcome=Outcome.SERIOUS)
        raise Broken from broken
    except Refused as refusal:
        recording.refuse(actor, "referral.open", target=target, code=refusal.code)
        raise


def may(actor: Actor, mine: Participation | None, compartment: Compartment, *, at: datetime) -> bool:
    """Whether this actor may read ``compartment`` of the referral ``mine`` is the place in: the first three gates."""
    return isinstance(_decide(actor, mine, compartment, at), Permit)


def _decide(actor: Actor, mine: Participation | None, compartment: Compartment, at: datetime) -> Permit | Deny:
    live = mine is not None and mine.agency_id == actor.agency_id and (mine.until is None or mine.until > at)
    return decide(
        Access(
            role=actor.role,
            granted=actor.may(OPEN[compartment]),
            action=Action.READ,
            compartment=compartment,
            takes_part=live,
            holds_compartment=mine is not None and bool(mine.mask & BIT[compartment]),
        )
    )


def place_of(actor: Actor, referral_id: UUID) -> Participation:
    """The actor's agency's place in the referral; one indexed look-up for yours, foreign and absent alike.

    Raises ``NotFound``, or ``Denied`` if that place has ended.
    """
    mine = (
        Participation.objects.filter(referral_id=referral_id, agency_id=actor.agency_id)
        .select_related("agency", "referral", "referral__folder", "referral__origin")
        .first()
    )
    if mine is None or not actor.may(Capability.VIEW_INBOX):
        raise NotFound
    require_live(mine, timezone.now())
    return mine


def _wanted(actor: Actor, mine: Participation, compartments: Iterable[Compartment] | None) -> frozenset[Compartment]:
    """The compartments to open: all that are permitted, or those asked for, each permitted. Raises ``Denied``."""
    now = timezone.now()
    if compartments is None:
        return frozenset(part for part in Compartment if may(actor, mine, part, at=now))
    asked = frozenset(compartments)
    for compartment in sorted(asked):
        answer = _decide(actor, mine, compartment, now)
        if isinstance(answer, Deny):
            raise Denied(f"{compartment}: {WORDS[answer.code]}", code=answer.code)
    return asked


def _opened(actor: Actor, mine: Participation, wanted: frozenset[Compartment]) -> OpenReferral:
    referral = mine.referral
    tasks = list(ReferralTask.objects.filter(referral=referral).select_related("requester", "owner").order_by("id"))
    shown = tuple(view for task in tasks if (view := showing.show(task, actor.agency_id)))
    return OpenReferral(
        id=referral.pk,
        reference=referral.reference,
        patient_id=referral.folder.patient_id,
        origin=referral.origin.slug,
        status=referral.status,
        priority=referral.priority,
        service_type=referral.service_type,
        created_at=referral.created_at,
        tasks=shown,
        sections=_sections(actor, referral, wanted, {task.id: task for task in shown}),
    )


def _sections(
    actor: Actor, referral: Referral, wanted: frozenset[Compartment], tasks: dict[UUID, showing.ShownTask]
) -> tuple[Opened, ...]:
    """Every section of ``wanted`` that this actor's role has a key for, checked against the signed chain."""
    state = chain.load(referral.pk)
    keys = wrapping.keys_of(actor, referral.pk)
    rows = list(
        Section.objects.filter(folder_id=referral.pk, compartment__in=[part.value for part in wanted]).order_by("id")
    )
    _require_complete(state, rows, wanted)
    secret = shred_secrets.secret(referral.pk)
    opened = (unsealing.unseal(row, keys[unsealing.place(row)], secret) for row in rows if unsealing.place(row) in keys)
    return tuple(_current(section, referral, tasks) for section in opened)


def _require_complete(state: manifests.State, rows: list[Section], wanted: frozenset[Compartment]) -> None:
    """Raise ``CannotOpen`` unless the rows are exactly the sections that were signed into these compartments."""
    for row in rows:
        if state.check_section(row.id, bytes(row.sealed)) != chain.line(row):
            raise Forged("section row")
    signed = {line.section_id for line in state.sections.values() if line.compartment in wanted}
    if signed != {row.id for row in rows}:
        raise Forged("section missing")


def _current(section: Opened, referral: Referral, tasks: dict[UUID, showing.ShownTask]) -> Opened:
    """Task and ServiceRequest carry their state in columns: what changed since they were sent is laid over them."""
    tree: dict[str, Any] = section.tree
    if section.type == "ServiceRequest" and referral.status != "active":
        tree = overlay.service_request_now(tree, status=referral.status)
    task = tasks.get(section.resource_id) if section.type == "Task" else None
    if task is not None and task.version > 1:
        tree = overlay.task_now(
            tree,
            status=task.status,
            business_status=task.business_status,
            status_reason=task.reason,
            last_modified=task.changed_at,
        )
    return section if tree is section.tree else replace(section, tree=tree)
