"""Everything of the demo is invented, and is as many as were planned: towns, agencies, people, clients."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from agencies.kinds import AgencyKind, Answer
from agencies.roles import Role, fits
from audit.uuid7 import uuid7
from bhu.demo.county import AGENCIES, NOT_PARTIES, TOWNS
from bhu.demo.people import FAMILY, GIVEN, people
from bhu.demo.vignettes import FOLDER, SHORTEST, canaries
from fhir.content import signs
from fhir.content.bundle import read
from fhir.content.compartments import Compartment, Source, place
from fhir.content.signs import Sign

EVERYBODY = list(people())
FILES = sorted(FOLDER.glob("*.json"))
BUNDLES = [path for path in FILES if re.fullmatch(r"vignette-\d+\.json", path.name)]
DATA = [*FILES, *(FOLDER.parent / f"{name}.py" for name in ("county", "people", "cast"))]

# The code systems the vignettes may use, and nothing else but our own example.org.
OFFICIAL = {
    "http://loinc.org",
    "http://snomed.info/sct",
    "http://terminology.hl7.org/CodeSystem/service-category",
    "http://terminology.hl7.org/CodeSystem/service-type",
    "http://terminology.hl7.org/CodeSystem/observation-category",
    "http://terminology.hl7.org/CodeSystem/consentscope",
    "http://terminology.hl7.org/CodeSystem/condition-clinical",
    "http://terminology.hl7.org/CodeSystem/condition-ver-status",
    "http://terminology.hl7.org/CodeSystem/v2-0203",
    "http://terminology.hl7.org/CodeSystem/v3-ActCode",
    "http://terminology.hl7.org/CodeSystem/v3-ActReason",
    "http://terminology.hl7.org/CodeSystem/v3-Confidentiality",
    "http://terminology.hl7.org/CodeSystem/v3-ParticipationType",
    "http://hl7.org/fhir/CodeSystem/task-code",
    "http://hl7.org/fhir/us/bser/CodeSystem/TaskBusinessStatusCS",
}


def test_the_county_has_six_towns_and_an_agency_for_everybody_in_it() -> None:
    kinds = Counter(row.kind for row in AGENCIES)
    assert len(TOWNS) == 6
    assert (len(AGENCIES), kinds[AgencyKind.POLICE], kinds[AgencyKind.BHU]) == (22, 6, 1)
    assert {row.slug for row in AGENCIES if not row.connected} == {"valley-counseling", "st-alban-shelter"}
    assert len({row.slug for row in AGENCIES}) == len({row.phone for row in AGENCIES}) == 22
    assert all(re.fullmatch(r"555-01\d\d", row.phone) and row.email.endswith("@example.org") for row in AGENCIES)


def test_the_bhu_is_one_agency_that_serves_every_town() -> None:
    (bhu,) = (row for row in AGENCIES if row.kind is AgencyKind.BHU)
    assert (bhu.slug, set(bhu.serves)) == ("merrow-bhu", set(TOWNS))
    assert (bhu.part2, bhu.hipaa) == (Answer.UNKNOWN, Answer.YES)


def test_police_are_neither_part_2_programs_nor_covered_by_hipaa() -> None:
    police = [row for row in AGENCIES if row.kind is AgencyKind.POLICE]
    assert {(row.part2, row.hipaa, row.treating) for row in police} == {(Answer.NO, Answer.NO, False)}


def test_everybody_has_a_role_that_the_kind_of_their_agency_has() -> None:
    kinds = {row.slug: row.kind for row in AGENCIES}
    assert [person for person in EVERYBODY for slug, role in person.places if not fits(kinds[slug], role)] == []


def test_people_are_as_many_as_the_county_has() -> None:
    first = Counter(person.places[0][1] for person in EVERYBODY)
    assert first == {
        Role.CHIEF: 6,
        Role.AGENCY_ADMIN: 8,
        Role.OFFICER: 18,
        Role.BHU_OFFICER: 6,
        Role.CLINICIAN: 3,
        Role.COORDINATOR: 2,
        Role.COACH: 3,
        Role.INTAKE: 9,
        Role.DRIVER: 14,
        Role.PRIVACY_OFFICER: 2,
        Role.NETWORK_ADMIN: 1,
        Role.LIAISON: 2,
        Role.WELLNESS: 1,
    }


def test_nobody_has_another_ones_name_or_address() -> None:
    assert len({person.name for person in EVERYBODY}) == len(EVERYBODY) == 75
    assert len({person.email for person in EVERYBODY}) == 75
    assert {"officer1.alder-falls@example.org", "clinician1.bhu@example.org", "intake1.northfield@example.org"} <= {
        person.email for person in EVERYBODY
    }


def test_every_connected_agency_but_the_drivers_has_somebody_who_can_answer() -> None:
    staffed = {slug for person in EVERYBODY for slug, role in person.places if role in (Role.INTAKE, Role.CLINICIAN)}
    helping = {row.slug for row in AGENCIES if row.connected and row.kind is not AgencyKind.POLICE}
    assert helping - staffed == NOT_PARTIES


@pytest.mark.parametrize("path", DATA, ids=lambda path: path.name)
def test_every_address_and_number_is_invented(path: Path) -> None:
    text = path.read_text()
    assert set(re.findall(r"@([\w.-]+\w)", text)) <= {"example.org", "dataclass", "property"}
    assert all(number.startswith("555-01") for number in re.findall(r"\b\d{3}-\d{4}\b", text))
    assert set(re.findall(r'postalCode": "(\d+)"', text)) <= {f"0000{number}" for number in range(1, 7)}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_code_systems_are_official_ones_or_our_own_example(path: Path) -> None:
    systems = set(re.findall(r'"system": "(http[^"]+)"', path.read_text()))
    assert {system for system in systems if "example.org" not in system} <= OFFICIAL


@pytest.mark.parametrize("path", BUNDLES, ids=lambda path: path.stem)
def test_a_client_shares_no_name_with_anybody_on_the_network(path: Path) -> None:
    found = canaries(path.read_bytes())
    assert len(found) >= 8
    assert min(map(len, found)) >= SHORTEST
    assert not {name.lower() for name in (*GIVEN, *FAMILY)} & found


def places(name: str, source: Source) -> dict[str, set[Compartment]]:
    """The compartments in which each type of resource of a vignette lands."""
    contents = read((FOLDER / f"{name}.json").read_bytes(), new_id=uuid7)
    found: dict[str, set[Compartment]] = {}
    for resource in contents.resources:
        found.setdefault(resource.type, set()).add(place(resource.tree, source=source))
    return found


def the(type_: str, *, of: str) -> Any:
    """The one resource of a type in a vignette, as JSON."""
    entries = json.loads((FOLDER / f"{of}.json").read_bytes())["entry"]
    (found,) = (entry["resource"] for entry in entries if entry["resource"]["resourceType"] == type_)
    return found


def test_vignette_3_is_a_plan_to_die_and_says_nothing_of_substances() -> None:
    contents = read((FOLDER / "vignette-03.json").read_bytes(), new_id=uuid7)
    assert not any(Sign.SUBSTANCE_USE in signs.of(resource.tree) for resource in contents.resources)
    screen = the("QuestionnaireResponse", of="vignette-03")
    answers = {item["linkId"]: item["answer"][0]["valueCoding"]["code"] for item in screen["item"]}
    assert (answers["/93250-9"], answers["/93267-3"]) == ("LA33-6", "LA32-8")


def test_vignette_3_from_police_puts_the_screen_apart_from_what_police_saw() -> None:
    assert places("vignette-03", Source(sworn=True, part2=False)) == {
        "Patient": {Compartment.CONTACT},
        "ServiceRequest": {Compartment.INCIDENT},
        "Task": {Compartment.INCIDENT},
        "Observation": {Compartment.INCIDENT, Compartment.CLINICAL},
        "QuestionnaireResponse": {Compartment.CLINICAL},
    }


@pytest.mark.parametrize("name", ["vignette-01", "vignette-08"])
def test_what_the_unit_says_of_substances_goes_under_the_key_of_part_2(name: str) -> None:
    found = places(name, Source(sworn=False, part2=True))
    assert found["ServiceRequest"] == found["Consent"] == {Compartment.SUD}
    assert found["QuestionnaireResponse"] == {Compartment.CLINICAL}
    assert found["Patient"] == {Compartment.CONTACT}


def test_vignette_8_names_a_class_and_never_police() -> None:
    (permit,) = the("Consent", of="vignette-08")["provision"]["provision"]
    named = [actor["reference"]["identifier"] for actor in permit["actor"]]
    assert [each["value"] for each in named] == ["riverside-bridge-clinic", "treating_providers", "program_helpers"]
    assert named[1]["system"] != named[0]["system"]
