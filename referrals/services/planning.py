"""What an act will let whom see, before it does: recipients, parts, ground, expiry, and who will not see it.

What is done is what was shown: the plan has a digest, which the act compares under the lock.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from agencies.models import Agency
from agencies.vault import contexts
from fhir.content import notices
from fhir.content.compartments import Compartment
from referrals.errors import PreviewChanged
from referrals.models import Participation
from referrals.policy.bases import CONSENTS, Basis
from referrals.policy.terms import Terms

from .facts import purpose_for
from .work import Work

Parts = tuple[Compartment, ...]
Row = tuple[Agency, Basis, Terms | None, frozenset[Compartment], frozenset[Compartment]]
"""Agency, ground, consent, parts at once, parts when it says yes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """That an agency is covered until a time, on which agreement. ``routed``: it goes to who covers; else to itself."""

    coverage: UUID
    covered: UUID
    covered_name: str
    covering_name: str
    until: datetime
    agreement: str
    routed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """What one agency will see: ``now`` at once, ``on_accept`` when it says yes, ``never`` of what the referral holds.

    ``until`` is when the consent it stands on ends; ``notice`` the version of the statement that travels along.
    """

    agency: str
    name: str
    connected: bool
    now: Parts
    on_accept: Parts
    never: Parts
    basis: Basis
    purpose: str
    consent: str
    until: datetime | None
    notice: str
    covers: tuple[Cover, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All of it. ``police`` says whether any unit is in it.

    ``others`` take part already and learn nothing of this: as far as the acting agency knows of them. ``advice`` is
    what the screens say to do now. ``stored`` are the ids of what lies in the parts that go: it goes along. ``then``
    are asked one after the other if nobody answers.
    """

    act: str
    content: str
    recipients: tuple[Recipient, ...]
    others: tuple[str, ...]
    police: bool
    advice: tuple[str, ...] = ()
    stored: tuple[str, ...] = ()
    then: tuple[Recipient, ...] = ()

    @property
    def digest(self) -> str:
        """The SHA-256 of what is shown and of what the act says, in hex."""
        rows = ("|".join(map(str, _shown(row))) for row in self.recipients)
        then = ("then|" + "|".join(map(str, _shown(row))) for row in self.then)
        stored = " ".join(self.stored)
        return sha256(contexts.act("preview", self.act, self.content, stored, *rows, *then, *self.others)).hexdigest()


def plan(
    work: Work,
    *,
    act: str,
    content: bytes,
    rows: Sequence[Row],
    holds: frozenset[Compartment],
    advice: tuple[str, ...] = (),
    covers: Mapping[UUID, tuple[Cover, ...]] | None = None,
    then: Sequence[Row] = (),
) -> Plan:
    """The plan of an act: a row is agency, ground, consent, parts now, parts on accept; ``holds`` is all parts.

    ``covers``: by recipient, where it goes to who covers, or to who is covered. ``then``: whom to ask afterwards.
    """
    found = tuple(
        replace(_recipient(*row, holds=holds), covers=covers.get(row[0].id, ()) if covers else ()) for row in rows
    )
    named = {row.agency for row in found}
    parties = [place for place in work.participations.values() if place.until is None]
    others = sorted({place.agency.slug for place in parties if _known(work, place)} - named)
    police = any(place.agency.sworn for place in parties) or work.agency.sworn or any(row[0].sworn for row in rows)
    return Plan(
        act=act,
        content=sha256(content).hexdigest(),
        recipients=found,
        others=tuple(others),
        police=police,
        advice=advice,
        then=tuple(_recipient(*row, holds=holds) for row in then),
        stored=_stored(work, frozenset[Compartment]().union(*(now | on_accept for *_, now, on_accept in rows))),
    )


def _stored(work: Work, parts: frozenset[Compartment]) -> tuple[str, ...]:
    """What lies in these parts. Police are not told by a digest that somebody added to one (R-P2-03)."""
    if work.agency.sworn:
        return ()
    found = work.state.sections.values()
    return tuple(sorted(str(row.section_id) for row in found if row.audience is None and row.compartment in parts))


def _known(work: Work, place: Participation) -> bool:
    """Whether the acting agency knows of this place: it asked that agency, or was asked by it.

    A page about one more agency is no way to learn who else is in it, least of all for police (R-P2-03).
    """
    mine = work.participations[work.agency.id].task
    asked = place.task is not None and place.task.requester_id == work.agency.id
    return asked or (mine is not None and mine.requester_id == place.agency_id)


def require_previewed(shown: str, found: Plan) -> None:
    """Raise ``PreviewChanged`` if what was shown, by its digest, is not what would be done now; "" asks nothing."""
    if shown and shown != found.digest:
        raise PreviewChanged


def _recipient(
    agency: Agency,
    basis: Basis,
    terms: Terms | None,
    now: frozenset[Compartment],
    on_accept: frozenset[Compartment],
    *,
    holds: frozenset[Compartment],
) -> Recipient:
    consent = terms if terms and basis in CONSENTS else None
    return Recipient(
        agency=agency.slug,
        name=agency.name,
        connected=agency.connected,
        now=ordered(now),
        on_accept=ordered(on_accept - now),
        never=ordered(holds - now - on_accept),
        basis=basis,
        purpose=purpose_for(basis, agency).value,
        consent=str(consent.consent) if consent else "",
        until=consent.until if consent else None,
        notice=notices.version_for(now | on_accept),
    )


def ordered(parts: frozenset[Compartment]) -> Parts:
    """The parts in the table's order."""
    return tuple(part for part in Compartment if part in parts)


def _shown(row: Recipient) -> tuple[object, ...]:
    parts = ("+".join(parts) for parts in (row.now, row.on_accept, row.never))
    covers = (f"{each.coverage} {each.until.isoformat()} {each.routed}" for each in row.covers)
    return (row.agency, *parts, row.basis, row.consent, row.until, *covers)
