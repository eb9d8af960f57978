"""An agency's own part of the log, and what it gave out, for its privacy officer. Reading it is an event, too.

What other agencies did is theirs to tell: an agency sees what its own members did and were refused, and what was given
out of its own referrals, as its accounting has it (R-P2-15). Newest first; nothing is opened.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db.models import Q, QuerySet

from agencies.actor import Actor
from audit.models import AuditEvent
from audit.outcome import Outcome
from audit.uuid7 import MILLISECOND, uuid7_floor
from referrals.errors import NotFound
from referrals.models import Disclosure, Participation, Referral, Section
from referrals.services import recording
from referrals.services.offices import require_privacy_officer

from .finding import Bound, Ids, Names
from .receipts import ledger
from .receipts.ledger import Row

READ, LIST, EXPORT = "audit.read", "audit.list", "audit.export"
DECISION = "consent"
"""What follows the id of a disclosure in the id of the decision it stands on."""

NAMED = "Referral/"


class Place(NamedTuple):
    """Where an entry stands: at an id of the log or the ledger; a decision stands after its disclosure."""

    id: UUID
    decision: bool = False

    def __str__(self) -> str:
        return f"{self.id}.{DECISION}" if self.decision else str(self.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One event, or one disclosure, or with ``decision`` the consent's answer that it stands on.

    ``patient`` is the client of the referral it is about, if the agency takes part in it or did.
    """

    place: Place
    event: AuditEvent | None = None
    disclosure: Row | None = None
    patient: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventQuery:
    """Which events; ``None`` asks for nothing in particular. ``entities`` and ``actors`` are ``Type/id``.

    ``targets`` are what events are about as the log itself has it, which no disclosure is.

    ``names`` are actions of the log, ``but`` those left out; ``given`` and ``decided`` ask for disclosures and for the
    consents' answers they stand on.
    """

    places: frozenset[Place] | None = None
    patients: Ids = None
    targets: Names = None
    members: Ids = None
    actors: Names = None
    entities: Names = None
    names: Names = None
    but: frozenset[str] = frozenset()
    outcomes: Names = None
    given: bool = True
    decided: bool = True
    at: tuple[Bound, ...] = ()


def place_of(spoken: str) -> Place | None:
    """The place that goes by an id, ``None`` for what is no id of an entry."""
    id_, dot, decision = spoken.partition(".")
    try:
        found = UUID(id_)
    except ValueError:
        return None
    return Place(found, bool(dot)) if str(found) == id_ and decision == (DECISION if dot else "") else None


def page(actor: Actor, query: EventQuery, *, after: Place | None, size: int) -> list[Entry]:
    """The newest ``size`` entries that ``query`` finds, after the one at ``after``. One event.

    Raises ``Denied`` for anybody but a privacy officer, recorded.
    """
    _record(actor, LIST, target="")
    return _with_patients(actor, list(_page(actor, query, after=after, size=size)))


def export(actor: Actor) -> None:
    """Say that the agency's own part of the log is taken out. One event. Raises ``Denied``, recorded."""
    _record(actor, EXPORT, target="")


def count(actor: Actor, query: EventQuery) -> int:
    """How many entries there are. One event. Raises ``Denied``, recorded."""
    _record(actor, LIST, target="")
    if query.places is not None:
        return len(list(_page(actor, query, after=None, size=len(query.places))))
    rows = _disclosures(actor, query)
    given = rows.count() if query.given else 0
    decided = rows.exclude(consent=None).count() if query.decided else 0
    return _events(actor, query).count() + given + decided


def one(actor: Actor, spoken: str) -> Entry:
    """The entry that goes by this id. Raises ``Denied`` and ``NotFound``, each recorded."""
    place = place_of(spoken)
    target = f"AuditEvent/{place.id}" if place else "AuditEvent/unknown"
    with recording.refusals(actor, READ, target=target):
        require_privacy_officer(actor)
        found = _one(actor, place) if place else None
        if found is None:
            raise NotFound
        recording.record(actor, READ, target=target)
    return _with_patients(actor, [found])[0]


def _record(actor: Actor, action: str, *, target: str) -> None:
    with recording.refusals(actor, action, target=target):
        require_privacy_officer(actor)
    recording.record(actor, action, target=target)


def _one(actor: Actor, place: Place) -> Entry | None:
    everything = EventQuery()
    if not place.decision:
        event = _events(actor, everything).filter(pk=place.id).first()
        if event is not None:
            return Entry(place=place, event=event)
    row = _disclosures(actor, everything).filter(pk=place.id).first()
    return next((each for each in _entries(row, everything) if each.place == place), None) if row else None


def _page(actor: Actor, query: EventQuery, *, after: Place | None, size: int) -> Iterator[Entry]:
    upto = Q() if after is None else Q(pk__lte=after.id)
    events = _events(actor, query).filter(upto).order_by("-id")[: size + 1]
    given = _disclosures(actor, query).filter(upto).order_by("-id")[: size + 1]
    entries = [Entry(place=Place(event.id), event=event) for event in events]
    entries += [entry for row in given for entry in _entries(row, query)]
    entries.sort(key=lambda entry: entry.place, reverse=True)
    wanted = (entry for entry in entries if query.places is None or entry.place in query.places)
    left = (entry for entry in wanted if after is None or entry.place < after)
    for _ in range(size):
        found = next(left, None)
        if found is None:
            return
        yield found


def _entries(row: Disclosure, query: EventQuery) -> list[Entry]:
    """What a row of the ledger is told as: what went, and the consent's answer, where it went on one."""
    shown = ledger.shown(row)
    given = [Place(row.id)] if query.given else []
    decided = [Place(row.id, decision=True)] if query.decided and row.consent else []
    return [Entry(place=place, disclosure=shown) for place in (*given, *decided)]


def _events(actor: Actor, query: EventQuery) -> "QuerySet[AuditEvent]":
    found = AuditEvent.objects.filter(_within(query.at), agency=str(actor.agency_id)).exclude(action__in=query.but)
    if query.places is not None:
        found = found.filter(pk__in=[place.id for place in query.places])
    if query.patients is not None:
        found = found.filter(target__in=[f"{NAMED}{each}" for each in _referrals(actor, query.patients)])
    if query.targets is not None:
        found = found.filter(target__in=query.targets)
    if query.members is not None:
        found = found.filter(actor__in=[f"Membership/{each}" for each in query.members])
    if query.actors is not None:
        found = found.filter(actor__in=query.actors)
    if query.names is not None:
        found = found.filter(action__in=query.names)
    if query.outcomes is not None:
        found = found.filter(outcome__in=query.outcomes)
    return found if query.entities is None else found.filter(_about(actor, query.entities))


def _disclosures(actor: Actor, query: EventQuery) -> "QuerySet[Disclosure]":
    found = Disclosure.objects.filter(discloser_id=actor.agency_id).select_related("discloser")
    succeeded = query.outcomes is None or Outcome.SUCCESS.value in query.outcomes
    if not (succeeded and (query.given or query.decided)):
        return found.none()
    if query.places is not None:
        found = found.filter(pk__in=[place.id for place in query.places])
    for bound in query.at:
        found = found.filter(**{f"at__{bound.comparison}": bound.at})
    if query.patients is not None:
        found = found.filter(referral_id__in=_referrals(actor, query.patients))
    if query.members is not None:
        found = found.filter(membership_id__in=query.members)
    if query.entities is not None:
        found = found.filter(referral_id__in=_named_referrals(query.entities))
    return found


def _within(bounds: tuple[Bound, ...]) -> Q:
    """The times, and the ids of these times: the log is in order of its ids."""
    found = Q()
    for comparison, at in bounds:
        edge = uuid7_floor(at) if comparison.startswith("g") else uuid7_floor(_later(at))
        found &= Q(**{f"at__{comparison}": at, f"pk__{'gte' if comparison.startswith('g') else 'lt'}": edge})
    return found


def _later(at: datetime) -> datetime:
    return at + MILLISECOND if at.year < 9999 else at - timedelta(days=1)


def _referrals(actor: Actor, patients: frozenset[UUID]) -> list[UUID]:
    """The referrals of these clients that the agency takes part in or did; of no others."""
    places = Participation.objects.filter(agency_id=actor.agency_id, referral__folder__patient_id__in=patients)
    return list(places.values_list("referral_id", flat=True))


def _about(actor: Actor, entities: frozenset[str]) -> Q:
    """The events of these resources: of a request, of what lies in a referral, or of what was asked for in vain."""
    lying = Section.objects.filter(
        resource_id__in=[id_ for name in entities if (id_ := _id_in(name))],
        folder__referral__participations__agency_id=actor.agency_id,
    )
    targets = [f"{NAMED}{each}" for each in set(lying.values_list("folder_id", flat=True))]
    named = [f"{NAMED}{each}" for each in _named_referrals(entities)]
    return Q(target__in=[*entities, *named]) | Q(target__in=targets, code__in=entities)


def _named_referrals(entities: frozenset[str]) -> list[UUID]:
    return [id_ for name in entities if name.startswith("ServiceRequest/") and (id_ := _id_in(name))]


def _id_in(name: str) -> UUID | None:
    try:
        return UUID(name.partition("/")[2])
    except ValueError:
        return None


def _with_patients(actor: Actor, entries: list[Entry]) -> list[Entry]:
    """The entries with the clients they are about: of the agency's own referrals, and of what it gave out, alone."""
    ids = {id_ for entry in entries if (id_ := referral_of(entry))}
    mine = set(
        Participation.objects.filter(agency_id=actor.agency_id, referral_id__in=ids).values_list(
            "referral_id", flat=True
        )
    ) | {entry.disclosure.referral_id for entry in entries if entry.disclosure is not None}
    patients = dict(Referral.objects.filter(pk__in=mine).values_list("pk", "folder__patient_id"))
    return [
        Entry(
            place=entry.place,
            event=entry.event,
            disclosure=entry.disclosure,
            patient=patients.get(found) if (found := referral_of(entry)) else None,
        )
        for entry in entries
    ]


def referral_of(entry: Entry) -> UUID | None:
    """The referral an entry is about."""
    if entry.disclosure is not None:
        return entry.disclosure.referral_id
    if entry.event is None or not entry.event.target.startswith(NAMED):
        return None
    return _id_in(entry.event.target)
