"""``$validate`` says what is wrong with a resource of any type here, and writes nothing but that it was asked."""

from typing import Any

import pytest

from fhir.content.types import ARRIVALS, Arrival
from tests.county import CANARIES
from tests.integrity.test_real_examples import FILES, of
from tests.rest.calling import Heard, send
from tests.rest.conftest import Way
from tests.rest.sending import Tree, observation
from tests.rest.test_transactions import events, refused, rows


def said(heard: Heard) -> list[tuple[str, str, str]]:
    assert (heard.status, heard.tree["resourceType"]) == (200, "OperationOutcome"), heard.body
    return [(each["severity"], each["code"], each["expression"][0]) for each in heard.tree["issue"]]


GOOD = [("information", "informational", "Observation")]


def parameters(**given: Any) -> Tree:
    listed = [{"name": name, "resource" if name == "resource" else "valueCode": value} for name, value in given.items()]
    return {"resourceType": "Parameters", "parameter": listed}


def test_a_good_resource_is_said_to_be_good_and_is_not_written(way: Way) -> None:
    before, asked = rows(), events("resource.validate", "Observation")
    for body in (observation(), parameters(resource=observation(), mode="create")):
        assert said(send("POST", "clinician", "Observation/$validate", body)) == GOOD
    assert rows() == before
    assert events("resource.validate", "Observation") == asked + 2


def test_what_is_wrong_is_said_without_its_value(way: Way) -> None:
    wrong = observation(status=CANARIES[0], colour="red")
    heard = send("POST", "clinician", "Observation/$validate", wrong)
    assert sorted(said(heard)) == [
        ("error", "code-invalid", "Observation.status"),
        ("error", "structure", "Observation.colour"),
    ]
    assert CANARIES[0].encode() not in heard.body


def test_an_instance_is_judged_by_its_id_and_not_looked_for(way: Way) -> None:
    path = f"Observation/{way.patient}/$validate"
    assert said(send("POST", "clinician", path, observation(id=str(way.patient)))) == GOOD
    assert said(send("POST", "clinician", path, observation(id="x"))) == [("error", "value", "Observation.id")]


def test_what_is_not_judged_is_said(way: Way) -> None:
    heard = send("POST", "clinician", "Observation/$validate?profile=http://example.org/p", observation())
    assert said(heard) == [("warning", "not-supported", "http.profile")]
    heard = send("POST", "clinician", "Observation/$validate?mode=delete", observation())
    refused(heard, 422, "not-supported", "http.mode")
    refused(send("POST", "clinician", "Observation/$validate", parameters()), 400, "required", "Parameters.parameter")
    refused(send("POST", "clinician", "Condition/$validate", observation()), 400, "invalid", "resourceType")
    refused(send("POST", "clinician", "Observation/$validate", b"{"), 400, "structure", "http")
    assert send("POST", "", "Observation/$validate", observation()).status == 401


def test_every_type_is_judged(way: Way) -> None:
    for type_ in ARRIVALS:
        assert ("error", "structure", f"{type_}.colour") in said(
            send("POST", "clinician", f"{type_}/$validate", {"resourceType": type_, "colour": "red"})
        )


@pytest.mark.parametrize("name", of(Arrival.DIRECTORY, Arrival.READ_ONLY))
def test_hl7_s_examples_of_what_is_not_created_are_good(way: Way, name: str) -> None:
    type_ = name.partition("-")[0]
    heard = send("POST", "clinician", f"{type_}/$validate", FILES[name].read_bytes())
    assert said(heard) == [("information", "informational", type_)]
