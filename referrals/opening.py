"""Opening a referral: fetch and gate, one short transaction that gates again and records, and only then decrypt.

What was refused is recorded too; a section that does not open is a second event (docs/architecture.md).
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db import transaction

from agencies.actor import Actor
from agencies.models import Agency
from agencies.vault import manifests
from agencies.vault.errors import CannotOpen, Forged
from agencies.vault.shred import secrets as shred_secrets
from audit.outcome import Outcome
from fhir.content import overlay
from fhir.content.catalog import concept
from fhir.content.compartments import Compartment
from fhir.content.systems import BSER_STATUS
from referrals.errors import Broken, Refused
from referrals.models import Folder, Participation, Referral, ReferralTask, Section
from referrals.reasons import REASONS
from referrals.services import chain, recording, showing, unsealing, wrapping
from referrals.services.gating import place_of, readable
from referrals.services.rows import attach, select
from referrals.services.unsealing import Opened
from referrals.workflow import BUSINESS_WORDS, Business


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenReferral:
    """A referral as this actor may see it now."""

    id: UUID
    reference: str
    patient_id: UUID
    sender: str
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
        wanted = readable(actor, mine, compartments)
        with transaction.atomic():
            readable(actor, place_of(actor, referral_id), wanted)
            parts = "+".join(sorted(wanted))
            recording.record(actor, "referral.open", target=target, purpose=mine.purpose, code=parts)
        return _undisturbed(actor, mine, wanted)
    except CannotOpen as broken:
        recording.refuse(actor, "referral.open", target=target, code=Broken.code, outcome=Outcome.SERIOUS)
        raise Broken from broken
    except Refused as refusal:
        recording.refuse(actor, "referral.open", target=target, code=refusal.code)
        raise


def _undisturbed(actor: Actor, mine: Participation, wanted: frozenset[Compartment]) -> OpenReferral:
    """``_opened``; if it does not open, once more while nobody writes.

    It is read in several statements, and an act between two of them looks like a forgery.
    """
    try:
        return _opened(actor, mine, wanted)
    except CannotOpen:
        with transaction.atomic():
            Referral.objects.select_for_update().get(pk=mine.referral_id)
            mine = place_of(actor, mine.referral_id)
            return _opened(actor, mine, wanted & readable(actor, mine))


def _opened(actor: Actor, mine: Participation, wanted: frozenset[Compartment]) -> OpenReferral:
    tasks = _bring(mine)
    referral = mine.referral
    shown = tuple(view for task in tasks if (view := showing.show(task, actor.agency_id)))
    return OpenReferral(
        id=referral.pk,
        reference=referral.reference,
        patient_id=referral.folder.patient_id,
        sender=showing.sender_of(mine),
        status=referral.status,
        priority=referral.priority,
        service_type=referral.service_type,
        created_at=referral.created_at,
        tasks=shown,
        sections=_sections(actor, mine, wanted, {task.id: task for task in shown}),
    )


def _bring(mine: Participation) -> list[ReferralTask]:
    """Load what is shown beside the sections. Returns the tasks, oldest first.

    Raises ``CannotOpen`` for a place that came by a task of another referral.
    """
    tasks = sorted(select(ReferralTask, referral_id=mine.referral_id), key=lambda task: task.id)
    attach(Referral, ([mine], "referral"))
    attach(Folder, ([mine.referral], "folder"))
    attach(Agency, ([mine.referral], "origin"), (tasks, "requester"), (tasks, "owner"))
    if mine.task_id is not None:
        mine.task = next((task for task in tasks if task.id == mine.task_id), None)
        if mine.task is None:
            raise Forged("task of a place")
    return tasks


def _sections(
    actor: Actor, mine: Participation, wanted: frozenset[Compartment], tasks: dict[UUID, showing.ShownTask]
) -> tuple[Opened, ...]:
    """Every section of ``wanted`` that this actor's role has a key for, checked against the signed chain."""
    referral = mine.referral
    state = chain.load(referral.pk)
    chain.require_signed_place(state, mine)
    keys = wrapping.keys_of(actor, state)
    rows = select(Section, folder_id=referral.pk, compartment=[part.value for part in wanted])
    rows.sort(key=lambda row: row.id)
    _require_complete(state, rows, wanted)
    secret = shred_secrets.secret(referral.pk)
    opened = (unsealing.unseal(row, keys[unsealing.place(row)], secret) for row in rows if unsealing.place(row) in keys)
    return tuple(_current(section, referral, tasks) for section in opened)


def _require_complete(state: manifests.State, rows: list[Section], wanted: frozenset[Compartment]) -> None:
    """Raise ``CannotOpen`` unless the rows are exactly the sections that were signed into these compartments."""
    for row in rows:
        chain.require_genuine(state, row)
    signed = {line.section_id for line in state.sections.values() if line.compartment in wanted}
    if signed != {row.id for row in rows}:
        raise Forged("section missing")


def _current(section: Opened, referral: Referral, tasks: dict[UUID, showing.ShownTask]) -> Opened:
    """Task and ServiceRequest carry their state in columns: what changed since they were sent is laid over them."""
    tree = section.tree
    if section.type == "ServiceRequest" and referral.status != "active":
        tree = overlay.service_request_now(tree, status=referral.status)
    task = tasks.get(section.resource_id) if section.type == "Task" else None
    if task is not None and (task.version > 1 or tree["status"] != task.status):
        tree = overlay.task_now(
            tree,
            status=task.status,
            business_status=_business(task.business_status),
            status_reason=_reason(task.reason),
            last_modified=task.changed_at.isoformat(timespec="seconds"),
        )
    return section if tree is section.tree else replace(section, tree=tree)


def _business(code: str) -> overlay.State:
    return concept(BSER_STATUS, code, BUSINESS_WORDS[Business(code)]) if code else overlay.KEPT


def _reason(code: str) -> overlay.State:
    if not code:
        return overlay.KEPT
    reason = REASONS[code]
    return concept(reason.system, code, reason.text) | {"text": reason.text}
