"""Opening a referral: fetch and gate, one short transaction that gates again and records, and only then decrypt.

What was refused is recorded too; a section that does not open is a second event (docs/architecture.md).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from agencies.actor import Actor
from agencies.models import Agency
from agencies.vault import manifests
from agencies.vault.errors import CannotOpen, Forged
from agencies.vault.shred import secrets as shred_secrets
from audit.outcome import Outcome
from fhir.content import overlay
from fhir.content.catalog import concept
from fhir.content.compartments import Compartment
from fhir.content.notices import Notice
from fhir.content.questionnaires import Score, score
from fhir.content.systems import BSER_STATUS
from referrals.errors import Broken, Refused
from referrals.models import Folder, Participation, Referral, ReferralTask, Section
from referrals.policy import outbound
from referrals.policy.fields import cut
from referrals.policy.outbound import Scope
from referrals.policy.terms import Standing
from referrals.reasons import REASONS
from referrals.services import chain, consented, recording, showing, unsealing, wrapping
from referrals.services.gating import Fields, fields_of, place_of, readable
from referrals.services.rows import attach, select
from referrals.services.unsealing import Opened
from referrals.workflow import BUSINESS_WORDS, Business


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenReferral:
    """A referral as this actor may see it now: its screens with their ``scores``, worked out from the answers.

    ``notices`` and ``scopes`` go wherever its sections go.

    Raises ``NoticeMissing`` rather than be made without them.
    """

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
    scores: tuple[Score, ...]
    notices: tuple[Notice, ...]
    scopes: tuple[Scope, ...]

    def __post_init__(self) -> None:
        outbound.require_notices((section.compartment for section in self.sections), self.notices)


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
    referral, now = mine.referral, timezone.now()
    state = chain.load(referral.pk)
    chain.require_signed_place(state, mine)
    consents = consented.load(state)
    consented.require_standing(mine, consents, at=now)
    told = showing.is_told(mine, at=now)
    shown = tuple(view for task in tasks if (view := showing.show(task, actor.agency_id, told=told)))
    sections = _sections(actor, mine, wanted, state=state, tasks={task.id: task for task in shown}, consents=consents)
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
        sections=sections,
        scores=tuple(found for section in sections if (found := score(section.tree)) is not None),
        notices=outbound.notices_for(section.compartment for section in sections),
        scopes=tuple(map(outbound.Scope.of, consented.carrying(mine, consents))),
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
    actor: Actor,
    mine: Participation,
    wanted: frozenset[Compartment],
    *,
    state: manifests.State,
    tasks: dict[UUID, showing.ShownTask],
    consents: consented.Consents,
) -> tuple[Opened, ...]:
    """Every section of ``wanted`` that this actor's role has a key for, checked against the signed chain."""
    referral = mine.referral
    keys = wrapping.keys_of(actor, state)
    rows = select(Section, folder_id=referral.pk, compartment=[part.value for part in wanted])
    rows.sort(key=lambda row: row.id)
    _require_complete(state, rows, wanted)
    secret = shred_secrets.secret(referral.pk)
    opened = (
        (row, unsealing.unseal(row, keys[unsealing.place(row)], secret)) for row in rows if unsealing.place(row) in keys
    )
    fields = fields_of(actor, mine, wanted, at=timezone.now())
    shown = (
        _cut(_current(section, referral, tasks, consents), fields, wrote=row.membership_id == actor.membership_id)
        for row, section in opened
    )
    return tuple(section for section in shown if section is not None)


def _cut(section: Opened, fields: Mapping[Compartment, Fields], *, wrote: bool) -> Opened | None:
    """The section with the fields the gate names for this actor; ``None`` if it names none of it."""
    named = fields[section.compartment]
    tree = cut(section.tree, named.own if wrote else named.read)
    return None if tree is None else section if tree is section.tree else replace(section, tree=tree)


def _require_complete(state: manifests.State, rows: list[Section], wanted: frozenset[Compartment]) -> None:
    """Raise ``CannotOpen`` unless the rows are exactly the sections that were signed into these compartments."""
    for row in rows:
        chain.require_genuine(state, row)
    signed = {line.section_id for line in state.sections.values() if line.compartment in wanted}
    if signed != {row.id for row in rows}:
        raise Forged("section missing")


def _current(
    section: Opened, referral: Referral, tasks: dict[UUID, showing.ShownTask], consents: consented.Consents
) -> Opened:
    """Task, ServiceRequest and Consent carry their state beside them: what changed since is laid over them."""
    tree = section.tree
    terms = consents.get(section.resource_id) if section.type == "Consent" else None
    if terms is not None and terms.standing is not Standing.ACTIVE:
        tree = overlay.consent_now(tree, status="inactive")
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
