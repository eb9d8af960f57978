"""What is sent and answered of subscriptions, held against two validators of other people."""

import json
from typing import Any
from uuid import UUID

from jsonschema import Draft202012Validator

from fhir.subscriptions.services import sending
from referrals.acts import TakeStep
from referrals.perform import perform
from tests.county import County
from tests.databases import ROOT
from tests.notices.sinks import WebSink
from tests.rest.calling import get, send
from tests.rest.test_independent_validators import validators
from tests.subscriptions.hooks import TASK, bundles, made, subscription, told

CONTACT = [{"system": "email", "value": "desk@detox.example.org"}]


def test_two_validators_find_nothing_wrong_with_anything_of_a_subscription(
    county: County, task: UUID, hook: WebSink
) -> None:
    numbers = {"backport-heartbeat-period": 60, "backport-timeout": 5, "backport-max-count": 7}
    tree = subscription("status:not=draft", numbers=numbers, header=["X-Key: one"], contact=CONTACT)
    id_ = made("clinician", tree)
    made("clinician", subscription(content="empty"))
    bodies: dict[str, Any] = {}

    def ask(name: str, path: str) -> None:
        bodies[f"{name} {len(bodies)}"] = get("clinician", path).tree

    sending.send_due()
    perform(county.detox_intake, [TakeStep(task_id=task, step="accept")])
    sending.send_due()
    hook.status = 410
    perform(county.detox_intake, [TakeStep(task_id=task, step="start")])
    sending.send_due()
    for path in ("", f"/{id_}", f"/{id_}/$status", f"/{id_}/$events", "/$status", "/$status?status=off"):
        ask("answered", f"Subscription{path}")
    bodies |= {f"sent {number}": bundle for number, bundle in enumerate(bundles(hook))}
    bodies["refused"] = send("POST", "clinician", "Subscription", subscription(topic=f"{TASK}x")).tree
    bodies["none"] = told("outsider", id_).tree
    assert len(bundles(hook)) == 6
    with validators() as complaints:
        assert not (found := complaints(bodies)), "\n".join(map(str, found))


def test_openapi_says_what_an_endpoint_is_sent(county: County, task: UUID, hook: WebSink) -> None:
    document = json.loads((ROOT / "docs" / "openapi.json").read_text("utf-8"))
    content = document["webhooks"]["notification"]["post"]["requestBody"]["content"]["application/fhir+json"]
    whole = {**content["schema"], "components": document["components"]}
    judge = Draft202012Validator(whole, format_checker=Draft202012Validator.FORMAT_CHECKER)
    made("clinician", subscription(numbers={"backport-heartbeat-period": 60}))
    made("detox_intake", subscription(content="empty"))
    sending.send_due()
    perform(county.detox_intake, [TakeStep(task_id=task, step="accept")])
    sending.send_due()
    assert len(bundles(hook)) == 4
    for bundle in bundles(hook):
        judge.validate(bundle)
        bundle["entry"][-1]["resource"] = {"resourceType": "Task"}
        assert not judge.is_valid(bundle)
