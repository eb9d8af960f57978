"""A referral's Bundle: wholly refused with every fault, or read under new ids with its references carried along."""

import json
from copy import deepcopy
from typing import Any
from uuid import UUID

import pytest

from fhir.content.bundle import MAX_BYTES, MAX_ENTRIES, read
from fhir.content.exact import Lexeme, dump, parse
from fhir.content.issues import Invalid, Issue
from tests.fhir.samples import GONE, VALID, Numbers

URN = "urn:uuid:00000000-0000-4000-8000-{:012d}"
P, S, T, O = (URN.format(number) for number in range(4))  # noqa: E741  # by the first letters of their types


def entry(url: str, resource: dict[str, Any], **request: object) -> dict[str, Any]:
    posted = {"method": "POST", "url": resource["resourceType"], **request}
    return {"fullUrl": url, "resource": resource, "request": posted}


def bundle() -> dict[str, Any]:
    """A transaction of a Patient, a ServiceRequest, a Task and an Observation."""
    return {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [
            entry(P, {**VALID["Patient"], "id": "p1"}),
            entry(S, {**VALID["ServiceRequest"], "subject": {"reference": P}}),
            entry(T, {**VALID["Task"], "focus": {"reference": S}, "for": {"reference": "Patient/p1/_history/3"}}),
            entry(O, {**VALID["Observation"], "subject": {"reference": "https://elsewhere.example.org/Patient/p1"}}),
        ],
    }


def refusal(content: object) -> tuple[Issue, ...]:
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    with pytest.raises(Invalid) as refused:
        read(data, new_id=Numbers())
    return refused.value.issues


def changed(path: str, value: object) -> dict[str, Any]:
    """The good bundle with one place changed; a path like ``entry.1.resource.status``."""
    whole = bundle()
    holder: Any = whole
    *steps, last = path.split(".")
    for step in steps:
        holder = holder[int(step) if step.isdigit() else step]
    if value is GONE:
        del holder[int(last) if last.isdigit() else last]
    else:
        holder[int(last) if last.isdigit() else last] = value
    return whole


def collection() -> dict[str, Any]:
    whole = bundle() | {"type": "collection"}
    for each in whole["entry"]:
        del each["request"]
    return whole


def test_a_transaction_is_read_under_new_ids_with_its_references_carried_along() -> None:
    contents = read(json.dumps(bundle()).encode(), new_id=Numbers(1))
    assert contents.task is not None
    assert [each.type for each in contents.resources] == ["Patient", "ServiceRequest", "Task", "Observation"]
    assert [each.id for each in contents.resources] == [UUID(int=number) for number in (1, 2, 3, 4)]
    assert [each.tree["id"] for each in contents.resources] == [str(each.id) for each in contents.resources]
    assert [each.at for each in contents.resources] == [f"Bundle.entry[{index}].resource" for index in range(4)]
    patient, request = f"Patient/{UUID(int=1)}", f"ServiceRequest/{UUID(int=2)}"
    assert contents.service_request.tree["subject"] == {"reference": patient}
    assert contents.task.tree["focus"] == {"reference": request}
    assert contents.task.tree["for"] == {"reference": patient}


def test_a_reference_to_elsewhere_is_data_and_stays() -> None:
    contents = read(json.dumps(bundle()).encode(), new_id=Numbers())
    assert contents.others[0].tree["subject"] == {"reference": "https://elsewhere.example.org/Patient/p1"}


def test_a_collection_without_a_task_is_read() -> None:
    whole = collection()
    del whole["entry"][2]
    contents = read(json.dumps(whole).encode(), new_id=Numbers())
    assert contents.task is None
    assert len(contents.resources) == 3


def test_entries_named_by_restful_addresses_are_found() -> None:
    whole = bundle()
    base = "https://sender.example.org/fhir"
    whole["entry"][0]["fullUrl"] = f"{base}/Patient/p1"
    whole["entry"][1]["fullUrl"] = f"{base}/ServiceRequest/s1"
    whole["entry"][1]["resource"]["subject"] = {"reference": f"{base}/Patient/p1"}
    whole["entry"][2]["resource"]["focus"] = {"reference": "ServiceRequest/s1"}
    contents = read(json.dumps(whole).encode(), new_id=Numbers(1))
    assert contents.task is not None
    assert contents.service_request.tree["subject"] == {"reference": f"Patient/{UUID(int=1)}"}
    assert contents.task.tree["focus"] == {"reference": f"ServiceRequest/{UUID(int=2)}"}


def test_a_contained_resource_s_references_are_carried_along_and_its_id_is_not() -> None:
    whole = bundle()
    whole["entry"][3]["resource"] |= {
        "contained": [{"resourceType": "Condition", "id": "c", "subject": {"reference": P}}],
        "focus": [{"reference": "#c"}],
    }
    (observation,) = read(json.dumps(whole).encode(), new_id=Numbers(1)).others
    assert observation.tree["contained"] == [
        {"resourceType": "Condition", "id": "c", "subject": {"reference": f"Patient/{UUID(int=1)}"}}
    ]
    assert observation.tree["focus"] == [{"reference": "#c"}]


def test_nothing_but_ids_and_resolved_references_is_rewritten() -> None:
    whole = bundle()
    whole["entry"][3]["resource"] = {
        "status": "final",
        "resourceType": "Observation",
        "code": {"text": f"see {P}"},
        "note": [{"text": P, "time": "2015-02-07T13:28:17+00:00"}],
        "hasMember": [{"display": "p", "reference": O}],
        "valueQuantity": {"value": 0},
        "meta": {"versionId": "7", "tag": [{"code": "t"}]},
    }
    data = json.dumps(whole).replace('"value": 0', '"value": 1.0e-245').encode()
    (observation,) = read(data, new_id=Numbers(1)).others
    assert (
        dump(observation.tree)
        == (
            '{"status":"final","resourceType":"Observation","id":"00000000-0000-0000-0000-000000000004",'
            f'"code":{{"text":"see {P}"}},"note":[{{"text":"{P}","time":"2015-02-07T13:28:17+00:00"}}],'
            '"hasMember":[{"display":"p","reference":"Observation/00000000-0000-0000-0000-000000000004"}],'
            '"valueQuantity":{"value":1.0e-245},"meta":{"versionId":"7","tag":[{"code":"t"}]}}'
        ).encode()
    )


def test_an_id_is_replaced_where_it_stood() -> None:
    whole = changed(
        "entry.3.resource", {"status": "final", "id": "o", "resourceType": "Observation", "code": {"text": "x"}}
    )
    (observation,) = read(json.dumps(whole).encode(), new_id=Numbers()).others
    assert list(observation.tree) == ["status", "id", "resourceType", "code"]


BAD_FILES = [
    (b"", "structure", "", "line 1"),
    (b"not json", "structure", "", "line 1, column 1"),
    (b'{"resourceType":"Bundle","entry":[{"a":1,"a":2}]}', "structure", "Bundle.entry[0]", "twice"),
    (b'{"resourceType":"Bundle","total":NaN}', "structure", "", "NaN"),
    (b"[]", "structure", "", "resourceType Bundle"),
    (b'"Bundle"', "structure", "", "resourceType Bundle"),
    (b'{"resourceType":"Patient"}', "structure", "", "resourceType Bundle"),
    (b" " * (MAX_BYTES + 1), "too-long", "", "5 MB"),
    (
        json.dumps({"resourceType": "Bundle", "type": "collection", "entry": [{}] * (MAX_ENTRIES + 1)}).encode(),
        "too-costly",
        "Bundle.entry",
        "at most 100",
    ),
]


@pytest.mark.parametrize(("data", "code", "expression", "says"), BAD_FILES, ids=[row[3] for row in BAD_FILES])
def test_a_file_that_is_no_bundle_is_refused_at_once(data: bytes, code: str, expression: str, says: str) -> None:
    (issue,) = refusal(data)
    assert (issue.code, issue.expression) == (code, expression)
    assert says in issue.text


R = "Bundle.entry[{}].resource"
BAD: list[tuple[str, object, str, str, str]] = [
    ("type", "batch", "not-supported", "Bundle.type", "transaction, collection"),
    ("entry.3.fullUrl", P, "duplicate", "Bundle.entry[3].fullUrl", "bdl-7"),
    ("entry.3.fullUrl", "o1", "value", "Bundle.entry[3].fullUrl", "absolute"),
    ("entry.3.fullUrl", "https://example.org/Observation/1/_history/2", "value", "Bundle.entry[3].fullUrl", "bdl-8"),
    ("entry.3.request", GONE, "required", "Bundle.entry[3].request", "transaction"),
    ("entry.3.request.method", "PUT", "not-supported", "Bundle.entry[3].request.method", "POST"),
    ("entry.3.request.method", "SEND", "code-invalid", "Bundle.entry[3].request.method", "POST"),
    ("entry.3.request.url", "Patient", "value", "Bundle.entry[3].request.url", "type"),
    ("entry.3.request.ifNoneExist", "a=b", "not-supported", "Bundle.entry[3].request.ifNoneExist", "no condition"),
    ("entry.3.request.ifMatch", 'W/"1"', "not-supported", "Bundle.entry[3].request.ifMatch", "no condition"),
    ("entry.3.resource", GONE, "required", "Bundle.entry[3].resource", "required"),
    ("entry.3.search", {"mode": "match"}, "structure", "Bundle.entry[3].search", "bdl-2"),
    ("entry.3.response", {"status": "200"}, "structure", "Bundle.entry[3].response", "bdl-4"),
    ("entry.3.resource.resourceType", "Medication", "not-supported", R.format(3), "ServiceRequest"),
    ("entry.3.resource.resourceType", "Organization", "not-supported", R.format(3), "QuestionnaireResponse"),
    ("entry.0", GONE, "required", "Bundle.entry", "exactly one Patient"),
    ("entry.1", GONE, "required", "Bundle.entry", "exactly one ServiceRequest"),
    ("entry.3.resource", {"resourceType": "Patient"}, "business-rule", R.format(3), "exactly one Patient"),
    ("entry.3.resource", VALID["ServiceRequest"], "business-rule", R.format(3), "exactly one ServiceRequest"),
    (
        "entry.3.resource",
        {**VALID["Task"], "focus": {"reference": S}},
        "business-rule",
        R.format(3),
        "at most one Task",
    ),
    ("entry.1.resource.status", "draft", "business-rule", R.format(1) + ".status", "active"),
    ("entry.1.resource.status", "bogus", "code-invalid", R.format(1) + ".status", "revoked"),
    ("entry.2.resource.status", "completed", "business-rule", R.format(2) + ".status", "requested, draft"),
    ("entry.2.resource.focus", GONE, "required", R.format(2) + ".focus", "ServiceRequest of this Bundle"),
    ("entry.2.resource.focus", {"reference": P}, "required", R.format(2) + ".focus", "ServiceRequest of this Bundle"),
    (
        "entry.2.resource.focus",
        {"reference": "ServiceRequest/elsewhere"},
        "required",
        R.format(2) + ".focus",
        "ServiceRequest of this Bundle",
    ),
    ("entry.1.resource.subject", {"reference": O}, "value", R.format(1) + ".subject.reference", "Patient"),
    (
        "entry.1.resource.subject",
        {"reference": URN.format(9)},
        "not-found",
        R.format(1) + ".subject.reference",
        "fullUrl",
    ),
    (
        "entry.1.resource.subject",
        {"reference": "urn:oid:1.2"},
        "not-found",
        R.format(1) + ".subject.reference",
        "fullUrl",
    ),
    ("entry.1.resource.subject", {"reference": "#p"}, "not-found", R.format(1) + ".subject.reference", "contained"),
    ("entry.3.resource.code", GONE, "required", R.format(3) + ".code", "required"),
    ("entry.0.resource.birthDate", "1990-02-30", "value", R.format(0) + ".birthDate", "real date"),
]


@pytest.mark.parametrize(
    ("path", "value", "code", "expression", "says"), BAD, ids=[f"{row[3]}-{row[4]}-{n}" for n, row in enumerate(BAD)]
)
def test_a_fault_in_a_bundle_is_named_with_its_place(
    path: str, value: object, code: str, expression: str, says: str
) -> None:
    found = {(issue.code, issue.expression): issue.text for issue in refusal(changed(path, value))}
    assert says in found[code, expression]


def test_a_collection_must_not_say_how_it_is_posted() -> None:
    whole = collection()
    whole["entry"][1]["request"] = {"method": "POST", "url": "ServiceRequest"}
    (issue,) = refusal(whole)
    assert (issue.code, issue.expression) == ("structure", "Bundle.entry[1].request")


def test_two_entries_with_one_id_are_refused() -> None:
    whole = bundle()
    whole["entry"][3]["resource"]["id"] = "same"
    whole["entry"].append(entry(URN.format(8), {**VALID["Observation"], "id": "same"}))
    (issue,) = refusal(whole)
    assert (issue.code, issue.expression) == ("duplicate", "Bundle.entry[4].resource.id")


def test_all_faults_are_said_at_once() -> None:
    whole = bundle()
    whole["entry"][0]["resource"]["gender"] = "x"
    whole["entry"][1]["resource"]["status"] = "draft"
    whole["entry"][2]["resource"]["for"]["reference"] = URN.format(7)
    whole["entry"][3]["fullUrl"] = P
    expressions = {issue.expression for issue in refusal(whole)}
    assert expressions == {
        "Bundle.entry[0].resource.gender",
        "Bundle.entry[1].resource.status",
        "Bundle.entry[2].resource.for.reference",
        "Bundle.entry[3].fullUrl",
    }


@pytest.mark.parametrize("junk", [1, "x", [], {}, None, True, [1], [[]], {"a": 1}])
@pytest.mark.parametrize(
    "path",
    ["type", "entry", "entry.0", "entry.0.resource", "entry.1.request", "entry.2.resource.focus", "entry.2.fullUrl"],
)
def test_junk_anywhere_is_an_issue_and_never_a_crash(path: str, junk: object) -> None:
    assert refusal(changed(path, junk))


def test_the_same_bytes_give_the_same_contents() -> None:
    data = json.dumps(bundle()).encode()
    assert read(data, new_id=Numbers()) == read(data, new_id=Numbers())


def test_the_parsed_input_of_the_caller_is_not_touched() -> None:
    whole = bundle()
    again = deepcopy(whole)
    read(json.dumps(whole).encode(), new_id=Numbers())
    assert whole == again
    assert parse(b"1") == Lexeme("1")
