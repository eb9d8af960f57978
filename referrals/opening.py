"""Opening a referral: fetch and gate, one short transaction that gates again and records, and only then decrypt.

What was refused is recorded too; a section that does not open is a second event (docs/architecture.md).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from agencies.actor import Actor
from agencies.vault import manifests
from agencies.vault.errors import Forged
from fhir.content.compartments import Compartment
from fhir.content.notices import Notice
from fhir.content.questionnaires import Score, score
from referrals.models import Participation, Section
from referrals.policy import outbound
from referrals.policy.codes import DenyCode, denied
from referrals.policy.outbound import Scope
from referrals.services import chain, recording, seeing, showing, urgency, wrapping
from referrals.services.gating import authorship_of, permitted, place_of, readable
from referrals.services.unsealing import Opened

OPEN, OPEN_OWN = "referral.open", "referral.open-own"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenReferral:
    """A referral as this actor may see it now: its screens with their ``scores``, worked out from the answers.

    ``parts`` are those that hold anything this actor may open, also where fewer were asked for. ``notices`` and
    ``scopes`` go wherever its sections go. ``ambulance``: "called", "answered", or "" if none was. ``knows`` are the
    agencies it names, and what they are called.

    Raises ``NoticeMissing`` rather than be made without them.
    """

    id: UUID
    reference: str
    patient_id: UUID
    sender: str
    status: str
    priority: str
    ambulance: str
    service_type: str
    created_at: datetime
    tasks: tuple[showing.ShownTask, ...]
    parts: tuple[Compartment, ...]
    sections: tuple[Opened, ...]
    scores: tuple[Score, ...]
    notices: tuple[Notice, ...]
    scopes: tuple[Scope, ...]
    knows: Mapping[UUID, str]

    def __post_init__(self) -> None:
        outbound.require_notices((section.compartment for section in self.sections), self.notices)


def open_referral(
    actor: Actor,
    referral_id: UUID,
    *,
    compartments: Iterable[Compartment] | None = None,
    only: Iterable[Compartment] = Compartment,
    action: str = OPEN,
) -> OpenReferral:
    """Everything of the referral this actor may open, or just ``compartments``, each of which must then be open to it.

    ``only`` leaves the rest of it shut; ``action`` is what the log says. Raises ``NotFound``, ``Denied`` and
    ``Broken``, each recorded.
    """
    target = chain.target(referral_id)
    with recording.refusals(actor, action, target=target):
        mine = place_of(actor, referral_id)
        wanted = readable(actor, mine, compartments) & frozenset(only)
        with transaction.atomic():
            readable(actor, place_of(actor, referral_id), wanted)
            parts = "+".join(sorted(wanted))
            recording.record(actor, action, target=target, purpose=mine.purpose, code=parts)
        return seeing.undisturbed(
            actor,
            mine,
            lambda place: _opened(actor, place, wanted if place is mine else wanted & readable(actor, place)),
        )


def open_own(
    actor: Actor, referral_id: UUID, *, only: Iterable[Compartment] = Compartment, action: str = OPEN_OWN
) -> OpenReferral:
    """What the actor's agency wrote itself, as far as the actor's role opens it, also after its part has ended.

    A stop, an expired consent or a place that was closed takes back what others shared and nothing else. Says nothing
    of others: no tasks, no sender. ``only`` and ``action`` as above. Raises ``NotFound``, ``Denied`` for a role that
    opens nothing, and ``Broken``, each recorded.
    """
    target = chain.target(referral_id)
    with recording.refusals(actor, action, target=target):
        mine = authorship_of(actor, referral_id)
        with transaction.atomic():
            wanted = readable(actor, authorship_of(actor, referral_id)) & frozenset(only)
            if not wanted:
                raise denied(DenyCode.ROLE)
            parts = "+".join(sorted(wanted))
            recording.record(actor, action, target=target, purpose=mine.purpose, code=parts)
        sight = seeing.look_at_own(actor, mine)
        sections = _cut_open(actor, sight, _genuine(sight, wanted), wanted)
        held = frozenset(section.compartment for section in sections)
        return as_shown(sight, sections, sworn=actor.sworn, parts=held, sender="")


def _opened(actor: Actor, mine: Participation, wanted: frozenset[Compartment]) -> OpenReferral:
    sight = seeing.look(actor, mine, seeing.sections_of(mine.referral_id, wanted))
    sections = _sections(actor, sight, wanted)
    return as_shown(sight, sections, sworn=actor.sworn, parts=_parts(actor, sight), sender=showing.sender_of(mine))


def _parts(actor: Actor, sight: seeing.Sight) -> frozenset[Compartment]:
    """The parts in which something lies that opens to this actor now, by what was signed; nothing is decrypted."""
    keys = wrapping.given(sight.state, actor)
    lying = ((line, sight.state.added_by[id_].number) for id_, line in sight.state.sections.items())
    held = {line.compartment for line, epoch in lying if (line.compartment, line.audience, epoch) in keys}
    return frozenset(held) & permitted(actor, sight.mine)


def as_shown(
    sight: seeing.Sight, sections: tuple[Opened, ...], *, sworn: bool, parts: frozenset[Compartment], sender: str
) -> OpenReferral:
    """What was opened, with what stands around it; for doors that gated and recorded. Raises ``NoticeMissing``."""
    referral = sight.referral
    urgent = urgency.shown(referral, sworn=sworn)
    return OpenReferral(
        id=referral.pk,
        reference=referral.reference,
        patient_id=referral.folder.patient_id,
        sender=sender,
        status=referral.status,
        priority=urgent.priority,
        ambulance=urgent.ambulance,
        service_type=referral.service_type,
        created_at=referral.created_at,
        tasks=tuple(sight.tasks.values()),
        parts=tuple(part for part in Compartment if part in parts),
        sections=sections,
        scores=tuple(found for section in sections if (found := score(section.tree)) is not None),
        notices=outbound.notices_for(section.compartment for section in sections),
        scopes=sight.scopes,
        knows=sight.knows,
    )


def _sections(actor: Actor, sight: seeing.Sight, wanted: frozenset[Compartment]) -> tuple[Opened, ...]:
    """Every section of ``wanted`` that this actor's role has a key for, checked against the signed chain."""
    require_complete(sight.state, sight.rows, wanted)
    return _cut_open(actor, sight, sight.rows, wanted)


def _genuine(sight: seeing.Sight, wanted: frozenset[Compartment]) -> list[Section]:
    """Those of an agency's own rows that lie in ``wanted``, all as they were signed. Raises ``CannotOpen``."""
    for row in sight.rows:
        chain.require_genuine(sight.state, row)
    signed = {id_ for id_, entry in sight.state.added_by.items() if entry.agency_id == sight.mine.agency_id}
    if signed != {row.id for row in sight.rows}:
        raise Forged("section missing")
    return [row for row in sight.rows if row.compartment in wanted]


def _cut_open(
    actor: Actor, sight: seeing.Sight, rows: Sequence[Section], wanted: frozenset[Compartment]
) -> tuple[Opened, ...]:
    cut = seeing.cutter(actor, sight.mine, wanted)
    shown = (cut(row, seeing.as_it_is(section, sight)) for row, section in seeing.unsealed(actor, sight, rows))
    return tuple(section for section in shown if section is not None)


def require_complete(state: manifests.State, rows: Sequence[Section], wanted: frozenset[Compartment]) -> None:
    """Raise ``CannotOpen`` unless the rows are exactly the sections that were signed into these compartments."""
    for row in rows:
        chain.require_genuine(state, row)
    signed = {line.section_id for line in state.sections.values() if line.compartment in wanted}
    if signed != {row.id for row in rows}:
        raise Forged("section missing")
