"""An endpoint is an address that somebody outside named: where notifications never go, and that secrets are sealed."""

from uuid import UUID

import pytest
from django.utils import timezone

from agencies.outside import Network
from agencies.vault.errors import CannotOpen
from bhu.models import DemoMark
from fhir.subscriptions import endpoints
from fhir.subscriptions.endpoints import NotTaken
from fhir.subscriptions.kinds import Problem
from fhir.subscriptions.models import Subscription
from referrals.errors import Invalid
from tests.county import County
from tests.notices.sinks import WebSink
from tests.subscriptions.hooks import active, made, subscription

pytestmark = pytest.mark.django_db
URL = "https://hooks.example.org/hook"
PRIVATE = ("127.0.0.1", "10.1.2.3", "192.168.0.7", "169.254.169.254", "::1", "fd00::1", "::ffff:10.0.0.1", "100.64.0.1")


def problem_of(url: str = URL) -> tuple[Problem, bool]:
    with pytest.raises(NotTaken) as refused:
        endpoints.post(url, [], b"{}")
    return refused.value.problem, refused.value.lasting


@pytest.mark.parametrize("address", PRIVATE)
def test_a_name_that_leads_into_a_private_network_is_never_connected_to(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    def connect(*_args: object) -> None:
        raise AssertionError("it was connected to")

    for found in ([address], ["198.41.0.4", address]):
        network = Network(resolve=lambda _host, _port, found=found: found, connect=connect)
        monkeypatch.setattr(endpoints, "network", network)
        assert problem_of() == (Problem.FORBIDDEN_ADDRESS, False)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_no_yes_and_is_not_followed(hook: WebSink, status: int) -> None:
    hook.status, hook.location = status, f"https://127.0.0.1:{hook.port}/inside"
    assert problem_of() == (Problem.ODD_ANSWER, False)
    assert [each.path for each in hook.heard] == ["/hook"]


def test_an_answer_that_takes_too_long_is_not_waited_for(hook: WebSink, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agencies.outside.SECONDS", 0.2)
    hook.slow = 1.0
    assert problem_of() == (Problem.NO_ANSWER, False)


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_any_yes_is_a_yes_whatever_stands_in_it(hook: WebSink, status: int) -> None:
    hook.status = status
    endpoints.post(URL, [("X-Key", "one")], b"{}")
    assert hook.heard[0].headers["X-Key"] == "one"


def test_in_the_clear_goes_what_stays_on_this_machine_in_an_invented_network_alone(
    county: County, settings: object
) -> None:
    with WebSink() as here:
        url = f"http://127.0.0.1:{here.port}/hook"
        with pytest.raises(Invalid, match="https"):
            endpoints.require(url)
        assert problem_of(url) == (Problem.FORBIDDEN_ADDRESS, True)
        DemoMark(loaded_at=timezone.now()).save(force_insert=True)
        endpoints.require(url)
        endpoints.post(url, [], b"{}")
        assert len(here.heard) == 1
        with pytest.raises(Invalid, match="https"):
            endpoints.require("http://hooks.example.org/")
        settings.PRODUCTION = True  # type: ignore[attr-defined]
        assert problem_of(url) == (Problem.FORBIDDEN_ADDRESS, True)
        assert len(here.heard) == 1


def test_headers_are_sealed_for_their_own_subscription(county: County, people: None) -> None:
    one, two = (Subscription.objects.get(pk=made("clinician", subscription(header=["X-Key: open"]))) for _ in range(2))
    sealed = bytes(one.sealed_headers)
    assert b"open" not in sealed
    assert endpoints.unseal(sealed, subscription_id=one.pk) == [("X-Key", "open")]
    with pytest.raises(CannotOpen):
        endpoints.unseal(sealed, subscription_id=two.pk)


def test_an_address_in_the_log_is_nowhere(county: County, task: UUID, hook: WebSink) -> None:
    from audit.models import AuditEvent

    active("clinician", subscription(endpoint="https://hooks.example.org/a-secret-path"), hook)
    bodies = b"".join(bytes(event.body) for event in AuditEvent.objects.filter(action__startswith="subscription."))
    assert b"subscription.handshake" in bodies
    assert b"hooks.example.org" not in bodies
