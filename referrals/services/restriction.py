"""A client asked that a referral be shared no further: what is written meanwhile (42 CFR 2.26, R-P2-20).

What a police unit writes is written to be read by whom it asked for help: kept from them it would be lost, so it is
refused, with a code that says whom to call and not why. A helping unit's record is its own and is kept, read by
nobody else. What concerns life goes through.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

from fhir.content.compartments import Compartment
from fhir.content.exact import Object
from referrals.errors import Denied
from referrals.masks import BIT
from referrals.models import Participation, Section
from referrals.policy import vital
from referrals.policy.codes import WORDS, DenyCode, denied

if TYPE_CHECKING:
    from .work import Work

CALL = "Nothing was written. Call the unit you asked: only a screen of high risk, a red check and a weapon go through."
Places = Mapping[UUID, Participation]
THREATENED = frozenset({Compartment.INCIDENT, Compartment.CLINICAL})
"""The parts in which what concerns life may pass: never substance use."""


class Written(Protocol):
    """The sections of one work; ``vital`` are those its acts called so."""

    vital: set[UUID]
    sections: list[Section]
    written: dict[UUID, Object]


def concerns_life(work: Written, compartment: Compartment) -> bool:
    """Whether all that is written in this part now concerns life: it has one key, which opens all or nothing."""
    rows = [row for row in work.sections if row.compartment == compartment]
    return compartment in THREATENED and bool(rows) and all(_vital(work, row) for row in rows)


def _vital(work: Written, row: Section) -> bool:
    return row.id in work.vital or vital.concerns_life(work.written[row.id])


def require_told(work: "Work") -> None:
    """Raise ``Denied`` if what police write would reach nobody they asked, or a restriction keeps a danger to life.

    A police unit gets ``NOT_NOW``, whether the client asked to restrict or an agreement ended.
    """
    if work.agency.sworn:
        if any(_unheard(work, Compartment(row.compartment)) for row in work.sections):
            raise denied(DenyCode.NOT_NOW)
    elif work.restricted:
        lost = [row for row in work.sections if not concerns_life(work, Compartment(row.compartment))]
        if any(row.compartment in THREATENED and _vital(work, row) for row in lost):
            code = DenyCode.RESTRICTION_OPEN
            raise Denied(f"{WORDS[code]} {CALL}", code=code)


def _unheard(work: "Work", compartment: Compartment) -> bool:
    """Whether none of the helping units that a police unit deals with in this referral may receive what it writes."""
    mine = work.mine.task
    dealing = [
        place.agency
        for place in helpers(work.participations)
        if (place.task is not None and place.task.requester_id == work.agency.id)
        or (mine is not None and mine.requester_id == place.agency_id)
    ]
    if not dealing:
        return work.restricted and not concerns_life(work, compartment)
    return not any(work.may_receive(agency, compartment) for agency in dealing)


def tell_of_danger(work: "Work", compartment: Compartment) -> None:
    """Tell who works with the client, and may receive it though the client asked to restrict, that it is there."""
    if work.restricted and concerns_life(work, compartment):
        for place in helpers(work.participations, at_work_besides=work.agency.id):
            if work.may_receive(place.agency, compartment):
                work.notify(place.agency, "danger-to-life", place.task)


def helpers(places: Places, *, at_work_besides: UUID | None = None) -> list[Participation]:
    """The places of other helping units that work with the client: they hold more than the ask."""
    return [
        place
        for place in places.values()
        if place.until is None and place.mask & BIT[Compartment.CONTACT] and not place.agency.sworn
        if place.agency_id != at_work_besides
    ]
