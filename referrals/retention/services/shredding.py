"""Deleting for good what is due: an order first, then the shred secret, then the rows.

Two databases cannot commit together, so one commit decides. It is the one that deletes the secret:

1. The main database commits a certificate that says everything, with ``finished_at`` empty: an order. Nothing else
   has changed. Killed here, the referral opens as before and is still due; the next run takes up the order.
2. With the referral locked, all is asked once more; then the shred database commits the deletion. From this instant
   nothing opens, in no backup, and the certificate of step 1 is true. Killed here, the referral is deleted and
   certified; its rows still stand, unreadable, and the next run does step 3.
3. The main database commits the rest: wraps, ciphertext, tokens and what else led to the client; ``finished_at``.

The secret last would leave a referral certified as deleted that every backup opens. The secret first, without an
order, would leave one destroyed and nobody to say why. So whether a certificate is in force is not a column: it is
whether the secret is gone.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from agencies.actor import Actor
from agencies.vault.errors import CannotOpen
from agencies.vault.shred import secrets as shred_secrets
from audit import log
from audit.outcome import Outcome
from referrals.errors import Broken, NotFound, Refused, Stale
from referrals.models import Referral
from referrals.policy.codes import DenyCode, denied
from referrals.retention.errors import ExportMissing, NotApproved, NotDue, Purged
from referrals.retention.models import Certificate, Schedule
from referrals.services import chain, recording
from referrals.services.offices import require_privacy_officer

from . import exporting
from .gathering import Born, day, gather, signed, with_secret
from .judging import Verdict, judge, verdicts
from .offices import person_of, require_own
from .schedules import lock
from .tidying import tidy

ACTION = "retention.shred"
ORDER = "retention.order"
SYSTEM = "System/retention"
AT_ONCE = 200
HEX = frozenset("0123456789abcdef")


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """A referral that is due and was not deleted, and the code of the reason."""

    referral_id: UUID
    reference: str
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one run of the job did, and what it left."""

    deleted: tuple[Certificate, ...]
    left: tuple[Left, ...]


def shred(actor: Actor, *, referral_id: UUID, digest: str, born: int | None = None) -> Certificate:
    """Delete a referral that began with the actor's agency, for good and everywhere. Returns its certificate.

    ``digest`` is the SHA-256 of the agency's own export, ``born`` the client's birth year if somebody read it there.
    Called again after a crash it goes on where it was stopped. Raises ``Denied`` (role, hold), ``NotFound``,
    ``NotApproved``, ``NotDue``, ``ExportMissing``, ``Purged``, ``Broken``: what is not genuine is evidence.
    """
    with recording.refusals(actor, ACTION, target=chain.target(referral_id)):
        require_privacy_officer(actor)
        person_of(actor)
        require_own(actor, referral_id)
        return _shred(actor.name, referral_id, digest, {referral_id: born} if born else {})


def purge(*, at: datetime) -> Run:
    """Delete what was due by ``at`` for every agency with an approved schedule: a job, so nobody is asked anything.

    Takes up what was stopped half-way. Leaves what is held, and what nobody exported yet. Raises ``ValueError`` for a
    time to come.
    """
    agencies = Schedule.objects.in_force().values_list("agency_id", flat=True)
    return _run(SYSTEM, set(agencies), at, {})


def purge_own(actor: Actor, *, born: Born) -> Run:
    """``purge`` of what began with the actor's agency, now, knowing these birth years. Raises ``Denied``."""
    with recording.refusals(actor, "retention.purge"):
        require_privacy_officer(actor)
        person_of(actor)
    recording.record(actor, "retention.purge")
    return _run(actor.name, {actor.agency_id}, timezone.now(), born)


def certificate_of(actor: Actor, *, referral_id: UUID) -> Certificate:
    """The certificate of a referral that began with the actor's agency. Raises ``Denied``, ``NotFound``."""
    target = chain.target(referral_id)
    with recording.refusals(actor, "retention.certificate", target=target):
        require_privacy_officer(actor)
        require_own(actor, referral_id)
        found = Certificate.objects.filter(folder_id=referral_id).first()
        if found is None or referral_id in with_secret([referral_id]):
            raise NotFound
        recording.record(actor, "retention.certificate", target=target)
    return found


def _run(by: str, agency_ids: set[UUID], at: datetime, born: Born) -> Run:
    if at > timezone.now():
        raise ValueError("Nothing is deleted before its time.")
    deleted = [_carry_out(order, born) for order in _stopped(agency_ids)]
    left = []
    for verdict, referral in verdicts(agency_ids, at=at, born=born):
        if len(deleted) >= AT_ONCE:
            break
        digest = exporting.exported(referral.pk)
        code = _obstacle(verdict, referral, digest)
        try:
            if not code:
                deleted.append(_shred(by, referral.pk, digest, born))
        except CannotOpen:
            code = Broken.code
            _record(by, ACTION, referral, code=code, outcome=Outcome.SERIOUS)
        except Refused as refusal:
            code = refusal.code
            _record(by, ACTION, referral, code=code, outcome=Outcome.REFUSED)
        if code:
            left.append(Left(referral_id=referral.pk, reference=referral.reference, code=code))
    return Run(deleted=tuple(deleted), left=tuple(left))


def _stopped(agency_ids: set[UUID]) -> list[Certificate]:
    """The orders whose secret is gone and whose rows are not."""
    orders = list(Certificate.objects.filter(agency_id__in=agency_ids, finished_at=None).order_by("id"))
    there = with_secret(order.folder_id for order in orders)
    return [order for order in orders if order.folder_id not in there]


def _obstacle(verdict: Verdict, referral: Referral, digest: str) -> str:
    """Why the job does not even try, "" if it does; it would be refused every night."""
    if verdict.holds:
        return DenyCode.LEGAL_HOLD
    missing = not digest and exporting.needs_export(referral.origin_id, referral.pk)
    return ExportMissing.code if missing else ""


def _shred(by: str, referral_id: UUID, digest: str, born: Born) -> Certificate:
    try:
        return _carry_out(_order(by, referral_id, digest, born), born)
    except (Refused, CannotOpen):
        _take_back(referral_id)
        raise


def _take_back(referral_id: UUID) -> None:
    """Drop the order for a referral that stays; one whose secret is gone is no order any more but its certificate."""
    if referral_id in with_secret([referral_id]):
        Certificate.objects.filter(folder_id=referral_id, finished_at=None).delete()


def _order(by: str, referral_id: UUID, digest: str, born: Born) -> Certificate:
    """Step 1. An order that was stopped after the secret was deleted stays as it was given."""
    with transaction.atomic(durable=True):
        referral = _locked(referral_id)
        found = Certificate.objects.filter(folder_id=referral_id).first()
        if found is not None and found.finished_at is not None:
            raise Purged
        gone = referral_id not in with_secret([referral_id])
        if found is not None and gone:
            return found
        verdict = _require_due(referral, born)
        _require_export(referral, digest, gone=gone)
        order = found or Certificate(folder_id=referral_id, agency_id=referral.origin_id)
        _fill(order, verdict, by=by, digest=digest)
        order.save()
        _record(by, ORDER, referral, code=_code(order))
    return order


def _carry_out(order: Certificate, born: Born) -> Certificate:
    """Steps 2 and 3. The referral's lock keeps every act and every reader's second look out until both are done."""
    with transaction.atomic(durable=True):
        referral = _locked(order.folder_id)
        current = Certificate.objects.select_for_update(no_key=True).filter(pk=order.pk).first()
        if current is None:
            raise Stale("Somebody else is deleting this referral.")
        if current.finished_at is not None:
            return current
        if current.folder_id in with_secret([current.folder_id]):
            _require_same(current, _require_due(referral, born))
            _require_export(referral, current.export_digest, gone=False)
            shred_secrets.shred(current.folder_id)
        current.finished_at = timezone.now()
        current.counts = tidy(current.folder_id, at=current.finished_at)
        current.save(update_fields=["finished_at", "counts"])
        _record(current.by, ACTION, referral, code=_code(current))
    return current


def _locked(referral_id: UUID) -> Referral:
    found = (
        Referral.objects.select_for_update(no_key=True, of=("self",))
        .select_related("origin")
        .filter(pk=referral_id)
        .first()
    )
    if found is None:
        raise NotFound
    return found


def _require_due(referral: Referral, born: Born) -> Verdict:
    """The verdict that lets it go. Raises what does not, ``CannotOpen`` for a chain that is not genuine.

    After this nobody approves or holds anything for the agencies in it until the transaction ends.
    """
    facts = signed(gather([referral], born)[0], chain.load(referral.pk), referral)
    lock(facts.agencies)
    (verdict,) = judge([facts])
    if not verdict.approved:
        raise NotApproved
    if verdict.due is None or verdict.line is None or verdict.due.on > day(timezone.now(), referral):
        raise NotDue
    if verdict.holds:
        raise denied(DenyCode.LEGAL_HOLD)
    return verdict


def _require_same(order: Certificate, verdict: Verdict) -> None:
    """Raise ``Stale`` if the referral or the schedule is not what the order was given for."""
    given = verdict.line and (verdict.line.pk, log.newest_digest(chain.target(verdict.facts.folder_id)))
    if given != (order.schedule_id, order.chain_digest):
        raise Stale("This referral or its schedule changed a moment ago. Look again before you delete it.")


def _require_export(referral: Referral, digest: str, *, gone: bool) -> None:
    """Raise ``ExportMissing`` unless the agency has its own record, or has nothing in the referral.

    Of one that is gone, because the main database was restored to an older state, no export can be made any more and
    the entry of the old one may be lost with the certificate: the digest on the officer's own copy is taken.
    """
    told = len(digest) == 64 and HEX.issuperset(digest)
    if exporting.needs_export(referral.origin_id, referral.pk) and not (
        told and (gone or exporting.is_export(referral.pk, digest))
    ):
        raise ExportMissing


def _fill(order: Certificate, verdict: Verdict, *, by: str, digest: str) -> None:
    """Everything a certificate says but what came of it."""
    if verdict.due is None or verdict.line is None:
        raise NotDue
    order.schedule, order.authority = verdict.line, verdict.line.authority
    order.category = verdict.due.category.value
    order.by, order.ordered_at = by, timezone.now()
    order.age_told = verdict.facts.birth_year is not None
    order.export_digest = digest
    order.chain_digest = log.newest_digest(chain.target(verdict.facts.folder_id))


def _code(order: Certificate) -> str:
    return f"{order.category}+age-told" if order.age_told else order.category


def _record(by: str, action: str, referral: Referral, *, code: str, outcome: Outcome = Outcome.SUCCESS) -> None:
    log.record(
        action=action,
        target=chain.target(referral.pk),
        actor=by,
        agency=str(referral.origin_id),
        outcome=outcome,
        code=code,
    )
