"""Searching an agency's own part of the log, and who opened one file: with names of staff, and none of a client."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from agencies.actor import Actor
from agencies.models import Agency, Membership, User
from agencies.roles import NAMES, Role
from referrals import auditing
from referrals.auditing import EventQuery, Place
from referrals.desk import words
from referrals.errors import NotFound
from referrals.finding import Bound
from referrals.models import Participation, Referral
from referrals.services import recording
from referrals.services.naming import referral_called
from referrals.services.offices import require_privacy_officer

PAGE = 50
MEMBERSHIP, PERSON, REFERRAL, CLIENT = "Membership/", "Person/", "Referral/", "Client/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is looked for; ``None`` and "" ask for nothing in particular. Days are those of the agency's zone."""

    member: UUID | None = None
    question: str = ""
    outcome: str = ""
    since: date | None = None
    until: date | None = None
    referral: UUID | None = None
    client: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One event for a person to read. ``referral`` is one of the agency's own, by its id and number."""

    id: UUID
    at: datetime
    who: str
    role: str
    action: str
    outcome: str
    code: str
    purpose: str
    door: str
    request_id: str
    referral: tuple[UUID, str] | None
    about: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A page of the log, and the mark that the next one begins after, "" if there is none."""

    lines: tuple[Line, ...]
    after: str


def search(actor: Actor, asked: Asked, *, after: str = "") -> Found:
    """What the agency's own part of the log holds of it, newest first; one event.

    Raises ``Denied`` for anybody but a privacy officer, and ``NotFound`` for a client that is not the agency's.
    """
    with recording.refusals(actor, auditing.LIST):
        require_privacy_officer(actor)
        query = _query(actor, asked)
    entries = auditing.page(actor, query, after=auditing.place_of(after), size=PAGE + 1)
    events = [entry.event for entry in entries[:PAGE] if entry.event is not None]
    people = _people(actor, [name for event in events for name in (event.actor, event.target)])
    referrals = _numbers(actor, (event.target for event in events))
    lines = tuple(
        Line(
            id=event.id,
            at=event.at,
            who=people.get(event.actor, ("", ""))[0] or _nobody(event.actor),
            role=people.get(event.actor, ("", ""))[1],
            action=event.action,
            outcome=event.outcome,
            code=event.code,
            purpose=event.purpose,
            door=event.door,
            request_id=event.request_id,
            referral=referrals.get(event.target),
            about=_about(event.target, people, referrals),
        )
        for event in events
    )
    more = len(entries) > PAGE
    return Found(lines=lines, after=str(Place(lines[-1].id)) if more and lines else "")


def referral_named(actor: Actor, spoken: str) -> UUID:
    """The id of a referral the agency takes part in, or did, by its number. Raises ``Denied``, ``NotFound``."""
    with recording.refusals(actor, "referral.find"):
        require_privacy_officer(actor)
        found = referral_called(actor, spoken)
        if not Participation.objects.filter(agency_id=actor.agency_id, referral_id=found).exists():
            raise NotFound
    recording.record(actor, "referral.find", target=f"{REFERRAL}{found}")
    return found


def number_of(actor: Actor, referral_id: UUID) -> str:
    """The number of a referral the agency takes part in, or did. Raises ``Denied``, ``NotFound``, recorded."""
    with recording.refusals(actor, "referral.find", target=f"{REFERRAL}{referral_id}"):
        require_privacy_officer(actor)
        found = _numbers(actor, [f"{REFERRAL}{referral_id}"])
        if not found:
            raise NotFound
    return found[f"{REFERRAL}{referral_id}"][1]


def clients_in(actor: Actor, referral_id: UUID) -> UUID | None:
    """The pseudonym of the agency's own client of a referral, or ``None``; asked with what shows it."""
    places = Participation.objects.filter(agency_id=actor.agency_id, referral_id=referral_id)
    row = places.values_list("client_id", "was_client").first()
    return next((id_ for id_ in row or () if id_ is not None), None)


def staff_of(actor: Actor) -> list[tuple[UUID, str]]:
    """Everybody who belongs or belonged to the agency, by name, with the role; for a list to choose from."""
    rows = Membership.objects.filter(agency_id=actor.agency_id).select_related("user", "client")
    named = [(row.pk, f"{_name(row)} – {NAMES[Role(row.role)]}") for row in rows]
    return sorted(named, key=lambda each: each[1].casefold())


def names_of(actor: Actor, actors: Collection[str]) -> Mapping[str, str]:
    """What the log's actors are called, of the agency's own people; by what they are where they are none."""
    people = _people(actor, actors)
    return {each: people[each][0] if each in people else _nobody(each) for each in actors}


def _query(actor: Actor, asked: Asked) -> EventQuery:
    entities = None if asked.referral is None else frozenset({f"ServiceRequest/{asked.referral}"})
    return EventQuery(
        given=False,
        decided=False,
        actors=_actors(actor, asked.member),
        names=words.QUESTIONS[asked.question][1] if asked.question else None,
        outcomes=frozenset({asked.outcome}) if asked.outcome else None,
        at=tuple(_bounds(actor, asked)),
        entities=entities,
        targets=_about_client(actor, asked.client),
    )


def _actors(actor: Actor, member: UUID | None) -> frozenset[str] | None:
    """A member's own name in the log, and the person's: signing in is no agency's act."""
    if member is None:
        return None
    rows = Membership.objects.filter(pk=member, agency_id=actor.agency_id, user__isnull=False)
    people = [f"{PERSON}{user}" for user in rows.values_list("user_id", flat=True)]
    return frozenset({f"{MEMBERSHIP}{member}", *people})


def _about_client(actor: Actor, client: UUID | None) -> frozenset[str] | None:
    """What the log calls a client of the agency and all its referrals. Raises ``NotFound``."""
    if client is None:
        return None
    places = Participation.objects.filter(agency_id=actor.agency_id)
    places = places.filter(client_id=client) | places.filter(was_client=client)
    found = places.values_list("referral_id", flat=True)
    if not found:
        raise NotFound
    return frozenset({f"{CLIENT}{client}", *(f"{REFERRAL}{id_}" for id_ in found)})


def _bounds(actor: Actor, asked: Asked) -> list[Bound]:
    if asked.since is None and asked.until is None:
        return []
    zone = ZoneInfo(Agency.objects.values_list("time_zone", flat=True).get(pk=actor.agency_id))
    bounds = [Bound("gte", datetime.combine(asked.since, time(), zone))] if asked.since else []
    if asked.until:
        bounds.append(Bound("lt", datetime.combine(asked.until + timedelta(days=1), time(), zone)))
    return bounds


def _people(actor: Actor, names: Iterable[str]) -> dict[str, tuple[str, str]]:
    """The agency's own members and their persons among these names of the log: name and role."""
    named = set(names)
    memberships = [id_ for name in named if (id_ := _id_in(name, MEMBERSHIP)) is not None]
    users = [id_ for name in named if (id_ := _id_in(name, PERSON)) is not None]
    rows = Membership.objects.filter(pk__in=memberships, agency_id=actor.agency_id).select_related("user", "client")
    found = {f"{MEMBERSHIP}{row.pk}": (_name(row), str(NAMES[Role(row.role)])) for row in rows}
    if users:
        own = Membership.objects.filter(agency_id=actor.agency_id, user_id__in=users).values("user_id")
        known = User.objects.filter(pk__in=own)
        found |= {f"{PERSON}{user.pk}": (user.name or user.email, "") for user in known}
    return found


def _numbers(actor: Actor, targets: Iterable[str]) -> dict[str, tuple[UUID, str]]:
    """The agency's own referrals among these targets, by id and number."""
    ids = {id_ for target in targets if (id_ := _id_in(target, REFERRAL)) is not None}
    places = Participation.objects.filter(agency_id=actor.agency_id, referral_id__in=ids)
    rows = Referral.objects.filter(pk__in=places.values("referral_id")).values_list("pk", "reference")
    return {f"{REFERRAL}{id_}": (id_, reference) for id_, reference in rows}


def _about(target: str, people: Mapping[str, tuple[str, str]], referrals: Mapping[str, tuple[UUID, str]]) -> str:
    """Whom or what an event is about, if it is no referral of the agency: a member's name, or its kind alone."""
    if target in referrals:
        return ""
    return people[target][0] if target in people else target.partition("/")[0]


def _nobody(name: str) -> str:
    return words.NOBODY.get(name) or words.NOBODY.get(name.partition("/")[0]) or name


def _name(row: Membership) -> str:
    if row.user is not None:
        return row.user.name or row.user.email
    return row.client.name if row.client is not None else str(row.pk)


def _id_in(name: str, prefix: str) -> UUID | None:
    try:
        return UUID(name.removeprefix(prefix)) if name.startswith(prefix) else None
    except ValueError:
        return None
