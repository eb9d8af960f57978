"""What one consent lets through: the plain facts of a signed form, as the gate reads them (R-P2-04 to R-P2-09). Pure.

The Consent itself is sealed. Its terms stand in a row whose bytes are signed into the referral's chain, so that a
gate reads them at every send and every opening without opening anything, and nobody widens them by SQL.
"""

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any, TypeVar
from uuid import UUID

from agencies.kinds import Purpose
from fhir.content.compartments import Compartment

from .codes import DenyCode

T = TypeVar("T")


class Form(StrEnum):
    """Which paper was signed. The last two are separate papers (R-P2-08, R-P2-10); neither is taken yet."""

    TPO = "tpo"
    NAMED = "named"
    CRIMINAL_JUSTICE = "criminal_justice"
    PROCEEDING = "proceeding"


class Method(StrEnum):
    """How the client said yes. ``ORAL`` is a to-do, never a ground for substance-use records (R-P2-05)."""

    ON_SCREEN = "on_screen"
    OWN_PHONE = "own_phone"
    PAPER = "paper"
    ORAL = "oral"


class Standing(StrEnum):
    """How a consent stands. ``HELD``: the client said stop, the writing is still to come (R-P2-13)."""

    ACTIVE = "active"
    HELD = "held"
    REVOKED = "revoked"


class Recipients(StrEnum):
    """A class of recipients a form may name instead of agencies (R-P2-04 (4))."""

    TREATING = "treating_providers"
    OPERATING = "program_helpers"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """One version of one consent. Times are aware; ``until`` is the moment it ends, ``None`` for a form that may not.

    ``holder`` is the agency that may share on it; ``answers`` says that who is named may answer that agency.

    ``papers`` are the documents that were signed, of this version and those before.

    ``form_version`` names form, version and language as registered; ``form_hash`` is the SHA-256 of its text, in hex.
    """

    consent: UUID
    version: int
    form: Form
    form_version: str
    form_hash: str
    method: Method
    standing: Standing
    holder: UUID
    answers: bool
    agencies: frozenset[UUID]
    classes: frozenset[Recipients]
    compartments: frozenset[Compartment]
    purposes: frozenset[Purpose]
    since: datetime
    until: datetime | None
    papers: frozenset[UUID] = frozenset()

    def standing_as(self, standing: Standing) -> "Terms":
        """The same terms, standing differently."""
        return replace(self, standing=standing)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """Who is to receive, from whom, as far as terms ask. ``accepted``: it said yes to a task of this referral."""

    agency_id: UUID
    discloser_id: UUID
    sworn: bool
    treating: bool
    accepted: bool


def refusal(
    terms: Terms, recipient: Recipient, compartment: Compartment, purpose: Purpose, *, at: datetime
) -> DenyCode | None:
    """Why ``terms`` do not let ``compartment`` go to ``recipient`` for ``purpose`` at ``at``; ``None`` if they do."""
    return lapsed(terms, at=at) or _scope(terms, recipient, compartment, purpose)


def lapsed(terms: Terms, *, at: datetime) -> DenyCode | None:
    """Why ``terms`` are no ground for anything at ``at``; ``None`` while they stand (R-P2-09, R-P2-13)."""
    if terms.standing is not Standing.ACTIVE:
        return DenyCode.CONSENT_REVOKED
    if at < terms.since:
        return DenyCode.CONSENT_MISSING
    if terms.until is not None and terms.until <= at:
        return DenyCode.CONSENT_EXPIRED
    return None


def _scope(terms: Terms, recipient: Recipient, compartment: Compartment, purpose: Purpose) -> DenyCode | None:
    if not _shares(terms, recipient) or not _covers(terms, recipient, compartment):
        return DenyCode.RECIPIENT_NOT_COVERED
    if compartment is Compartment.SUD and terms.method is Method.ORAL:
        return DenyCode.CONSENT_INCOMPLETE
    # The anonymous ask identifies nobody, so every consent covers it.
    if compartment is not Compartment.REQUEST and compartment not in terms.compartments:
        return DenyCode.CONSENT_SCOPE
    if purpose not in terms.purposes:
        return DenyCode.CONSENT_PURPOSE
    return None


def _shares(terms: Terms, recipient: Recipient) -> bool:
    """Whether the discloser may share on this paper at all: its holder, or who answers the holder (R-P2-04 (2))."""
    return recipient.discloser_id == terms.holder or (terms.answers and recipient.agency_id == terms.holder)


def _covers(terms: Terms, recipient: Recipient, compartment: Compartment) -> bool:
    """Police only by its own name on a form of its own (R-P2-06); a class only who treats and said yes (R-P2-07).

    Who is to say yes must be asked first: the anonymous ask goes to a class before it answers.
    """
    named = recipient.agency_id in terms.agencies
    if recipient.sworn:
        return named and terms.form is Form.NAMED
    asked = recipient.accepted or compartment is Compartment.REQUEST
    return named or (Recipients.TREATING in terms.classes and recipient.treating and asked)


def names(terms: Terms, agency_id: UUID, *, sworn: bool, treating: bool) -> bool:
    """Whether these terms name an agency: as who may share or receive, or by a class it falls under; never police so.

    Who else takes part is not told whom the client named: a program's name may say what the client has (R-P2-03).
    """
    by_class = Recipients.TREATING in terms.classes and treating and not sworn
    return agency_id in terms.agencies or agency_id == terms.holder or by_class


def encode(terms: Terms) -> bytes:
    """The canonical bytes of ``terms``: what is stored, hashed and signed."""
    document = {
        "consent": str(terms.consent),
        "version": terms.version,
        "form": terms.form,
        "form_version": terms.form_version,
        "form_hash": terms.form_hash,
        "method": terms.method,
        "standing": terms.standing,
        "holder": str(terms.holder),
        "answers": terms.answers,
        "agencies": sorted(map(str, terms.agencies)),
        "classes": sorted(terms.classes),
        "compartments": sorted(terms.compartments),
        "purposes": sorted(terms.purposes),
        "since": _instant(terms.since),
        "until": _instant(terms.until) if terms.until else None,
        **({"papers": sorted(map(str, terms.papers))} if terms.papers else {}),
    }
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()


def digest(terms: Terms) -> bytes:
    """SHA-256 of what the form itself says: the same however the consent stands."""
    return sha256(encode(terms.standing_as(Standing.ACTIVE))).digest()


def decode(data: bytes) -> Terms:
    """The terms of these bytes. Raises ``ValueError`` for anything ``encode`` would not have written."""
    try:
        terms = _terms(json.loads(data))
        same = encode(terms) == data
    except (KeyError, TypeError, AttributeError, ArithmeticError, RecursionError) as problem:
        raise ValueError("not the bytes of a consent's terms") from problem
    if not same:
        raise ValueError("not the one form of a consent's terms")
    return terms


def _terms(document: dict[str, Any]) -> Terms:
    return Terms(
        consent=UUID(document["consent"]),
        version=_is(int, document["version"]),
        form=Form(document["form"]),
        form_version=_is(str, document["form_version"]),
        form_hash=_is(str, document["form_hash"]),
        method=Method(document["method"]),
        standing=Standing(document["standing"]),
        holder=UUID(document["holder"]),
        answers=_is(bool, document["answers"]),
        agencies=frozenset(map(UUID, document["agencies"])),
        classes=frozenset(map(Recipients, document["classes"])),
        compartments=frozenset(map(Compartment, document["compartments"])),
        purposes=frozenset(map(Purpose, document["purposes"])),
        since=datetime.fromisoformat(document["since"]),
        until=datetime.fromisoformat(document["until"]) if document["until"] else None,
        papers=frozenset(map(UUID, document.get("papers", ()))),
    )


def _is(kind: type[T], value: Any) -> T:
    if type(value) is not kind:  # True is an int to isinstance
        raise TypeError("not of the type that is written")
    return value


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")
