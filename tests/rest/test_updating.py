"""What is sent again to the resources of a referral that are no task: a correction, a stop, a request called off."""

import json
from typing import Any
from uuid import UUID, uuid4

import pytest

from audit.models import AuditEvent
from referrals.acts import AddSection, Offer, Send, TakeStep
from referrals.consents.models import ConsentTerms
from referrals.models import Folder, Manifest, Referral, ReferralTask, Section
from referrals.perform import perform
from referrals.policy.terms import Standing
from tests.county import bundle_of, consent
from tests.integrity.stage import RELEASE
from tests.integrity.trees import without
from tests.referrals.test_difference import reason
from tests.rest.calling import Heard, get, send
from tests.rest.conftest import Way

TAKEN = [{"op": "replace", "path": "/status", "value": "accepted"}]
STATUS_REASON = "http://hl7.org/fhir/StructureDefinition/request-statusReason"


def put(who: str, path: str, tree: Any, **headers: str) -> Heard:
    return send("PUT", who, path, tree, **headers)


def written() -> tuple[int, ...]:
    return tuple(model.objects.count() for model in (Section, Manifest, ConsentTerms))


@pytest.fixture
def alcohol(way: Way) -> str:
    """An Observation that the BHU's clinician wrote, under Part 2."""
    return f"Observation/{way.section('Observation', 'sud')}"


def edited(heard: Heard, old: bytes, new: bytes) -> bytes:
    assert heard.body.count(old) == 1
    return heard.body.replace(old, new)


def test_a_correction_is_a_new_version_with_its_numbers_as_they_were_written(way: Way, alcohol: str) -> None:
    before = get("clinician", alcohol)
    heard = put("clinician", alcohol, edited(before, b"1.1,", b"2.50,"), If_Match='W/"1"')
    assert heard.status == 200, heard.body
    assert (heard.headers["ETag"], heard.headers["Location"][-len("/_history/2") :]) == ('W/"2"', "/_history/2")
    assert b'"value":2.50' in heard.body
    assert get("clinician", alcohol).exact == heard.exact
    assert get("clinician", f"{alcohol}/_history/1").exact == before.exact
    assert len(get("clinician", f"{alcohol}/_history").tree["entry"]) == 2


def test_the_notice_of_the_law_is_not_sent_back_into_the_record(way: Way, alcohol: str) -> None:
    before = get("clinician", alcohol)
    assert len(before.tree["meta"]["extension"]) == 1
    heard = put("clinician", alcohol, edited(before, b"1.1,", b"2,"))
    assert heard.tree["meta"]["extension"] == before.tree["meta"]["extension"]
    assert heard.tree["meta"]["security"] == before.tree["meta"]["security"]


def test_what_is_there_already_is_no_version(way: Way, alcohol: str) -> None:
    before, rows = get("clinician", alcohol), written()
    for sent in (before.tree, dict(reversed(before.tree.items())), {**before.tree, "meta": {}}):
        if sent.get("meta") == {}:
            del sent["meta"]
        heard = put("clinician", alcohol, sent)
        assert (heard.status, heard.headers["ETag"], heard.exact) == (200, 'W/"1"', before.exact)
    assert written() == rows


def test_labels_can_be_added_and_are_never_taken_away(way: Way, alcohol: str) -> None:
    before, act = get("clinician", alcohol).tree, "http://terminology.hl7.org/CodeSystem/v3-ActCode"
    label = {"system": act, "code": "SDV"}
    heard = put("clinician", alcohol, before | {"meta": {"security": [label]}})
    assert (heard.headers["ETag"], heard.tree["meta"]["security"]) == ('W/"2"', [*before["meta"]["security"], label])
    bare = {name: value for name, value in before.items() if name != "meta"} | {"status": "amended"}
    again = put("clinician", alcohol, bare)
    assert (again.headers["ETag"], again.tree["meta"]["security"]) == ('W/"3"', heard.tree["meta"]["security"])


def test_another_lexeme_of_the_same_number_is_a_correction(way: Way, alcohol: str) -> None:
    heard = put("clinician", alcohol, edited(get("clinician", alcohol), b"1.1,", b"1.10,"))
    assert (heard.headers["ETag"], b'"value":1.10' in heard.body) == ('W/"2"', True)


def test_a_correction_of_an_old_version_is_refused(way: Way, alcohol: str) -> None:
    first = get("clinician", alcohol)
    assert put("clinician", alcohol, edited(first, b"1.1,", b"2,"), If_Match='W/"1"').status == 200
    rows = written()
    heard = put("clinician", alcohol, edited(first, b"1.1,", b"3,"), If_Match='W/"1"')
    assert (heard.status, heard.issue["code"], heard.refusal) == (412, "conflict", "STALE")
    assert written() == rows


def test_only_who_wrote_it_corrects_it(way: Way) -> None:
    name = f"QuestionnaireResponse/{way.section('QuestionnaireResponse', 'clinical')}"
    before, rows = get("clinician", name), written()
    heard = put("clinician", name, before.tree | {"status": "amended"})
    assert (heard.status, heard.issue["code"], heard.refusal) == (403, "forbidden", "ROLE")
    assert put("outsider", name, before.tree | {"status": "amended"}).status == 404
    assert put("clinician", name, before.tree).status == 200  # nothing is changed by it
    assert written() == rows


def test_a_part_of_a_resource_is_no_new_version_of_it(way: Way, alcohol: str) -> None:
    tag = {"system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code": "SUBSETTED"}
    tree = get("clinician", alcohol).tree
    tree["meta"]["tag"] = [tag]
    heard = put("clinician", alcohol, tree | {"status": "amended"})
    assert (heard.status, heard.issue["code"], heard.issue["expression"]) == (422, "business-rule", ["Observation"])


@pytest.mark.parametrize(
    ("change", "code", "at"),
    [
        ({"status": "gone"}, "code-invalid", "Observation.status"),
        ({"colour": "Zwillinger"}, "structure", "Observation.colour"),
        ({"subject": {"reference": f"urn:uuid:{uuid4()}"}}, "not-found", "Observation.subject.reference"),
    ],
)
def test_an_element_that_is_wrong_is_named_and_nothing_is_written(
    way: Way, alcohol: str, change: dict[str, Any], code: str, at: str
) -> None:
    rows = written()
    heard = put("clinician", alcohol, get("clinician", alcohol).tree | change)
    assert (heard.status, heard.issue["code"], heard.issue["expression"]) == (422, code, [at])
    assert b"Zwillinger" not in heard.body
    assert written() == rows


def test_a_correction_that_belongs_in_another_part_is_refused(way: Way) -> None:
    plain = {"resourceType": "Observation", "status": "final", "code": {"text": "Slept"}, "valueString": "well"}
    perform(way.county.clinician, [AddSection(referral_id=way.id, data=json.dumps(plain).encode())])
    (section,) = Section.objects.filter(type="Observation", compartment="clinical")
    name = f"Observation/{section.resource_id}"
    tree = get("clinician", name).tree
    act = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "42CFRPart2"}
    tree["meta"]["security"].append(act)
    heard = put("clinician", name, tree)
    assert (heard.status, heard.refusal) == (403, "COMPARTMENT")


def test_what_is_sent_again_is_in_the_log_under_its_own_name(way: Way, alcohol: str) -> None:
    put("clinician", alcohol, edited(get("clinician", alcohol), b"1.1,", b"2,"))
    done = AuditEvent.objects.filter(outcome="0", door="fhir").order_by("id").values_list("action", flat=True)
    assert list(done) == ["resource.read", "resource.update", "section.correct", "resource.read"]


def consent_of(way: Way) -> str:
    return f"Consent/{way.section('Consent', 'contact')}"


def standing(way: Way) -> str:
    found = ConsentTerms.objects.filter(folder_id=way.id).order_by("-id").values_list("standing", flat=True).first()
    assert found is not None
    return found


def test_a_consent_that_becomes_inactive_is_stopped_at_once(way: Way) -> None:
    name = consent_of(way)
    stopped = get("clinician", name).tree | {"status": "inactive"}
    heard = put("clinician", name, stopped)
    assert (heard.status, heard.tree["status"], heard.headers["ETag"]) == (200, "inactive", 'W/"2"')
    assert standing(way) == Standing.HELD.value
    assert get("detox_intake", f"Patient/{way.patient}").refusal == "CONSENT_REVOKED"
    assert AuditEvent.objects.filter(action="consent.hold", outcome="0").count() == 1
    rows = written()
    assert put("clinician", name, get("clinician", name).tree).status == 200
    assert written() == rows
    again = put("clinician", name, get("clinician", name).tree | {"status": "active"}, If_Match='W/"2"')
    assert (again.status, again.tree["status"]) == (200, "active")
    assert standing(way) == Standing.ACTIVE.value
    assert get("detox_intake", f"Patient/{way.patient}").status == 200


def test_who_is_told_stop_writes_it_down_whoever_recorded_the_consent(way: Way) -> None:
    name = consent_of(way)
    heard = put("detox_intake", name, get("detox_intake", name).tree | {"status": "inactive"})
    assert standing(way) == Standing.HELD.value
    assert (heard.status, heard.body) == (200, b"")  # from now on it opens to them no more
    assert get("detox_intake", name).refusal == "CONSENT_REVOKED"


def test_a_consent_that_is_over_in_writing_is_over_for_good(way: Way) -> None:
    name = consent_of(way)
    tree = get("clinician", name).tree
    tree["sourceAttachment"]["title"] = "Stopped in writing, kept at the unit"
    heard = put("clinician", name, tree | {"status": "inactive"})
    assert (heard.status, heard.tree["status"]) == (200, "inactive"), heard.body
    assert standing(way) == Standing.REVOKED.value
    again = put("clinician", name, get("clinician", name).tree | {"status": "active"})
    assert (again.status, again.issue["code"], again.refusal) == (403, "suppressed", "CONSENT_REVOKED")


@pytest.mark.parametrize("status", ["rejected", "entered-in-error", "proposed", "draft"])
def test_a_consent_has_no_other_end_by_its_status_alone(way: Way, status: str) -> None:
    name, rows = consent_of(way), written()
    heard = put("clinician", name, get("clinician", name).tree | {"status": status})
    assert (heard.status, heard.issue["code"], heard.issue["expression"]) == (422, "business-rule", ["Consent.status"])
    assert written() == rows


def request_of(way: Way) -> str:
    return f"ServiceRequest/{way.id}"


def revoked(tree: dict[str, Any], status: str = "revoked", why: str = "no-longer-needed") -> dict[str, Any]:
    said = {"url": STATUS_REASON, "valueCodeableConcept": reason(why)}
    return tree | {"status": status, "extension": [*tree.get("extension", []), said]}


def own(way: Way) -> UUID:
    """A request of the BHU's own, waiting for detox."""
    county = way.county
    return perform(county.clinician, [Send(data=bundle_of(consent()), to=(county.detox.id,))]).referral_id


def test_a_request_is_called_off_while_nobody_took_it(way: Way) -> None:
    referral = own(way)
    name = f"ServiceRequest/{referral}"
    heard = put("clinician", name, revoked(get("clinician", name).tree), If_Match='W/"1"')
    assert (heard.status, heard.headers["ETag"], heard.tree["status"]) == (200, 'W/"2"', "revoked"), heard.body
    assert ReferralTask.objects.get(referral_id=referral).status == "cancelled"
    assert "extension" not in heard.tree  # its reason stands in the tasks


def test_a_request_that_was_taken_is_called_off_by_its_tasks(way: Way) -> None:
    referral = own(way)
    task = ReferralTask.objects.get(referral_id=referral)
    perform(way.county.detox_intake, [TakeStep(task_id=task.id, step="accept")])
    name = f"ServiceRequest/{referral}"
    heard = put("clinician", name, revoked(get("clinician", name).tree))
    assert (heard.status, heard.issue["expression"]) == (422, ["ServiceRequest.status"])
    assert str(task.id) in heard.issue["details"]["text"]
    heard = put("clinician", name, revoked(get("clinician", name).tree, "entered-in-error", "wrong-person"))
    assert (heard.status, heard.tree["status"]) == (200, "entered-in-error")


@pytest.mark.parametrize("status", ["completed", "on-hold", "draft", "unknown"])
def test_a_request_comes_to_no_other_state(way: Way, status: str) -> None:
    name = f"ServiceRequest/{own(way)}"
    heard = put("clinician", name, revoked(get("clinician", name).tree, status))
    assert (heard.status, heard.issue["code"], heard.issue["expression"]) == (
        422,
        "business-rule",
        ["ServiceRequest.status"],
    )


def test_a_request_is_not_called_off_without_a_reason_nor_by_who_passed_it_on(way: Way) -> None:
    name = f"ServiceRequest/{own(way)}"
    heard = put("clinician", name, get("clinician", name).tree | {"status": "revoked"})
    assert (heard.status, heard.issue["code"]) == (422, "required")
    heard = put("clinician", request_of(way), revoked(get("clinician", request_of(way)).tree))
    assert (heard.status, heard.refusal) == (403, "ROLE")
    assert Referral.objects.get(pk=way.id).status == "active"


@pytest.mark.parametrize("change", [{"priority": "stat"}, {"note": [{"text": "Zwillinger"}]}, {"intent": "plan"}])
def test_a_request_is_what_it_was_when_it_was_sent(way: Way, change: dict[str, Any]) -> None:
    name = f"ServiceRequest/{own(way)}"
    heard = put("clinician", name, get("clinician", name).tree | change)
    (element,) = change
    assert (heard.status, heard.issue["expression"]) == (422, [f"ServiceRequest.{element}"])
    assert b"Zwillinger" not in heard.body


def test_the_anonymous_ask_is_nobodys_to_change(way: Way) -> None:
    name = f"ServiceRequest/{way.section('ServiceRequest', 'request')}"
    heard = put("clinician", name, get("clinician", name).tree | {"priority": "routine"})
    assert (heard.status, heard.issue["code"]) == (422, "not-supported")


def test_what_an_officer_wrote_is_his_agencys_to_correct(way: Way) -> None:
    name = f"Patient/{way.patient}"
    before = get("officer", name)
    heard = put("officer", name, before.tree | {"gender": "other"})
    assert (heard.status, heard.tree["gender"], heard.headers["ETag"]) == (200, "other", 'W/"2"'), heard.body
    assert put("other_officer", name, before.tree).status == 404
    assert Folder.objects.get(pk=way.id).patient_id == way.patient
    assert without(heard.exact, "meta", "gender") == without(before.exact, "meta", "gender")


def test_an_offer_that_another_agency_took_is_a_conflict(way: Way) -> None:
    lost = get("clinic_intake", f"Task/{way.lost}").tree
    heard = put("clinic_intake", f"Task/{way.lost}", lost | {"status": "accepted"})
    assert (heard.status, heard.issue["code"], heard.refusal) == (409, "conflict", "GONE")
    assert put("clinic_intake", f"Task/{way.lost}", lost | {"status": "accepted"}, If_Match='W/"1"').status == 412
    assert AuditEvent.objects.filter(action="task.accept", code="GONE", door="fhir").count() == 1


def test_who_accepts_what_was_read_before_another_took_it_hears_that_and_not_what_is_no_longer_shown(way: Way) -> None:
    lost = get("clinic_intake", f"Task/{way.lost}").tree
    read = lost | {"focus": {"reference": f"ServiceRequest/{way.section('ServiceRequest', 'request')}"}}
    assert read != lost
    heard = put("clinic_intake", f"Task/{way.lost}", read | {"status": "accepted"})
    assert (heard.status, heard.issue["code"], heard.refusal) == (409, "conflict", "GONE")
    heard = put("clinic_intake", f"Task/{way.lost}", read | {"status": "rejected"})
    assert (heard.status, heard.issue["expression"]) == (422, ["Task.focus"])


def test_an_anonymous_offer_is_taken_and_then_the_client_is_read(way: Way) -> None:
    """The two stages of an offer: until it accepts, a provider opens nothing that names anybody."""
    county = way.county
    perform(county.detox_intake, [TakeStep(task_id=way.taken, step="fail", reason="client-left")])
    perform(county.clinician, [Offer(referral_id=way.id, to=(county.clinic.id,), release=RELEASE)])
    again = ReferralTask.objects.filter(referral_id=way.id, owner=county.clinic, status="requested").get()
    assert get("clinic_intake", f"Patient/{way.patient}").status in (403, 404)
    heard = send("PATCH", "clinic_intake", f"Task/{again.id}", TAKEN)
    assert heard.status == 200, heard.body
    assert get("clinic_intake", f"Patient/{way.patient}").status == 200
