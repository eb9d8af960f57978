"""docs/openapi.json is OpenAPI, names each address there is, and says of every answer what is answered."""

import json
from typing import Any

import pytest
from django.test import Client
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from fhir.smart.endpoints import CALLS
from tests.databases import ROOT
from tests.smart.partner import Partner

DOCUMENT: dict[str, Any] = json.loads((ROOT / "docs" / "openapi.json").read_text("utf-8"))
CONFIGURATION = "/fhir/.well-known/smart-configuration"
METHODS = {CONFIGURATION: "get"} | {f"/auth/{name}": "post" for name in CALLS}


def test_it_is_a_valid_document_of_openapi_3_1() -> None:
    validate(DOCUMENT)


def test_it_names_every_address_and_its_one_method() -> None:
    assert {path: list(row) for path, row in DOCUMENT["paths"].items()} == {
        path: [method] for path, method in METHODS.items()
    }


def test_metadata_names_the_same_addresses(configuration: Any) -> None:
    """For clients that look there (SMART App Launch 1.0, conformance): fhirclient is one."""
    (rest,) = Client().get("/fhir/metadata").json()["rest"]
    (uris,) = rest["security"]["extension"]
    said = {each["url"]: each["valueUri"] for each in uris["extension"]}
    names = {"token": "token_endpoint", "introspect": "introspection_endpoint", "revoke": "revocation_endpoint"}
    assert said == {name: configuration[long] for name, long in names.items()}


@pytest.fixture
def configuration(db: None) -> Any:
    return Client().get(CONFIGURATION).json()


@pytest.mark.parametrize("path", METHODS)
def test_another_method_is_refused(db: None, path: str) -> None:
    assert Client().put(path).status_code == 405


def require(path: str, answer: Any) -> None:
    """That the document says what was answered: the status, each header it names, and the body."""
    said = DOCUMENT["paths"][path][METHODS[path]]["responses"][str(answer.status_code)]
    said = resolved(said)
    for name in said.get("headers", {}):
        assert name in answer.headers
    schema = said.get("content", {}).get("application/json", {}).get("schema")
    if schema is None:
        assert answer.content == b""
        return
    assert answer["Content-Type"] == "application/json"
    whole = {**schema, "components": DOCUMENT["components"]}
    Draft202012Validator(whole, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(answer.json())


def resolved(part: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in part:
        return part
    found: Any = DOCUMENT
    for name in part["$ref"].removeprefix("#/").split("/"):
        found = found[name]
    return dict(found)


def test_what_is_answered_is_what_it_says(partner: Partner) -> None:
    require(CONFIGURATION, Client().get(CONFIGURATION))
    answer = partner.ask()
    require("/auth/token", answer)
    token = answer.json()["access_token"]
    require("/auth/introspect", partner.ask("introspect", token=token))
    require("/auth/revoke", partner.ask("revoke", token=token))
    require("/auth/introspect", partner.ask("introspect", token=token))


@pytest.mark.parametrize(
    "changed",
    [
        {"grant_type": "password"},
        {"scope": None},
        {"scope": "system/Task.d"},
        {"client_assertion_type": "none"},
        {"claims": {"aud": "https://elsewhere.example.org"}},
        {"claims": {"exp": 0}},
    ],
    ids=str,
)
def test_a_refusal_is_what_it_says(partner: Partner, changed: dict[str, Any]) -> None:
    require("/auth/token", partner.ask(**changed))


def test_one_too_many_is_what_it_says(partner: Partner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fhir.smart.counting.BAD", 0)
    answer = partner.ask(claims={"exp": 0})
    assert answer.status_code == 429
    require("/auth/token", answer)
