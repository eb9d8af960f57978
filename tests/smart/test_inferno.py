"""What Inferno's SMART App Launch Test Kit asserts of a server for backend services, each by the id it has there.

Not here: what needs TLS to judge (``smart_tls``) and what is for apps with a browser (``smart_app_launch``): of
``well_known_capabilities_stu2`` the fields ``authorization_endpoint`` and ``authorization_code``.
"""

import json
import time
from typing import Any

import pytest
from django.test import Client

from tests.smart.partner import Partner

WELL_KNOWN = "/fhir/.well-known/smart-configuration"


@pytest.fixture
def configuration(db: None) -> Any:
    return Client().get(WELL_KNOWN, headers={"Accept": "application/json", "Origin": "https://inferno.example.org"})


def test_the_configuration_is_json_at_the_well_known_address(configuration: Any) -> None:
    """``well_known_endpoint``."""
    assert configuration.status_code == 200
    assert configuration["Content-Type"].startswith("application/json")
    assert json.loads(configuration.content)["token_endpoint"].startswith("http")


def test_the_configuration_has_the_required_fields_of_the_required_kinds(configuration: Any) -> None:
    """``well_known_capabilities_stu2``."""
    said = configuration.json()
    kinds = {
        "token_endpoint": str,
        "capabilities": list,
        "grant_types_supported": list,
        "code_challenge_methods_supported": list,
    }
    for name, kind in kinds.items():
        assert said[name]
        assert isinstance(said[name], kind)
    assert "S256" in said["code_challenge_methods_supported"]
    assert "plain" not in said["code_challenge_methods_supported"]
    assert all(isinstance(each, str) for each in said["capabilities"])
    assert "sso-openid-connect" not in said["capabilities"]
    assert "issuer" not in said


def test_a_page_of_another_site_may_read_the_configuration(configuration: Any) -> None:
    """``smart_cors_well_known_endpoint``."""
    assert configuration["Access-Control-Allow-Origin"] in ("*", "https://inferno.example.org")


def test_another_grant_type_is_refused(partner: Partner) -> None:
    """``smart_backend_services_invalid_grant_type``."""
    assert partner.ask(grant_type="not_a_grant_type").status_code == 400


def test_another_type_of_assertion_is_refused(partner: Partner) -> None:
    """``smart_backend_services_invalid_client_assertion``."""
    assert partner.ask(client_assertion_type="not_an_assertion_type").status_code in (400, 401)


@pytest.mark.parametrize("wrong", ["iss", "sub", "aud", "exp", "jti"])
def test_an_assertion_without_one_of_its_claims_is_refused(partner: Partner, wrong: str) -> None:
    """``smart_backend_services_invalid_jwt``: the kit sends one bad assertion, here each claim is missing in turn."""
    assert partner.ask(claims={wrong: None}).status_code in (400, 401)


def test_a_right_request_is_answered_with_a_token(partner: Partner) -> None:
    """``smart_backend_services_auth_request_success``, ``smart_backend_services_auth_response_body``."""
    answer = partner.ask()
    assert answer.status_code in (200, 201)
    said = answer.json()
    assert said["access_token"]
    assert said["token_type"].casefold() == "bearer"
    assert isinstance(said["expires_in"], int)
    assert said["scope"] == "system/Task.rus"


def test_introspection_of_a_token_says_what_was_said_when_it_was_given(partner: Partner) -> None:
    """``smart_token_introspection_request_group``, ``smart_token_introspection_response_group``: an active token."""
    given = partner.ask().json()
    answer = partner.ask("introspect", token=given["access_token"])
    assert answer.status_code == 200
    said = answer.json()
    assert said["active"] is True
    assert said["client_id"] == partner.client_id
    assert sorted(said["scope"].split()) == sorted(given["scope"].split())
    assert said["exp"] >= time.time() - 600


def test_introspection_of_what_is_no_token_says_that_and_nothing_else(partner: Partner) -> None:
    """``smart_token_introspection_response_group``: an invalid token."""
    answer = partner.ask("introspect", token="not_a_token")
    assert answer.status_code == 200
    assert answer.json() == {"active": False}
