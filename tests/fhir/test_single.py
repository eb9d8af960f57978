"""One resource added to a referral that is under way."""

import json
from uuid import UUID

import pytest

from fhir.content.bundle import MAX_BYTES
from fhir.content.issues import Invalid
from fhir.content.single import LATER, read_one
from tests.fhir.samples import VALID, Numbers


@pytest.mark.parametrize("type_", LATER)
def test_a_resource_is_read_under_its_new_id(type_: str) -> None:
    read = read_one(json.dumps(VALID[type_] | {"id": "old"}).encode(), new_id=Numbers())
    assert (read.type, read.id, read.tree["id"]) == (type_, UUID(int=1), str(UUID(int=1)))


@pytest.mark.parametrize(
    ("data", "code", "expression"),
    [
        (b"{", "structure", ""),
        (b" " * (MAX_BYTES + 1), "too-long", ""),
        (b"[]", "not-supported", "resourceType"),
        (json.dumps(VALID["ServiceRequest"]).encode(), "not-supported", "resourceType"),
        (json.dumps(VALID["Task"]).encode(), "not-supported", "resourceType"),
        (json.dumps(VALID["Organization"]).encode(), "not-supported", "resourceType"),
        (json.dumps(VALID["Patient"] | {"gender": "x"}).encode(), "code-invalid", "Patient.gender"),
        (
            json.dumps(VALID["Condition"] | {"subject": {"reference": "urn:oid:1.2"}}).encode(),
            "not-found",
            "Condition.subject.reference",
        ),
    ],
)
def test_a_resource_that_may_not_be_added_is_refused(data: bytes, code: str, expression: str) -> None:
    with pytest.raises(Invalid) as refusal:
        read_one(data, new_id=Numbers())
    assert [(issue.code, issue.expression) for issue in refusal.value.issues] == [(code, expression)]
