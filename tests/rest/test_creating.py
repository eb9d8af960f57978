"""One resource added to a referral over HTTP; what is not taken, and the keys by which the same is done once."""

import json
from typing import Any

import pytest

from fhir.content.bundle import MAX_BYTES
from referrals.models import Idempotency
from tests.county import CANARIES, consent_in
from tests.rest import calling
from tests.rest.calling import get, post, send
from tests.rest.conftest import Way
from tests.rest.sending import Tree, observation
from tests.rest.test_transactions import events, refused, rows

EXIST = {"If_None_Exist": "identifier=urn:example:case|AF-1188"}


def about(way: Way, **more: Any) -> Tree:
    return observation(f"Patient/{way.patient}", **more)


def each_type(way: Way) -> list[Tree]:
    subject = {"subject": {"reference": f"Patient/{way.patient}"}}
    return [
        about(way),
        {"resourceType": "Condition", "code": {"text": "Cough"}, **subject},
        {"resourceType": "QuestionnaireResponse", "status": "completed", **subject},
        {
            "resourceType": "DocumentReference",
            "status": "current",
            "content": [{"attachment": {"contentType": "text/plain", "data": "aGVsbG8="}}],
            **subject,
        },
        {"resourceType": "Communication", "status": "completed", **subject},
        json.loads(consent_in(way.id)),
    ]


def test_what_belongs_to_a_referral_is_added_to_it(way: Way) -> None:
    for tree in each_type(way):
        heard = send("POST", "clinician", tree["resourceType"], tree)
        assert heard.status == 201, heard.body
        name = f"{tree['resourceType']}/{heard.tree['id']}"
        assert heard.headers["Location"] == f"http://testserver/fhir/{name}/_history/1"
        assert heard.headers["ETag"] == 'W/"1"'
        again = get("clinician", f"{name}/_history/1")
        assert again.tree == heard.tree
        assert again.headers["Last-Modified"] == heard.headers["Last-Modified"]
        ours = ("id", "meta")
        assert {key: value for key, value in heard.tree.items() if key not in ours} == {
            key: value for key, value in tree.items() if key not in ours
        }


@pytest.mark.parametrize(
    "named",
    [
        lambda way: {"subject": {"reference": f"Patient/{way.patient}"}},
        lambda way: {"subject": {"reference": f"http://testserver/fhir/Patient/{way.patient}"}},
        lambda way: {"basedOn": [{"reference": f"ServiceRequest/{way.id}"}]},
        lambda way: {"focus": [{"reference": f"Task/{way.sent}"}]},
        lambda way: {"basedOn": [{"reference": f"ServiceRequest/{way.id}"}], "subject": {"reference": "Patient/else"}},
    ],
    ids=["its client", "with our address", "its request", "its task", "one of them ours"],
)  # fmt: skip
def test_a_referral_is_named_by_what_is_in_it(way: Way, named: Any) -> None:
    tree = {key: value for key, value in about(way).items() if key != "subject"}
    assert send("POST", "clinician", "Observation", tree | named(way)).status == 201


@pytest.mark.parametrize(("asked", "body"), [("minimal", b""), ("OperationOutcome", b"OperationOutcome")])
def test_prefer_says_what_comes_back(way: Way, asked: str, body: bytes) -> None:
    read = events("resource.read")
    heard = send("POST", "clinician", "Observation", about(way), Prefer=f"return={asked}")
    assert heard.status == 201
    assert body in heard.body
    assert bool(body) is bool(heard.body)
    assert events("resource.read") == read


def test_who_may_not_read_is_answered_without_the_resource(way: Way) -> None:
    class Writes(calling.Known):
        def require(self, type_: str, interaction: str) -> None:
            if interaction != "create":
                raise calling.NotCovered("no")

    calling.PEOPLE["writer"] = Writes(way.county.clinician)
    heard = send("POST", "writer", "Observation", about(way))
    assert (heard.status, heard.body) == (201, b"")


@pytest.mark.parametrize("headers", [{"Idempotency_Key": "k"}, EXIST], ids=["key", "condition"])
def test_the_same_is_written_once(way: Way, headers: dict[str, str]) -> None:
    first = send("POST", "clinician", "Observation", about(way), **headers)
    before = rows()
    again = send("POST", "clinician", "Observation", about(way), **headers)
    assert (first.status, again.status) == (201, 200)
    assert again.headers["Location"] == first.headers["Location"]
    assert again.tree == first.tree
    other = send("POST", "clinician", "Observation", about(way, status="preliminary"), **headers)
    refused(other, 409, "duplicate", "Observation")
    assert rows() == before


def test_a_condition_asks_only_of_one_s_own_keys(way: Way) -> None:
    """The client of the referral has this identifier; nobody learns so by asking to create unless it is there."""
    assert send("POST", "clinician", "Observation", about(way), **EXIST).status == 201
    assert send("POST", "officer", "Observation", about(way), **EXIST).status == 201
    assert "AF-1188" not in "".join(Idempotency.objects.values_list("key", flat=True))


BAD_KEYS = [
    ({"Idempotency_Key": "x" * 129}, "value", "http.Idempotency-Key"),
    ({"Idempotency_Key": "two words"}, "value", "http.Idempotency-Key"),
    ({"If_None_Exist": "name=Zwillinger"}, "not-supported", "http.If-None-Exist"),
    ({"If_None_Exist": "identifier=AF-1188"}, "not-supported", "http.If-None-Exist"),
    ({"If_None_Exist": "identifier=a|b&status=final"}, "not-supported", "http.If-None-Exist"),
    ({"Idempotency_Key": "k", **EXIST}, "invalid", "http.If-None-Exist"),
]


@pytest.mark.parametrize(("headers", "code", "expression"), BAD_KEYS)
def test_a_key_that_is_none_is_refused(way: Way, headers: dict[str, str], code: str, expression: str) -> None:
    before = rows()
    refused(send("POST", "clinician", "Observation", about(way), **headers), 400, code, expression)
    assert rows() == before


@pytest.mark.parametrize("type_", ["Patient", "ServiceRequest"])
def test_a_referral_does_not_begin_by_halves(way: Way, type_: str) -> None:
    before = rows()
    refused(send("POST", "officer", type_, {"resourceType": type_}), 422, "business-rule", type_)
    assert rows() == before


def test_another_s_client_is_as_good_as_none(way: Way) -> None:
    before = rows()
    foreign = send("POST", "outsider", "Observation", about(way))
    absent = send("POST", "outsider", "Observation", observation("Patient/01890000-0000-7000-8000-000000000000"))
    assert foreign.status == absent.status == 404
    assert foreign.body == absent.body
    assert rows() == before


# Who may add a finding to this referral. Written by hand: the police may to what they sent; intake writes no findings.
MAY = {"officer": 201, "clinician": 201, "coordinator": 201, "detox_intake": 403, "clinic_intake": 403, "outsider": 404}


@pytest.mark.parametrize(("who", "status"), {**MAY, "admin": 403, "other_officer": 404}.items())
def test_who_may_add(way: Way, who: str, status: int) -> None:
    before = rows()
    assert send("POST", who, "Observation", about(way)).status == status
    assert (rows() == before) is (status != 201)


def test_a_body_must_be_what_it_says(way: Way) -> None:
    before = rows()
    form = post("clinician", "Observation", "application/x-www-form-urlencoded")
    refused(form, 415, "not-supported", "http.Content-Type")
    xml = send("POST", "clinician", "Observation", b"<a/>", "application/fhir+xml")
    refused(xml, 415, "not-supported", "http.Content-Type")
    newer = send("POST", "clinician", "Observation", about(way), "application/fhir+json; fhirVersion=5.0")
    refused(newer, 415, "not-supported", "http.Content-Type")
    refused(send("POST", "clinician", "Observation", b" " * (MAX_BYTES + 1)), 413, "too-long", "http")
    refused(send("POST", "clinician", "Observation", b"{"), 400, "structure", "http")
    refused(send("POST", "clinician", "Observation", b"[]"), 400, "structure", "resourceType")
    refused(send("POST", "clinician", "Condition", about(way)), 400, "invalid", "resourceType")
    doubled = b'{"resourceType":"Observation","status":"final","code":{"text":"a","text":"b"}}'
    refused(send("POST", "clinician", "Observation", doubled), 400, "structure", "Observation.code")
    loose = about(way, hasMember=[{"reference": "urn:uuid:8c2b5f0e-0000-4000-8000-000000000009"}])
    refused(send("POST", "clinician", "Observation", loose), 422, "not-found", "Observation.hasMember[0].reference")
    wrong = about(way, status=CANARIES[0])
    refused(send("POST", "clinician", "Observation", wrong), 422, "code-invalid", "Observation.status")
    homeless = {key: value for key, value in about(way).items() if key != "subject"}
    refused(send("POST", "clinician", "Observation", homeless), 422, "required", "Observation")
    assert rows() == before


def test_nothing_can_be_deleted(way: Way) -> None:
    for path in (f"Observation/{way.patient}", "Observation", ""):
        heard = send("DELETE", "clinician", path, b"")
        assert heard.status == 405
        assert "DELETE" not in heard.headers["Allow"]


def test_what_is_not_made_here_is_not_created(way: Way) -> None:
    for type_ in ("Organization", "AuditEvent", "Provenance", "Questionnaire"):
        assert send("POST", "clinician", type_, {"resourceType": type_}).status in (404, 405)
