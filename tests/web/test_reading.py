"""What is sealed as FHIR in words: each type by its table, any other by its elements, and nothing that could act."""

import base64
import json
from datetime import date
from typing import Any

import pytest
from django.utils import timezone

from bhu.demo import vignettes
from fhir.content import exact
from fhir.content.exact import Object
from fhir.content.types import Arrival, allowed
from referrals.web.reading import as_text, sheet_of
from referrals.web.reading.kinds import KINDS, WHOLE
from tests.county import SCREEN, consent

TODAY = date(2026, 11, 22)
NAMES = {"bhu": "Merrow BHU", "detox": "Merrow Detox", "01a2": "Agency of an id"}


def tree(given: dict[str, Any]) -> Object:
    found = exact.parse(json.dumps(given).encode())
    assert isinstance(found, dict)
    return found


def text(given: dict[str, Any]) -> str:
    with timezone.override("America/New_York"):
        return as_text(sheet_of(tree(given), NAMES, today=TODAY))


def test_every_type_that_comes_in_a_referral_has_a_table() -> None:
    assert set(allowed(Arrival.REFERRAL)) == set(KINDS) | set(WHOLE)


@pytest.mark.parametrize("name", [path.stem for path in sorted(vignettes.FOLDER.glob("*.json"))])
def test_every_sentence_of_a_vignette_can_be_read(name: str) -> None:
    data = vignettes.bundle(name)
    bundle = exact.parse(data)
    assert isinstance(bundle, dict)
    entries: Any = bundle.get("entry") or [{"resource": bundle}]
    page = "\n".join(as_text(sheet_of(entry["resource"], NAMES, today=TODAY)) for entry in entries)
    read = page.lower() + page.replace("-", "")
    assert not [word for word in vignettes.canaries(data) if word not in read]


def test_a_client_is_named_with_age_and_who_may_be_called() -> None:
    patient = {
        "resourceType": "Patient",
        "name": [{"given": ["Ottilie"], "family": "Zwillinger"}, {"use": "nickname", "given": ["Otti"]}],
        "birthDate": "2007-05-11",
        "telecom": [{"system": "phone", "value": "555-0147", "use": "mobile"}],
        "contact": [{"relationship": [{"text": "Sister"}], "name": {"given": ["Runa"]}}],
    }
    assert text(patient).splitlines() == [
        "Client",
        "  Name: Ottilie Zwillinger",
        "    Otti (nickname)",
        "  Date of birth: May 11, 2007 (19 years)",
        "  Phone: 555-0147 (mobile)",
        "  May be called: Sister · Runa",
    ]


def test_a_screen_reads_as_questions_with_answers_and_what_follows() -> None:
    said = text(SCREEN)
    assert said.startswith("Columbia-Suicide Severity Rating Scale")
    assert "Asked: Nov. 22, 2026, 5:40 a.m." in said
    assert "wish to be dead" in said.lower() or "wished you were dead" in said.lower()
    assert ": Yes" in said
    assert "Result: high" in said


def test_a_question_that_was_declined_says_so() -> None:
    absent = {"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "asked-declined"}
    asked = SCREEN | {"item": [{"linkId": "/93246-7", "answer": [{"extension": [absent]}]}]}
    assert "declined to answer" in text(asked)
    assert "Result: incomplete" in text(asked)


def test_a_consent_says_who_may_be_told_what_and_until_when() -> None:
    said = text(consent(to=("detox",)))
    assert "With: Merrow Detox" in said
    assert "May share: Merrow BHU" in said
    assert "What: Contact, Clinical, Outcome" in said
    assert "For: treatment, coordination of care" in said


def test_a_consent_of_another_shape_is_shown_by_its_elements() -> None:
    strange = {
        "resourceType": "Consent",
        "status": "active",
        "provision": {"type": "permit", "code": [{"text": "All"}]},
    }
    assert "permit" in text(strange)


def test_what_no_table_names_stands_in_the_rest() -> None:
    observation = {
        "resourceType": "Observation",
        "status": "final",
        "code": {"text": "Pulse"},
        "bodySite": {"text": "wrist"},
    }
    sheet = sheet_of(tree(observation), NAMES, today=TODAY)
    assert [(line.label, line.text) for line in sheet.rest] == [("Body site", "wrist")]


def test_a_type_without_a_table_is_a_plain_tree() -> None:
    unknown = {
        "resourceType": "CarePlan",
        "id": "1",
        "title": "Autumn",
        "activity": [{"detail": {"description": "Walk", "goal": [{"reference": "Goal/1"}]}, "reference": {}}],
    }
    said = text(unknown)
    assert said.startswith("Care plan")
    assert "Title: Autumn" in said
    assert "Walk" in said


def test_what_was_recorded_by_mistake_says_so_and_what_goes_without_saying_does_not() -> None:
    wrong = {"resourceType": "Observation", "status": "entered-in-error", "code": {"text": "Pulse"}}
    assert "Status: recorded by mistake" in text(wrong)
    assert "Status" not in text(wrong | {"status": "final"})


def test_a_narrative_a_link_and_the_bytes_of_a_picture_are_not_shown() -> None:
    document = {
        "resourceType": "DocumentReference",
        "status": "current",
        "text": {"status": "generated", "div": "<div><img src='https://tracker.example.org/1.png'/></div>"},
        "description": "Photo",
        "content": [{"attachment": {"contentType": "image/png", "title": "door", "data": "iVBORw0KGgo=",
                                    "url": "https://tracker.example.org/2.png"}}],
    }  # fmt: skip
    said = text(document)
    assert "File: door · image/png" in said
    assert "tracker" not in said
    assert "iVBOR" not in said


def test_a_text_file_is_read_in_place() -> None:
    words = base64.b64encode(b"Signed by hand.\nThank you.").decode()
    attachment = {"contentType": "text/plain; charset=utf-8", "title": "paper", "data": words}
    document = {"resourceType": "DocumentReference", "status": "current", "content": [{"attachment": attachment}]}
    assert "Signed by hand." in text(document)
    broken = {"contentType": "text/plain", "title": "paper", "data": "%%%"}
    assert "paper" in text(document | {"content": [{"attachment": broken}]})


def test_a_reference_is_a_name_or_nothing_and_never_a_bare_id() -> None:
    observation = {"resourceType": "Observation", "status": "final", "code": {"text": "Pulse"}}
    known = observation | {"performer": [{"reference": "Organization/01a2"}]}
    assert "By: Agency of an id" in text(known)
    assert "99" not in text(observation | {"performer": [{"reference": "Organization/99"}]})


def test_numbers_stand_as_their_sender_wrote_them() -> None:
    quantity = {"resourceType": "Observation", "status": "final", "code": {"text": "BAC"}}
    found = tree(quantity)
    found["valueQuantity"] = {"value": exact.Lexeme("0.180"), "unit": "%"}
    assert "Found: 0.180 %" in as_text(sheet_of(found, NAMES, today=TODAY))
