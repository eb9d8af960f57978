"""Putting an act off, calling it back, and doing what is due: each as the person who said so, gated when it is done."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from agencies.actor import Actor
from agencies.errors import AgencyError
from agencies.models import Agency
from agencies.services import actor_for
from audit import log
from fhir.content.compartments import Compartment
from fhir.content.issues import error
from referrals.acts import Act, AddAgency, Offer
from referrals.errors import Invalid, NotFound, Refused
from referrals.models import Notice, Referral
from referrals.perform import perform
from referrals.policy.bases import Basis
from referrals.previewing import preview
from referrals.services import chain, recording
from referrals.services.gating import require_work
from referrals.services.planning import Plan, require_previewed

from .models import Outcome, QueuedAct

BATCH = 50
LEFT_AFTER = timedelta(minutes=10)
NOT_DONE = "put-off-not-done"
DO = "act.do"


@dataclass(frozen=True, slots=True)
class Kind:
    """How an act is kept and made again; whatever is in it is an id or a code."""

    kept: Callable[[Any], dict[str, Any]]
    made: Callable[[UUID, dict[str, Any]], Act]


def _offer_kept(act: Offer) -> dict[str, Any]:
    return {
        "to": [str(agency_id) for agency_id in act.to],
        "release": sorted(act.release),
        "basis": act.basis,
        "consent": str(act.consent) if act.consent else None,
        "previewed": act.previewed,
    }


def _offer_made(referral_id: UUID, kept: dict[str, Any]) -> Offer:
    return Offer(
        referral_id=referral_id,
        to=tuple(map(UUID, kept["to"])),
        release=frozenset(map(Compartment, kept["release"])),
        basis=Basis(kept["basis"]) if kept["basis"] else None,
        consent=UUID(kept["consent"]) if kept["consent"] else None,
        previewed=kept.get("previewed", ""),
    )


def _added_kept(act: AddAgency) -> dict[str, Any]:
    return {
        "agency": str(act.agency_id),
        "compartments": sorted(act.compartments),
        "basis": act.basis,
        "consent": str(act.consent) if act.consent else None,
        "previewed": act.previewed,
    }


def _added_made(referral_id: UUID, kept: dict[str, Any]) -> AddAgency:
    return AddAgency(
        referral_id=referral_id,
        agency_id=UUID(kept["agency"]),
        compartments=frozenset(map(Compartment, kept["compartments"])),
        basis=Basis(kept["basis"]),
        consent=UUID(kept["consent"]) if kept["consent"] else None,
        previewed=kept.get("previewed", ""),
    )


KINDS: Mapping[str, tuple[type, Kind]] = MappingProxyType(
    {
        "offer": (Offer, Kind(_offer_kept, _offer_made)),
        "add-agency": (AddAgency, Kind(_added_kept, _added_made)),
    }
)


def put_off(actor: Actor, act: Offer | AddAgency, *, not_before: datetime) -> UUID:
    """Do ``act`` later, as this actor. It is looked at now like a preview, and gated again when it is done.

    Returns the id of what waits. Raises ``Invalid`` for a time that has passed, and whatever refuses the act now.
    """
    if not_before <= timezone.now():
        raise Invalid([error("value", "not_before", "must be later than now")])
    shown = preview(actor, act)
    require_previewed(act.previewed, shown)
    act = _settled(actor, act, shown)
    name, kind = next((name, kind) for name, (made_of, kind) in KINDS.items() if isinstance(act, made_of))
    with transaction.atomic():
        row = QueuedAct.objects.create(
            membership_id=actor.membership_id,
            referral_id=act.referral_id,
            act=name,
            parameters=kind.kept(act),
            not_before=not_before,
        )
        recording.record(actor, "act.put-off", target=chain.target(act.referral_id), code=f"QueuedAct/{row.id}")
    return row.id


def _settled(actor: Actor, act: Offer | AddAgency, shown: Plan) -> Offer | AddAgency:
    """The act with the ground and the paper it stands on today, and the digest of what was looked at, if it was.

    A paper that is stopped and another that is signed meanwhile are the client's new word, and nobody's old one.
    """
    grounds = {(row.basis, row.consent) for row in shown.recipients}
    if len(grounds) == 1:
        ((basis, consent),) = grounds
        act = replace(act, basis=basis, consent=UUID(consent) if consent else None)
    return replace(act, previewed=preview(actor, act).digest) if act.previewed else act


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """An act that waits for its hour: on which referral, to whom, and from when on it is done."""

    id: UUID
    referral: str
    act: str
    to: tuple[str, ...]
    not_before: datetime


def waiting(actor: Actor) -> list[Waiting]:
    """What the actor's agency put off on the referrals the actor works with, the next one first; one event.

    Raises ``Denied`` for a role that puts nothing off.
    """
    with recording.one_act(actor, "act.list"):
        require_work(actor)
        recording.record(actor, "act.list")
        rows = list(_of(actor).select_related("referral").order_by("not_before", "id"))
        slugs = dict(Agency.objects.filter(pk__in={id_ for row in rows for id_ in _to(row)}).values_list("pk", "slug"))
        return [
            Waiting(
                id=row.id,
                referral=row.referral.reference,
                act=row.act,
                to=tuple(slugs[id_] for id_ in _to(row)),
                not_before=row.not_before,
            )
            for row in rows
        ]


def call_back(actor: Actor, queued_id: UUID) -> None:
    """Do not do it after all. Raises ``Denied`` as ``waiting``, ``NotFound`` for what is not in that list."""
    with recording.one_act(actor, "act.call-back", target=f"QueuedAct/{queued_id}"):
        require_work(actor)
        row = _of(actor).select_for_update(no_key=True, of=("self",)).filter(pk=queued_id).first()
        if row is None:
            raise NotFound
        _end(row, Outcome.WITHDRAWN)
        recording.record(actor, "act.call-back", target=chain.target(row.referral_id), code=f"QueuedAct/{row.id}")


def _of(actor: Actor) -> QuerySet[QueuedAct]:
    """What waits, of the actor's agency, on referrals it may see: an officer is shown no other officer's."""
    seen = Referral.objects.visible_to(actor)
    return QueuedAct.objects.filter(
        status=Outcome.QUEUED.value, membership__agency_id=actor.agency_id, referral__in=seen.values("pk")
    )


def _to(row: QueuedAct) -> list[UUID]:
    """Whom an act that was kept would let see something."""
    return [UUID(id_) for id_ in row.parameters.get("to") or [row.parameters["agency"]]]


def do_due(*, at: datetime) -> int:
    """Do what is due at ``at``; returns how many were taken up. Safe to run twice and at once: each has a key.

    One whose consent does not stand any more ends as ``blocked_consent`` (R-P2-09), any other refusal as ``refused``
    with its code; nothing of it was done then, and the agency that put it off is told.
    """
    due = _to_take(at).filter(not_before__lte=at).order_by("not_before")
    return sum(_do(queued_id, at=at) for queued_id in due.values_list("pk", flat=True)[:BATCH])


def _to_take(at: datetime) -> QuerySet[QueuedAct]:
    """What nobody is doing: what waits, and what was left by a worker that died with it."""
    return QueuedAct.objects.filter(
        Q(status=Outcome.QUEUED.value) | Q(status=Outcome.TAKEN.value, taken_at__lt=at - LEFT_AFTER)
    )


def _do(queued_id: UUID, *, at: datetime) -> bool:
    """Take one and do it, under its key: done already, it is only noted. What was called back is not there to take."""
    if not _to_take(at).filter(pk=queued_id).update(status=Outcome.TAKEN.value, taken_at=at):
        return False
    row = QueuedAct.objects.select_related("membership").get(pk=queued_id)
    try:
        actor = _actor(row)
        perform(actor, [_made(actor, row)], key=f"later-{row.id}")
    except (Refused, AgencyError) as refusal:
        blocked = refusal.code.startswith("CONSENT_")
        with transaction.atomic():
            _end(row, Outcome.BLOCKED_CONSENT if blocked else Outcome.REFUSED, code=refusal.code)
            Notice.objects.create(agency_id=row.membership.agency_id, referral_id=row.referral_id, code=NOT_DONE)
        return True
    _end(row, Outcome.DONE)
    return True


def _actor(row: QueuedAct) -> Actor:
    """Whoever put it off, as they are now. Raises the ``AgencyError`` of somebody who left, recorded."""
    try:
        return actor_for(row.membership)
    except AgencyError as gone:
        log.record(
            action=DO,
            target=chain.target(row.referral_id),
            actor=f"Membership/{row.membership_id}",
            agency=str(row.membership.agency_id),
            outcome=log.Outcome.REFUSED,
            code=gone.code,
        )
        raise


def _made(actor: Actor, row: QueuedAct) -> Act:
    """The act that was kept. Raises ``Invalid``, recorded, for a code that this version does not know any more."""
    with recording.refusals(actor, DO, target=chain.target(row.referral_id)):
        try:
            return KINDS[row.act][1].made(row.referral_id, row.parameters)
        except (KeyError, ValueError) as unknown:
            raise Invalid([error("value", "QueuedAct", f"cannot be made again: {unknown}")]) from unknown


def _end(row: QueuedAct, status: Outcome, *, code: str = "") -> None:
    row.status, row.code, row.done_at = status.value, code, timezone.now()
    row.save(update_fields=["status", "code", "done_at"])
