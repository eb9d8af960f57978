"""Registering and answering legal papers, and making mandated reports. Nothing here opens a referral for anybody.

A registered paper is a row beside the referrals: no gate asks for it, so it changes nothing (R-P2-18).
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import NoReturn
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from agencies.actor import Actor
from agencies.kinds import Answer, Purpose
from agencies.models import Agency
from agencies.offices import is_privacy_officer
from agencies.vault.purposes import KeyPurpose
from fhir.content.compartments import Compartment
from fhir.content.issues import Issue, error
from referrals.errors import Denied, IllegalStep, Invalid
from referrals.masks import mask_of
from referrals.models import Disclosure, Participation, Referral
from referrals.policy.codes import DenyCode, denied
from referrals.reference import read_reference
from referrals.services.offices import require_privacy_officer

from . import clock, sealing, shown
from .errors import NoSuchPaper
from .kinds import LETTER, OWN_KEY, PAPERS, REPORTERS, STEPS, Answered, Need, Paper, Report, State, refusal
from .models import LegalRequest, MandatedReport, PaperDisclosure
from .recording import done, one_act, refusals
from .reports import build_report, text_of
from .shown import OpenReport, OpenRequest, ShownEntry, ShownReport, ShownRequest

LONGEST_NAME = 500


def register_request(
    actor: Actor, *, kind: Paper, subject: str, sender: str, received_at: datetime, due_at: datetime | None = None
) -> ShownRequest:
    """Write down that a legal paper came: who is asked about and who asks are sealed.

    Raises ``Denied`` for anybody but a privacy officer, ``Invalid`` naming the field.
    """
    with one_act(actor, "legal.register"):
        require_privacy_officer(actor)
        _require(
            *clock.past("received_at", received_at, now=timezone.now()),
            *clock.due("due_at", due_at, received_at=received_at),
            *_said(subject=subject, sender=sender),
        )
        row = LegalRequest(kind=kind.value, received_at=received_at, due_at=due_at, **_by(actor))
        sealing.seal_row(row, {"subject": subject, "sender": sender}, to=[KeyPurpose.LEGAL])
        row.save(force_insert=True)
        done(actor, "legal.register", target=row.target, code=kind.value, digest=sealing.digest_of(row))
    return shown.request(row)


def answer_request(actor: Actor, request_id: UUID) -> str:
    """The letter to send, the same for everybody; the request counts as answered with it.

    Nobody is looked up: neither the letter nor the time it takes can say whether the person is known.
    Raises ``Denied``, ``NoSuchPaper`` and ``IllegalStep``.
    """
    with one_act(actor, "legal.answer", target=f"LegalRequest/{request_id}"):
        row = _locked(actor, request_id, step="answer")
        _answered(row, Answered(row.answered or Answered.TEMPLATE))
        done(actor, "legal.answer", target=row.target, code=Answered.TEMPLATE.value)
    return LETTER


def close_request(actor: Actor, request_id: UUID) -> ShownRequest:
    """Nothing more is to be done. Raises ``Denied``, ``NoSuchPaper``, and ``IllegalStep`` for one not answered."""
    with one_act(actor, "legal.close", target=f"LegalRequest/{request_id}"):
        row = _locked(actor, request_id, step="close")
        row.state, row.closed_at = State.CLOSED.value, timezone.now()
        row.save(update_fields=["state", "closed_at"])
        done(actor, "legal.close", target=row.target, code=row.answered)
    return shown.request(row)


def open_request(actor: Actor, request_id: UUID) -> OpenRequest:
    """Who is asked about, and who asks. Raises ``Denied``, ``NoSuchPaper`` and ``Unsealable``."""
    with refusals(actor, "legal.open", target=f"LegalRequest/{request_id}"):
        with transaction.atomic():
            row = _request(actor, request_id)
            done(actor, "legal.open", target=row.target, code=row.kind)
        content = sealing.open_row(actor, row)
        return OpenRequest(request=shown.request(row), subject=content["subject"], sender=content["sender"])


def requests(actor: Actor) -> list[ShownRequest]:
    """The legal papers of the agency, newest first; nothing is opened. Raises ``Denied``."""
    with one_act(actor, "legal.list"):
        require_privacy_officer(actor)
        done(actor, "legal.list", code="requests")
        return [shown.request(row) for row in LegalRequest.objects.visible_to(actor).order_by("-received_at", "-id")]


def release(actor: Actor, request_id: UUID, *, showing: Iterable[Need] = ()) -> NoReturn:
    """Ask for a release on a legal paper, ``showing`` what one has: always refused, with what is missing.

    Raises ``Denied`` with ``LEGAL_PROCESS_INSUFFICIENT``, or as the others do.
    """
    with refusals(actor, "legal.release", target=f"LegalRequest/{request_id}"):
        paper = Paper(_request(actor, request_id).kind)
        raise Denied(refusal(paper, showing), code=PAPERS[paper].code)


def record_by_hand(
    actor: Actor,
    request_id: UUID,
    *,
    to: str,
    at: datetime,
    parts: Iterable[Compartment],
    under: str,
    to_agency: UUID | None = None,
    referral: str = "",
    suspended_until: datetime | None = None,
    suspension_written: bool = False,
) -> ShownEntry:
    """Write down what was given out on paper: to whom, when, which parts, under which paper. It was done; this tells.

    ``referral`` is a reference number or id, "" if the person is linked to none. If the recipient is ``to_agency`` on
    the network, too, and the paper is a ground, the ledger gets a row; else the entry stands on the request. While it
    is suspended, ``entries`` keeps it from the client. Raises ``Denied``, ``NoSuchPaper``, ``IllegalStep`` and
    ``Invalid``.
    """
    given = frozenset(parts)
    with one_act(actor, "legal.record", target=f"LegalRequest/{request_id}"):
        request = _locked(actor, request_id, step="by-hand")
        now = timezone.now()
        _require(
            *clock.past("at", at, now=now),
            *clock.suspension("suspended_until", suspended_until, written=suspension_written, now=now),
            *_said(to=to, under=under),
            *([] if given else [error("required", "parts", "must name at least one part.")]),
        )
        row = PaperDisclosure(
            request=request, at=at, mask=mask_of(given), suspended_until=suspended_until, **_by(actor)
        )
        content = {"to": to, "under": under}
        sealing.seal_row(row, content, to=[KeyPurpose.LEGAL])
        row.referral = _ours(actor, referral) if referral else None
        row.disclosure = _ledger_row(row, to_agency=to_agency)
        row.save(force_insert=True)
        _answered(request, Answered.BY_HAND)
        done(actor, "legal.record", target=row.target, code="+".join(sorted(given)), digest=sealing.digest_of(row))
    return shown.entry(row, content)


def entries(actor: Actor, request_id: UUID, *, for_client: bool = False) -> list[ShownEntry]:
    """The entries by hand of one request, oldest first; ``for_client`` without those suspended today (R-H-05)."""
    with refusals(actor, "legal.open", target=f"LegalRequest/{request_id}"):
        with transaction.atomic():
            request = _request(actor, request_id)
            done(actor, "legal.open", target=request.target, code="by-hand")
        rows = PaperDisclosure.objects.visible_to(actor).filter(request=request).order_by("id")
        if for_client:
            rows = rows.filter(Q(suspended_until=None) | Q(suspended_until__lte=timezone.now()))
        return [shown.entry(row, sealing.open_row(actor, row)) for row in rows]


def report(
    actor: Actor,
    *,
    kind: Report,
    fields: Mapping[str, str],
    made_at: datetime,
    called_at: datetime | None = None,
    written_at: datetime | None = None,
    referral: str = "",
) -> ShownReport:
    """Keep a mandated report of the actor's own; ``made_at`` is when the duty began, the deadlines run from it.

    Raises ``Denied`` for a role that makes none, ``Invalid`` naming each field and word that may not stand in it,
    ``NoSuchPaper`` for a referral that is not the actor's to see.
    """
    with one_act(actor, "legal.report"):
        _require_reporter(actor)
        built = build_report(kind, fields, units=_telling_names(actor))
        _require_times(made_at=made_at, called_at=called_at, written_at=written_at)
        row = MandatedReport(kind=kind.value, made_at=made_at, called_at=called_at, written_at=written_at, **_by(actor))
        row.referral = _seen(actor, referral) if referral else None
        sealing.seal_row(row, built.fields, to=[KeyPurpose.LEGAL, OWN_KEY[actor.role]])
        row.save(force_insert=True)
        done(actor, "legal.report", target=row.target, code=kind.value, digest=sealing.digest_of(row))
        return shown.report(row)


def follow_up(
    actor: Actor, report_id: UUID, *, called_at: datetime | None = None, written_at: datetime | None = None
) -> ShownReport:
    """Write down that the reporter has called, or sent the writing; neither is written twice.

    Raises ``Denied``, ``NoSuchPaper`` and ``Invalid``.
    """
    given = {name: at for name, at in (("called_at", called_at), ("written_at", written_at)) if at is not None}
    with one_act(actor, "legal.follow", target=f"MandatedReport/{report_id}"):
        _require_reporter(actor)
        row = _report(actor, report_id, lock=True)
        _require_times(**given)
        _require(
            *(error("duplicate", name, "is written down already.") for name in given if getattr(row, name) is not None),
            *([] if given else [error("required", "called_at", "or written_at must be given.")]),
        )
        for name, at in given.items():
            setattr(row, name, at)
        row.save(update_fields=list(given))
        done(actor, "legal.follow", target=row.target, code=row.kind)
        return shown.report(row)


def open_report(actor: Actor, report_id: UUID) -> OpenReport:
    """A report and its text, for its reporter and the agency's privacy officers. Raises ``Denied``, ``NoSuchPaper``."""
    with refusals(actor, "legal.read", target=f"MandatedReport/{report_id}"):
        _require_reader(actor)
        with transaction.atomic():
            row = _report(actor, report_id)
            done(actor, "legal.read", target=row.target, code=row.kind)
        fields = sealing.open_row(actor, row)
        return OpenReport(report=shown.report(row), fields=fields, text=text_of(Report(row.kind), fields))


def reports(actor: Actor) -> list[ShownReport]:
    """That reports were made: the actor's own, or for a privacy officer the agency's. Newest first; none is opened."""
    with one_act(actor, "legal.list"):
        _require_reader(actor)
        done(actor, "legal.list", code="reports")
        rows = MandatedReport.objects.visible_to(actor).select_related("agency").order_by("-made_at", "-id")
        return [shown.report(row) for row in rows]


def _require_reporter(actor: Actor) -> None:
    if actor.role not in REPORTERS:
        raise denied(DenyCode.ROLE)


def _require_reader(actor: Actor) -> None:
    """Reports are read by those who make them, and by the privacy officer."""
    if not is_privacy_officer(actor):
        _require_reporter(actor)


def _require(*issues: Issue) -> None:
    if issues:
        raise Invalid(issues)


def _require_times(**times: datetime | None) -> None:
    now = timezone.now()
    _require(*(issue for name, at in times.items() for issue in clock.past(name, at, now=now)))


def _said(**texts: str) -> Iterator[Issue]:
    for name, text in texts.items():
        if not 0 < len(text.strip()) <= LONGEST_NAME:
            yield error("value", name, f"must be text of at most {LONGEST_NAME} characters, and not empty.")


def _by(actor: Actor) -> dict[str, UUID]:
    return {"agency_id": actor.agency_id, "membership_id": actor.membership_id}


def _request(actor: Actor, request_id: UUID) -> LegalRequest:
    require_privacy_officer(actor)
    row = LegalRequest.objects.visible_to(actor).filter(pk=request_id).first()
    if row is None:
        raise NoSuchPaper
    return row


def _locked(actor: Actor, request_id: UUID, *, step: str) -> LegalRequest:
    """The request, locked, from whose state ``step`` may be taken."""
    require_privacy_officer(actor)
    row = LegalRequest.objects.visible_to(actor).select_for_update(no_key=True).filter(pk=request_id).first()
    if row is None:
        raise NoSuchPaper
    state = State(row.state)
    if state not in STEPS[step]:
        allowed = tuple(name for name, froms in STEPS.items() if state in froms)
        raise IllegalStep(name=step, state=state.value, allowed=allowed, what="the request")
    return row


def _answered(row: LegalRequest, how: Answered) -> None:
    row.state, row.answered = State.ANSWERED.value, how.value
    row.answered_at = row.answered_at or timezone.now()
    row.save(update_fields=["state", "answered", "answered_at"])


def _report(actor: Actor, report_id: UUID, *, lock: bool = False) -> MandatedReport:
    rows = MandatedReport.objects.visible_to(actor).select_related("agency")
    row = (rows.select_for_update(no_key=True, of=("self",)) if lock else rows).filter(pk=report_id).first()
    if row is None:
        raise NoSuchPaper
    return row


def _telling_names(actor: Actor) -> list[str]:
    """Names that say by themselves that somebody is in treatment: of programs under Part 2; of the own unit, unless it
    is known to be none (R-P2-01).
    """
    known = Q(part2_status=Answer.YES.value)
    own = Q(pk=actor.agency_id) & ~Q(part2_status=Answer.NO.value)
    return list(Agency.objects.filter(known | own).values_list("name", flat=True))


def _ledger_row(row: PaperDisclosure, *, to_agency: UUID | None) -> Disclosure | None:
    """The row of the ledger of what ``row`` says, if the ledger can hold it. Raises ``Invalid`` for no such agency."""
    basis = PAPERS[Paper(row.request.kind)].basis
    if to_agency is None:
        return None
    recipient = Agency.objects.filter(pk=to_agency).exclude(pk=row.agency_id).first()
    if recipient is None:
        raise Invalid([error("not-found", "to_agency", "must be another agency of the network.")])
    if row.referral is None or basis is None:
        return None
    return Disclosure.objects.create(
        referral=row.referral,
        discloser_id=row.agency_id,
        recipient=recipient,
        recipient_name=recipient.name,
        recipient_address=recipient.address,
        membership_id=row.membership_id,
        mask=row.mask,
        basis=basis.value,
        purpose=Purpose.LEGAL.value,
        at=row.at,
    )


def _seen(actor: Actor, spoken: str) -> Referral:
    """A referral the actor works with."""
    return _one(Referral.objects.visible_to(actor), spoken)


def _ours(actor: Actor, spoken: str) -> Referral:
    """A referral the agency takes part in, or did: a privacy officer has no worklist to find it by."""
    places = Participation.objects.filter(agency_id=actor.agency_id)
    return _one(Referral.objects.filter(pk__in=places.values("referral_id")), spoken)


def _one(among: QuerySet[Referral], spoken: str) -> Referral:
    """That one of them with this reference number or id. Raises ``NoSuchPaper``, absent and foreign alike."""
    number = read_reference(spoken)
    try:
        wanted = Q(reference=number) if number is not None else Q(pk=UUID(spoken))
    except ValueError:
        raise NoSuchPaper from None
    found = among.filter(wanted).first()
    if found is None:
        raise NoSuchPaper
    return found
