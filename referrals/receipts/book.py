"""The receipt book: a code and a PIN, and then who was given what, when and why; and a way to stop it.

Nothing in it needs a key: the ledger says whom, when and which parts, never what stands in them.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from agencies.kinds import Purpose
from agencies.models import Agency
from agencies.vault.errors import CannotOpen
from audit import log
from audit.outcome import Outcome
from referrals.acts import StopConsent
from referrals.consents import forms
from referrals.errors import Broken, NotFound
from referrals.models import Participation
from referrals.perform import perform
from referrals.policy.terms import Standing, Terms, lapsed
from referrals.services import chain, consented

from . import ledger, slips, tries
from .acts import TellKeeper, on_clients_word
from .errors import Shut
from .ledger import Row, Span
from .models import Slip

STRANGER = "Person/unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A paper the client signed: ``form`` is its name among the forms; ``active`` while something stands on it."""

    id: UUID
    form: str
    places: tuple[str, ...]
    since: datetime
    until: datetime | None
    active: bool
    held: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """What the client reads: what ``agency`` gave out, newest first, and the papers it did so by."""

    slip: Slip
    agency: Agency
    rows: tuple[Row, ...]
    papers: tuple[Signed, ...]


def read(code: str, pin: str) -> Book:
    """Open the book. Raises ``Shut`` for a wrong code, a wrong PIN, a slip that is over and the sixth try in an hour.

    All four are one answer and take as long; each is recorded.
    """
    code_hash = slips.hash_of(code)
    counted = tries.take(code_hash, at=timezone.now())
    slip = slips.find(code)
    right = tries.is_pin(pin, slip.pin_hash if slip else None)
    if slip is None or not (counted and right):
        _shut(slip)
    tries.give_back(code_hash)
    return open_book(slip)


def reread(slip_id: UUID | None) -> Book:
    """The book of somebody who said code and PIN just before. Raises ``Shut``, recorded."""
    slip = slips.again(slip_id) if slip_id is not None else None
    if slip is None:
        _shut(None)
    return open_book(slip)


def open_book(slip: Slip) -> Book:
    """What stands in it now; the reading is recorded. Raises ``Broken`` for terms that are not what was signed."""
    now = timezone.now()
    _record(slip, "receipt.read")
    try:
        links, (rows,) = chain.read_with(slip.referral_id, consented.terms_in(slip.referral_id))
        state = links.verified()
        consents = consented.of(state, rows)
    except CannotOpen as broken:
        _refuse(slip, code=Broken.code, outcome=Outcome.SERIOUS)
        raise Broken from broken
    ours = [terms for terms in consents.values() if state.recorded_by[terms.consent] == slip.agency_id]
    found = ledger.rows(
        [slip.referral_id],
        discloser_id=slip.agency_id,
        span=Span(since=None, until=now, now=now),
        for_client=True,
    )
    return Book(slip=slip, agency=slip.agency, rows=tuple(reversed(found)), papers=_papers(ours, slip, at=now))


def stop(slip: Slip, consent_id: UUID) -> None:
    """Hold a consent the client wants stopped, from this moment. Raises ``NotFound`` for one that is not in the book.

    It is recorded for the agency that gave the slip, which keeps the paper and which alone may take it up again. If
    its part in the referral is over, for one that still takes part: a client is not left without a stop. It is nobody's
    membership: a member who has left must not be in the way of it, and must not be said to have done it.
    """
    agency = _acting(slip)
    word = on_clients_word(agency, slip.id)
    told = slip.agency_id if _takes_part(slip) else agency.id
    perform(
        word,
        [
            StopConsent(referral_id=slip.referral_id, consent_id=consent_id),
            TellKeeper(referral_id=slip.referral_id, agency_id=told, slip_id=slip.id),
        ],
    )


def _papers(ours: list[Terms], slip: Slip, *, at: datetime) -> tuple[Signed, ...]:
    names = dict(
        Agency.objects.filter(pk__in={id_ for terms in ours for id_ in terms.agencies}).values_list("id", "name")
    )
    return tuple(
        Signed(
            id=terms.consent,
            form=_slug(terms.form_version),
            places=tuple(sorted(names[id_] for id_ in terms.agencies if id_ in names and id_ != slip.agency_id)),
            since=terms.since,
            until=terms.until,
            active=lapsed(terms, at=at) is None,
            held=terms.standing is Standing.HELD,
        )
        for terms in sorted(ours, key=lambda terms: terms.consent, reverse=True)
    )


def _slug(uri: str) -> str:
    """The paper's name in the address of its form."""
    return uri.removeprefix(f"{forms.BASE}/").partition("/")[0]


def _acting(slip: Slip) -> Agency:
    """The agency for which a stop is recorded: the slip's, else the one it began with, else any that takes part."""
    places = Participation.objects.filter(referral_id=slip.referral_id, agency__connected=True).live(timezone.now())
    found = {place.agency_id: place.agency for place in places.select_related("agency").order_by("since", "id")}
    first = next(iter(found.values()), None)
    chosen = found.get(slip.agency_id) or found.get(slip.referral.origin_id) or first
    if chosen is None:
        raise NotFound
    return chosen


def _takes_part(slip: Slip) -> bool:
    return Participation.objects.filter(referral_id=slip.referral_id, agency_id=slip.agency_id).exists()


def _shut(slip: Slip | None) -> NoReturn:
    _refuse(slip, code=Shut.code)
    raise Shut


def _record(slip: Slip, action: str) -> None:
    with transaction.atomic():
        log.record(
            action=action,
            target=chain.target(slip.referral_id),
            actor=slip.target,
            agency=str(slip.agency_id),
            purpose=Purpose.PATIENT_REQUEST.value,
        )


def _refuse(slip: Slip | None, *, code: str, outcome: Outcome = Outcome.REFUSED) -> None:
    """A code that is none leaves no trace of what was typed."""
    log.record(
        action="receipt.read",
        target=slip.target if slip else "Door/receipt",
        actor=STRANGER,
        agency=str(slip.agency_id) if slip else "",
        outcome=outcome,
        code=code,
    )
