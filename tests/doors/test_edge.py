"""Every row of FHIR's routing table leaves its event: answered, refused by a gate, and turned away at the door."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from audit.models import AuditEvent
from fhir.content.questionnaires.registry import QUESTIONNAIRES
from fhir.rest.table import ROUTES
from fhir.subscriptions.models import Subscription
from tests.doors.test_pages import require_whole
from tests.rest import calling
from tests.rest.calling import Heard, get, post, send
from tests.rest.conftest import Way, walked, way
from tests.rest.sending import begun, observation, task
from tests.rest.watching import watch
from tests.subscriptions.hooks import subscription

__all__ = ["walked", "way"]
pytestmark = pytest.mark.django_db

PARAMETERS = {"resourceType": "Parameters"}
ABSENT = "018f0000-0000-7000-8000-000000000000"
Ask = Callable[[Way, str], Heard]


@dataclass(frozen=True)
class Row:
    """One row: how it is asked as somebody, what that leaves, and who of the county is refused it by a gate, if any."""

    ask: Ask
    leaves: str
    refused: str = ""
    who: str = "clinician"


def own(way: Way, tail: str) -> str:
    return f"Task/{way.taken}{tail}"


def put(way: Way, who: str) -> Heard:
    return send("PUT", who, own(way, ""), get("clinician", own(way, "")).tree)


def patch(way: Way, who: str) -> Heard:
    change = [{"op": "add", "path": "/note", "value": [{"text": "Seen."}]}]
    return send("PATCH", who, own(way, ""), change)


def noted(way: Way, who: str) -> Heard:
    return send("POST", who, "Observation", observation(f"Patient/{way.patient}", basedOn=based_on(way)))


def based_on(way: Way) -> list[dict[str, str]]:
    return [{"reference": f"ServiceRequest/{way.id}"}]


def own_hook(way: Way) -> str:
    """The clinician's newest subscription, made if there is none."""
    mine = Subscription.objects.filter(membership_id=way.county.clinician.membership_id, deleted_at=None)
    if not mine.exists():
        send("POST", "clinician", "Subscription", subscription())
    return f"Subscription/{mine.latest('id').pk}"


def entry(way: Way, who: str) -> Heard:
    newest = AuditEvent.objects.filter(agency=str(way.county.bhu.id)).order_by("-pk")[0]
    return get(who, f"AuditEvent/{newest.pk}")


ROWS = {
    "GET metadata": Row(lambda _way, who: get(who, "metadata"), ""),
    "GET {type}/{id} sealed": Row(lambda way, who: get(who, own(way, "")), "resource.read", "outsider"),
    "GET {type}/{id}/_history/{version}": Row(
        lambda way, who: get(who, own(way, "/_history/1")), "resource.read", "outsider"
    ),
    "GET {type}/{id}/_history": Row(lambda way, who: get(who, own(way, "/_history")), "resource.history", "outsider"),
    "PUT {type}/{id}": Row(put, "resource.update", "outsider"),
    "PATCH {type}/{id}": Row(patch, "task.add", "outsider"),
    "GET {type}/{id} directory": Row(lambda way, who: get(who, f"Organization/{way.county.bhu.id}"), "directory.read"),
    "GET {type}/{id} Provenance": Row(
        lambda way, who: get(who, f"Provenance/{way.patient}.1"), "resource.provenance", "outsider"
    ),
    "GET {type}/{id} AuditEvent": Row(entry, "audit.read", "clinician", "watcher"),
    "GET {type}": Row(lambda way, who: get(who, f"Task?_id={way.taken}"), "resource.list"),
    "POST {type}/_search": Row(lambda way, who: post(who, "Task/_search", _id=str(way.taken)), "resource.list"),
    "GET {type}/{id}/$everything": Row(
        lambda way, who: get(who, f"Patient/{way.patient}/$everything"), "resource.everything", "outsider"
    ),
    "GET {type}/{id} Questionnaire": Row(
        lambda _way, who: get(who, f"Questionnaire/{next(iter(QUESTIONNAIRES.values()))['id']}"), "directory.read"
    ),
    "POST ": Row(
        lambda way, who: send("POST", who, "", begun(task(way.county.bhu.id))), "referral.send", "outsider", "officer"
    ),
    "POST {type}": Row(noted, "section.add", "outsider"),
    "POST {type} alone": Row(lambda _way, who: send("POST", who, "Patient", {"resourceType": "Patient"}), ""),
    "POST {type}/$validate": Row(
        lambda _way, who: send("POST", who, "Observation/$validate", observation()), "resource.validate"
    ),
    "POST {type}/{id}/$validate": Row(
        lambda _way, who: send("POST", who, f"Observation/{ABSENT}/$validate", observation(id=ABSENT)),
        "resource.validate",
    ),
    "GET {type}/{id} Subscription": Row(lambda way, who: get(who, own_hook(way)), "subscription.read", "outsider"),
    "POST {type} Subscription": Row(
        lambda _way, who: send("POST", who, "Subscription", subscription()), "subscription.create", "admin"
    ),
    "PUT {type}/{id} Subscription": Row(
        lambda way, who: send("PUT", who, own_hook(way), subscription() | {"id": own_hook(way)[13:], "status": "off"}),
        "subscription.update",
        "outsider",
    ),
    "DELETE {type}/{id} Subscription": Row(
        lambda way, who: send("DELETE", who, own_hook(way), b""), "subscription.delete", "outsider"
    ),
    "GET {type}/$status": Row(lambda _way, who: get(who, "Subscription/$status"), "subscription.status"),
    "GET {type}/{id}/$status": Row(
        lambda way, who: get(who, f"{own_hook(way)}/$status"), "subscription.status", "outsider"
    ),
    "GET {type}/{id}/$events": Row(
        lambda way, who: get(who, f"{own_hook(way)}/$events"), "subscription.events", "outsider"
    ),
    "POST {type}/$status": Row(
        lambda _way, who: send("POST", who, "Subscription/$status", PARAMETERS), "subscription.status"
    ),
    "POST {type}/{id}/$status": Row(
        lambda way, who: send("POST", who, f"{own_hook(way)}/$status", PARAMETERS), "subscription.status", "outsider"
    ),
    "POST {type}/{id}/$events": Row(
        lambda way, who: send("POST", who, f"{own_hook(way)}/$events", PARAMETERS), "subscription.events", "outsider"
    ),
}
"""By hand, one for each row of the table, in its order. ``metadata`` is for anybody and says nothing of anybody."""


@pytest.fixture
def watched(way: Way) -> Way:
    """With a privacy officer, and with somebody whose token covers nothing."""
    watch("watcher", way.county.bhu)
    types = frozenset(type_ for route in ROUTES for type_ in route.types)
    calling.PEOPLE["narrow"] = calling.Known(way.county.clinician, never=types)
    return way


def left(ask: Ask, way: Way, who: str) -> tuple[int, list[AuditEvent]]:
    before = set(AuditEvent.objects.values_list("pk", flat=True))
    status = ask(way, who).status
    return status, list(AuditEvent.objects.exclude(pk__in=before).order_by("pk"))


def test_every_row_of_the_table_is_tried() -> None:
    tried = [f"{method} {path}" for method, path in (name.split(" ")[:2] for name in ROWS)]
    assert tried == [f"{route.method} {route.path}" for route in ROUTES]


@pytest.mark.parametrize("name", [name for name, row in ROWS.items() if row.leaves])
def test_a_row_leaves_its_event_answered_refused_and_turned_away(watched: Way, name: str, record_property) -> None:
    row = ROWS[name]
    status, done = left(row.ask, watched, row.who)
    assert status < 300, status
    assert (row.leaves, "0") in {(event.action, event.outcome) for event in done}
    require_whole(done)
    counted = len(done)
    if row.refused:
        status, refused = left(row.ask, watched, row.refused)
        assert status in (403, 404)
        actor = calling.PEOPLE[row.refused].actor.name
        assert {event.outcome for event in refused if event.actor == actor} == {"4"}
        counted += len(refused)
    if "{type}" in name and "$validate" not in name:
        status, turned = left(row.ask, watched, "narrow")
        assert status == 403
        assert ("door.refuse", "4", "SCOPE") in {(event.action, event.outcome, event.code) for event in turned}
        counted += len(turned)
    record_property("doors", 1)
    record_property("events", counted)


def test_what_anybody_may_ask_leaves_none_and_says_nothing_of_anybody(watched: Way) -> None:
    status, events = left(ROWS["GET metadata"].ask, watched, "")
    assert (status, events) == (200, [])


def test_what_is_refused_before_it_comes_to_an_act_leaves_its_event(watched: Way) -> None:
    status, events = left(ROWS["POST {type} alone"].ask, watched, "clinician")
    assert status == 422
    assert [(event.action, event.outcome) for event in events] == [("resource.refuse", "4")]
