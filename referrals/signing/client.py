"""What a client does with a link: say the code, read the paper, sign it or say no. Nobody of the agency is there.

It is filed as the member who made the link, by that membership as it stands now; none of its keys is used. The log
names the link, not the member, as who read and who said no.
"""

from dataclasses import dataclass
from typing import NoReturn
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone

from agencies.actor import Actor
from agencies.days import local_day
from agencies.errors import NotAMember
from agencies.kinds import Purpose
from agencies.services import actor_for
from agencies.vault.errors import CannotOpen
from audit import log
from audit.outcome import Outcome
from audit.uuid7 import uuid7
from referrals.consents.forms import FormVersion
from referrals.errors import Denied
from referrals.models import Notice
from referrals.packs.packs import Pack
from referrals.perform import perform
from referrals.policy.terms import Method
from referrals.services.reading_consents import pack_of

from . import documents, links, papers
from .acts import FileConsent, Known
from .asking import Filed
from .errors import Incomplete, LinkDead, WrongCode
from .links import Content
from .models import SigningRequest, State
from .papers import Answers, Sheet
from .sheets import in_words

STRANGER = "Person/unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A link whose code was said: the paper to sign, and the rules of the agency's state."""

    row: SigningRequest
    actor: Actor
    content: Content
    pack: Pack

    @property
    def sheet(self) -> Sheet:
        """The paper."""
        return self.content.sheet

    def form(self, language: str) -> FormVersion:
        """The form in this language, or in the first it may be signed in. Raises ``LinkDead`` if it may be in none."""
        in_order = (language, *self.sheet.languages)
        found = next((form for each in in_order if (form := papers.form_of(self.sheet, each))), None)
        if found is None:
            raise LinkDead
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """What the client signed, word for word, and where it is filed."""

    text: str
    language: str
    filed: Filed


def enter(token: str, code: str) -> Opened:
    """Try a code on a link. Raises ``WrongCode``, and ``LinkDead`` for a link that cannot be used; both recorded."""
    row = links.find(links.read_token(token))
    left = links.spend_try(row) if row is not None and links.usable(row) else None
    if row is None or left is None:
        _dead("consent.read", row)
    if not links.is_code(row, code):
        _refuse("consent.read", row, code=WrongCode.code)
        raise WrongCode(left)
    links.give_back(row)
    return reopen(token, row.pk)


def reopen(token: str, row_id: UUID | None) -> Opened:
    """The paper of a link whose code was said before: ``row_id`` is the proof of it.

    Raises ``LinkDead``, recorded; the reading is recorded, too.
    """
    secret = links.read_token(token)
    row = links.find(secret)
    if secret is None or row is None or row.pk != row_id or not links.usable(row):
        _dead("consent.read", row)
    try:
        actor, pack = actor_for(row.membership), pack_of(row.agency.state)
        _record("consent.read", row)
        content = links.open_content(row, secret)
    except (NotAMember, Denied) as ended:
        _refuse("consent.read", row, code=ended.code)
        raise LinkDead from ended
    except CannotOpen as broken:
        _refuse("consent.read", row, code=broken.code, outcome=Outcome.SERIOUS)
        raise LinkDead from broken
    return Opened(row=row, actor=actor, content=content, pack=pack)


def sign(opened: Opened, answers: Answers, *, language: str) -> Copy:
    """File what the client signed. Raises ``Incomplete`` naming each field, and whatever refuses the act.

    Of two at once one wins; the other gets ``LinkDead``.
    """
    form, sheet = opened.form(language), opened.sheet
    papers.require_offered(form, sheet, opened.pack, answers)
    lacking = papers.missing(form, sheet, opened.pack, answers)
    if lacking:
        raise Incomplete(lacking)
    agency = opened.row.agency
    text = papers.signed_text(
        form,
        sheet,
        answers,
        until=in_words(sheet.until, form.language),
        signed=in_words(local_day(agency, timezone.now()), form.language),
    )
    signed = documents.words(text, language=form.language)
    now = timezone.now().astimezone(ZoneInfo(agency.time_zone)).isoformat(timespec="seconds")
    act = _act(opened, form, answers, signed, on=now)
    perform(opened.actor, [act])
    filed = Filed(consent_id=act.consent_id, document_id=act.document_id, sha256=signed.sha256)
    return Copy(text=text, language=form.language, filed=filed)


def decline(opened: Opened) -> None:
    """The client says no: the link ends, and whoever made it is told. Raises ``LinkDead`` if it had ended."""
    row = opened.row
    with transaction.atomic(durable=True):
        ended = links.end(row.pk, State.DECLINED, at=timezone.now())
        if ended:
            Notice(agency_id=row.agency_id, referral_id=row.referral_id, code="consent-declined").save()
            _record("consent.decline", row)
    if not ended:
        _dead("consent.decline", row)


def _act(opened: Opened, form: FormVersion, answers: Answers, signed: documents.Signed, *, on: str) -> FileConsent:
    document_id = uuid7()
    facts = papers.facts_of(
        form,
        opened.sheet,
        answers,
        source=f"DocumentReference/{document_id}",
        method=Method(opened.row.method),
        signed=on,
        since=on,
    )
    return FileConsent(
        referral_id=opened.row.referral_id,
        consent_id=uuid7(),
        document_id=document_id,
        facts=facts,
        signed=signed,
        paper=opened.sheet.paper,
        known=Known(name=opened.sheet.client, born=opened.content.born, version=opened.content.known_as_of),
        request_id=opened.row.pk,
    )


def _dead(action: str, row: SigningRequest | None) -> NoReturn:
    _refuse(action, row, code=LinkDead.code)
    raise LinkDead


def _record(action: str, row: SigningRequest) -> None:
    log.record(
        action=action,
        target=row.target,
        actor=row.target,
        agency=str(row.agency_id),
        purpose=Purpose.PATIENT_REQUEST.value,
    )


def _refuse(action: str, row: SigningRequest | None, *, code: str, outcome: Outcome = Outcome.REFUSED) -> None:
    """A link that is none leaves no trace of what was typed."""
    log.record(
        action=action,
        target=row.target if row else "Door/signing",
        actor=STRANGER,
        agency=str(row.agency_id) if row else "",
        outcome=outcome,
        code=code,
    )
