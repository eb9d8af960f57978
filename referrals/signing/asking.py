"""What staff do: ask for a signature by a link, print the paper, file the page that came back, withdraw a link."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext

from agencies.actor import Actor
from audit.uuid7 import uuid7
from fhir.content.issues import error
from referrals.errors import Invalid
from referrals.perform import perform
from referrals.policy.terms import Method
from referrals.services import chain, recording
from referrals.services.gating import require_work

from . import documents, links, papers
from .acts import FileConsent
from .errors import Incomplete, NothingWaiting
from .links import Content
from .models import SigningRequest, State
from .papers import Answers, Wanted
from .sheets import Ready, ready

BY_LINK = frozenset({Method.OWN_PHONE, Method.ON_SCREEN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link just made. ``path`` and ``code`` are kept nowhere: whoever does not give them to the client lost them.

    ``message`` may be sent to the client as it is; the code may not be: it is said aloud.
    """

    id: UUID
    path: str = field(repr=False)
    code: str = field(repr=False)
    message: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OnPaper:
    """What was ticked and written on a signed page, and the day on it."""

    wanted: Wanted
    answers: Answers
    signed: date
    language: str = "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """A consent that is on file now, and the SHA-256 of what was signed."""

    consent_id: UUID
    document_id: UUID
    sha256: str


def ask_signature(
    actor: Actor,
    referral_id: UUID,
    facts: Wanted,
    *,
    method: Method = Method.OWN_PHONE,
    language: str = "en",
    lasts: timedelta = links.LASTS,
    site: str = "",
) -> Link:
    """Make a one-time link to sign ``facts``, on our screen or on the client's own phone, and a code to say aloud.

    Who the client is is taken now, with the actor's keys, and sealed under the link; the paper is filed as this actor.
    ``site`` is the address the message shall name. Raises what filing such a paper would: nobody is asked in vain.
    """
    target = chain.target(referral_id)
    with recording.refusals(actor, "consent.ask", target=target):
        _require_lasting(method, lasts)
        paper = ready(actor, referral_id, facts, language=language)
        _rehearse(actor, paper, method)
        token, text = links.new_token()
        code = links.new_code()
        with transaction.atomic(durable=True):
            row = _new_row(actor, paper, method, lasts=lasts, token=token, code=code)
            links.seal_content(row, token, _content(paper))
            row.save(force_insert=True)
            recording.record(actor, "consent.ask", target=target, code=row.target)
    path = f"/s/{text}?lang={language}"
    return Link(id=row.id, path=path, code=code, message=_message(site + path, language), expires_at=row.expires_at)


def withdraw_link(actor: Actor, request_id: UUID) -> None:
    """Let nobody sign by this link any more. Raises ``NothingWaiting`` for another agency's, and one that ended."""
    target = f"SigningRequest/{request_id}"
    with recording.one_act(actor, "consent.drop-link", target=target):
        require_work(actor)
        ours = SigningRequest.objects.filter(pk=request_id, agency_id=actor.agency_id)
        if not ours.exists() or not links.end(request_id, State.WITHDRAWN, at=timezone.now()):
            raise NothingWaiting
        recording.record(actor, "consent.drop-link", target=target)


def paper_to_print(actor: Actor, referral_id: UUID, facts: Wanted, *, language: str = "en") -> Ready:
    """The paper, filled with what is known, for ``web.printing`` to lay out. Raises what filing it would."""
    with recording.refusals(actor, "consent.print", target=chain.target(referral_id)):
        paper = ready(actor, referral_id, facts, language=language)
        _rehearse(actor, paper, Method.PAPER)
        recording.record(actor, "consent.print", target=chain.target(referral_id))
        return paper


def file_paper(actor: Actor, referral_id: UUID, facts: OnPaper, image: bytes) -> Filed:
    """File a page that was signed by hand, photographed or scanned. ``facts`` say what the page says.

    Raises ``Invalid`` naming the field, ``Incomplete`` for what a page must have, and what recording a consent raises.
    """
    with recording.refusals(actor, "consent.file", target=chain.target(referral_id)):
        signed = documents.page(image, language=facts.language)
        paper = ready(actor, referral_id, facts.wanted, language=facts.language)
        papers.require_offered(paper.form, paper.sheet, paper.pack, facts.answers)
        lacking = papers.missing(paper.form, paper.sheet, paper.pack, facts.answers)
        if lacking:
            raise Incomplete(lacking)
    act = _act(paper, facts.answers, signed, method=Method.PAPER, on=facts.signed.isoformat())
    perform(actor, [act])
    return Filed(consent_id=act.consent_id, document_id=act.document_id, sha256=signed.sha256)


def _require_lasting(method: Method, lasts: timedelta) -> None:
    if method not in BY_LINK:
        raise Invalid([error("value", "method", f"must be one of: {', '.join(sorted(BY_LINK))}")])
    if not timedelta(0) < lasts <= links.LONGEST:
        raise Invalid([error("value", "lasts", f"must be at most {links.LONGEST.days} days")])


def _rehearse(actor: Actor, paper: Ready, method: Method) -> None:
    """Go through filing this paper, ticked one way and the other, and take it all back. Raises what refuses it."""
    signed = documents.words("-", language=paper.form.language)
    now = timezone.now().isoformat(timespec="seconds")
    for answers in papers.extremes(paper.form, paper.sheet, paper.pack):
        act = _act(paper, answers, signed, method=method, on=now).prepare(actor)
        with transaction.atomic():
            act.check(act.begin(actor))
            transaction.set_rollback(True)


def _act(paper: Ready, answers: Answers, signed: documents.Signed, *, method: Method, on: str) -> FileConsent:
    document_id = uuid7()
    facts = papers.facts_of(
        paper.form,
        paper.sheet,
        answers,
        source=f"DocumentReference/{document_id}",
        method=method,
        signed=on,
        since=on,
    )
    return FileConsent(
        referral_id=paper.referral_id,
        consent_id=uuid7(),
        document_id=document_id,
        facts=facts,
        signed=signed,
        paper=paper.sheet.paper,
    )


def _new_row(
    actor: Actor, paper: Ready, method: Method, *, lasts: timedelta, token: bytes, code: str
) -> SigningRequest:
    now = timezone.now()
    return SigningRequest(
        referral_id=paper.referral_id,
        agency_id=actor.agency_id,
        membership_id=actor.membership_id,
        paper=paper.sheet.paper,
        method=method.value,
        token_hash=links.hash_of(token),
        code_hash=links.hash_code(code),
        created_at=now,
        expires_at=now + lasts,
    )


def _content(paper: Ready) -> Content:
    return Content(sheet=paper.sheet, born=paper.known.born, known_as_of=paper.known.version)


def _message(address: str, language: str) -> str:
    """What may be sent: it names nobody, no agency and no kind of help."""
    with translation.override(language):
        return gettext("Here is the page we talked about: %(address)s") % {"address": address}
