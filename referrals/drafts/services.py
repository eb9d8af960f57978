"""Keeping a draft, opening it, letting it go. Its author alone can: to everybody else it is not there."""

from datetime import datetime
from uuid import UUID

from django.utils import timezone

from agencies.actor import Actor
from audit import log
from fhir.content.issues import error
from referrals.errors import Invalid, NotFound
from referrals.policy.codes import DenyCode, denied
from referrals.services import recording
from referrals.services.gating import works

from . import sealing
from .errors import AlreadySent, Changed
from .kept import Content, Kept, Line, Parts
from .models import LASTS, Draft

LONGEST = 100_000
EXPIRER = "System/drafts"


def keep(actor: Actor, draft_id: UUID, *, form: str, version: int, part: str, content: Content) -> Kept:
    """Keep ``content`` as a ``part`` of the version after ``version``; 0 begins the draft under an id of the caller's.

    The same content again is no change. Raises ``Changed`` with what is kept if that is another version, ``NotFound``
    for another's draft or one that is gone, ``AlreadySent``, and ``Denied`` for a role that writes nothing.
    """
    with recording.one_act(actor, "draft.keep", target=_target(draft_id)):
        if not works(actor):
            raise denied(DenyCode.ROLE)
        if version == 0:
            _begin(actor, draft_id, form, _plaintext({part: content}))
        row = _mine(actor, draft_id, form, lock=True)
        kept = _kept(actor, row)
        plaintext = _plaintext({**kept.parts, part: content})
        if plaintext == sealing.written(kept.parts):
            return kept
        if row.version != version:
            raise Changed(kept)
        row.version, row.saved_at = version + 1, timezone.now()
        sealing.seal_into(row, plaintext)
        row.save(update_fields=["version", "saved_at", "key", "wrapped", "sealed"])
        recording.record(actor, "draft.keep", target=row.target)
        return _kept(actor, row)


def open_draft(actor: Actor, draft_id: UUID, *, form: str) -> Kept:
    """What was typed. Raises ``NotFound`` for another's draft or one that is gone, ``AlreadySent``; one event."""
    with recording.one_act(actor, "draft.open", target=_target(draft_id)):
        row = _mine(actor, draft_id, form)
        recording.record(actor, "draft.open", target=row.target)
        return _kept(actor, row)


def drafts_of(actor: Actor, *, form: str) -> list[Line]:
    """The actor's own drafts, newest first; nothing is opened. One event."""
    recording.record(actor, "draft.list")
    rows = Draft.objects.filter(
        membership_id=actor.membership_id, form=form, referral_id=None, expires_at__gt=timezone.now()
    )
    return [
        Line(id=row.id, began_at=row.began_at, saved_at=row.saved_at, expires_at=row.expires_at)
        for row in rows.order_by("-began_at", "id").only("began_at", "saved_at", "expires_at")
    ]


def discard(actor: Actor, draft_id: UUID, *, form: str) -> None:
    """Let it go. Raises as ``open_draft``."""
    with recording.one_act(actor, "draft.discard", target=_target(draft_id)):
        row = _mine(actor, draft_id, form, lock=True)
        row.delete()
        recording.record(actor, "draft.discard", target=_target(draft_id))


def sent(actor: Actor, draft_id: UUID, *, version: int, referral_id: UUID) -> bool:
    """That ``version`` of it became a referral: what was typed is deleted.

    What another tab kept since was not sent, and stays: then this is ``True``. Nothing happens for one that is gone.
    """
    mine = Draft.objects.filter(pk=draft_id, membership_id=actor.membership_id, referral_id=None)
    gone = mine.filter(version=version).update(referral_id=referral_id, sealed=b"", wrapped=b"")
    return not gone and mine.exists()


def expire(*, at: datetime) -> int:
    """Delete what is older than seven days; returns how many. A job: nobody is asked. Safe to run twice."""
    gone = list(Draft.objects.filter(expires_at__lte=at).values_list("pk", "agency_id", "referral_id"))
    return sum(_expire(*each) for each in gone)


def _expire(draft_id: UUID, agency_id: UUID, referral_id: UUID | None) -> int:
    deleted, _by_model = Draft.objects.filter(pk=draft_id).delete()
    if deleted and referral_id is None:
        log.record(action="draft.expire", target=_target(draft_id), actor=EXPIRER, agency=str(agency_id))
    return deleted


def _begin(actor: Actor, draft_id: UUID, form: str, plaintext: bytes) -> None:
    """The first version, unless it is there: a second click begins nothing."""
    now = timezone.now()
    row = Draft(
        id=draft_id,
        agency_id=actor.agency_id,
        membership_id=actor.membership_id,
        form=form,
        version=1,
        began_at=now,
        saved_at=now,
        expires_at=now + LASTS,
    )
    sealing.seal_into(row, plaintext)
    before = Draft.objects.filter(pk=draft_id).exists()
    Draft.objects.bulk_create([row], ignore_conflicts=True)
    if not before:
        recording.record(actor, "draft.keep", target=row.target)


def _plaintext(parts: Parts) -> bytes:
    plaintext = sealing.written(parts)
    if len(plaintext) > LONGEST:
        raise Invalid([error("too-long", "", f"A draft has at most {LONGEST} bytes.")])
    return plaintext


def _mine(actor: Actor, draft_id: UUID, form: str, *, lock: bool = False) -> Draft:
    """The author's own draft. Raises ``NotFound``; ``AlreadySent`` for one that was."""
    rows = Draft.objects.select_for_update(no_key=True) if lock else Draft.objects.all()
    row = rows.filter(pk=draft_id, membership_id=actor.membership_id, form=form, expires_at__gt=timezone.now()).first()
    if row is None:
        raise NotFound
    if row.referral_id is not None:
        raise AlreadySent(row.referral_id)
    return row


def _kept(actor: Actor, row: Draft) -> Kept:
    return Kept(
        id=row.id,
        version=row.version,
        saved_at=row.saved_at,
        expires_at=row.expires_at,
        parts=sealing.opened(actor, row),
    )


def _target(draft_id: UUID) -> str:
    return f"Draft/{draft_id}"
