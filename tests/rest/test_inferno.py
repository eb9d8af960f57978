"""What Inferno's US Core Test Kit (7.0.0) asserts of a server, of the searches we serve, each by the id it has there.

We claim no profile of US Core, so ``us_core_instantiate``, ``us_core_profile_support`` and what tests profiles
(validation, must support) are not here. Searches by names or addresses of clients (``us_core_v700_patient_name_…``)
are refused by design: nothing is searchable across agencies.
"""

import json
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

import pytest

from referrals.acts import AddSection
from referrals.perform import perform
from tests.county import make_county
from tests.rest.calling import get, post
from tests.rest.conftest import Way, known, walk

CODES = "http://terminology.hl7.org/CodeSystem"
SURVEY = {
    "resourceType": "Observation",
    "status": "final",
    "category": [{"coding": [{"system": f"{CODES}/observation-category", "code": "survey"}]}],
    "code": {"coding": [{"system": "http://loinc.org", "code": "93374-7"}]},
    "effectiveDateTime": "2026-11-22T13:55:00Z",
    "valueCodeableConcept": {"coding": [{"system": "http://loinc.org", "code": "LA9194-7"}]},
}
PROBLEM = {
    "resourceType": "Condition",
    "clinicalStatus": {"coding": [{"system": f"{CODES}/condition-clinical", "code": "active"}]},
    "category": [{"coding": [{"system": f"{CODES}/condition-category", "code": "problem-list-item"}]}],
    "code": {"coding": [{"system": "http://snomed.info/sct", "code": "48694002"}]},
}
LETTER = {
    "resourceType": "DocumentReference",
    "status": "current",
    "type": {"coding": [{"system": "http://loinc.org", "code": "34133-9"}]},
    "category": [{"coding": [{"system": "http://hl7.org/fhir/us/core/CodeSystem/c", "code": "clinical-note"}]}],
    "date": "2026-11-22T13:55:00Z",
    "content": [{"attachment": {"contentType": "text/plain", "data": "SGVsbG8="}}],
}


class Search(NamedTuple):
    """A test of the kit, the type it searches, and its parameters with values that find something."""

    id: str
    type: str
    query: str


SEARCHES = (
    Search("service_request_patient", "ServiceRequest", "patient={patient}"),
    Search("service_request__id", "ServiceRequest", "_id={request}"),
    Search("service_request_patient_status", "ServiceRequest", "patient={patient}&status=active"),
    Search("service_request_patient_code", "ServiceRequest", "patient={patient}&code={code}"),
    Search("service_request_patient_code_authored", "ServiceRequest", "patient={patient}&code={code}&authored={today}"),
    Search("patient__id", "Patient", "_id={patient}"),
    Search("questionnaire_response_patient", "QuestionnaireResponse", "patient={patient}"),
    Search("questionnaire_response__id", "QuestionnaireResponse", "_id={screen}"),
    Search("questionnaire_response_patient_status", "QuestionnaireResponse", "patient={patient}&status=completed"),
    Search("questionnaire_response_patient_authored", "QuestionnaireResponse", "patient={patient}&authored=2026-11-22"),
    Search(
        "questionnaire_response_patient_questionnaire",
        "QuestionnaireResponse",
        "patient={patient}&questionnaire=http://loinc.org/q/93373-9",
    ),
    Search("observation_screening_assessment_patient_category", "Observation", "patient={patient}&category=survey"),
    Search("observation_screening_assessment_patient_code", "Observation", "patient={patient}&code=93374-7"),
    Search(
        "observation_screening_assessment_patient_category_status",
        "Observation",
        "patient={patient}&category=survey&status=final",
    ),
    Search(
        "observation_screening_assessment_patient_category_date",
        "Observation",
        "patient={patient}&category=survey&date=2026-11-22",
    ),
    Search(
        "observation_screening_assessment_patient_category__lastUpdated",
        "Observation",
        "patient={patient}&category=survey&_lastUpdated={today}",
    ),
    Search(
        "observation_screening_assessment_patient_code_date",
        "Observation",
        "patient={patient}&code=93374-7&date=2026-11-22",
    ),
    Search("condition_problems_health_concerns_patient", "Condition", "patient={patient}"),
    Search(
        "condition_problems_health_concerns_patient_category",
        "Condition",
        "patient={patient}&category=problem-list-item",
    ),
    Search(
        "condition_problems_health_concerns_patient_clinical_status",
        "Condition",
        "patient={patient}&clinical-status=active",
    ),
    Search(
        "condition_problems_health_concerns_patient_category_clinical_status",
        "Condition",
        "patient={patient}&category=problem-list-item&clinical-status=active",
    ),
    Search("condition_problems_health_concerns_patient_code", "Condition", "patient={patient}&code=48694002"),
    Search(
        "condition_problems_health_concerns_patient__lastUpdated", "Condition", "patient={patient}&_lastUpdated={today}"
    ),
    Search("document_reference_patient", "DocumentReference", "patient={patient}"),
    Search("document_reference_patient_status", "DocumentReference", "patient={patient}&status=current"),
    Search("document_reference_patient_type", "DocumentReference", "patient={patient}&type=34133-9"),
    Search("document_reference_patient_category", "DocumentReference", "patient={patient}&category=clinical-note"),
    Search(
        "document_reference_patient_category_date",
        "DocumentReference",
        "patient={patient}&category=clinical-note&date=2026-11-22",
    ),
)
EACH = pytest.mark.parametrize("search", SEARCHES, ids=lambda search: f"us_core_v700_{search.id}_search_test")


def walk_on() -> Way:
    """The referral of this folder, with one resource more of each kind that the kit asks for."""
    way = walk(make_county())
    for tree in (SURVEY, PROBLEM, LETTER):
        data = json.dumps(tree | {"subject": {"reference": f"Patient/{way.patient}"}}).encode()
        perform(way.county.clinician, [AddSection(referral_id=way.id, data=data)])
    return way


Words = dict[str, Any]


@pytest.fixture(scope="module")
def told(build_once: Callable[[Callable[[], tuple[Way, Words]]], tuple[Way, Words]]) -> tuple[Way, Words]:
    """The referral, and what stands in the braces of a query."""

    def build() -> tuple[Way, Words]:
        way = walk_on()
        with known(way.county):
            return way, words_of(way)

    return build_once(build)


def words_of(way: Way) -> Words:
    request = get("clinician", f"ServiceRequest/{way.id}").tree
    listed = get("clinician", f"ServiceRequest?_id={way.id}").entries()
    return {
        "patient": way.patient,
        "request": way.id,
        "screen": way.section("QuestionnaireResponse", "clinical"),
        "code": listed[0]["code"]["coding"][0]["code"],
        "today": request["meta"]["lastUpdated"][:10],
    }


@pytest.fixture(scope="module")
def walked(told: tuple[Way, Words]) -> Way:
    return told[0]


@pytest.fixture
def words(way: Way, told: tuple[Way, Words]) -> Words:
    return told[1]


def found(query: str) -> set[str]:
    heard = get("clinician", query)
    assert heard.status == 200
    assert heard.tree["resourceType"] == "Bundle"
    assert heard.entries("outcome") == []
    return {f"{each['resourceType']}/{each['id']}" for each in heard.entries()}


@EACH
def test_a_search_finds_what_it_says_and_by_post_the_same(words: dict[str, Any], search: Search) -> None:
    """``us_core_v700_<id>_search_test``: ``run_search_test``, ``perform_post_search``."""
    query = search.query.format(**words)
    rows = found(f"{search.type}?{query}")
    assert rows
    assert {each.partition("/")[0] for each in rows} == {search.type}
    posted = post("clinician", f"{search.type}/_search", **dict(parse_qsl(query)))
    assert {f"{each['resourceType']}/{each['id']}" for each in posted.entries()} == rows


@EACH
def test_a_patient_may_be_named_with_its_type(words: dict[str, Any], search: Search) -> None:
    """``us_core_v700_<id>_search_test``: ``perform_reference_with_type_search``."""
    if "patient=" in search.query:
        bare, named = (search.query.format(**words | {"patient": each}) for each in names(words))
        assert found(f"{search.type}?{bare}") == found(f"{search.type}?{named}")


def names(words: dict[str, Any]) -> tuple[str, str]:
    return str(words["patient"]), f"Patient/{words['patient']}"


@pytest.mark.parametrize(
    ("type_", "query"),
    [
        ("QuestionnaireResponse", "authored"),
        ("Observation", "code=93374-7&date"),
        ("DocumentReference", "date"),
    ],
)
@pytest.mark.parametrize(("comparator", "day"), [("gt", "21"), ("ge", "21"), ("lt", "23"), ("le", "23")])
def test_dates_can_be_compared(words: dict[str, Any], type_: str, query: str, comparator: str, day: str) -> None:
    """``us_core_v700_<id>_search_test``: ``perform_comparator_searches``."""
    assert found(f"{type_}?patient={words['patient']}&{query}={comparator}2026-11-{day}")
    other = {"gt": "lt", "ge": "lt", "lt": "gt", "le": "gt"}[comparator]
    assert not found(f"{type_}?patient={words['patient']}&{query}={other}2026-11-{day}")


@pytest.mark.parametrize(
    ("type_", "query"),
    [
        ("Observation", f"category={CODES}/observation-category|survey"),
        ("Condition", f"category={CODES}/condition-category|problem-list-item"),
        ("DocumentReference", "type=http://loinc.org|34133-9"),
    ],
)
def test_a_code_may_be_named_with_its_system(words: dict[str, Any], type_: str, query: str) -> None:
    """``us_core_v700_<id>_search_test``: ``perform_search_with_system``."""
    assert found(f"{type_}?patient={words['patient']}&{query}")


@pytest.mark.parametrize("type_", ["Patient", "ServiceRequest", "QuestionnaireResponse", "Observation", "Condition"])
def test_what_was_found_can_be_read(words: dict[str, Any], type_: str) -> None:
    """``us_core_v700_<type>_read_test``: ``read_and_validate``."""
    bound = "_id" if type_ == "Patient" else "patient"
    for name in found(f"{type_}?{bound}={words['patient']}"):
        heard = get("clinician", name)
        assert heard.status == 200
        assert f"{heard.tree['resourceType']}/{heard.tree['id']}" == name


def test_the_statement_is_read_without_a_token_and_names_r4_and_json(db: None) -> None:
    """``us_core_conformance_support``, ``us_core_fhir_version``, ``us_core_json_support``."""
    heard = get("", "metadata")
    assert heard.status == 200
    assert heard.tree["resourceType"] == "CapabilityStatement"
    assert heard.tree["fhirVersion"] == "4.0.1"
    assert {"json", "application/json", "application/fhir+json"} & set(heard.tree["format"])
