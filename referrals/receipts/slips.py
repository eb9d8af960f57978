"""Slips of the receipt book: eight letters and a PIN on a piece of paper that says nothing of what they open."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from django.utils import timezone, translation
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext

from agencies.actor import Actor
from agencies.days import local_day
from agencies.models import Agency
from audit.uuid7 import uuid7
from fhir.content.issues import error
from referrals.errors import Invalid
from referrals.services import chain, recording
from referrals.services.gating import place_of

from . import tries
from .accounting import require_asker
from .errors import NoSuchSlip
from .models import Slip

LETTERS = "BCDFGHJKMNPQRSTVWXYZ"
"""No vowels, so that no slip spells a word, and no letter that is taken for a figure."""

CODE_LETTERS, PIN_DIGITS = 8, 6
LASTS, LONGEST = timedelta(days=90), timedelta(days=365)


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """A slip just made. ``code`` and ``pin`` are kept nowhere: a lost slip is ended, and another one made."""

    id: UUID
    code: str = field(repr=False)
    pin: str = field(repr=False)
    expires_at: datetime
    last_day: date
    safe_to_message: bool

    def text(self, *, site: str, language: str = "en") -> str:
        """What stands on the slip that is handed over: an address, a code, a PIN and a day. It names nobody."""
        with translation.override(language):
            return gettext("Go to %(address)s\nCode: %(code)s\nPIN: %(pin)s\nGood until %(day)s") % {
                "address": f"{site}/r/",
                "code": self.code,
                "pin": self.pin,
                "day": self.last_day.isoformat(),
            }


def make_slip(actor: Actor, referral_id: UUID, *, safe_to_message: bool, lasts: timedelta = LASTS) -> Printed:
    """A new slip for the client of this referral, good for ``lasts``. Whoever makes it has seen its code and PIN.

    So the book shows what the maker's own agency gave out, and who may make one is who may ask for that anyway.
    Raises ``Denied``, ``NotFound`` and ``Invalid``.
    """
    target = chain.target(referral_id)
    with recording.one_act(actor, "receipt.make", target=target):
        require_asker(actor)
        place_of(actor, referral_id)
        _require_lasting(lasts)
        code, pin, now = _letters(), _digits(), timezone.now()
        row = Slip(
            id=uuid7(),
            referral_id=referral_id,
            agency_id=actor.agency_id,
            membership_id=actor.membership_id,
            code_hash=hash_of(code),
            pin_hash=tries.hash_pin(pin),
            safe_to_message=safe_to_message,
            created_at=now,
            expires_at=now + lasts,
        )
        row.save(force_insert=True)
        recording.record(actor, "receipt.make", target=target, code=row.target)
    return Printed(
        id=row.id,
        code=f"{code[:4]}-{code[4:]}",
        pin=pin,
        expires_at=row.expires_at,
        last_day=_last_day(actor, row.expires_at),
        safe_to_message=safe_to_message,
    )


def renew(actor: Actor, slip_id: UUID, *, lasts: timedelta = LASTS) -> date:
    """Let a slip be good for ``lasts`` from now on; code and PIN stay. Returns its last whole day.

    Raises ``NoSuchSlip`` for another agency's, and one that was ended; ``Denied`` and ``Invalid``.
    """
    with recording.one_act(actor, "receipt.renew", target=f"Slip/{slip_id}"):
        require_asker(actor)
        _require_lasting(lasts)
        until = timezone.now() + lasts
        if not Slip.objects.filter(pk=slip_id, agency_id=actor.agency_id, ended_at=None).update(expires_at=until):
            raise NoSuchSlip
        recording.record(actor, "receipt.renew", target=f"Slip/{slip_id}")
        return _last_day(actor, until)


def end(actor: Actor, slip_id: UUID) -> None:
    """The slip opens nothing any more. Raises ``NoSuchSlip`` and ``Denied``."""
    with recording.one_act(actor, "receipt.end", target=f"Slip/{slip_id}"):
        require_asker(actor)
        ours = Slip.objects.filter(pk=slip_id, agency_id=actor.agency_id, ended_at=None)
        if not ours.update(ended_at=timezone.now()):
            raise NoSuchSlip
        recording.record(actor, "receipt.end", target=f"Slip/{slip_id}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownSlip:
    """A slip that is good today; its code and PIN are known to whoever holds it."""

    id: UUID
    made_at: datetime
    expires_at: datetime
    safe_to_message: bool


def of_referral(actor: Actor, referral_id: UUID) -> list[ShownSlip]:
    """The agency's slips for a referral that are good today, oldest first. Raises ``Denied`` and ``NotFound``."""
    target = chain.target(referral_id)
    with recording.refusals(actor, "receipt.list", target=target):
        require_asker(actor)
        place_of(actor, referral_id)
        recording.record(actor, "receipt.list", target=target)
        good = Slip.objects.filter(referral_id=referral_id, agency_id=actor.agency_id, ended_at=None)
        return [
            ShownSlip(
                id=row.id,
                made_at=row.created_at,
                expires_at=row.expires_at,
                safe_to_message=row.safe_to_message,
            )
            for row in good.filter(expires_at__gt=timezone.now()).order_by("id")
        ]


def hash_of(code: str) -> str:
    """What is kept of a code: a hash under the installation's secret, so that a stolen database names no code."""
    return salted_hmac("receipts.code", normal(code), algorithm="sha256").hexdigest()


def normal(typed: str) -> str:
    """A code as it was made, however it is typed."""
    return "".join(letter for letter in typed.upper() if letter.isascii() and letter.isalnum())


def find(code: str) -> Slip | None:
    """The slip of this code, if it is good today."""
    good = Slip.objects.filter(code_hash=hash_of(code), ended_at=None, expires_at__gt=timezone.now())
    return good.select_related("agency").first()


def again(slip_id: UUID) -> Slip | None:
    """A slip that was opened before, if it is good still."""
    good = Slip.objects.filter(pk=slip_id, ended_at=None, expires_at__gt=timezone.now())
    return good.select_related("agency").first()


def _last_day(actor: Actor, until: datetime) -> date:
    """The last day that is over, where the agency is, before the slip is: what is printed is never too late."""
    return local_day(Agency.objects.get(pk=actor.agency_id), until) - timedelta(1)


def _require_lasting(lasts: timedelta) -> None:
    if not timedelta(0) < lasts <= LONGEST:
        raise Invalid([error("value", "lasts", f"must be at most {LONGEST.days} days")])


def _letters() -> str:
    return _chosen(LETTERS, CODE_LETTERS)


def _digits() -> str:
    return _chosen("0123456789", PIN_DIGITS)


def _chosen(among: Iterable[str], count: int) -> str:
    pool = tuple(among)
    return "".join(secrets.choice(pool) for _ in range(count))
