"""Opening content in a review case: to who asked, while it stands. Fetch and gate, record, and only then decrypt."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Max, Q
from django.utils import timezone

from agencies.actor import Actor
from agencies.kinds import AgencyKind
from agencies.models import Agency
from agencies.roles import Role
from fhir.content import notices
from fhir.content.compartments import Compartment
from referrals.desk.models import ReviewCase
from referrals.errors import NotFound
from referrals.legal import sealing
from referrals.masks import compartments_in
from referrals.models import Disclosure, Manifest, Participation, ReferralTask, Section
from referrals.notices.saying import REVIEWED
from referrals.opening import OpenReferral, as_shown, require_complete
from referrals.policy.bases import Basis
from referrals.policy.reviewing import OPENABLE, REASONS, Reason, Review
from referrals.services import chain, recording, review_gates, seeing, showing, telling
from referrals.services.offices import require_privacy_officer

OPEN, OPENED = "review.open", "referral.review"
"""What the log says of the case, and of the referral."""


def open_in_review(actor: Actor, case_id: UUID) -> OpenReferral:
    """The parts that a case names, as the actor's agency holds them now: to the very member who asked for it.

    Two events, one about the case and one about the referral; at the first opening a row of the ledger, so that the
    client's accounting has it, and a notice to the helping units whose record it is. Raises ``NotFound``, ``Denied``
    (``REVIEW_WAITS``, ``REVIEW_OVER`` and every reason of the gate) and ``Broken``, each recorded.
    """
    with recording.refusals(actor, OPEN, target=f"ReviewCase/{case_id}"):
        require_privacy_officer(actor)
        case = _mine(actor, case_id)
        sealing.open_row(actor, case)  # what was asked for is what was agreed to, or it does not open
        parts = compartments_in(case.mask)
        with transaction.atomic():
            case = _mine(actor, case_id, lock=True)
            now = timezone.now()
            mine = review_gates.place_in_review(actor, case.referral_id, at=now)
            review = _as_review(actor, case, at=now)
            fields = review_gates.fields_in_review(actor, mine, review, parts)
            _record(actor, case, mine, parts, at=now)
        sight = seeing.look(actor, mine, seeing.sections_of(mine.referral_id, parts))
        require_complete(sight.state, sight.rows, parts)
        cut = seeing.cutter_to(actor, fields)
        rows = [row for row in sight.rows if _is_open(actor, row)]
        shown = (cut(row, seeing.as_it_is(section, sight)) for row, section in seeing.unsealed(actor, sight, rows))
        sections = tuple(section for section in shown if section is not None)
        held = frozenset(section.compartment for section in sections)
        return as_shown(sight, sections, sworn=actor.sworn, parts=held, sender=showing.sender_of(mine))


def _mine(actor: Actor, case_id: UUID, *, lock: bool = False) -> ReviewCase:
    rows = ReviewCase.objects.select_for_update(no_key=True) if lock else ReviewCase.objects
    found = rows.filter(pk=case_id, agency_id=actor.agency_id, membership_id=actor.membership_id).first()
    if found is None:
        raise NotFound
    return found


def _as_review(actor: Actor, case: ReviewCase, *, at: datetime) -> Review:
    """A case as the gate is told of it; one that was ended or refused is over."""
    over = case.ended_at or (case.decided_at if case.agreed is False else None)
    return Review(
        reason=Reason(case.reason),
        parts=compartments_in(case.mask),
        sworn=actor.sworn,
        until=over or case.until,
        at=at,
    )


def _is_open(actor: Actor, row: Section) -> bool:
    """Of some parts nothing opens but what the agency wrote itself."""
    rule = OPENABLE[actor.role, Compartment(row.compartment)]
    return not rule.own or row.agency_id == actor.agency_id


def _record(
    actor: Actor, case: ReviewCase, mine: Participation, parts: frozenset[Compartment], *, at: datetime
) -> None:
    purpose, named = REASONS[Reason(case.reason)].purpose.value, "+".join(sorted(parts))
    recording.record(actor, OPEN, target=case.target, purpose=purpose, code=named)
    recording.record(actor, OPENED, target=chain.target(case.referral_id), purpose=purpose, code=named)
    if case.opened_at is None:
        case.opened_at = at
        case.save(update_fields=["opened_at"])
        _enter(actor, case, parts, at=at)
        telling.tell(_authors(actor, mine, parts), case.referral_id, REVIEWED, at=at, role=Role.PRIVACY_OFFICER)


def _enter(actor: Actor, case: ReviewCase, parts: frozenset[Compartment], *, at: datetime) -> None:
    """The row of the ledger: inside one agency nothing crosses, and the client is told of it all the same."""
    agency = Agency.objects.get(pk=actor.agency_id)
    newest = Manifest.objects.filter(folder_id=case.referral_id).aggregate(number=Max("number"))["number"] or 0
    Disclosure.objects.create(
        referral_id=case.referral_id,
        discloser=agency,
        recipient=agency,
        recipient_name=agency.name,
        recipient_address=agency.address,
        membership_id=actor.membership_id,
        mask=case.mask,
        basis=Basis.INTERNAL_UNIT.value,
        purpose=REASONS[Reason(case.reason)].purpose.value,
        notice_version=notices.version_for(parts),
        manifest=newest,
        at=at,
    )


def _authors(actor: Actor, mine: Participation, parts: frozenset[Compartment]) -> Iterator[UUID]:
    """The other helping units that wrote any of it and that this agency deals with: the other side of a task.

    Never police: who takes part beyond their first hop, and what becomes of it there, is not told them (R-P2-03).
    """
    wrote = Section.objects.filter(folder_id=mine.referral_id, compartment__in=[part.value for part in parts])
    others = set(wrote.exclude(agency_id=actor.agency_id).values_list("agency_id", flat=True))
    dealt = ReferralTask.objects.filter(
        Q(requester_id=actor.agency_id, owner__in=others) | Q(owner_id=actor.agency_id, requester__in=others),
        referral_id=mine.referral_id,
    )
    sides = {side for pair in dealt.values_list("requester_id", "owner_id") for side in pair} & others
    found = Agency.objects.filter(pk__in=sides).exclude(kind=AgencyKind.POLICE.value).order_by("slug")
    yield from found.values_list("pk", flat=True)
