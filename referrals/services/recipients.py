"""Which agencies something may be put to."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import Count
from django.utils import timezone

from agencies import directory
from agencies.actor import Actor
from agencies.compiled import ask_together, question
from agencies.days import local_day
from agencies.kinds import AgencyKind
from agencies.models import Agency
from fhir.content.compartments import Compartment
from fhir.content.issues import error
from referrals.errors import Invalid
from referrals.models import ReferralTask
from referrals.policy.gate import Permit

from .facts import Exchange, Partners, likely_basis
from .rows import select

if TYPE_CHECKING:
    from django.db.models import QuerySet

RECENT = timedelta(days=180)
FIRST_ASKED = (AgencyKind.BHU, AgencyKind.CRISIS_TEAM)
"""Whom an agency that has asked nobody yet most likely asks: who helps in a crisis and finds the rest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """Whom a new referral may be put to: those asked most, or most likely, first; then the others by name.

    ``own_towns`` are those the asking agency serves, ``towns`` the others that anybody serves; by name.
    """

    usual: tuple[Agency, ...]
    others: tuple[Agency, ...]
    own_towns: tuple[str, ...]
    towns: tuple[str, ...]


def choices(actor: Actor, *, most: int = 3) -> Choices:
    """The agencies that a referral of this actor's agency may be put to now, by agreement and ground.

    ``usual`` are at most so many: those that the agency asked in the last half year, most often first, and until it
    has a habit of its own those that help in a crisis.
    """
    return _choices(actor, most=most, gated=True)


def everybody(actor: Actor) -> Choices:
    """All the agencies and towns, for who goes on to ask the gate itself: an act does."""
    return _choices(actor, most=0, gated=False)


def _choices(actor: Actor, *, most: int, gated: bool) -> Choices:
    since = timezone.now() - RECENT
    agencies, served, asked = ask_together(
        question(_active), question(_served), question(_asked, agency_id=actor.agency_id, since=since)
    )
    mine = next(each for each in agencies if each.id == actor.agency_id)
    open_to = _open_to(actor, mine, agencies) if gated else [each for each in agencies if each.id != mine.id]
    often = dict(asked)
    likely = [each for each in open_to if each.id in often or each.kind in FIRST_ASKED]
    usual = sorted(likely, key=lambda each: (-often.get(each.id, 0), each.name))[:most]
    others = sorted((each for each in open_to if each not in usual), key=lambda each: each.name)
    own = {town for agency_id, town in served if agency_id == mine.id}
    towns = {town for _agency_id, town in served} - own
    return Choices(usual=tuple(usual), others=tuple(others), own_towns=tuple(sorted(own)), towns=tuple(sorted(towns)))


def _active() -> "QuerySet[Agency]":
    return Agency.objects.filter(is_active=True)


def _served() -> "QuerySet[Any, Any]":
    return Agency.towns_served.through.objects.filter(agency__is_active=True).values_list("agency_id", "town__name")


def _asked(*, agency_id: UUID, since: datetime) -> "QuerySet[ReferralTask, Any]":
    """How often an agency asked which."""
    asked = ReferralTask.objects.filter(requester_id=agency_id, authored_at__gt=since)
    return asked.values_list("owner_id").annotate(times=Count("id"))


def _open_to(actor: Actor, mine: Agency, agencies: Sequence[Agency]) -> list[Agency]:
    """Those of ``agencies`` that the gate lets ``mine`` put an ask to, in their order."""
    known = Partners(mine.id, on=local_day(mine, timezone.now()))
    return [
        each
        for each in agencies
        if each.id != mine.id and isinstance(_asking(actor, mine, each, known).decide(Compartment.REQUEST), Permit)
    ]


def _asking(actor: Actor, mine: Agency, other: Agency, known: Partners) -> Exchange:
    """What a first request to ``other`` would be, before any consent."""
    return Exchange(
        discloser=mine,
        recipient=other,
        basis=likely_basis(mine, other, terms=None),
        role=actor.role,
        at=timezone.now(),
        terms=None,
        accepted=False,
        kept_local=False,
        restricted=False,
        partners=known,
    )


def helpers(actor: Actor) -> list[Agency]:
    """The agencies other than police that this actor may put an ask to, by name, with their towns."""
    agencies = directory.agencies()
    mine = next(each for each in agencies if each.id == actor.agency_id)
    return sorted((each for each in _open_to(actor, mine, agencies) if not each.sworn), key=lambda each: each.name)


def facilities(me: Agency) -> list[Agency]:
    """Where medical personnel work, hospitals first: to whom an emergency may be opened, agreement or not."""
    treating = [AgencyKind.HOSPITAL.value, AgencyKind.PROVIDER.value, AgencyKind.CRISIS_TEAM.value]
    found = Agency.objects.filter(is_active=True, connected=True, kind__in=treating).exclude(pk=me.pk)
    return sorted(found, key=lambda agency: (agency.kind != AgencyKind.HOSPITAL, agency.name))


def active(ids: Sequence[UUID], *, other_than: Agency, among: Iterable[Agency] | None = None) -> list[Agency]:
    """The active agencies with these ids, in order. Raises ``Invalid`` for none, a repeat, oneself or a stranger.

    ``among``: those of them that there are, where they were read already.
    """
    rows = select(Agency, id=tuple(ids)) if among is None else among
    found = {agency.id: agency for agency in rows if agency.is_active}
    problem = next((sentence for wrong, sentence in _checks(ids, found, other_than) if wrong), None)
    if problem:
        raise Invalid([error("value", "to", problem)])
    return [found[agency_id] for agency_id in ids]


def _checks(ids: Sequence[UUID], found: dict[UUID, Agency], me: Agency) -> tuple[tuple[bool, str], ...]:
    return (
        (not ids, "Name at least one agency."),
        (len(set(ids)) != len(ids), "Name each agency once."),
        (me.id in ids, "An agency does not send to itself."),
        (any(agency_id not in found for agency_id in ids), "One of the agencies is not on this network."),
    )
