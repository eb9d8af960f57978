"""Each rule of a resource, broken once: the issue names the element and says what is allowed."""

from typing import Any

import pytest

from fhir.content.exact import parse
from fhir.content.issues import Invalid, Issue
from fhir.content.types import ARRIVALS
from fhir.content.validate import MAX_ISSUES, check, walk
from tests.fhir.samples import ACT, GONE, VALID, exact, resource

R = "https://example.org/x"
EXT = {"url": R, "valueString": "v"}
CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"


def contained(*inside: object) -> dict[str, Any]:
    return {"contained": list(inside), "managingOrganization": {"reference": "#o"}}


# type, what is changed, issue code, FHIRPath, words that must be said
BAD: list[tuple[str, dict[str, object], str, str, str]] = [
    # structure
    ("Patient", {"nickname": "x"}, "structure", "Patient.nickname", "birthDate"),
    ("Patient", {"fhir_comments": ["x"]}, "structure", "Patient.fhir_comments", "no element"),
    ("Patient", {"Jane Roe": 1}, "structure", "Patient", "no element"),
    ("Patient", {"_name": [{"extension": [EXT]}]}, "structure", "Patient._name", "no element"),
    ("Patient", {"name": [{"resourceType": "HumanName"}]}, "structure", "Patient.name[0].resourceType", "no element"),
    ("Patient", {"name": {"family": "x"}}, "structure", "Patient.name", "array"),
    ("Patient", {"name": []}, "structure", "Patient.name", "at least one"),
    ("Patient", {"name": [{}]}, "structure", "Patient.name[0]", "at least one element"),
    ("Patient", {"name": [None]}, "structure", "Patient.name[0]", "object"),
    ("Patient", {"name": None}, "structure", "Patient.name", "array"),
    ("Patient", {"maritalStatus": []}, "structure", "Patient.maritalStatus", "object"),
    ("Patient", {"birthDate": None}, "value", "Patient.birthDate", "date"),
    ("Patient", {"birthDate": ["1990"]}, "value", "Patient.birthDate", "date"),
    ("Patient", {"name": [{"family": ""}]}, "value", "Patient.name[0].family", "not empty"),
    ("Patient", {"name": [{"given": ["A", None]}]}, "value", "Patient.name[0].given[1]", "string"),
    ("Patient", {"name": [{"given": "A"}]}, "structure", "Patient.name[0].given", "array"),
    ("Patient", {"_birthDate": {}}, "structure", "Patient.birthDate", "at least one element"),
    ("Patient", {"_birthDate": [{"id": "a"}]}, "structure", "Patient.birthDate", "object"),
    ("Patient", {"name": [{"given": ["A"], "_given": [None]}]}, "structure", "Patient.name[0].given", "at least one"),
    (
        "Patient",
        {"name": [{"given": ["A", "B"], "_given": [{"id": "a"}]}]},
        "structure",
        "Patient.name[0].given",
        "equally long",
    ),
    ("Observation", {"code": GONE}, "required", "Observation.code", "required"),
    ("Observation", {"status": GONE}, "required", "Observation.status", "required"),
    ("Task", {"input": [{"type": {"text": "x"}}]}, "required", "Task.input[0].value", "required"),
    ("Observation", {"valueString": "a", "valueBoolean": True}, "structure", "Observation.value", "one value"),
    ("Observation", {"valueQuantity": {"unit": ""}}, "value", "Observation.value.unit", "string"),
    # primitives
    ("Patient", {"active": "true"}, "value", "Patient.active", "true or false"),
    ("Patient", {"multipleBirthInteger": 1.0}, "value", "Patient.multipleBirth", "whole number"),
    ("Patient", {"multipleBirthInteger": 2147483648}, "value", "Patient.multipleBirth", "32 bits"),
    (
        "Patient",
        {"telecom": [{"system": "phone", "value": "1", "rank": 0}]},
        "value",
        "Patient.telecom[0].rank",
        "1 or",
    ),
    ("Observation", {"valueQuantity": {"value": "1"}}, "value", "Observation.value.value", "number"),
    ("Patient", {"id": "a" * 65}, "value", "Patient.id", "1 to 64"),
    ("Patient", {"id": "a b"}, "value", "Patient.id", "A-Z"),
    ("Patient", {"id": ""}, "value", "Patient.id", "1 to 64"),
    ("Patient", {"name": [{"family": "a\u0000b"}]}, "value", "Patient.name[0].family", "control"),
    ("Patient", {"identifier": [{"system": "a b"}]}, "value", "Patient.identifier[0].system", "URI"),
    ("Condition", {"code": {"coding": [{"code": " x"}]}}, "value", "Condition.code.coding[0].code", "spaces"),
    ("Patient", {"photo": [{"contentType": "image/png", "data": "???"}]}, "value", "Patient.photo[0].data", "base64"),
    ("Patient", {"photo": [{"contentType": "png"}]}, "value", "Patient.photo[0].contentType", "MIME"),
    # dates
    ("Patient", {"birthDate": "1990-02-30"}, "value", "Patient.birthDate", "real date"),
    ("Patient", {"birthDate": "2023-02-29"}, "value", "Patient.birthDate", "real date"),
    ("Patient", {"birthDate": "05/17/1990"}, "value", "Patient.birthDate", "YYYY-MM-DD"),
    ("Patient", {"birthDate": "1990-13"}, "value", "Patient.birthDate", "YYYY-MM"),
    ("Patient", {"birthDate": "1990-05-17T10:00:00Z"}, "value", "Patient.birthDate", "YYYY-MM-DD"),
    ("Task", {"authoredOn": "2026-11-22T10:00:00"}, "value", "Task.authoredOn", "Z or +hh:mm"),
    ("Task", {"authoredOn": "2026-11-22T10:00Z"}, "value", "Task.authoredOn", "hh:mm:ss"),
    ("Task", {"authoredOn": "2026-11-31T10:00:00Z"}, "value", "Task.authoredOn", "real date"),
    ("Patient", {"meta": {"lastUpdated": "2026-11-22"}}, "value", "Patient.meta.lastUpdated", "instant"),
    (
        "Location",
        {"hoursOfOperation": [{"openingTime": "8:00"}]},
        "value",
        "Location.hoursOfOperation[0].openingTime",
        "hh:mm:ss",
    ),
    ("Questionnaire", {"subjectType": ["Alien"]}, "value", "Questionnaire.subjectType[0]", "resource type"),
    ("Questionnaire", {"subjectType": [{"a": 1}]}, "value", "Questionnaire.subjectType[0]", "resource type"),
    # references
    ("Condition", {"subject": {"reference": "not a ref"}}, "value", "Condition.subject.reference", "Type/id"),
    ("Condition", {"subject": {"reference": "Alien/1"}}, "value", "Condition.subject.reference", "Type/id"),
    (
        "Condition",
        {"subject": {"reference": "Patient?identifier=a|b"}},
        "value",
        "Condition.subject.reference",
        "Type/id",
    ),
    ("Condition", {"subject": {"reference": "urn:uuid:1"}}, "value", "Condition.subject.reference", "urn:uuid"),
    ("Condition", {"subject": {"reference": "Location/1"}}, "value", "Condition.subject.reference", "Group, Patient"),
    ("Condition", {"subject": {"reference": f"{R}/Location/1"}}, "value", "Condition.subject.reference", "Patient"),
    ("Observation", {"subject": {"reference": "Medication/1"}}, "value", "Observation.subject.reference", "Patient"),
    ("Condition", {"subject": {"reference": "#p"}}, "not-found", "Condition.subject.reference", "contained"),
    (
        "Patient",
        contained({"resourceType": "Patient", "id": "o"}),
        "value",
        "Patient.managingOrganization.reference",
        "Organization",
    ),
    # contained
    (
        "Patient",
        {"contained": [{"resourceType": "SubscriptionStatus", "id": "o"}]},
        "not-supported",
        "Patient.contained[0]",
        "R4",
    ),
    ("Patient", {"contained": [{"resourceType": "Bundle", "id": "o"}]}, "not-supported", "Patient.contained[0]", "R4"),
    (
        "Patient",
        {"contained": [{"resourceType": "Organization", "name": "x"}]},
        "required",
        "Patient.contained[0].id",
        "required",
    ),
    ("Patient", {"contained": ["x"]}, "structure", "Patient.contained[0]", "resource"),
    (
        "Patient",
        {"contained": [resource("Organization", id="o"), resource("Practitioner", id="o")]},
        "duplicate",
        "Patient.contained",
        "own",
    ),
    (
        "Patient",
        contained(
            {"resourceType": "Organization", "id": "o", "name": "x", "contained": [resource("Location", id="l")]}
        ),
        "invariant",
        "Patient.contained[0].contained",
        "dom-2",
    ),
    (
        "Patient",
        contained({"resourceType": "Organization", "id": "o", "name": "x", "meta": {"versionId": "1"}}),
        "invariant",
        "Patient.contained[0].meta",
        "dom-4",
    ),
    (
        "Patient",
        contained({"resourceType": "Organization", "id": "o", "name": "x", "meta": {"security": [{"code": "R"}]}}),
        "invariant",
        "Patient.contained[0].meta",
        "dom-5",
    ),
    # extensions
    ("Patient", {"extension": [{"url": R}]}, "invariant", "Patient.extension[0]", "ext-1"),
    ("Patient", {"extension": [{"valueString": "x"}]}, "required", "Patient.extension[0].url", "required"),
    ("Patient", {"extension": [{**EXT, "extension": [EXT]}]}, "invariant", "Patient.extension[0]", "not both"),
    ("Patient", {"extension": [{**EXT, "valueBoolean": True}]}, "structure", "Patient.extension[0].value", "one value"),
    (
        "Patient",
        {"extension": [{"url": R, "valueCodeableReference": {"concept": {"text": "x"}}}]},
        "structure",
        "Patient.extension[0].valueCodeableReference",
        "no element",
    ),
    (
        "Patient",
        {"extension": [{"url": R, "valueRatioRange": {"extension": [EXT]}}]},
        "structure",
        "Patient.extension[0].valueRatioRange",
        "no element",
    ),
    ("Patient", {"_birthDate": {"extension": [{"url": R}]}}, "invariant", "Patient.birthDate.extension[0]", "ext-1"),
    # narrative
    ("Patient", {"text": {"status": "generated", "div": "<div>x</div>"}}, "value", "Patient.text.div", "no script"),
    ("Patient", {"text": {"status": "generated"}}, "required", "Patient.text.div", "required"),
]


def issues(tree: object) -> tuple[Issue, ...]:
    return walk(exact(tree), "", types=ARRIVALS).issues


@pytest.mark.parametrize("type_", VALID)
def test_the_small_samples_are_valid(type_: str) -> None:
    assert walk(resource(type_), "", types=ARRIVALS).issues == ()


@pytest.mark.parametrize(
    ("type_", "changed", "code", "expression", "says"), BAD, ids=[f"{row[3]}-{row[2]}-{n}" for n, row in enumerate(BAD)]
)
def test_a_broken_rule_is_named_with_its_element(
    type_: str, changed: dict[str, object], code: str, expression: str, says: str
) -> None:
    found = walk(resource(type_, **changed), "", types=ARRIVALS).issues
    assert [(issue.severity, issue.code, issue.expression) for issue in found] == [("error", code, expression)]
    assert says in found[0].text


GOOD: list[tuple[str, dict[str, object]]] = [
    ("Patient", {"_birthDate": {"extension": [EXT]}, "birthDate": GONE}),
    ("Observation", {"status": GONE, "_status": {"extension": [EXT]}}),
    ("Patient", {"name": [{"given": ["A", None], "_given": [None, {"extension": [EXT]}]}]}),
    ("Patient", {"birthDate": "1990"}),
    ("Patient", {"birthDate": "2024-02-29"}),
    ("Task", {"authoredOn": "2016-10-31T08:25:05.1234567+10:00"}),
    ("Task", {"authoredOn": "2015-06-30T23:59:60Z", "lastModified": "2015-07-01"}),
    ("Task", {"authoredOn": "2026-11-22T23:00:00-05:00", "lastModified": "2026-11-23T04:00:00Z"}),
    ("Task", {"authoredOn": "2026-11", "lastModified": "2026-11-01T00:00:00Z"}),
    ("Patient", {"extension": [{"url": R, "valueMeta": {"versionId": "1"}}]}),
    ("Patient", {"extension": [{"url": R, "extension": [EXT]}]}),
    ("Patient", contained(resource("Organization", id="o"))),
    ("Condition", {"subject": {"reference": "urn:uuid:6f1c1d7e-0000-4000-8000-000000000001"}}),
    ("Condition", {"subject": {"reference": "Patient/a/_history/2"}}),
    ("Condition", {"subject": {"reference": "https://example.org/some/where"}}),
    ("Condition", {"subject": {"display": "unknown man"}}),
    ("Condition", {"clinicalStatus": {"coding": [{"system": R, "code": "x"}, {"system": CLINICAL, "code": "active"}]}}),
    ("Observation", {"valueQuantity": {"value": 1.0e-245}}),
    ("Patient", {"name": [{"family": " Ōé\t\n人"}]}),
    ("Observation", {"meta": {"security": [{"system": ACT, "code": "SUD"}]}}),
]


@pytest.mark.parametrize(("type_", "changed"), GOOD)
def test_what_r4_allows_is_taken(type_: str, changed: dict[str, object]) -> None:
    assert [str(each) for each in walk(resource(type_, **changed), "", types=ARRIVALS).issues] == []


def test_a_number_nobody_can_reckon_with_is_refused() -> None:
    data = b'{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueRange":{"low":{"value":1e%s}}}'
    for exponent, refused in ((b"-245", False), (b"+99999", False), (b"100000", True), (b"9" * 40, True)):
        found = walk(parse(data % exponent), "", types=ARRIVALS).issues
        assert [issue.expression for issue in found] == ["Observation.value.low.value"] * refused


def test_a_local_reference_may_name_its_container() -> None:
    inside = resource("Condition", id="c", subject={"reference": "#"})
    tree = resource("Patient", contained=[inside])
    assert [str(each) for each in walk(tree, "", types=ARRIVALS).issues] == []


def test_all_faults_are_said_at_once_in_the_order_of_the_content() -> None:
    found = issues({"resourceType": "Patient", "gender": "x", "active": "y", "name": [], "id": ""})
    assert [issue.expression for issue in found] == [f"Patient.{name}" for name in ("gender", "active", "name", "id")]


def test_a_hostile_file_gets_a_bounded_answer() -> None:
    found = issues({"resourceType": "Patient", "name": [{}] * 5_000})
    assert len(found) == MAX_ISSUES + 1
    assert found[-1].code == "too-costly"


@pytest.mark.parametrize("tree", [[], "Patient", None, {}, {"resourceType": 1}, {"resourceType": "Medication"}])
def test_what_is_no_known_resource_is_refused_with_the_types_that_are(tree: object) -> None:
    (issue,) = issues(tree)
    assert (issue.code, issue.expression) in [("structure", ""), ("not-supported", "")]
    assert "resource" in issue.text


def test_the_place_is_where_the_caller_says() -> None:
    with pytest.raises(Invalid) as refusal:
        check(resource("Patient", gender="x"), "Bundle.entry[2].resource")
    assert refusal.value.issues[0].expression == "Bundle.entry[2].resource.gender"
    assert "Bundle.entry[2].resource.gender: must be one of: male" in str(refusal.value)


def test_no_issue_repeats_a_value() -> None:
    secret = "Roe-canary"
    tree = {
        "resourceType": "Patient",
        "gender": secret,
        "birthDate": secret,
        "name": [{"use": secret, secret: 1}],
        "link": [{"other": {"reference": secret}, "type": secret}],
    }
    found = issues(tree)
    assert len(found) == 6
    assert not [issue for issue in found if secret in str(issue)]


def test_a_walk_leaves_the_tree_as_it_was() -> None:
    tree, again = (
        resource("Patient", contained=[{"id": "x"}], name=[{}]),
        resource("Patient", contained=[{"id": "x"}], name=[{}]),
    )
    walk(tree, "", types=ARRIVALS)
    assert tree == again
