"""Review cases: a privacy officer asks to see content of one referral, and a second person of her agency answers.

Content opens in ``reviewing`` and nowhere else, to who asked alone. Who answers sees why, which parts and for how long;
not the words, which are sealed to privacy officers, and not the number, unless a privacy officer herself.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from agencies.actor import Actor
from agencies.models import Membership
from agencies.offices import is_privacy_officer
from agencies.roles import Role
from agencies.vault.purposes import KeyPurpose
from audit import log
from audit.uuid7 import uuid7
from fhir.content.compartments import Compartment
from fhir.content.issues import Issue, error
from referrals.desk.kinds import ReviewStanding
from referrals.desk.models import ReviewCase
from referrals.errors import IllegalStep, Invalid, NotFound
from referrals.legal import sealing
from referrals.masks import compartments_in, mask_of
from referrals.models import Participation
from referrals.notices.saying import DECIDED, TO_DECIDE
from referrals.policy.reviewing import ANSWER_WITHIN, HOURS, REASONS, Reason, openable
from referrals.retention.errors import SamePerson
from referrals.services import recording, review_gates, telling
from referrals.services.offices import office_of, require_privacy_officer

SHORTEST, LONGEST = 20, 2000
SHOWN = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownCase:
    """One case as an office of its agency sees it. ``referral`` is its id and number, ``None`` for who may not know.

    ``asked_by``, ``decided_by`` and ``ended_by`` are names of staff, "" for nobody. Who looks: ``mine``, asked for it;
    ``answers``, may answer it now; ``ends``, may end it.
    """

    id: UUID
    standing: ReviewStanding
    reason: Reason
    parts: tuple[Compartment, ...]
    hours: int
    asked_by: str
    asked_at: datetime
    answer_by: datetime
    decided_by: str
    decided_at: datetime | None
    until: datetime | None
    opened_at: datetime | None
    ended_by: str
    ended_at: datetime | None
    referral: tuple[UUID, str] | None
    mine: bool
    answers: bool
    ends: bool


def ask(
    actor: Actor,
    referral_id: UUID,
    *,
    reason: Reason,
    parts: Collection[Compartment],
    hours: int,
    words: str,
    key: UUID | None = None,
) -> UUID:
    """Ask to see ``parts`` of a referral that the actor's agency holds, for so many hours; the same ``key`` asks once.

    Raises ``Denied`` for anybody but a privacy officer and where the agency's part has ended, ``NotFound`` for a
    referral it never took part in, ``Invalid`` naming the field, ``IllegalStep`` while an earlier case of hers stands.
    """
    with recording.one_act(actor, "review.ask", target=f"Referral/{referral_id}"):
        require_privacy_officer(actor)
        if key is not None and ReviewCase.objects.filter(pk=key, membership_id=actor.membership_id).exists():
            return key
        now = timezone.now()
        mine = review_gates.place_in_review(actor, referral_id, at=now)
        if issues := list(_issues(actor, mine, reason=reason, parts=parts, hours=hours, words=words)):
            raise Invalid(issues)
        _require_none_standing(actor, referral_id, at=now)
        row = ReviewCase(
            id=key or uuid7(),
            agency_id=actor.agency_id,
            membership_id=actor.membership_id,
            recorded_at=now,
            referral_id=referral_id,
            reason=reason.value,
            mask=mask_of(parts),
            hours=hours,
        )
        sealing.seal_row(row, {"words": words.strip()}, to=[KeyPurpose.LEGAL])
        row.save(force_insert=True)
        _record(actor, "review.ask", row, code=reason.value, digest=sealing.digest_of(row))
        for role in (Role.PRIVACY_OFFICER, Role.AGENCY_ADMIN):
            telling.tell([actor.agency_id], referral_id, TO_DECIDE, at=now, role=role)
    return row.id


def answer(actor: Actor, case_id: UUID, *, agree: bool) -> None:
    """A second person of the agency agrees, and from now on it is open for its hours; or refuses.

    Raises ``Denied`` for who holds no office, ``NotFound``, ``SamePerson`` for who asked, in whatever role, and
    ``IllegalStep`` for one that waits for nobody.
    """
    with recording.one_act(actor, "review.answer", target=_target(case_id)):
        row, now = _locked(actor, case_id), timezone.now()
        if _person(row.membership_id) in (None, _person(actor.membership_id)):
            raise SamePerson
        _require_standing(row, "answer", ReviewStanding.WAITS, at=now)
        row.decided_at, row.decided_by, row.agreed = now, actor.membership_id, agree
        row.until = now + timedelta(hours=row.hours) if agree else None
        row.save(update_fields=["decided_at", "decided_by", "agreed", "until"])
        if row.until is not None:
            review_gates.open_to(row.membership_id, row.referral_id, compartments_in(row.mask), at=now, until=row.until)
        _record(actor, "review.answer", row, code="agreed" if agree else "refused")
        telling.tell([actor.agency_id], row.referral_id, DECIDED, at=now, role=Role.PRIVACY_OFFICER)


def end(actor: Actor, case_id: UUID) -> None:
    """Whoever holds an office of the agency, who asked among them, ends it: open, or while it still waits.

    Raises ``Denied``, ``NotFound``, ``IllegalStep`` for one that is over.
    """
    with recording.one_act(actor, "review.end", target=_target(case_id)):
        row, now = _locked(actor, case_id), timezone.now()
        _require_standing(row, "end", ReviewStanding.WAITS, ReviewStanding.OPEN, at=now)
        row.ended_at, row.ended_by = now, actor.membership_id
        row.save(update_fields=["ended_at", "ended_by"])
        review_gates.shut_to(row.membership_id, row.referral_id, at=now)
        _record(actor, "review.end", row)


def all_of(actor: Actor) -> list[ShownCase]:
    """The agency's cases, newest first; one event. Raises ``Denied`` for who holds no office."""
    with recording.refusals(actor, "review.list"):
        office_of(actor)
    recording.record(actor, "review.list")
    rows = ReviewCase.objects.filter(agency_id=actor.agency_id).select_related("referral")
    return _shown(actor, rows.order_by("-recorded_at", "-id")[:SHOWN])


def one(actor: Actor, case_id: UUID) -> tuple[ShownCase, str]:
    """One case, and the words of it, "" for who may not read them; one event.

    Raises ``Denied``, ``NotFound`` and ``Broken``.
    """
    with recording.refusals(actor, "review.read", target=_target(case_id)):
        office_of(actor)
        row = ReviewCase.objects.filter(pk=case_id, agency_id=actor.agency_id).select_related("referral").first()
        if row is None:
            raise NotFound
        recording.record(actor, "review.read", target=row.target)
        words = sealing.open_row(actor, row)["words"] if is_privacy_officer(actor) else ""
        return _shown(actor, [row])[0], words


def waiting(actor: Actor) -> tuple[QuerySet[ReviewCase], QuerySet[ReviewCase]]:
    """The agency's cases that wait for an answer, and those that are open; to be asked with what shows them."""
    now = timezone.now()
    rows = ReviewCase.objects.filter(agency_id=actor.agency_id, ended_at=None)
    return rows.filter(decided_at=None, recorded_at__gt=now - ANSWER_WITHIN), rows.filter(until__gt=now)


def askable(actor: Actor, referral_id: UUID) -> list[Compartment]:
    """The parts of a referral that may be asked for at all, for one reason or another; asked with what shows it."""
    places = Participation.objects.filter(referral_id=referral_id, agency_id=actor.agency_id)
    held = compartments_in(places.values_list("mask", flat=True).first() or 0)
    return [
        part
        for part in Compartment
        if part in held
        and any(openable(actor.role, part, sworn=actor.sworn, reason=reason) is not None for reason in Reason)
    ]


def standing(row: ReviewCase, *, at: datetime) -> ReviewStanding:
    """How a case stands at ``at``."""
    if row.agreed is False:
        return ReviewStanding.REFUSED
    if row.ended_at is not None:
        return ReviewStanding.OVER
    if row.until is not None:
        return ReviewStanding.OPEN if row.until > at else ReviewStanding.OVER
    return ReviewStanding.WAITS if row.recorded_at + ANSWER_WITHIN > at else ReviewStanding.LAPSED


def _issues(
    actor: Actor, mine: Participation, *, reason: Reason, parts: Collection[Compartment], hours: int, words: str
) -> Iterator[Issue]:
    held = compartments_in(mine.mask)
    rules = {part: openable(actor.role, part, sworn=actor.sworn, reason=reason) for part in parts}
    if not parts:
        yield error("required", "parts", "must name a part")
    for part in sorted(part for part, rule in rules.items() if rule is None or part not in held):
        allowed = sorted(
            each for each in held if openable(actor.role, each, sworn=actor.sworn, reason=reason) is not None
        )
        yield error("value", "parts", f"{part} does not open for this reason. Allowed: {', '.join(allowed) or 'none'}")
    longest = min((rule.longest for rule in rules.values() if rule is not None), default=HOURS[-1])
    if hours not in HOURS or hours > longest:
        allowed_hours = ", ".join(str(each) for each in HOURS if each <= longest)
        yield error("value", "hours", f"must be one of: {allowed_hours}")
    if not SHORTEST <= len(words.strip()) <= LONGEST:
        yield error("value", "words", f"must have {SHORTEST} to {LONGEST} characters: why the log does not answer it")


def _require_none_standing(actor: Actor, referral_id: UUID, *, at: datetime) -> None:
    """Her place is locked first: two that ask at once would not see each other, and share one grant."""
    Membership.objects.select_for_update(no_key=True).get(pk=actor.membership_id)
    earlier = ReviewCase.objects.filter(membership_id=actor.membership_id, referral_id=referral_id, ended_at=None)
    for row in earlier:
        if (found := standing(row, at=at)) in (ReviewStanding.WAITS, ReviewStanding.OPEN):
            raise IllegalStep(name="ask", state=found.value, allowed=("end",), what="your earlier review of it")


def _require_standing(row: ReviewCase, step: str, *allowed: ReviewStanding, at: datetime) -> None:
    found = standing(row, at=at)
    if found not in allowed:
        raise IllegalStep(name=step, state=found.value, allowed=(), what="the review")


def _locked(actor: Actor, case_id: UUID) -> ReviewCase:
    office_of(actor)
    found = ReviewCase.objects.select_for_update(no_key=True).filter(pk=case_id, agency_id=actor.agency_id).first()
    if found is None:
        raise NotFound
    return found


def _person(membership_id: UUID) -> UUID | None:
    """Who it is: one person may hold both offices of an agency."""
    found: UUID | None = Membership.objects.values_list("user_id", flat=True).get(pk=membership_id)
    return found


def _shown(actor: Actor, rows: "Collection[ReviewCase]") -> list[ShownCase]:
    now, knows = timezone.now(), is_privacy_officer(actor)
    listed = list(rows)
    named = {id_ for row in listed for id_ in (row.membership_id, row.decided_by, row.ended_by) if id_ is not None}
    members = Membership.objects.filter(pk__in=named | {actor.membership_id}).select_related("user").in_bulk()
    me = members[actor.membership_id].user_id
    return [_case(row, members, now=now, knows=knows, me=me) for row in listed]


def _case(
    row: ReviewCase, members: Mapping[UUID, Membership], *, now: datetime, knows: bool, me: UUID | None
) -> ShownCase:
    found, asked = standing(row, at=now), members[row.membership_id].user_id == me
    return ShownCase(
        id=row.id,
        standing=found,
        reason=Reason(row.reason),
        parts=tuple(part for part in Compartment if part in compartments_in(row.mask)),
        hours=row.hours,
        asked_by=_name(members, row.membership_id),
        asked_at=row.recorded_at,
        answer_by=row.recorded_at + ANSWER_WITHIN,
        decided_by=_name(members, row.decided_by),
        decided_at=row.decided_at,
        until=row.until,
        opened_at=row.opened_at,
        ended_by=_name(members, row.ended_by),
        ended_at=row.ended_at,
        referral=(row.referral_id, row.referral.reference) if knows else None,
        mine=asked,
        answers=found is ReviewStanding.WAITS and not asked,
        ends=found in (ReviewStanding.WAITS, ReviewStanding.OPEN),
    )


def _name(members: Mapping[UUID, Membership], member: UUID | None) -> str:
    user = members[member].user if member is not None else None
    return (user.name or user.email) if user is not None else ""


def _record(actor: Actor, action: str, row: ReviewCase, *, code: str = "", digest: str = "") -> None:
    log.record(
        action=action,
        target=row.target,
        actor=actor.name,
        agency=str(actor.agency_id),
        purpose=REASONS[Reason(row.reason)].purpose.value,
        code=code,
        digest=digest,
    )


def _target(case_id: UUID) -> str:
    return f"ReviewCase/{case_id}"
