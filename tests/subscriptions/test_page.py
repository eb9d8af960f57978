"""The administrator's page: how each system's subscriptions stand, and the button that tries one."""

from uuid import UUID

import pytest
from django.urls import reverse

from audit.models import AuditEvent
from fhir.subscriptions.models import Subscription
from tests.county import County
from tests.notices.sinks import WebSink
from tests.subscriptions.hooks import active, kinds, made, state, subscription
from tests.web.desk import Seat


@pytest.fixture
def admin(county: County, people: None) -> Seat:
    return Seat(county.admin)


def page(seat: Seat) -> str:
    return seat.client.get(reverse("subscriptions:list", args=seat.at)).content.decode()


def attempt(seat: Seat, id_: str | UUID) -> tuple[int, str]:
    answer = seat.client.post(reverse("subscriptions:try", args=[*seat.at, id_]), follow=True)
    return answer.status_code, answer.content.decode()


def test_it_shows_how_each_stands_and_of_an_address_the_host_alone(admin: Seat, county: County, hook: WebSink) -> None:
    assert "No system of yours has asked to be told." in page(admin)
    active("clinician", subscription(endpoint="https://hooks.example.org/a-secret-path"), hook)
    shown = page(admin)
    assert "hooks.example.org" in shown
    assert "a-secret-path" not in shown
    assert "is told" in shown
    assert AuditEvent.objects.filter(action="subscription.look", actor=county.admin.name).count() == 2


def test_to_try_one_sends_a_handshake_says_what_came_of_it_and_changes_nothing(admin: Seat, hook: WebSink) -> None:
    id_ = made("clinician", subscription(header=["X-Key: open"]))
    before = Subscription.objects.values().get()
    status, shown = attempt(admin, id_)
    assert (status, kinds(hook)) == (200, ["handshake"])
    assert hook.heard[0].headers["X-Key"] == "open"
    assert "It answered: what is sent there arrives." in shown
    hook.status = 500
    assert "It gave an answer that is no yes." in attempt(admin, id_)[1]
    assert Subscription.objects.values().get() == before
    assert state("clinician", id_) == "requested"
    codes = AuditEvent.objects.filter(action="subscription.try").order_by("pk").values_list("code", flat=True)
    assert list(codes) == ["taken", "odd-answer"]


def test_nobody_else_sees_it_or_tries_one(admin: Seat, county: County, hook: WebSink) -> None:
    id_ = active("clinician", subscription(), hook)
    for who in (county.clinician, county.outsider, county.officer):
        seat = Seat(who)
        assert seat.client.get(reverse("subscriptions:list", args=seat.at)).status_code == 404
        assert attempt(seat, id_)[0] == 404
    theirs = active("detox_intake", subscription(), hook)
    assert attempt(admin, theirs)[0] == 404
    assert hook.heard == []
