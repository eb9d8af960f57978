"""What we build ourselves is valid FHIR, and is what was asked for."""

from typing import Any
from uuid import UUID

import pytest

from fhir.content import builders
from fhir.content.builders import Agreed, NoteKind, Origin, Pathway
from fhir.content.issues import Invalid
from fhir.content.validate import check

NOW = "2026-11-22T10:00:00+00:00"
A, B, C = (UUID(int=number) for number in (1, 2, 3))
PATHWAY = "https://bhu.example.org/fhir/CodeSystem/deflection-pathway"


def task(**more: Any) -> Any:
    return builders.task(
        id_=A, service_request_id=B, patient_id=C, requester="Organization/bhu", authored_on=NOW, **more
    )


def test_a_task_asks_for_its_request_to_be_fulfilled() -> None:
    made = task(owner="Organization/detox", priority="urgent")
    check(made)
    assert made["focus"] == {"reference": f"ServiceRequest/{B}"}
    assert made["for"] == {"reference": f"Patient/{C}"}
    assert made["owner"] == {"reference": "Organization/detox"}
    assert (made["status"], made["intent"], made["priority"]) == ("requested", "order", "urgent")
    assert made["code"]["coding"][0]["code"] == "fulfill"
    assert made["businessStatus"]["coding"][0]["code"] == "2.0"


def test_a_task_for_an_open_pool_has_no_owner() -> None:
    check(task())
    assert "owner" not in task()


def test_a_task_says_nothing_in_words() -> None:
    assert task().keys().isdisjoint({"description", "note", "reasonCode", "text"})


@pytest.mark.parametrize("way", Pathway)
@pytest.mark.parametrize("origin", Origin)
def test_a_pathway_is_coded_in_our_system(way: Pathway, origin: Origin) -> None:
    made: Any = builders.pathway(
        id_=A, patient_id=C, service_request_id=B, way=way, origin=origin, agreed=Agreed.NO, recorded=NOW
    )
    check(made)
    value = made["valueCodeableConcept"]["coding"][0]
    assert (value["system"], value["code"]) == (PATHWAY, str(way))
    said = [
        (each["code"]["coding"][0]["code"], each["valueCodeableConcept"]["coding"][0]["code"])
        for each in made["component"]
    ]
    assert said == [("origin", str(origin)), ("agreed", "no")]
    assert value["display"]


def test_the_six_pathways_have_their_published_codes() -> None:
    assert set(Pathway) == {
        "self_referral",
        "active_outreach",
        "naloxone_plus",
        "first_responder_referral",
        "officer_intervention",
        "community_response",
    }


@pytest.mark.parametrize("kind", NoteKind)
def test_a_note_carries_its_words_and_its_task(kind: NoteKind) -> None:
    made: Any = builders.note(
        "Call after\nsix.", id_=A, about=f"Task/{B}", kind=kind, sender="Organization/bhu", sent=NOW
    )
    check(made)
    assert made["payload"] == [{"contentString": "Call after\nsix."}]
    assert made["about"] == [{"reference": f"Task/{B}"}]
    assert made["category"][0]["coding"][0]["code"] == str(kind)


@pytest.mark.parametrize("text", ["", "a\x00b"])
def test_words_that_are_no_fhir_string_do_not_pass_the_check(text: str) -> None:
    made = builders.note(text, id_=A, about=f"Task/{B}", kind=NoteKind.NOTE, sender="Organization/bhu", sent=NOW)
    with pytest.raises(Invalid, match="content"):
        check(made)
