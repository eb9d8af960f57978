"""After an emergency: the words within the hour, a second person within two business days, and nobody forgets."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from agencies.actor import Actor
from agencies.capabilities import OPEN
from agencies.models import Membership
from agencies.offices import is_privacy_officer
from agencies.roles import Role
from agencies.vault.purposes import KeyPurpose
from audit import log
from fhir.content.compartments import Compartment
from fhir.content.issues import Issue, error
from referrals.errors import IllegalStep, Invalid, NotFound
from referrals.legal import sealing
from referrals.legal.recording import one_act, refusals
from referrals.policy.codes import DenyCode, denied
from referrals.services import recording, telling
from referrals.services.gating import require_work
from referrals.services.offices import require_privacy_officer

from .models import EmergencyAccess, EmergencyWords

SHORTEST, LONGEST = 20, 2000
UNDOCUMENTED = "emergency-no-words"
UNREVIEWED = "review-overdue"
PRESSED_FOR = timedelta(hours=20)
"""A daily bell rings some minutes early or late; within this time it is the same day's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One emergency access as the agency that opened it sees it; the words are opened apart."""

    id: UUID
    referral: str
    recipient: str
    nature: str
    opened_at: datetime
    until: datetime
    words_due: datetime
    documented: bool
    escalated: bool
    review_due: datetime
    reviewed: bool
    justified: bool | None


def document(actor: Actor, access_id: UUID, *, recipient: str, words: str) -> None:
    """Write down who received it (name) and what the emergency was; with facility, discloser and time that is all of
    42 CFR 2.51(c).

    Raises ``Invalid`` naming the field that is missing, ``NotFound`` for another agency's, ``Denied`` for a role that
    does not take part, ``IllegalStep`` where it is documented already: an addendum belongs into the record.
    """
    with one_act(actor, "emergency.document", target=_target(access_id)):
        require_work(actor)
        issues = list(_issues(recipient=recipient, words=words))
        if issues:
            raise Invalid(issues)
        access = _locked(actor, access_id)
        if access.documented_at is not None:
            raise IllegalStep(name="document", state="documented", allowed=(), what="it")
        row = EmergencyWords(agency_id=access.agency_id, membership_id=actor.membership_id, access=access)
        said = {"recipient": recipient.strip(), "words": words.strip()}
        sealing.seal_row(row, said, to=[KeyPurpose.CLINICAL, KeyPurpose.LEGAL])
        row.save(force_insert=True)
        access.documented_at, access.documented_by = timezone.now(), actor.membership_id
        access.save(update_fields=["documented_at", "documented_by"])
        _done(actor, "emergency.document", access, digest=(row.target, sealing.digest_of(row)))


def review(actor: Actor, access_id: UUID, *, justified: bool) -> None:
    """A second person looked: the privacy officer of the agency that opened it, never who opened it.

    Raises ``Denied`` for anybody else, ``NotFound``, ``IllegalStep`` for one reviewed already.
    """
    with one_act(actor, "emergency.review", target=_target(access_id)):
        require_privacy_officer(actor)
        access = _locked(actor, access_id)
        if _person(access.membership_id) == _person(actor.membership_id):
            raise denied(DenyCode.ROLE)
        if access.reviewed_at is not None:
            raise IllegalStep(name="review", state="reviewed", allowed=(), what="it")
        access.reviewed_at, access.reviewed_by, access.justified = timezone.now(), actor.membership_id, justified
        access.save(update_fields=["reviewed_at", "reviewed_by", "justified"])
        _done(actor, "emergency.review", access, code="justified" if justified else "not-justified")


def read_words(actor: Actor, access_id: UUID) -> dict[str, str]:
    """The words of one, for its clinicians and privacy officers; recorded.

    Raises ``Denied`` for anybody else, ``NotFound`` and ``Unsealable``.
    """
    with refusals(actor, "emergency.read", target=_target(access_id)):
        if not (actor.may(OPEN[Compartment.CLINICAL]) or is_privacy_officer(actor)):
            raise denied(DenyCode.ROLE)
        row = EmergencyWords.objects.filter(access_id=access_id, agency_id=actor.agency_id).first()
        if row is None:
            raise NotFound
        recording.record(actor, "emergency.read", target=_target(access_id))
        return sealing.open_row(actor, row)


def open_list(actor: Actor) -> list[Shown]:
    """The agency's emergency accesses that still want words or a review, the longest waiting first; one event.

    Raises ``Denied`` for a role that neither takes part nor reviews.
    """
    with refusals(actor, "emergency.list"):
        if not is_privacy_officer(actor):
            require_work(actor)
        recording.record(actor, "emergency.list")
        rows = EmergencyAccess.objects.filter(Q(reviewed_at=None) | Q(documented_at=None), agency_id=actor.agency_id)
        return [_shown(row) for row in rows.select_related("referral", "recipient").order_by("opened_at")]


def opened(actor: Actor, referral_id: UUID) -> Shown:
    """The newest access the actor's agency opened to this referral. For who has just opened it: nothing is asked."""
    rows = EmergencyAccess.objects.filter(agency_id=actor.agency_id, referral_id=referral_id)
    return _shown(rows.select_related("referral", "recipient").latest("opened_at"))


def escalate(*, at: datetime) -> int:
    """Tell the privacy officers of every access whose words are overdue, once each. Returns how many."""
    with transaction.atomic():
        late = EmergencyAccess.objects.select_for_update(no_key=True, skip_locked=True).filter(
            documented_at=None, escalated_at=None, words_due__lte=at
        )
        return sum(_escalated(access, at=at) for access in late)


def _escalated(access: EmergencyAccess, *, at: datetime) -> bool:
    access.escalated_at = at
    access.save(update_fields=["escalated_at"])
    return _told(access, UNDOCUMENTED, "emergency.escalate", at=at)


def press(*, at: datetime) -> int:
    """Ask the privacy officers for every review that is overdue, once a day until it is made. Returns how many."""
    with transaction.atomic():
        late = _unreviewed(at).select_for_update(no_key=True, skip_locked=True)
        return sum(_pressed(row, at=at) for row in late.exclude(pressed_at__gt=at - PRESSED_FOR))


def overdue(*, at: datetime) -> list[EmergencyAccess]:
    """The accesses of all agencies whose words or review are overdue, the longest waiting first."""
    wordless = EmergencyAccess.objects.filter(documented_at=None, words_due__lte=at)
    return list((wordless | _unreviewed(at)).select_related("agency").order_by("opened_at"))


def _unreviewed(at: datetime) -> QuerySet[EmergencyAccess]:
    return EmergencyAccess.objects.filter(reviewed_at=None, review_due__lte=at)


def _pressed(access: EmergencyAccess, *, at: datetime) -> bool:
    access.pressed_at = at
    access.save(update_fields=["pressed_at"])
    return _told(access, UNREVIEWED, "emergency.press", at=at)


def _told(access: EmergencyAccess, code: str, action: str, *, at: datetime) -> bool:
    telling.tell([access.agency_id], access.referral_id, code, at=at, role=Role.PRIVACY_OFFICER)
    log.record(action=action, target=_target(access.id), actor="System/emergencies", agency=str(access.agency_id))
    return True


def _issues(**texts: str) -> Iterator[Issue]:
    for field, text in texts.items():
        said = text.strip()
        if not said:
            yield error("required", field, "is required (42 CFR 2.51(c))")
        elif field == "words" and len(said) < SHORTEST:
            yield error("value", field, f"must have at least {SHORTEST} characters: what the emergency was")
        elif len(said) > LONGEST:
            yield error("value", field, f"must have at most {LONGEST} characters")


def _locked(actor: Actor, access_id: UUID) -> EmergencyAccess:
    found = (
        EmergencyAccess.objects.select_for_update(no_key=True).filter(pk=access_id, agency_id=actor.agency_id).first()
    )
    if found is None:
        raise NotFound
    return found


def _person(membership_id: UUID) -> UUID | None:
    """Who it is: one person may hold two roles in one agency."""
    found: UUID | None = Membership.objects.values_list("user_id", flat=True).get(pk=membership_id)
    return found


def _done(
    actor: Actor, action: str, access: EmergencyAccess, *, code: str = "", digest: tuple[str, str] | None = None
) -> None:
    """One event for the access, and one for the sealed words, whose hash it carries."""
    recording.record(actor, action, target=_target(access.id), code=code)
    if digest is not None:
        target, sealed = digest
        log.record(action=action, target=target, actor=actor.name, agency=str(actor.agency_id), digest=sealed)


def _target(access_id: UUID) -> str:
    return f"EmergencyAccess/{access_id}"


def _shown(row: EmergencyAccess) -> Shown:
    return Shown(
        id=row.id,
        referral=row.referral.reference,
        recipient=row.recipient.slug,
        nature=row.nature,
        opened_at=row.opened_at,
        until=row.until,
        words_due=row.words_due,
        documented=row.documented_at is not None,
        escalated=row.escalated_at is not None,
        review_due=row.review_due,
        reviewed=row.reviewed_at is not None,
        justified=row.justified,
    )
