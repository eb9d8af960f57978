"""A token for who proves to hold the key; and every way of not proving it, one by one."""

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from jwcrypto import jwk
from oauth2_provider.models import AccessToken, RefreshToken

from agencies.capabilities import Capability
from agencies.models import MachineClient
from agencies.roles import Role
from agencies.services import change_grants, end_membership
from fhir.smart import clients
from fhir.smart.authenticating import forget_spent
from fhir.smart.models import SpentAssertion
from tests.smart.conftest import Row
from tests.smart.partner import AUDIENCE, KEYS, SETUP, Network, Partner, id_of, jwks, new_key, now, post

Events = Callable[[], list[Row]]


@pytest.mark.parametrize("algorithm", ["ES384", "RS384"])
def test_who_proves_to_hold_the_key_gets_a_token(network: Network, algorithm: str) -> None:
    partner = network.register(key=KEYS[algorithm])
    partner.algorithm = algorithm
    answer = partner.ask(scope="system/Task.rus")
    said = answer.json()
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/json"
    assert answer["Cache-Control"] == "no-store"
    assert answer["Pragma"] == "no-cache"
    assert said.keys() == {"access_token", "token_type", "expires_in", "scope"}
    assert (said["token_type"].lower(), said["expires_in"], said["scope"]) == ("bearer", 300, "system/Task.rus")


def test_the_row_of_a_token_holds_its_hash_alone_and_no_refresh_token_is_made(partner: Partner) -> None:
    token = partner.token()
    row = AccessToken.objects.get()
    assert row.token == ""
    assert len(row.token_checksum) == 64
    assert timedelta(seconds=298) < row.expires - row.created <= timedelta(seconds=300)
    assert not RefreshToken.objects.exists()
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            assert not any(token in str(row) for row in cursor.fetchall()), table


def refused(answer: Any, error: str = "invalid_client", status: int = 401) -> dict[str, Any]:
    said: dict[str, Any] = answer.json()
    assert (answer.status_code, said["error"]) == (status, error)
    assert answer["Cache-Control"] == "no-store"
    assert not AccessToken.objects.exists()
    return said


ELSEWHERE = new_key("ES384", kid="key-ES384")
WEAK = jwk.JWK.generate(kty="EC", crv="P-256", kid="key-ES384")
SECRET = jwk.JWK.generate(kty="oct", size=512, kid="key-ES384")

CLAIMS: list[tuple[str, dict[str, Any], str]] = [
    ("another issuer", {"iss": str(uuid4())}, "CLIENT_UNKNOWN"),
    ("an issuer that is no id", {"iss": "x\x00y"}, "CLIENT_UNKNOWN"),
    ("an issuer in capitals", {"iss": "A" * 36}, "CLIENT_UNKNOWN"),
    ("no issuer", {"iss": None}, "CLIENT_UNKNOWN"),
    ("another subject", {"sub": str(uuid4())}, "ASSERTION_SUBJECT"),
    ("no subject", {"sub": None}, "ASSERTION_SUBJECT"),
    ("another audience", {"aud": "http://localhost:8000/auth/introspect"}, "ASSERTION_AUDIENCE"),
    ("the audience with a slash", {"aud": AUDIENCE + "/"}, "ASSERTION_AUDIENCE"),
    ("the audience as a path", {"aud": "/auth/token"}, "ASSERTION_AUDIENCE"),
    ("the host of the request", {"aud": "http://testserver/auth/token"}, "ASSERTION_AUDIENCE"),
    ("no audience", {"aud": None}, "ASSERTION_AUDIENCE"),
    ("several audiences", {"aud": [AUDIENCE, "https://other.example.org"]}, "ASSERTION_AUDIENCE"),
    ("no end", {"exp": None}, "ASSERTION_EXPIRED"),
    ("an end that is text", {"exp": "2099-01-01"}, "ASSERTION_EXPIRED"),
    ("an end that is true", {"exp": True}, "ASSERTION_EXPIRED"),
    ("an end that is no number", {"exp": float("nan")}, "ASSERTION_EXPIRED"),
    ("no end in sight", {"exp": float("inf")}, "ASSERTION_LASTS_TOO_LONG"),
    ("an end beyond any clock", {"exp": 10**400}, "ASSERTION_LASTS_TOO_LONG"),
    ("no jti", {"jti": None}, "ASSERTION_JTI"),
    ("an empty jti", {"jti": ""}, "ASSERTION_JTI"),
    ("a number as jti", {"jti": 7}, "ASSERTION_JTI"),
    ("a jti too long", {"jti": "x" * 256}, "ASSERTION_JTI"),
    ("an iat in the future", {"iat": 4102444800}, "ASSERTION_NOT_YET"),
    ("an nbf in the future", {"nbf": 4102444800}, "ASSERTION_NOT_YET"),
    ("an nbf that is text", {"nbf": "now"}, "ASSERTION_NOT_YET"),
]
HEADERS: list[tuple[str, dict[str, Any], str]] = [
    ("an unknown kid", {"kid": "another"}, "KEY_UNKNOWN"),
    ("no kid", {"kid": None}, "ASSERTION_MALFORMED"),
    ("another typ", {"typ": "at+jwt"}, "ASSERTION_MALFORMED"),
    ("a jku that is not registered", {"jku": "https://evil.example.org/jwks.json"}, "KEY_UNKNOWN"),
]


@pytest.mark.parametrize(("changed", "code"), [row[1:] for row in CLAIMS], ids=[row[0] for row in CLAIMS])
def test_a_wrong_claim_is_refused(partner: Partner, events: Events, changed: dict[str, Any], code: str) -> None:
    said = refused(partner.ask(claims=changed))
    assert events() == [("smart.token", "4", code)]
    assert said.get("error_description", "").isascii()


@pytest.mark.parametrize(("changed", "code"), [row[1:] for row in HEADERS], ids=[row[0] for row in HEADERS])
def test_a_wrong_header_is_refused(partner: Partner, events: Events, changed: dict[str, Any], code: str) -> None:
    refused(partner.ask(claims={"header": changed}))
    assert events() == [("smart.token", "4", code)]


def part(tree: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(tree).encode()).rstrip(b"=").decode()


def unsigned(partner: Partner, header: dict[str, Any]) -> str:
    return f"{part(header | {'kid': 'key-ES384'})}.{part(partner.claims())}."


def hybrid(partner: Partner) -> str:
    """A MAC made with the public key, where a server would believe the header's alg."""
    public = partner.key.export_to_pem()
    key = jwk.JWK(kty="oct", k=base64.urlsafe_b64encode(public).rstrip(b"=").decode())
    return partner.assertion(header={"alg": "HS384"}, key=key)


SIGNED: list[tuple[str, Callable[[Partner], str], str]] = [
    ("another key with its kid", lambda it: it.assertion(key=ELSEWHERE), "SIGNATURE_WRONG"),
    ("a signature cut off", lambda it: it.assertion().rpartition(".")[0] + ".", "SIGNATURE_WRONG"),
    ("ES256", lambda it: it.assertion(header={"alg": "ES256"}, key=WEAK), "ASSERTION_ALGORITHM"),
    ("RS256", lambda it: it.assertion(header={"alg": "RS256"}, key=KEYS["RS384"]), "ASSERTION_ALGORITHM"),
    ("PS384", lambda it: it.assertion(header={"alg": "PS384"}, key=KEYS["RS384"]), "ASSERTION_ALGORITHM"),
    ("HS384", lambda it: it.assertion(header={"alg": "HS384"}, key=SECRET), "ASSERTION_ALGORITHM"),
    ("HS384 with the public key", hybrid, "ASSERTION_ALGORITHM"),
    ("none", lambda it: unsigned(it, {"alg": "none"}), "ASSERTION_ALGORITHM"),
    ("no alg", lambda it: unsigned(it, {}), "ASSERTION_ALGORITHM"),
    ("ES384 without a signature", lambda it: unsigned(it, {"alg": "ES384"}), "SIGNATURE_WRONG"),
    (
        "RS384 with the kid of the EC key",
        lambda it: it.assertion(header={"alg": "RS384"}, key=KEYS["RS384"]),
        "KEY_UNKNOWN",
    ),
    (
        "an extension that must be understood",
        lambda it: unsigned(it, {"alg": "ES384", "crit": ["b64"]}),
        "ASSERTION_MALFORMED",
    ),
    ("no JWT", lambda it: "abc", "ASSERTION_MALFORMED"),
    ("no base64", lambda it: "!.!.!", "ASSERTION_MALFORMED"),
    ("no JSON", lambda it: "YWJj.YWJj.YWJj", "ASSERTION_MALFORMED"),
    ("no object", lambda it: f"{part([])}.{part([])}.x", "ASSERTION_MALFORMED"),
    ("nothing but depth", lambda it: f"{part(json.loads('[' * 900 + ']' * 900))}.e30.x", "ASSERTION_MALFORMED"),
    ("more than a JWT", lambda it: it.assertion() + ".x", "ASSERTION_MALFORMED"),
    ("too much of it", lambda it: "x" * 9000 + ".y.z", "ASSERTION_MALFORMED"),
]


@pytest.mark.parametrize(("made", "code"), [row[1:] for row in SIGNED], ids=[row[0] for row in SIGNED])
def test_what_the_key_did_not_sign_is_refused(
    partner: Partner, events: Events, made: Callable[[Partner], str], code: str
) -> None:
    refused(partner.ask(assertion=made(partner)))
    assert events() == [("smart.token", "4", code)]


FORMS: list[tuple[str, dict[str, Any], str, int, str]] = [
    ("another grant", {"grant_type": "password"}, "unsupported_grant_type", 400, "UNSUPPORTED_GRANT_TYPE"),
    ("a code", {"grant_type": "authorization_code"}, "unsupported_grant_type", 400, "UNSUPPORTED_GRANT_TYPE"),
    ("a refresh token", {"grant_type": "refresh_token"}, "unsupported_grant_type", 400, "UNSUPPORTED_GRANT_TYPE"),
    ("no grant", {"grant_type": None}, "invalid_request", 400, "INVALID_REQUEST"),
    ("another type of assertion", {"client_assertion_type": "x"}, "invalid_client", 401, "ASSERTION_MISSING"),
    ("no type of assertion", {"client_assertion_type": None}, "invalid_client", 401, "ASSERTION_MISSING"),
    ("no assertion", {"client_assertion": ""}, "invalid_client", 401, "ASSERTION_MISSING"),
    ("another client_id", {"client_id": str(uuid4())}, "invalid_client", 401, "CLIENT_UNKNOWN"),
    ("a scope twice", {"scope": ["system/Task.r", "system/Task.u"]}, "invalid_request", 400, "INVALID_REQUEST"),
    ("no scope", {"scope": None}, "invalid_scope", 400, "INVALID_SCOPE"),
    ("a scope it is not registered for", {"scope": "system/Patient.rs"}, "invalid_scope", 400, "INVALID_SCOPE"),
    ("a scope that is none", {"scope": "launch"}, "invalid_scope", 400, "INVALID_SCOPE"),
]


@pytest.mark.parametrize(("changed", "error", "status", "code"), [row[1:] for row in FORMS], ids=[r[0] for r in FORMS])
def test_a_wrong_form_is_refused(
    partner: Partner, events: Events, changed: dict[str, Any], error: str, status: int, code: str
) -> None:
    refused(partner.ask(**changed), error, status)
    assert events() == [("smart.token", "4", code)]


@pytest.mark.parametrize("secret", ["", "secret"])
def test_a_secret_opens_nothing(partner: Partner, client: Any, secret: str) -> None:
    form = {"grant_type": "client_credentials", "scope": "system/Task.r", "client_id": partner.client_id}
    refused(post("token", form | {"client_secret": secret}))
    basic = base64.b64encode(f"{partner.client_id}:{secret}".encode()).decode()
    refused(client.post("/auth/token", form, HTTP_AUTHORIZATION=f"Basic {basic}"))


def test_nothing_is_taken_from_the_address(partner: Partner, client: Any) -> None:
    refused(client.post("/auth/token", partner.form(), query_params={"x": "1"}), "invalid_request", 400)
    assert client.get("/auth/token", partner.form()).status_code == 405


def test_whether_a_client_exists_is_told_to_nobody_without_its_key(partner: Partner) -> None:
    unknown = Partner(str(uuid4()), partner.key)
    assert refused(unknown.ask()) == refused(partner.ask(claims={"key": ELSEWHERE}))


def frozen(seconds: float = 10) -> Any:
    """The clock stopped that far from now, on a whole second."""
    return time_machine.travel(datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=seconds), tick=False)


@pytest.mark.parametrize(
    ("exp", "status"), [(300, 200), (301, 401), (0, 200), (-59, 200), (-60, 401), (299.5, 200), (300.5, 401)]
)
def test_an_assertion_lasts_five_minutes_and_a_clock_may_be_a_minute_slow(
    partner: Partner, exp: float, status: int
) -> None:
    with frozen():
        assert partner.ask(claims={"exp": now() + exp}).status_code == status


def test_an_assertion_is_good_once(partner: Partner, events: Events) -> None:
    assertion = partner.assertion()
    assert partner.ask(assertion=assertion).status_code == 200
    again = partner.ask(assertion=assertion)
    assert (again.status_code, again.json()["error"]) == (401, "invalid_client")
    assert events()[1] == ("smart.token", "4", "ASSERTION_REPLAYED")
    assert AccessToken.objects.count() == 1


def test_an_assertion_is_not_good_again_at_another_endpoint_or_after_a_refused_scope(partner: Partner) -> None:
    assertion = partner.assertion()
    assert partner.ask(assertion=assertion, scope="launch").status_code == 400
    assert partner.ask("introspect", assertion=assertion, token="x").status_code == 401
    assert partner.ask(assertion=assertion).status_code == 401


@pytest.mark.parametrize("later", [0, 5, 30, 59])
def test_a_used_assertion_is_remembered_as_long_as_it_would_be_taken(partner: Partner, later: int) -> None:
    """Between its end and the end of what clocks are allowed, also right after the hourly sweep."""
    with frozen() as clock:
        assertion = partner.assertion(exp=now() + 100)
        assert partner.ask(assertion=assertion).status_code == 200
        clock.shift(100 + later)
        forget_spent(now=datetime.now(UTC))
        assert partner.ask(assertion=assertion).status_code == 401
        assert partner.ask(claims={"exp": now() - later}).status_code == 200  # by its time it would be taken


def test_used_assertions_are_forgotten_when_nobody_would_take_them(partner: Partner) -> None:
    with frozen() as clock:
        partner.token()
        clock.shift(240 + 60 + 299)
        assert forget_spent(now=datetime.now(UTC)) == 0
        clock.shift(1)
        assert forget_spent(now=datetime.now(UTC)) == 1
    assert not SpentAssertion.objects.exists()


def test_two_clients_may_use_the_same_jti(network: Network) -> None:
    for partner in (network.register(), network.register()):
        assert partner.ask(claims={"jti": "1"}).status_code == 200


@pytest.mark.parametrize("jti", ["\ud800", "é", "x" * 255])
def test_a_jti_may_be_any_text(partner: Partner, jti: str) -> None:
    assert partner.ask(claims={"jti": jti}).status_code == 200


def test_keys_are_rotated_without_a_pause(network: Network, partner: Partner) -> None:
    old, new = partner, Partner(partner.client_id, new_key(kid="new"))
    assert (old.ask().status_code, new.ask().status_code) == (200, 401)
    clients.change_keys(network.admin, id_of(partner), jwks=jwks(old.key, new.key))
    assert (old.ask().status_code, new.ask().status_code) == (200, 200)
    clients.change_keys(network.admin, id_of(partner), jwks=jwks(new.key))
    assert (old.ask().status_code, new.ask().status_code) == (401, 200)


def test_a_client_waits_for_approval(network: Network, events: Events) -> None:
    waiting = network.register(approved=False)
    events()
    refused(waiting.ask())
    assert events() == [("smart.token", "4", "CLIENT_NOT_APPROVED")]
    clients.approve(network.network, id_of(waiting))
    assert waiting.ask().status_code == 200


ENDS: list[tuple[str, Callable[[Network, Partner], object], str]] = [
    ("switched off", lambda it, who: clients.disable(it.admin, id_of(who)), "CLIENT_DISABLED"),
    (
        "its membership ended",
        lambda it, who: end_membership(by=SETUP, membership_id=who.row.membership_id),
        "NOT_UNIT_MEMBER",
    ),
    (
        "its machine switched off",
        lambda it, who: MachineClient.objects.filter(pk=who.client_id).update(is_active=False),
        "NOT_UNIT_MEMBER",
    ),
]


@pytest.mark.parametrize(("end", "code"), [row[1:] for row in ENDS], ids=[row[0] for row in ENDS])
def test_a_client_that_may_not_act_gets_no_token(
    network: Network, partner: Partner, events: Events, end: Callable[[Network, Partner], object], code: str
) -> None:
    end(network, partner)
    events()
    refused(partner.ask())
    assert events() == [("smart.token", "4", code)]


@pytest.mark.parametrize(
    ("asked", "granted"),
    [
        ("system/Task.cruds", "system/Task.rsu"),
        ("system/*.cruds", "system/ServiceRequest.rs system/Task.rus"),
        ("system/*.rs", "system/ServiceRequest.rs system/Task.rs"),
        ("system/Task.read", "system/Task.rs"),
        ("system/Task.write system/Patient.rs launch", "system/Task.u"),
    ],
)
def test_no_more_is_granted_than_the_client_is_registered_for(partner: Partner, asked: str, granted: str) -> None:
    said = partner.ask(scope=asked).json()["scope"]
    assert sorted(said) == sorted(granted)


def test_no_more_is_granted_than_the_role_can_do(network: Network) -> None:
    """Registered for everything, an intake system is granted what intake can do, and never an audit trail."""
    partner = network.register(scope="system/*.cruds")
    assert partner.ask(scope="system/AuditEvent.rs").json()["error"] == "invalid_scope"
    assert partner.ask(scope="system/Patient.cruds").json()["scope"] == "system/Patient.rs"
    granted = partner.ask(scope="system/*.cruds").json()["scope"].split()
    assert "system/Patient.rs" in granted
    assert not [scope for scope in granted if "AuditEvent" in scope or scope.startswith("system/*")]


def test_what_the_agency_takes_from_the_role_is_granted_no_more(network: Network, partner: Partner) -> None:
    change_grants(by=SETUP, agency=network.bhu, role=Role.INTAKE, take=[Capability.VIEW_INBOX])
    assert partner.ask(scope="system/Task.rus").json()["scope"] == "system/Task.u"
    assert partner.ask(scope="system/ServiceRequest.rs").json()["error"] == "invalid_scope"


def test_each_token_is_an_event_that_says_whose_and_holds_no_token(
    network: Network, partner: Partner, events: Events
) -> None:
    from audit.models import AuditEvent

    token = partner.token()
    event = AuditEvent.objects.filter(action="smart.token").get()
    row = partner.row
    assert (event.door, event.target) == ("smart", f"MachineClient/{partner.client_id}")
    assert (event.actor, event.agency) == (f"Membership/{row.membership_id}", str(network.bhu.id))
    assert (event.purpose, event.code) == ("TREAT", AccessToken.objects.get().token_checksum[-8:])
    assert event.request_id
    assert token.encode() not in bytes(event.body)


def test_who_only_claims_to_be_a_client_is_not_written_down_as_it(partner: Partner) -> None:
    from audit.models import AuditEvent

    partner.ask(claims={"key": ELSEWHERE})
    Partner(str(uuid4()), partner.key).ask()
    found = AuditEvent.objects.filter(action="smart.token").order_by("pk").values_list("actor", "agency", "target")
    assert list(found) == [
        ("Client/unknown", "", f"MachineClient/{partner.client_id}"),
        ("Client/unknown", "", "Door/smart"),
    ]
