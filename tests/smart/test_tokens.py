"""What a token is worth at the moment it is used; introspected, revoked, counted, and never written down."""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.test import Client, RequestFactory
from django.urls import resolve
from oauth2_provider.models import AccessToken

from agencies.capabilities import GRANTS, Capability
from agencies.kinds import AgencyKind, Purpose
from agencies.models import Agency, MachineClient
from agencies.roles import Role
from agencies.services import add_member, change_grants, end_membership
from audit.models import AuditEvent
from fhir.content.compartments import Compartment
from fhir.smart import clients, counting, tasks
from fhir.smart.errors import InsufficientScope, NoToken, Throttled, TokenExpired, TokenRefused, TokenRevoked
from fhir.smart.models import RequestCount
from fhir.smart.tokens import actor_of
from referrals.masks import BIT
from referrals.models import Participation
from referrals.policy.bases import Basis
from referrals.policy.gate import Decision, Permit
from referrals.policy.purposes import working_for
from referrals.services.gating import answer
from tests.smart.conftest import Row
from tests.smart.partner import KEYS, SETUP, Network, Partner, id_of, jwks, new_key, now, post

Events = Callable[[], list[Row]]


def bearer(token: str) -> str:
    return f"Bearer {token}"


def test_a_token_is_who_its_client_is_now(network: Network, partner: Partner) -> None:
    caller = actor_of(bearer(partner.token("system/Task.rs")))
    assert (caller.actor.agency_id, caller.actor.role) == (network.bhu.id, Role.INTAKE)
    assert (caller.actor.kind, caller.actor.capabilities) == (AgencyKind.BHU, GRANTS[Role.INTAKE])
    assert caller.actor.membership_id == partner.row.membership_id
    assert (caller.client_id, caller.actor.purpose) == (partner.client_id, Purpose.TREATMENT)
    assert caller.token_tail == AccessToken.objects.get().token_checksum[-8:]
    assert caller.scopes == {"Task": frozenset("rs")}


def test_a_token_covers_what_was_granted_and_nothing_else(partner: Partner) -> None:
    caller = actor_of(bearer(partner.token("system/Task.rs")))
    caller.require("Task", "read")
    caller.require("Task", "search-type")
    for type_, interaction in (("Task", "update"), ("ServiceRequest", "read"), ("*", "search-system")):
        with pytest.raises(InsufficientScope) as refused:
            caller.require(type_, interaction)
        assert (refused.value.status, refused.value.issue, refused.value.code) == (403, "forbidden", "SCOPE")


@pytest.mark.parametrize(
    "header",
    [None, "", "Bearer", "Bearer ", "Basic abc", "Bearer a b", "Bearer é", "Bearer " + "x" * 300, "xBearer abc"],
)
def test_without_a_token_nobody_is_asked_for(db: None, header: str | None) -> None:
    with pytest.raises(NoToken) as refused:
        actor_of(header)
    assert (refused.value.status, refused.value.issue, refused.value.challenge) == (401, "login", 'Bearer realm="bhu"')


def test_the_name_of_the_scheme_may_be_written_in_any_case(partner: Partner) -> None:
    assert actor_of(f"bEARER  {partner.token()}").client_id == partner.client_id


def test_a_token_that_never_was_is_like_one_that_was_revoked(partner: Partner) -> None:
    token = partner.token()
    assert partner.ask("revoke", token=token).status_code == 200
    for each in (token, "x" * 30, token[:-1], token.swapcase()):
        with pytest.raises(TokenRevoked) as refused:
            actor_of(bearer(each))
        assert (refused.value.status, refused.value.issue) == (401, "login")
        assert 'error="invalid_token"' in refused.value.challenge


def test_a_token_lasts_five_minutes_and_says_so_for_an_hour_more(partner: Partner) -> None:
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=10), tick=False) as clock:
        token = bearer(partner.token())
        clock.shift(299)
        assert actor_of(token).client_id == partner.client_id
        clock.shift(1)
        with pytest.raises(TokenExpired) as refused:
            actor_of(token)
        assert (refused.value.status, refused.value.issue) == (401, "expired")
        clock.shift(3599)
        tasks.sweep()
        with pytest.raises(TokenExpired):
            actor_of(token)
        clock.shift(2)
        tasks.sweep()
        with pytest.raises(TokenRevoked):
            actor_of(token)


def end(network: Network, partner: Partner) -> None:
    end_membership(by=SETUP, membership_id=partner.row.membership_id)


def switch_off(network: Network, partner: Partner) -> None:
    clients.disable(network.admin, id_of(partner))


def mark_disabled(network: Network, partner: Partner) -> None:
    row = partner.row
    row.disabled_at = datetime.now(UTC)
    row.save()


def take_back(network: Network, partner: Partner) -> None:
    row = partner.row
    row.approved_at = row.approved_by = None
    row.save()


def close_agency(network: Network, partner: Partner) -> None:
    Agency.objects.filter(pk=network.bhu.pk).update(is_active=False)


def no_machine(network: Network, partner: Partner) -> None:
    MachineClient.objects.filter(pk=partner.client_id).update(is_active=False)


def fit_no_more(network: Network, partner: Partner) -> None:
    """A police unit has no intake."""
    Agency.objects.filter(pk=network.bhu.pk).update(kind=AgencyKind.POLICE.value)


@pytest.mark.parametrize("change", [end, switch_off, mark_disabled, take_back, close_agency, no_machine, fit_no_more])
def test_the_token_of_a_client_that_may_not_act_any_more_is_dead_at_once(
    network: Network, partner: Partner, change: Callable[[Network, Partner], None]
) -> None:
    token = partner.token()
    assert actor_of(bearer(token))
    change(network, partner)
    with pytest.raises(TokenRevoked):
        actor_of(bearer(token))


def test_a_client_acts_by_the_place_it_was_registered_for_whatever_others_its_machine_gets(
    network: Network, partner: Partner
) -> None:
    machine = MachineClient.objects.get(pk=partner.client_id)
    add_member(by=SETUP, agency=network.police, role=Role.OFFICER, client=machine)
    assert actor_of(bearer(partner.token())).actor.agency_id == network.bhu.id
    end(network, partner)
    assert partner.ask().status_code == 401


def test_what_the_agency_takes_from_the_role_is_gone_from_tokens_too(network: Network, partner: Partner) -> None:
    token = bearer(partner.token("system/Task.rus"))
    change_grants(by=SETUP, agency=network.bhu, role=Role.INTAKE, take=[Capability.VIEW_INBOX])
    caller = actor_of(token)
    assert not caller.actor.may(Capability.VIEW_INBOX)
    assert caller.scopes == {"Task": frozenset("u")}


def test_introspection_says_what_a_token_is_worth(partner: Partner, events: Events) -> None:
    token = partner.token("system/Task.rs")
    row = AccessToken.objects.get()
    events()
    answer = partner.ask("introspect", token=token)
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
    assert answer["Cache-Control"] == "no-store"
    assert answer.json() == {
        "active": True,
        "scope": "system/Task.rs",
        "client_id": partner.client_id,
        "exp": int(row.expires.timestamp()),
        "token_type": "Bearer",
    }
    assert events() == [("smart.introspect", "0", row.token_checksum[-8:])]


def test_a_token_worth_nothing_is_not_active_and_nothing_more_is_said(
    network: Network, partner: Partner, events: Events
) -> None:
    token, other = partner.token(), network.register()
    events()
    assert other.ask("introspect", token=token).json() == {"active": False}
    assert partner.ask("introspect", token="x").json() == {"active": False}
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=301), tick=False):
        assert partner.ask("introspect", token=token).json() == {"active": False}
    assert events() == [("smart.introspect", "0", "INACTIVE")] * 3


def test_who_is_nobody_introspects_and_revokes_nothing(partner: Partner, events: Events) -> None:
    token = partner.token()
    events()
    for endpoint in ("introspect", "revoke"):
        assert post(endpoint, {"token": token}).status_code == 401
        assert Partner(str(uuid4()), new_key()).ask(endpoint, token=token).status_code == 401
        assert partner.ask(endpoint).json()["error"] == "invalid_request"
    assert actor_of(bearer(token))
    assert {row[:2] for row in events()} == {("smart.introspect", "4"), ("smart.revoke", "4")}


def test_a_client_revokes_its_own_tokens_only(network: Network, partner: Partner, events: Events) -> None:
    one, two, other = partner.token(), partner.token(), network.register()
    tail = actor_of(bearer(one)).token_tail
    events()
    assert other.ask("revoke", token=one).status_code == 200
    assert actor_of(bearer(one))
    answer = partner.ask("revoke", token=one, token_type_hint="access_token")
    assert (answer.status_code, answer.content, answer["Cache-Control"]) == (200, b"", "no-store")
    with pytest.raises(TokenRevoked):
        actor_of(bearer(one))
    assert actor_of(bearer(two))
    assert partner.ask("revoke", token=one).status_code == 200
    assert events() == [
        ("smart.revoke", "0", "UNKNOWN_TOKEN"),
        ("smart.revoke", "0", tail),
        ("smart.revoke", "0", "UNKNOWN_TOKEN"),
    ]


DISCOVERED = {
    "token_endpoint": "http://localhost:8000/auth/token",
    "introspection_endpoint": "http://localhost:8000/auth/introspect",
    "revocation_endpoint": "http://localhost:8000/auth/revoke",
    "token_endpoint_auth_methods_supported": ["private_key_jwt"],
    "token_endpoint_auth_signing_alg_values_supported": ["RS384", "ES384"],
    "grant_types_supported": ["client_credentials"],
    "code_challenge_methods_supported": ["S256"],
}


def test_discovery_says_where_and_how_to_any_page() -> None:
    answer = Client().get("/fhir/.well-known/smart-configuration", headers={"Accept": "application/fhir+json"})
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
    assert answer["Access-Control-Allow-Origin"] == "*"
    said = answer.json()
    assert said.keys() == DISCOVERED.keys() | {"scopes_supported", "capabilities"}
    assert {name: said[name] for name in DISCOVERED} == DISCOVERED
    assert {"client-confidential-asymmetric", "permission-v2"} <= set(said["capabilities"])
    assert {"system/Task.crus", "system/AuditEvent.rs", "system/*.rs"} <= set(said["scopes_supported"])
    assert Client().post("/fhir/.well-known/smart-configuration").status_code == 405


def test_discovery_believes_the_setting_and_not_the_request(settings: Any) -> None:
    settings.BHU_BASE_URL = "https://hub.example.org"
    said = (
        Client().get("/fhir/.well-known/smart-configuration", headers={"X-Forwarded-Host": "evil.example.org"}).json()
    )
    assert said["token_endpoint"] == "https://hub.example.org/auth/token"


def test_the_audience_is_the_configured_address(partner: Partner, settings: Any) -> None:
    settings.BHU_BASE_URL = "https://hub.example.org"
    assert partner.ask().status_code == 401
    assert partner.ask(claims={"aud": "https://hub.example.org/auth/token"}).status_code == 200


@pytest.mark.parametrize("name", ["token", "introspect", "revoke"])
def test_no_answer_of_an_endpoint_may_be_kept_whatever_stands_around_it(partner: Partner, name: str) -> None:
    """The view by itself: the middleware would say it too."""
    for form in (partner.form(token="x"), {}):
        match = resolve(f"/auth/{name}")
        answer = match.func(RequestFactory().post(f"/auth/{name}", form), **match.kwargs)
        assert (answer["Cache-Control"], answer["Pragma"]) == ("no-store", "no-cache")


def test_a_form_from_another_site_needs_no_cookie_and_sets_none(partner: Partner) -> None:
    answer = Client(enforce_csrf_checks=True).post("/auth/token", partner.form())
    assert answer.status_code == 200
    assert not answer.cookies


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> Any:
    for name in ("GOOD", "BAD", "STRANGERS"):
        monkeypatch.setattr(counting, name, 3)
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=10), tick=False) as clock:
        yield clock


def test_a_client_that_asks_too_often_waits(network: Network, partner: Partner, events: Events, few: Any) -> None:
    for _ in range(3):
        assert partner.ask().status_code == 200
    few.shift(20)
    answers = [partner.ask() for _ in range(3)]
    assert [answer.status_code for answer in answers] == [429] * 3
    assert [answer["Retry-After"] for answer in answers] == ["40"] * 3
    assert answers[0].json()["error"] == "temporarily_unavailable"
    assert answers[0]["Cache-Control"] == "no-store"
    assert [row for row in events() if row[1] == "4"] == [("smart.token", "4", "TOO_OFTEN")]
    assert network.register().ask().status_code == 200
    few.shift(40)
    assert partner.ask().status_code == 200


def test_nobody_can_use_up_a_clients_minute_without_its_key(partner: Partner, events: Events, few: Any) -> None:
    stranger = new_key(kid=partner.key["kid"])
    statuses = [partner.ask(claims={"key": stranger}).status_code for _ in range(6)]
    assert statuses == [401, 401, 401, 429, 429, 429]
    assert partner.ask().status_code == 200
    assert [row[2] for row in events()][:4] == ["SIGNATURE_WRONG"] * 3 + ["TOO_OFTEN"]


def test_strangers_share_one_count_and_one_row(partner: Partner, events: Events, few: Any) -> None:
    statuses = [Partner(str(uuid4()), partner.key).ask().status_code for _ in range(3)]
    statuses += [post("token", {}).status_code for _ in range(3)]
    assert statuses == [401, 401, 401, 429, 429, 429]
    assert RequestCount.objects.filter(bucket="strangers").get().count == 6
    assert len(events()) == 4
    assert partner.ask().status_code == 200
    few.shift(60)
    tasks.sweep()
    assert not RequestCount.objects.exists()


def test_the_door_writes_down_whom_it_refuses_a_stranger_once_a_minute(network: Network, partner: Partner) -> None:
    def refused(*tokens: str) -> list[tuple[str, str, str]]:
        before = set(AuditEvent.objects.values_list("pk", flat=True))
        for token in tokens:
            answer = Client().get("/fhir/ServiceRequest", headers={"Authorization": bearer(token)} if token else {})
            assert answer.status_code in (401, 403)
        new = AuditEvent.objects.exclude(pk__in=before).filter(action="door.refuse", door="fhir", outcome="4")
        return sorted(new.values_list("actor", "agency", "code"))

    stranger = ("Person/unknown", "")
    client = (f"Membership/{partner.row.membership_id}", str(network.bhu.id))
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=10), tick=False) as clock:
        tasks_alone, expired = partner.token("system/Task.rs"), partner.token()
        digest = sha256(expired.encode()).hexdigest()
        assert AccessToken.objects.filter(token_checksum=digest).update(expires=datetime.now(UTC)) == 1
        assert refused("", "x" * 30, expired, "", "y" * 30, expired) == [
            (*stranger, "NO_TOKEN"), (*stranger, "TOKEN_EXPIRED"), (*stranger, "TOKEN_REVOKED")
        ]  # fmt: skip
        assert refused(tasks_alone, tasks_alone) == [(*client, "SCOPE")] * 2
        clock.shift(60)
        assert refused("", "") == [(*stranger, "NO_TOKEN")]


def test_the_gate_permits_a_client_for_what_it_is_registered_for(network: Network) -> None:
    def said(purpose: Purpose, role: Role) -> Decision:
        token = network.register(purpose=purpose, role=role).token("system/Task.rs")
        actor, at = actor_of(bearer(token)).actor, datetime.now(UTC)
        mine = Participation(
            agency_id=actor.agency_id, mask=BIT[Compartment.REQUEST], since=at, basis=Basis.INTERNAL_UNIT.value
        )
        return answer(actor, mine, Compartment.REQUEST, at=at)

    for purpose in (Purpose.OPERATIONS, Purpose.TREATMENT):
        assert isinstance(permit := said(purpose, Role.INTAKE), Permit)
        assert permit.purpose == purpose
    assert working_for(replace(network.admin, purpose=Purpose.OPERATIONS)) is None


def test_no_log_line_and_no_event_holds_a_token_or_an_assertion(
    partner: Partner, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    form = partner.form()
    with caplog.at_level(logging.DEBUG):
        token = post("token", form).json()["access_token"]
        partner.ask("introspect", token=token)
        actor_of(bearer(token))
        partner.ask("revoke", token=token)
        post("token", form)
    said = caplog.text + "".join(capfd.readouterr()) + "".join(str(bytes(row.body)) for row in AuditEvent.objects.all())
    signature = form["client_assertion"].rpartition(".")[2]
    assert token not in said
    assert signature not in said
    assert partner.client_id in said


def test_every_refusal_of_a_token_is_told_by_status_issue_and_challenge() -> None:
    kinds = {
        NoToken: (401, "login"),
        TokenExpired: (401, "expired"),
        TokenRevoked: (401, "login"),
        InsufficientScope: (403, "forbidden"),
        Throttled: (429, "throttled"),
    }
    assert set(TokenRefused.__subclasses__()) == kinds.keys()
    for kind, told in kinds.items():
        assert (kind.status, kind.issue) == told
        assert kind.challenge.startswith("Bearer ") is (kind is not Throttled)  # who asks too often has a good token
    assert len({kind.code for kind in kinds}) == 5


def test_two_kinds_of_keys_may_be_good_at_once(network: Network) -> None:
    partner = network.register(jwks=jwks(KEYS["ES384"], KEYS["RS384"]))
    other = Partner(partner.client_id, KEYS["RS384"], algorithm="RS384")
    assert (partner.ask().status_code, other.ask().status_code) == (200, 200)
    assert now() > 0
