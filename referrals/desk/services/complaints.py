"""The log of complaints (42 CFR 2.4, 45 CFR 164.530(d)): each is written down, answered, and held against nobody."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from agencies.actor import Actor
from agencies.vault.purposes import KeyPurpose
from audit.uuid7 import uuid7
from fhir.content.issues import Issue, error
from referrals.desk.kinds import ComplaintWay
from referrals.desk.models import Complaint, ComplaintAnswer
from referrals.errors import IllegalStep, Invalid, NotFound
from referrals.legal import clock, sealing
from referrals.legal.recording import done, one_act, refusals
from referrals.services.offices import require_privacy_officer

from . import once

LONGEST = 4000
SHOWN = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenComplaint:
    """One complaint, opened. ``answer`` is "" while there is none."""

    row: Complaint
    who: str
    what: str
    answer: str


def receive(
    actor: Actor, *, way: ComplaintWay, received_at: datetime, who: str, what: str, key: UUID | None = None
) -> Complaint:
    """Write a complaint down; ``who`` may be "": nobody has to give a name. The same ``key`` writes it once.

    Raises ``Denied``, ``Invalid`` naming the field.
    """
    with one_act(actor, "complaint.receive"):
        require_privacy_officer(actor)
        again = Complaint.objects.visible_to(actor).filter(pk=key).first() if key else None
        if again is not None:
            return again
        issues = [*clock.past("received_at", received_at, now=timezone.now()), *_said(what=what)]
        if len(who) > LONGEST:
            issues.append(error("value", "who", f"must have at most {LONGEST} characters."))
        _require(issues)
        row = Complaint(
            id=key or uuid7(),
            agency_id=actor.agency_id,
            membership_id=actor.membership_id,
            way=way.value,
            received_at=received_at,
        )
        sealing.seal_row(row, {"who": who.strip(), "what": what.strip()}, to=[KeyPurpose.LEGAL])
        kept = once.save(actor, row)
        if kept is not row:
            return kept
        done(actor, "complaint.receive", target=row.target, code=way.value, digest=sealing.digest_of(row))
    return row


def all_of(actor: Actor) -> list[Complaint]:
    """The agency's complaints, those without an answer first, the longest waiting first. One event."""
    with one_act(actor, "complaint.list"):
        require_privacy_officer(actor)
        done(actor, "complaint.list")
        rows = Complaint.objects.visible_to(actor)
        waiting = list(rows.filter(answered_at=None).order_by("received_at", "id"))
        return waiting + list(rows.exclude(answered_at=None).order_by("-received_at", "-id")[:SHOWN])


def read(actor: Actor, complaint_id: UUID) -> OpenComplaint:
    """One complaint with its words, and its answer. Raises ``Denied``, ``NotFound``, ``Unsealable``; one event."""
    with refusals(actor, "complaint.read", target=_target(complaint_id)):
        with transaction.atomic():
            row = _mine(actor, complaint_id)
            done(actor, "complaint.read", target=row.target)
        content = sealing.open_row(actor, row)
        answer = ComplaintAnswer.objects.filter(complaint=row).first()
        said = sealing.open_row(actor, answer)["answer"] if answer else ""
        return OpenComplaint(row=row, who=content["who"], what=content["what"], answer=said)


def answer(actor: Actor, complaint_id: UUID, *, text: str) -> None:
    """What was found and answered. Raises ``Denied``, ``NotFound``, ``Invalid``; ``IllegalStep`` for a second."""
    with one_act(actor, "complaint.answer", target=_target(complaint_id)):
        row = _mine(actor, complaint_id, lock=True)
        _require(list(_said(answer=text)))
        if row.answered_at is not None:
            raise IllegalStep(name="answer", state="answered", allowed=(), what="the complaint")
        made = ComplaintAnswer(agency_id=actor.agency_id, membership_id=actor.membership_id, complaint=row)
        sealing.seal_row(made, {"answer": text.strip()}, to=[KeyPurpose.LEGAL])
        made.save(force_insert=True)
        row.answered_at, row.answered_by = timezone.now(), actor.membership_id
        row.save(update_fields=["answered_at", "answered_by"])
        done(actor, "complaint.answer", target=made.target, digest=sealing.digest_of(made))
        done(actor, "complaint.answer", target=row.target)


def _target(complaint_id: UUID) -> str:
    return f"Complaint/{complaint_id}"


def _mine(actor: Actor, complaint_id: UUID, *, lock: bool = False) -> Complaint:
    require_privacy_officer(actor)
    rows = Complaint.objects.visible_to(actor)
    row = (rows.select_for_update(no_key=True) if lock else rows).filter(pk=complaint_id).first()
    if row is None:
        raise NotFound
    return row


def _require(issues: list[Issue]) -> None:
    if issues:
        raise Invalid(issues)


def _said(**texts: str) -> Iterator[Issue]:
    for name, text in texts.items():
        if not 0 < len(text.strip()) <= LONGEST:
            yield error("value", name, f"must be text of at most {LONGEST} characters, and not empty.")
