"""What the sides of an offer are told, and that nothing of a client is in it, sent or stored."""

from fhir.subscriptions.models import Subscription, SubscriptionEvent
from fhir.subscriptions.services import sending
from referrals.acts import StopConsent, TakeStep
from referrals.perform import perform
from tests.county import CANARIES
from tests.notices.sinks import WebSink
from tests.rest.calling import get
from tests.rest.conftest import Way
from tests.subscriptions.hooks import REQUEST, active, state, status_of, subscription


def test_nothing_of_a_client_is_in_what_is_sent_or_stored(way: Way, hook: WebSink) -> None:
    for topic in (subscription(), subscription(topic=REQUEST)):
        active("clinician", topic, hook)
    perform(way.county.detox_intake, [TakeStep(task_id=way.taken, step="start")])
    perform(way.county.detox_intake, [TakeStep(task_id=way.taken, step="complete")])
    sending.send_due()
    sent = b"".join(each.body for each in hook.heard).decode()
    assert str(way.taken) in sent
    stored = str([*Subscription.objects.values(), *SubscriptionEvent.objects.values()])
    for said in (sent, stored):
        assert [canary for canary in CANARIES if canary in said] == []
        assert str(way.patient) not in said


def test_who_lost_an_offer_is_told_so_and_of_nothing_after_it(way: Way, hook: WebSink) -> None:
    active("clinic_intake", subscription(), hook)
    perform(way.county.detox_intake, [TakeStep(task_id=way.taken, step="start")])
    perform(way.county.detox_intake, [TakeStep(task_id=way.taken, step="complete")])
    sending.send_due()
    assert hook.heard == []


def test_a_consent_that_is_withdrawn_stops_what_stands_on_it(way: Way, hook: WebSink) -> None:
    id_ = active("detox_intake", subscription(), hook)
    perform(way.county.detox_intake, [TakeStep(task_id=way.taken, step="start")])
    consent = way.section("Consent", "contact")
    perform(way.county.clinician, [StopConsent(referral_id=way.id, consent_id=consent, written=True)])
    sending.send_due()
    assert get("detox_intake", f"Task?_id={way.taken}").entries() == []
    assert hook.heard == []
    assert status_of(get("detox_intake", f"Subscription/{id_}/$status").tree)["events-since-subscription-start"] == "0"
    assert state("detox_intake", id_) == "active"
