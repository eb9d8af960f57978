"""A subscription and what is said of it, as FHIR R4. Pure: rows and times in, trees out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from fhir.content.exact import Object, Tree
from fhir.content.moments import instant

from .kinds import NOTIFICATION_PROFILE, STATUS_PROFILE, WORDS, Content, Problem, Sent, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event as it is told. ``focus`` is ``Type/id``, "" if the client may not be told any more of what."""

    number: int
    at: datetime
    focus: str
    created: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a subscription stands, as far as it is told with everything that is said of it."""

    id: UUID
    topic: str
    status: Status
    content: Content
    counted: int
    problem: Problem | None


def resource(body: Object, *, id_: UUID, status: Status, version: int, at: datetime, problem: Problem | None) -> Object:
    """A Subscription as its client reads it: what it sent, and how it stands."""
    head: Object = {
        "resourceType": "Subscription",
        "id": str(id_),
        "meta": {"versionId": str(version), "lastUpdated": instant(at)},
        "status": status.value,
    }
    said: Object = {"error": WORDS[problem]} if problem else {}
    return head | {name: value for name, value in body.items() if name not in head} | said


def notification(
    kind: Sent, standing: Standing, events: Iterable[Event] = (), *, base: str, id_: UUID, at: datetime
) -> Object:
    """The Bundle of a notification, or of the answer to ``$events``. ``id_`` is the status entry's own."""
    told = list(events)
    entry: Object = {
        "fullUrl": f"urn:uuid:{id_}",
        "resource": status_of(kind, standing, told, base=base, id_=id_),
        "request": {"method": "GET", "url": f"Subscription/{standing.id}/$status"},
        "response": {"status": "200"},
    }
    named = [each for each in told if each.focus] if standing.content is Content.ID_ONLY else []
    return {
        "resourceType": "Bundle",
        "meta": {"profile": [NOTIFICATION_PROFILE]},
        "type": "history",
        "timestamp": instant(at),
        "entry": [entry, *_once(_focus(each, base) for each in named)],
    }


def statuses(found: Mapping[UUID, Standing], *, base: str) -> Object:
    """The answer to ``$status``: how each of these stands. The keys are the entries' own ids."""
    entries: list[Tree] = [
        {
            "fullUrl": f"urn:uuid:{id_}",
            "resource": status_of(Sent.STATUS, each, [], base=base, id_=id_),
            "search": {"mode": "match"},
        }
        for id_, each in found.items()
    ]
    made: Object = {"resourceType": "Bundle", "type": "searchset"}
    return made | {"entry": entries} if entries else made


def status_of(kind: Sent, standing: Standing, events: Iterable[Event], *, base: str, id_: UUID) -> Object:
    """The Parameters that say how a subscription stands, and which events there are."""
    named = standing.content is Content.ID_ONLY
    problem: list[Tree] = []
    if standing.problem:
        problem = [{"name": "error", "valueCodeableConcept": {"text": WORDS[standing.problem]}}]
    return {
        "resourceType": "Parameters",
        "id": str(id_),
        "meta": {"profile": [STATUS_PROFILE]},
        "parameter": [
            {"name": "subscription", "valueReference": {"reference": f"{base}/Subscription/{standing.id}"}},
            {"name": "topic", "valueCanonical": standing.topic},
            {"name": "status", "valueCode": standing.status.value},
            {"name": "type", "valueCode": kind.value},
            {"name": "events-since-subscription-start", "valueString": str(standing.counted)},
            *(_event(each, base, named=named) for each in events),
            *problem,
        ],
    }


def _event(event: Event, base: str, *, named: bool) -> Object:
    parts: list[Tree] = [
        {"name": "event-number", "valueString": str(event.number)},
        {"name": "timestamp", "valueInstant": instant(event.at)},
    ]
    if named and event.focus:
        parts.append({"name": "focus", "valueReference": {"reference": f"{base}/{event.focus}"}})
    return {"name": "notification-event", "part": parts}


def _focus(event: Event, base: str) -> Object:
    """What changed, by its address alone: an entry without a resource, with what would have brought it about."""
    method, url, status = (
        ("POST", event.focus.partition("/")[0], "201") if event.created else ("PUT", event.focus, "200")
    )
    return {
        "fullUrl": f"{base}/{event.focus}",
        "request": {"method": method, "url": url},
        "response": {"status": status},
    }


def _once(entries: Iterable[Object]) -> list[Tree]:
    """One entry for each thing, however much of it changed: the newest stands for all."""
    return [*{str(entry["fullUrl"]): entry for entry in entries}.values()]
