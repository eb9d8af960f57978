"""The edge itself: what it takes, what it refuses and in which words, and that it says of itself what is so."""

import json

import pytest
from django.test import Client

from fhir.content.validate import check
from fhir.rest.outcomes import TABLE
from fhir.rest.parameters import OPENED
from fhir.rest.table import ROUTES
from referrals import errors
from tests.rest.calling import get, post
from tests.rest.conftest import Way


@pytest.mark.parametrize(
    "accept", ["", "*/*", "application/json", "application/fhir+json; fhirVersion=4.0", "text/html, */*"]
)
def test_json_is_answered_to_who_takes_it(way: Way, accept: str) -> None:
    heard = get("clinician", f"Task/{way.sent}", **({"Accept": accept} if accept else {}))
    assert heard.status == 200
    assert heard.headers["Content-Type"] == "application/fhir+json; charset=utf-8"
    assert heard.headers["Cache-Control"] == "no-store"
    assert heard.headers["ETag"] == 'W/"2"'
    assert heard.headers["Last-Modified"].endswith("GMT")


@pytest.mark.parametrize("accept", ["application/fhir+xml", "text/html", "application/fhir+json; fhirVersion=5.0"])
def test_another_format_is_not_to_be_had(way: Way, accept: str) -> None:
    assert get("clinician", f"Task/{way.sent}", Accept=accept).status == 406
    assert get("clinician", f"Task/{way.sent}?_format=xml").status == 406
    assert get("clinician", f"Task/{way.sent}?_format=json", Accept=accept).status == 200


def test_a_search_is_posted_as_a_form(way: Way) -> None:
    assert post("clinician", "Task/_search", "application/json").status == 415
    assert post("clinician", "Task/_search", colour="x" * 70_000).status == 413
    assert get("clinician", "Task?colour=" + "x" * 9_000).status == 413
    assert get("clinician", "Task?" + "&".join(f"a{n}=1" for n in range(300))).status == 400


def test_who_is_nobody_is_told_how_to_come_in(way: Way) -> None:
    heard = get("", "Task")
    assert (heard.status, heard.issue["code"]) == (401, "login")
    assert heard.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    "path", ["", "Task/", "Medication/1", "Task/1/2/3", "_history", "Task/_history", "Binary/1", "nonsense/a/b/c/d"]
)
def test_what_is_not_in_the_table_is_not_there(way: Way, path: str) -> None:
    heard = get("clinician", path)
    assert heard.status in (404, 405)
    assert heard.issue["code"] == "not-supported"


def test_an_attachment_is_read_where_it_is_attached(way: Way) -> None:
    heard = get("clinician", f"Binary/{way.patient}")
    assert (heard.status, heard.issue["code"], heard.issue["expression"]) == (404, "not-supported", ["Binary"])
    assert "DocumentReference" in heard.issue["details"]["text"]


def test_another_method_is_answered_with_those_there_are(way: Way) -> None:
    answer = Client().delete(f"/fhir/Task/{way.sent}")
    assert (answer.status_code, answer["Allow"]) == (405, "GET, PUT, PATCH")
    assert json.loads(answer.content)["resourceType"] == "OperationOutcome"


def test_a_fault_shows_nothing_of_itself(way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> None:
        raise RuntimeError("Zwillinger was here")

    monkeypatch.setattr("referrals.resources._stored", fails)
    heard = get("clinician", f"Task/{way.sent}")
    assert (heard.status, heard.issue["code"]) == (500, "exception")
    assert b"Zwillinger" not in heard.body
    assert b"Traceback" not in heard.body


def test_a_database_that_is_away_may_be_asked_again(way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db import OperationalError

    def away(*_: object, **__: object) -> None:
        raise OperationalError("server closed the connection")

    monkeypatch.setattr("referrals.finding.tasks", away)
    heard = get("clinician", "Task")
    assert (heard.status, heard.issue["code"], heard.headers["Retry-After"]) == (503, "transient", "5")
    assert b"closed" not in heard.body


# Written by hand from the sheet of HTTP answers.
ANSWERS = {
    "Invalid": (422, "invalid"), "NotFound": (404, "not-found"), "Denied": (403, "forbidden"),
    "IllegalStep": (422, "business-rule"), "ReasonRequired": (422, "required"), "TooEarly": (422, "business-rule"),
    "PreviewChanged": (409, "conflict"), "Stale": (412, "conflict"), "Gone": (409, "conflict"),
    "KeyReused": (409, "duplicate"), "Unavailable": (503, "transient"), "Broken": (500, "exception"),
    "NoticeMissing": (500, "exception"), "OperationalError": (503, "transient"),
}  # fmt: skip


def test_every_refusal_of_a_referral_has_its_answer() -> None:
    assert {kind.__name__: row for kind, row in TABLE.items()} == ANSWERS
    assert {kind for kind in errors.Refused.__subclasses__() if kind.__module__ == "referrals.errors"} <= set(TABLE)


def test_every_error_has_an_expression_and_words_of_its_own(way: Way) -> None:
    asked = [
        get("", "Task"),
        get("outsider", f"Patient/{way.patient}"),
        get("clinic_intake", f"Patient/{way.patient}"),
        get("admin", "Task"),
        get("clinician", "nonsense"),
        get("clinician", "Task?_lastUpdated=no"),
        get("clinician", "Patient"),
        get("clinician", "Task", Accept="text/html"),
    ]
    for heard in asked:
        assert heard.status >= 400
        assert heard.tree["resourceType"] == "OperationOutcome"
        assert heard.issue["expression"]
        assert heard.issue["details"]["text"]
        assert "diagnostics" not in heard.issue


# Written by hand: what is served today.
SERVED = {
    "Patient": "read vread history-instance update search-type",
    "ServiceRequest": "read vread history-instance update search-type",
    "Task": "read vread history-instance update patch search-type create",
    "QuestionnaireResponse": "read vread history-instance update search-type create",
    "Observation": "read vread history-instance update search-type create",
    "Condition": "read vread history-instance update search-type create",
    "Consent": "read vread history-instance update search-type create",
    "DocumentReference": "read vread history-instance update search-type create",
    "Communication": "read vread history-instance update search-type create",
    "Organization": "read search-type",
    "Practitioner": "read search-type",
    "PractitionerRole": "read search-type",
    "HealthcareService": "read search-type",
    "Location": "read search-type",
    "Provenance": "read search-type",
    "AuditEvent": "read search-type",
    "Questionnaire": "read",
    "Subscription": "search-type read create update delete",
}


def test_the_capability_statement_lists_exactly_what_is_served(db: None) -> None:
    tree = get("", "metadata").tree
    (rest,) = tree["rest"]
    said = {row["type"]: [each["code"] for each in row["interaction"]] for row in rest["resource"]}
    assert said == {type_: codes.split() for type_, codes in SERVED.items()}
    assert (tree["fhirVersion"], tree["kind"]) == ("4.0.1", "instance")
    operations = {row["type"]: [each["name"] for each in row.get("operation", ())] for row in rest["resource"]}
    validated = {type_: ["validate"] for type_ in SERVED if type_ != "Subscription"}
    asked = {"Patient": ["everything", "validate"], "Subscription": ["status", "events"]}
    assert operations == validated | asked
    assert rest["interaction"] == [{"code": "transaction"}, {"code": "batch"}]
    stated = [route for route in ROUTES if route.stated and not route.operation]
    routed = {(type_, route.interaction) for route in stated for type_ in route.types}
    assert {(type_, code) for type_, codes in said.items() for code in codes} == routed


def test_every_search_parameter_that_is_listed_is_understood(way: Way) -> None:
    values = {"token": "x", "string": "x", "date": "2026", "reference": str(way.patient), "uri": "http://example.org"}
    (rest,) = get("", "metadata").tree["rest"]
    for row in rest["resource"]:
        for parameter in row.get("searchParam", ()):
            bound = {"_id": str(way.patient)} if row["type"] in OPENED else {}
            if row["type"] == "Provenance":
                bound = {} if parameter["name"] in ("_id", "target", "patient") else {"_id": "x"}
            asked = {**bound, parameter["name"]: values[parameter["type"]]}
            if parameter["name"] == "target":
                asked = {"target": f"Patient/{way.patient}"}
            query = "&".join(f"{name}={value}" for name, value in asked.items())
            heard = get("clinician", f"{row['type']}?{query}", Prefer="handling=strict")
            assert heard.status == (403 if row["type"] == "AuditEvent" else 200), query


def test_whatever_is_listed_to_come_along_is_understood(way: Way) -> None:
    (rest,) = get("", "metadata").tree["rest"]
    said = {}
    for row in rest["resource"]:
        bound = f"_id={way.patient}&" if row["type"] in OPENED else ""
        for name, listed in (("_include", "searchInclude"), ("_revinclude", "searchRevInclude")):
            for value in row.get(listed, ()):
                query = f"{row['type']}?{bound}{name}={value}"
                assert get("clinician", query, Prefer="handling=strict").status == 200, query
                said[row["type"], value] = name
    assert said["ServiceRequest", "Task:focus"] == said["Observation", "Provenance:target"] == "_revinclude"
    assert said["Task", "Task:focus"] == "_include"
    assert get("clinician", "Task?_revinclude=Provenance:target", Prefer="handling=strict").status == 400


def test_modifiers_and_chains_are_said_beside_their_parameter(db: None) -> None:
    (rest,) = get("", "metadata").tree["rest"]
    said = {
        (row["type"], each["name"]): each.get("documentation", "")
        for row in rest["resource"]
        for each in row.get("searchParam", ())
    }
    assert not any(":" in name or "." in name for _type, name in said)
    assert said["Task", "status"] == "Also: status:missing, status:not."
    assert said["Task", "owner"] == "Also: owner:identifier, owner.identifier, owner:Organization, owner:missing."
    assert "patient.identifier" in said["Observation", "patient"]
    assert said["Organization", "name"] == "Also: name:contains, name:exact, name:missing."


def test_what_the_edge_makes_itself_is_valid_fhir(way: Way) -> None:
    from fhir.content import exact

    for who in ("officer", "clinician", "detox_intake"):
        for path in ("Task", "ServiceRequest"):
            for row in get(who, path).entries():
                tree = exact.parse(json.dumps(row).encode())
                assert isinstance(tree, dict)
                check(tree)


def test_without_a_caller_of_the_tests_own_the_real_door_lets_nobody_in(db: None) -> None:
    for headers in ({}, {"Authorization": "Bearer clinician"}, {"Authorization": "Basic Y2xpbmljaWFu"}):
        answer = Client().get("/fhir/Task", headers=headers)
        assert answer.status_code == 401
        assert answer["WWW-Authenticate"].startswith("Bearer")
        assert json.loads(answer.content)["issue"][0]["code"] == "login"


def test_discovery_of_tokens_is_not_swallowed_by_the_edge(db: None) -> None:
    answer = Client().get("/fhir/.well-known/smart-configuration")
    assert b"OperationOutcome" not in answer.content


@pytest.mark.parametrize(
    "asked",
    [
        "Task?status=%00",
        "Task?business-status=a%00",
        "Task?priority=%00",
        "Task?focus.identifier=%00",
        "ServiceRequest?identifier=%00",
        "ServiceRequest?code=%00",
        "Patient?%00=x",
    ],
)
def test_a_character_no_text_can_hold_is_a_bad_parameter_on_every_engine(way: Way, asked: str) -> None:
    heard = get("clinician", asked)
    assert heard.status == 400
    assert "NUL" in json.dumps(heard.issue)
