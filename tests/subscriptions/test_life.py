"""The life of a subscription: handshake, events in their order, heartbeat, errors, off, and asked for again."""

from uuid import UUID

from fhir.subscriptions.services import sending
from referrals.acts import TakeStep
from referrals.perform import perform
from tests.county import County
from tests.notices.sinks import WebSink
from tests.subscriptions.hooks import (
    bundles,
    events_of,
    kinds,
    made,
    state,
    subscription,
)


def test_a_subscription_shakes_hands_and_is_told_of_one_event(county: County, task: UUID, hook: WebSink) -> None:
    id_ = made("clinician", subscription())
    assert state("clinician", id_) == "requested"
    assert sending.send_due() == 1
    assert state("clinician", id_) == "active"
    assert kinds(hook) == ["handshake"]
    perform(county.detox_intake, [TakeStep(task_id=task, step="accept")])
    assert sending.send_due() == 1
    assert kinds(hook) == ["handshake", "event-notification"]
    (event,) = events_of(bundles(hook)[1])
    assert event["event-number"] == "1"
    assert event["focus"]["reference"].endswith(f"/fhir/Task/{task}")
    assert sending.send_due() == 0
