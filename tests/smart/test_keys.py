"""What may stand in a client's key set, and which key an assertion gets."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from jwcrypto import jwk

from agencies.outside import CannotFetch
from fhir.smart import clients, fetching, keys
from fhir.smart.fetching import Fetched
from fhir.smart.keys import BadKeys
from fhir.smart.models import FetchedKeys
from tests.smart.conftest import Row
from tests.smart.partner import KEYS, Network, Partner, id_of, jwks, new_key

URI = "https://ehr.example.org/jwks.json"
EC, RSA = (KEYS[name].export_public(as_dict=True) for name in ("ES384", "RS384"))
WEAK = jwk.JWK.generate(kty="RSA", size=1024, kid="weak").export_public(as_dict=True)
P256 = jwk.JWK.generate(kty="EC", crv="P-256", kid="p256").export_public(as_dict=True)
OKP = jwk.JWK.generate(kty="OKP", crv="Ed25519", kid="okp").export_public(as_dict=True)
OCT = {"kty": "oct", "k": "c2VjcmV0", "kid": "oct"}

BAD: dict[str, Any] = {
    "no JSON": "{",
    "no object": [],
    "no keys": {},
    "no list": {"keys": {}},
    "an empty list": {"keys": []},
    "too many": {"keys": [EC | {"kid": str(at)} for at in range(21)]},
    "no key": {"keys": ["x"]},
    "a private key": {"keys": [KEYS["ES384"].export_private(as_dict=True)]},
    "a private RSA key": {"keys": [KEYS["RS384"].export_private(as_dict=True)]},
    "a secret": {"keys": [OCT]},
    "no kid": {"keys": [{name: value for name, value in EC.items() if name != "kid"}]},
    "an empty kid": {"keys": [EC | {"kid": ""}]},
    "a kid twice": {"keys": [EC, new_key(kid=EC["kid"]).export_public(as_dict=True)]},
    "another curve": {"keys": [P256]},
    "another kind": {"keys": [OKP]},
    "a short key": {"keys": [WEAK]},
    "for encryption": {"keys": [EC | {"use": "enc"}]},
    "for another algorithm": {"keys": [RSA | {"alg": "RS256"}]},
    "for the other kind's algorithm": {"keys": [RSA | {"alg": "ES384"}]},
    "an algorithm that is a list": {"keys": [EC | {"alg": ["ES384"]}]},
    "not to verify": {"keys": [EC | {"key_ops": ["sign"]}]},
    "no point of the curve": {"keys": [EC | {"x": EC["y"]}]},
    "numbers for text": {"keys": [EC | {"x": 1}]},
    "a kind that is a list": {"keys": [EC | {"kty": []}]},
}


@pytest.mark.parametrize("tree", BAD.values(), ids=BAD)
def test_a_set_with_a_bad_key_is_not_registered(tree: Any) -> None:
    with pytest.raises(BadKeys):
        keys.read_registered(tree if isinstance(tree, str) else json.dumps(tree))


def test_a_good_set_is_read_with_whatever_else_it_says() -> None:
    more = {"use": "sig", "alg": "ES384", "key_ops": ["verify"], "x5t": "abc"}
    found = keys.read_registered(json.dumps({"keys": [EC | more, RSA]}))
    assert [(key.kid, key.kty) for key in found] == [("key-ES384", "EC"), ("key-RS384", "RSA")]
    assert [key.thumbprint for key in found] == [KEYS[name].thumbprint() for name in ("ES384", "RS384")]


def test_of_a_fetched_set_only_the_keys_that_can_be_used_count() -> None:
    found = keys.read_fetched(json.dumps({"keys": [P256, OKP, OCT, WEAK, EC, "x"]}))
    assert [key.kid for key in found] == ["key-ES384"]


def test_a_key_is_found_only_if_it_is_the_single_one_of_its_kid_and_kind() -> None:
    twin = new_key(kid="one").export_public(as_dict=True)
    same = json.dumps({"keys": [EC | {"kid": "one"}, RSA | {"kid": "one"}]})
    found = keys.read_registered(same)
    assert keys.find(found, kid="one", algorithm="RS384") is found[1]
    assert keys.find(found, kid="one", algorithm="ES384") is found[0]
    assert keys.find(found, kid="two", algorithm="ES384") is None
    assert keys.find(found, kid="one", algorithm="RS256") is None
    double = keys.read_fetched(json.dumps({"keys": [EC | {"kid": "one"}, twin]}))
    assert len(double) == 2
    assert keys.find(double, kid="one", algorithm="ES384") is None


class Address:
    """What stands at the partner's address, and how often it was asked."""

    def __init__(self, *held: jwk.JWK, max_age: int = 600) -> None:
        self.body, self.max_age, self.asked = jwks(*held).encode(), max_age, 0

    def fetch(self, url: str) -> Fetched:
        assert url == URI
        self.asked += 1
        if not self.body:
            raise CannotFetch("away")
        return Fetched(self.body, self.max_age)


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch) -> Address:
    address = Address(KEYS["ES384"])
    monkeypatch.setattr(fetching, "fetch", address.fetch)
    return address


@pytest.fixture
def remote(network: Network, address: Address) -> Partner:
    return network.register(jwks_uri=URI)


@pytest.fixture
def clock() -> Any:
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=10), tick=False) as clock:
        yield clock


def test_keys_are_fetched_once_for_as_long_as_they_are_good(remote: Partner, address: Address, clock: Any) -> None:
    for wait, asked in ((0, 1), (9, 1), (590, 1), (1, 2)):
        clock.shift(wait)
        assert remote.ask().status_code == 200
        assert address.asked == asked
    assert FetchedKeys.objects.get().uri == URI


def test_a_new_key_is_fetched_when_an_assertion_names_it(remote: Partner, address: Address, clock: Any) -> None:
    assert remote.ask().status_code == 200
    new = Partner(remote.client_id, new_key(kid="new"))
    address.body = jwks(remote.key, new.key).encode()
    assert new.ask().status_code == 401  # asked a moment ago
    clock.shift(10)
    assert new.ask().status_code == 200
    assert address.asked == 2


def test_nobody_can_make_us_ask_again_and_again(remote: Partner, address: Address, clock: Any) -> None:
    """An assertion needs no key to name one, so a kid that is nowhere fetches once in ten seconds at most."""
    stranger = Partner(remote.client_id, new_key(kid="nowhere"))
    for _ in range(5):
        assert stranger.ask().status_code == 401
    assert address.asked == 1
    address.body = b""
    clock.shift(600)
    for _ in range(5):
        assert remote.ask().status_code == 401
    assert address.asked == 2


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b'{"keys": 1}'], ids=["away", "no JSON", "no text", "no set"])
def test_keys_that_cannot_be_had_are_no_keys_though_old_ones_are_known(
    remote: Partner, address: Address, clock: Any, events: Callable[[], list[Row]], body: bytes
) -> None:
    assert remote.ask().status_code == 200
    address.body = body
    clock.shift(600)
    events()
    assert remote.ask().status_code == 401
    assert events() == [("smart.token", "4", "KEYS_UNREACHABLE")]
    address.body = jwks(remote.key).encode()
    clock.shift(10)
    assert remote.ask().status_code == 200


def test_a_key_that_was_taken_away_is_good_no_longer_than_its_copy(
    remote: Partner, address: Address, clock: Any
) -> None:
    assert remote.ask().status_code == 200
    address.body = jwks(new_key(kid="other")).encode()
    clock.shift(599)
    assert remote.ask().status_code == 200
    clock.shift(1)
    assert remote.ask().status_code == 401


def test_another_address_has_nothing_of_the_old_ones_keys(
    network: Network, remote: Partner, address: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert remote.ask().status_code == 200
    clients.change_keys(network.admin, id_of(remote), jwks_uri="https://new.example.org/jwks.json")

    def away(url: str) -> Fetched:
        assert url == "https://new.example.org/jwks.json"
        raise CannotFetch("away")

    monkeypatch.setattr(fetching, "fetch", away)
    assert remote.ask().status_code == 401


def test_a_jku_may_be_the_registered_address_and_no_other(remote: Partner, address: Address) -> None:
    assert remote.ask(claims={"header": {"jku": URI}}).status_code == 200
    assert remote.ask(claims={"header": {"jku": URI + "?x"}}).status_code == 401
