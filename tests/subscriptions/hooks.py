"""Subscriptions of the county's people, and what an endpoint on this machine hears of them."""

import json
from typing import Any

from fhir.subscriptions.services import sending
from tests.notices.sinks import WebSink
from tests.rest.calling import Heard, get, send

Tree = dict[str, Any]
BACKPORT = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition"
GRAVITY = "http://hl7.org/fhir/us/sdoh-clinicalcare/SubscriptionTopic"
TASK, REQUEST = f"{GRAVITY}/Task", f"{GRAVITY}/Servicerequest"
ENDPOINT = "https://hooks.example.org/fhir"


def subscription(
    *filters: str, topic: str = TASK, content: str = "id-only", numbers: dict[str, int] | None = None, **more: Any
) -> Tree:
    """A Subscription as the guide has it; what ``more`` says of the channel or of itself stands in place of that."""
    extension = [{"url": f"{BACKPORT}/{name}", "valueUnsignedInt": n} for name, n in (numbers or {}).items()]
    channel: Tree = {
        "type": "rest-hook",
        "endpoint": ENDPOINT,
        "payload": "application/fhir+json",
        "_payload": {"extension": [{"url": f"{BACKPORT}/backport-payload-content", "valueCode": content}]},
    }
    if extension:
        channel["extension"] = extension
    made: Tree = {
        "resourceType": "Subscription",
        "status": "requested",
        "reason": "Changes of our tasks",
        "criteria": topic,
        "channel": channel,
    }
    if filters:
        given = [{"url": f"{BACKPORT}/backport-filter-criteria", "valueString": each} for each in filters]
        made["_criteria"] = {"extension": given}
    for name, value in more.items():
        (channel if name in ("type", "endpoint", "payload", "_payload", "header") else made)[name] = value
    return made


def made(who: str, tree: Tree) -> str:
    """Create it; its id."""
    heard = send("POST", who, "Subscription", tree)
    assert heard.status == 201, heard.body
    return str(heard.tree["id"])


def active(who: str, tree: Tree, sink: WebSink) -> str:
    """Create it and let its endpoint shake hands; its id. What was heard so far is forgotten."""
    id_ = made(who, tree)
    sending.send_due()
    assert state(who, id_) == "active"
    sink.heard.clear()
    return id_


def state(who: str, id_: str) -> str:
    return str(get(who, f"Subscription/{id_}").tree["status"])


def status_of(bundle: Tree) -> Tree:
    """The parameters of a notification by name, those that come once."""
    found = {}
    for each in bundle["entry"][0]["resource"]["parameter"]:
        if each["name"] != "notification-event":
            (found[each["name"]],) = (value for name, value in each.items() if name != "name")
    return found


def events_of(bundle: Tree) -> list[Tree]:
    """The events a notification tells of: number, timestamp, focus."""
    told = [each for each in bundle["entry"][0]["resource"]["parameter"] if each["name"] == "notification-event"]
    return [
        {part["name"]: next(value for name, value in part.items() if name != "name") for part in each["part"]}
        for each in told
    ]


def numbers_of(bundle: Tree) -> list[int]:
    return [int(each["event-number"]) for each in events_of(bundle)]


def bundles(sink: WebSink) -> list[Tree]:
    """What the endpoint heard."""
    return [json.loads(each.body) for each in sink.heard]


def kinds(sink: WebSink) -> list[str]:
    return [status_of(each)["type"] for each in bundles(sink)]


def told(who: str, id_: str, query: str = "") -> Heard:
    return get(who, f"Subscription/{id_}/$events{query}")
