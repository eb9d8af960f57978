"""What a client may ask for, and how it is refused what it may not. The rejections are those that Inferno tries."""

from typing import Any
from uuid import UUID

import pytest

from fhir.subscriptions.models import Subscription
from fhir.subscriptions.services import sending
from referrals.acts import TakeStep
from referrals.perform import perform
from tests.county import County
from tests.notices.sinks import WebSink
from tests.rest.calling import get, send
from tests.subscriptions.hooks import (
    BACKPORT,
    REQUEST,
    TASK,
    active,
    bundles,
    events_of,
    made,
    numbers_of,
    status_of,
    subscription,
    told,
)

pytestmark = pytest.mark.usefixtures("people")
Tree = dict[str, Any]
CHANNEL, CRITERIA = "Subscription.channel", "Subscription.criteria"
CROSS = {"url": "http://hl7.org/fhir/5.0/StructureDefinition/extension-Subscription.topic", "valueUri": TASK}
CONTENT = f"{BACKPORT}/backport-payload-content"


def payload(*contents: str) -> Tree:
    return {"extension": [{"url": CONTENT, "valueCode": each} for each in contents]}


def numbered(**numbers: int) -> Tree:
    return subscription(numbers={f"backport-{name.replace('_', '-')}": n for name, n in numbers.items()})


REFUSED: dict[str, tuple[Tree, str]] = {
    "an unknown topic": (subscription(topic="http://example.org/SubscriptionTopic/none"), CRITERIA),
    "a criteria of R4 in place of a topic": (subscription(topic="Task?status=requested"), CRITERIA),
    "an unknown filter": (subscription("description=x"), f"{CRITERIA}.extension"),
    "a filter on another type": (subscription("Patient?_id=1"), f"{CRITERIA}.extension"),
    "a filter that points at a person": (subscription("patient=1"), f"{CRITERIA}.extension"),
    "a filter that is no filter": (subscription("status"), f"{CRITERIA}.extension"),
    "an empty filter": (subscription("status="), f"{CRITERIA}.extension"),
    "a filter that nothing meets": (subscription("status=none-such"), f"{CRITERIA}.extension"),
    "another code than a Task has here": (subscription("code=approve"), f"{CRITERIA}.extension"),
    "an owner that is no id": (subscription("owner=us"), f"{CRITERIA}.extension"),
    "a time that is none": (subscription("_lastUpdated=gt-yesterday"), f"{CRITERIA}.extension"),
    "a modifier that is none": (subscription("owner:above=1"), f"{CRITERIA}.extension"),
    "two filters that exclude each other": (subscription("status=failed", "status=requested"), f"{CRITERIA}.extension"),
    "another channel": (subscription(type="email"), f"{CHANNEL}.type"),
    "an unknown channel": (subscription(type="pigeon"), f"{CHANNEL}.type"),
    "no endpoint": (subscription(endpoint=None), f"{CHANNEL}.endpoint"),
    "an endpoint in the clear": (subscription(endpoint="http://hooks.example.org/"), f"{CHANNEL}.endpoint"),
    "an endpoint of this machine": (subscription(endpoint="http://127.0.0.1:9/"), f"{CHANNEL}.endpoint"),
    "an endpoint in a private network": (subscription(endpoint="https://10.0.0.8/"), f"{CHANNEL}.endpoint"),
    "an endpoint with a password": (subscription(endpoint="https://a:b@hooks.example.org/"), f"{CHANNEL}.endpoint"),
    "an endpoint that is none": (subscription(endpoint="urn:uuid:1"), f"{CHANNEL}.endpoint"),
    "another format": (subscription(payload="application/fhir+xml"), f"{CHANNEL}.payload"),
    "no format": (subscription(payload=None), f"{CHANNEL}.payload"),
    "the whole resource": (subscription(content="full-resource"), f"{CHANNEL}.payload.extension"),
    "no content": (subscription(_payload=None), f"{CHANNEL}.payload.extension"),
    "two contents": (subscription(_payload=payload("empty", "id-only")), f"{CHANNEL}.payload.extension"),
    "a header that breaks the line": (subscription(header=["X-A: b\r\nHost: c"]), f"{CHANNEL}.header"),
    "a header of the connection": (subscription(header=["Host: elsewhere.example.org"]), f"{CHANNEL}.header"),
    "a header twice": (subscription(header=["X-A: b", "x-a: c"]), f"{CHANNEL}.header"),
    "too many headers": (subscription(header=[f"X-{n}: v" for n in range(5)]), f"{CHANNEL}.header"),
    "a secret that was never given": (subscription(header=["Authorization: ***"]), f"{CHANNEL}.header"),
    "a heart that races": (numbered(heartbeat_period=1), f"{CHANNEL}.extension"),
    "more events than fit": (numbered(max_count=101), f"{CHANNEL}.extension"),
    "no events at all": (numbered(max_count=0), f"{CHANNEL}.extension"),
    "an extension of another version": (subscription(extension=[CROSS]), "Subscription.extension"),
    "an element that means nothing here": (subscription(modifierExtension=[CROSS]), "Subscription.modifierExtension"),
    "a status that only we give": (subscription(status="error"), "Subscription.status"),
    "no reason": (subscription(reason=None), "Subscription.reason"),
    "an end in the past": (subscription(end="2026-01-01T00:00:00Z"), "Subscription.end"),
}


def present(tree: Any) -> Any:
    """The tree without what is ``None``."""
    if isinstance(tree, dict):
        return {name: present(value) for name, value in tree.items() if value is not None}
    return tree


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_kept_is_refused_and_the_element_is_named(name: str) -> None:
    tree, element = REFUSED[name]
    heard = send("POST", "clinician", "Subscription", present(tree))
    assert heard.status == 422, heard.body
    assert heard.tree["resourceType"] == "OperationOutcome"
    assert element in {each["expression"][0] for each in heard.tree["issue"]}
    assert all(each["details"]["text"] for each in heard.tree["issue"])
    assert Subscription.objects.count() == 0


def test_a_cross_version_extension_is_refused_wherever_it_stands() -> None:
    for place in (("_criteria",), ("channel",), ("channel", "_payload")):
        tree = subscription("status=requested")
        holder = tree
        for name in place:
            holder = holder[name]
        holder["extension"] = [*holder.get("extension", []), CROSS]
        heard = send("POST", "clinician", "Subscription", tree)
        assert (heard.status, heard.issue["code"]) == (422, "extension")


def test_the_capability_statement_lists_the_topics_and_the_operations() -> None:
    (rest,) = get("", "metadata").tree["rest"]
    (row,) = [each for each in rest["resource"] if each["type"] == "Subscription"]
    topics = [
        each["valueCanonical"] for each in row["extension"] if each["url"].endswith("subscriptiontopic-canonical")
    ]
    assert topics == [TASK, REQUEST]
    assert {each["definition"].rpartition("/")[2] for each in row["operation"]} == {
        "backport-subscription-status",
        "backport-subscription-events",
    }
    assert (row["versioning"], row["conditionalCreate"]) == ("versioned", False)


def test_what_is_created_is_shown_as_it_was_sent_and_no_secret_with_it(county: County) -> None:
    tree = subscription("status=requested", header=["Authorization: Bearer open-sesame", "X-Key: two"])
    heard = send("POST", "clinician", "Subscription", tree)
    assert heard.status == 201
    assert heard.headers["ETag"] == 'W/"1"'
    assert heard.headers["Location"].endswith(f"/fhir/Subscription/{heard.tree['id']}/_history/1")
    shown = get("clinician", f"Subscription/{heard.tree['id']}").tree
    assert shown["channel"]["header"] == ["Authorization: ***", "X-Key: ***"]
    assert {name: shown[name] for name in ("status", "reason", "criteria", "_criteria")} == {
        name: tree[name] for name in ("status", "reason", "criteria", "_criteria")
    }
    assert "open-sesame" not in heard.body.decode()
    assert b"open-sesame" not in str(Subscription.objects.values().get()).encode()


def test_what_is_sent_back_as_it_is_shown_keeps_its_secret_and_never_to_another_address(
    hook: WebSink, county: County
) -> None:
    id_ = active("clinician", subscription(header=["Authorization: Bearer open-sesame"]), hook)
    shown = get("clinician", f"Subscription/{id_}").tree | {"status": "requested"}
    assert send("PUT", "clinician", f"Subscription/{id_}", shown).status == 200
    sending.send_due()
    assert hook.heard[0].headers["Authorization"] == "Bearer open-sesame"
    shown["channel"]["endpoint"] = "https://elsewhere.example.org/"
    heard = send("PUT", "clinician", f"Subscription/{id_}", shown)
    assert (heard.status, heard.issue["expression"]) == (422, [f"{CHANNEL}.header"])


@pytest.mark.parametrize("prefix", ["", "Task?"])
def test_both_ways_to_write_a_filter_mean_the_same(county: County, task: UUID, hook: WebSink, prefix: str) -> None:
    active("clinician", subscription(f"{prefix}status=in-progress&owner=Organization/{county.detox.id}"), hook)
    active("clinician", subscription(f"{prefix}status=in-progress", f"{prefix}owner={county.clinic.id}"), hook)
    for step in ("accept", "start"):
        perform(county.detox_intake, [TakeStep(task_id=task, step=step)])
    sending.send_due()
    (bundle,) = bundles(hook)
    assert numbers_of(bundle) == [1]


FILTERS = (
    "status=accepted",
    "status:not=requested",
    "status=requested,accepted",
    "priority=urgent",
    "priority=routine",
    "_lastUpdated=gt2026-01-01",
    "_lastUpdated=lt2026-01-01",
    "code=fulfill",
    "code=http://hl7.org/fhir/CodeSystem/task-code|fulfill",
    "owner={detox}",
    "owner=Organization/{detox}",
    "owner:Organization={detox}",
    "owner.identifier=https://bhu.example.org/fhir/NamingSystem/agency|detox",
    "requester={detox}",
    "requester={bhu}",
    "_id={task}",
    "_id={absent}",
    "focus={referral}",
)


@pytest.mark.parametrize("filter_", FILTERS)
def test_a_filter_lets_through_what_a_list_of_the_same_would_hold(
    county: County, task: UUID, hook: WebSink, filter_: str
) -> None:
    shown = get("clinician", f"Task/{task}").tree
    words = {"detox": county.detox.id, "bhu": county.bhu.id, "task": task, "absent": county.bhu.id}
    query = filter_.format(**words, referral=shown["focus"]["reference"].partition("/")[2])
    id_ = active("clinician", subscription(query), hook)
    perform(county.detox_intake, [TakeStep(task_id=task, step="accept")])
    sending.send_due()
    list_query = "" if query.startswith("code=") else query
    listed = get("clinician", f"Task?{list_query}&_id={task}").entries()
    assert len(events_of(told("clinician", id_).tree)) == len(listed)


def test_an_empty_notification_says_that_something_happened_and_not_what(
    county: County, task: UUID, hook: WebSink
) -> None:
    id_ = active("clinician", subscription(content="empty"), hook)
    perform(county.detox_intake, [TakeStep(task_id=task, step="accept")])
    sending.send_due()
    (bundle,) = bundles(hook)
    (event,) = events_of(bundle)
    assert (event["event-number"], "focus" in event, len(bundle["entry"])) == ("1", False, 1)
    assert str(task) not in str(bundle)
    heard = told("clinician", id_, "?content=id-only")
    assert (heard.status, heard.issue["expression"]) == (422, ["http.content"])


def test_the_shape_of_a_notification(county: County, task: UUID, hook: WebSink) -> None:
    id_ = active("clinician", subscription(), hook)
    perform(county.detox_intake, [TakeStep(task_id=task, step="accept")])
    sending.send_due()
    (heard,) = hook.heard
    assert heard.headers["Content-Type"] == "application/fhir+json"
    (bundle,) = bundles(hook)
    assert (bundle["resourceType"], bundle["type"]) == ("Bundle", "history")
    first, second = bundle["entry"]
    assert first["fullUrl"].startswith("urn:uuid:")
    assert (first["request"], first["response"]) == (
        {"method": "GET", "url": f"Subscription/{id_}/$status"},
        {"status": "200"},
    )
    said = status_of(bundle)
    assert (said["topic"], said["status"], said["type"]) == (TASK, "active", "event-notification")
    assert said["subscription"]["reference"].endswith(f"/fhir/Subscription/{id_}")
    assert second == {
        "fullUrl": events_of(bundle)[0]["focus"]["reference"],
        "request": {"method": "PUT", "url": f"Task/{task}"},
        "response": {"status": "200"},
    }


def test_events_are_asked_for_by_their_numbers(county: County, task: UUID, hook: WebSink) -> None:
    id_ = active("clinician", subscription(), hook)
    for step in ("accept", "start", "complete"):
        perform(county.detox_intake, [TakeStep(task_id=task, step=step)])
    found = {
        query: numbers_of(told("clinician", id_, query).tree)
        for query in ("", "?eventsSinceNumber=2", "?eventsUntilNumber=2", "?eventsSinceNumber=2&eventsUntilNumber=2")
    }
    assert list(found.values()) == [[1, 2, 3], [2, 3], [1, 2], [2]]
    bundle = told("clinician", id_, "?eventsSinceNumber=4").tree
    assert (numbers_of(bundle), status_of(bundle)["type"], bundle["type"]) == ([], "query-event", "history")
    less = told("clinician", id_, "?content=empty").tree
    assert (numbers_of(less), len(less["entry"])) == ([1, 2, 3], 1)
    given = {"resourceType": "Parameters", "parameter": [{"name": "eventsSinceNumber", "valueString": "3"}]}
    assert numbers_of(send("POST", "clinician", f"Subscription/{id_}/$events", given).tree) == [3]
    sending.send_due()
    assert [numbers_of(each) for each in bundles(hook)] == [[1, 2, 3]]
    assert told("clinician", id_, "?eventsSinceNumber=x").status == 400
    assert told("clinician", id_, "?content=full-resource").status == 400


def test_status_of_one_and_of_all(county: County, hook: WebSink) -> None:
    one, two = active("clinician", subscription(), hook), made("clinician", subscription(topic=REQUEST))
    tree = get("clinician", f"Subscription/{one}/$status").tree
    assert (tree["type"], status_of(tree)["type"], status_of(tree)["status"]) == ("searchset", "query-status", "active")

    def found(query: str) -> list[str]:
        entries = get("clinician", f"Subscription/$status{query}").tree.get("entry", [])
        return [status_of({"entry": [each]})["subscription"]["reference"].rpartition("/")[2] for each in entries]

    assert found("") == [one, two]
    assert found("?status=requested") == [two]
    assert found(f"?id={one}") == [one]
    assert found("?id=none") == []
    assert get("clinician", "Subscription/$status?status=bad").status == 400


def test_ones_own_are_listed_and_found() -> None:
    one = made("clinician", subscription())
    two = made("clinician", subscription(topic=REQUEST, endpoint="https://other.example.org/hook"))
    found = {
        query: [each["id"] for each in get("clinician", f"Subscription?{query}").entries()]
        for query in ("", "status=requested", "status=active", "url=https://other.example.org/hook", f"_id={one}")
    }
    assert list(found.values()) == [[one, two], [one, two], [], [two], [one]]


def test_the_same_sent_again_under_its_key_makes_no_second_one() -> None:
    first = send("POST", "clinician", "Subscription", subscription(), Idempotency_Key="hook-1")
    second = send("POST", "clinician", "Subscription", subscription(), Idempotency_Key="hook-1")
    assert (first.status, second.status, second.tree["id"]) == (201, 200, first.tree["id"])
    other = send("POST", "clinician", "Subscription", subscription("status=failed"), Idempotency_Key="hook-1")
    assert (other.status, other.refusal) == (409, "KEY_REUSED")
    assert send("POST", "clinician", "Subscription", subscription(), If_None_Exist="identifier=a|b").status == 400


def test_a_version_that_was_not_seen_is_not_overwritten() -> None:
    id_ = made("clinician", subscription())
    tree = get("clinician", f"Subscription/{id_}").tree | {"status": "off"}
    assert send("PUT", "clinician", f"Subscription/{id_}", tree, If_Match='W/"7"').status == 412
    heard = send("PUT", "clinician", f"Subscription/{id_}", tree, If_Match='W/"1"')
    assert (heard.status, heard.headers["ETag"], heard.tree["status"]) == (200, 'W/"2"', "off")
    assert get("clinician", f"Subscription/{id_}", If_None_Match='W/"2"').status == 304


def test_a_client_has_twenty_and_no_more() -> None:
    for _ in range(20):
        last = made("clinician", subscription(status="off"))
    assert send("POST", "clinician", "Subscription", subscription()).status == 422
    send("DELETE", "clinician", f"Subscription/{last}", b"")
    assert send("POST", "clinician", "Subscription", subscription()).status == 201


def test_what_prefer_asks_for_is_given_back() -> None:
    minimal = send("POST", "clinician", "Subscription", subscription(), Prefer="return=minimal")
    assert (minimal.status, minimal.body) == (201, b"")
    outcome = send("POST", "clinician", "Subscription", subscription(), Prefer="return=OperationOutcome")
    assert outcome.tree["resourceType"] == "OperationOutcome"
