"""Words and results added to a task without a step; a request called off as a whole; corrections of what was seen."""

import json
from typing import Any
from uuid import UUID

import pytest

from agencies.roles import Role
from fhir.content.validate import check
from referrals.acts import AddSection, AddToTask, CloseRequest, CorrectSection, Offer, Send, TakeStep
from referrals.errors import Denied, Invalid, NotFound, Stale
from referrals.models import Notice, Referral, ReferralTask, Section
from referrals.opening import open_referral
from referrals.perform import perform
from tests.anyone import member
from tests.county import SCREEN, County, bundle_of, consent, consent_in
from tests.integrity.stage import RELEASE

RESULT: dict[str, Any] = {"type": {"text": "Seen by"}, "valueString": "the nurse"}
CODED: dict[str, Any] = {"type": {"text": "Outcome"}, "valueCodeableConcept": {"text": "stayed"}}
SUD: dict[str, Any] = {
    "type": {"coding": [{"system": "http://loinc.org", "code": "75626-2"}]},
    "valueCodeableConcept": {"text": "positive"},
}
NUMBER: dict[str, Any] = {"system": "urn:example:detox", "value": "D-17"}


def offered(county: County, *, accepted: bool = True) -> UUID:
    """A task that the BHU put to detox, and detox took."""
    done = perform(county.officer, [Send(data=bundle_of(SCREEN), to=(county.bhu.id,))])
    (sent,) = done.tasks
    perform(county.clinician, [TakeStep(task_id=sent, step="accept")])
    perform(county.clinician, [AddSection(referral_id=done.referral_id, data=consent_in(done.referral_id))])
    perform(
        county.clinician, [Offer(referral_id=done.referral_id, to=(county.detox.id, county.clinic.id), release=RELEASE)]
    )
    task = ReferralTask.objects.get(owner=county.detox)
    if accepted:
        perform(county.detox_intake, [TakeStep(task_id=task.id, step="accept")])
    return task.id


def read_by(actor: Any, task_id: UUID) -> list[dict[str, Any]]:
    referral = ReferralTask.objects.get(pk=task_id).referral_id
    sections = open_referral(actor, referral).sections
    return [section.tree for section in sections if section.task_id == task_id and section.type != "Task"]


def test_what_is_added_opens_for_the_two_sides_of_the_task_alone(county: County) -> None:
    task = offered(county)
    act = AddToTask(task_id=task, note="Slept well.", outputs=(RESULT, CODED), numbers=(NUMBER,), version=2)
    perform(county.detox_intake, [act])
    for reader in (county.detox_intake, county.clinician):
        trees = read_by(reader, task)
        assert [tree["resourceType"] for tree in trees] == ["Communication"] * 2 + ["Observation", "Communication"]
        note, result, coded, number = trees
        assert note["payload"] == [{"contentString": "Slept well."}]
        assert (result["topic"], result["payload"]) == (RESULT["type"], [{"contentString": "the nurse"}])
        assert (coded["code"], coded["valueCodeableConcept"]) == (CODED["type"], CODED["valueCodeableConcept"])
        assert coded["focus"] == [{"reference": f"Task/{task}"}]
        assert number["identifier"] == [NUMBER]
        for tree in trees:
            check(tree)
    assert ReferralTask.objects.get(pk=task).version == 2
    assert Notice.objects.filter(agency=county.bhu, code="task-note", task_id=task).count() == 1
    assert read_by(county.clinic_intake, task) == []


def test_a_result_that_points_to_substance_use_goes_where_that_goes(county: County) -> None:
    task = offered(county)
    perform(county.detox_intake, [AddToTask(task_id=task, outputs=(SUD,))])
    assert Section.objects.get(task_id=task, type="Observation").compartment == "sud"


def test_a_result_of_a_kind_that_nothing_carries_is_refused(county: County) -> None:
    act = AddToTask(task_id=offered(county), outputs=({"type": {"text": "x"}, "valueTime": "12:00:00"},))
    with pytest.raises(Invalid) as refusal:
        perform(county.detox_intake, [act])
    assert refusal.value.issues[0].expression == "Task.output[0].value"


def test_results_are_the_owners_and_come_once_it_has_accepted(county: County) -> None:
    task = offered(county, accepted=False)
    for actor in (county.detox_intake, county.clinician):
        with pytest.raises(Invalid):
            perform(actor, [AddToTask(task_id=task, outputs=(RESULT,))])


def test_the_requester_writes_no_words_to_who_knows_no_name(county: County) -> None:
    task = offered(county, accepted=False)
    with pytest.raises(Invalid):
        perform(county.clinician, [AddToTask(task_id=task, note="Ottilie")])
    perform(county.detox_intake, [AddToTask(task_id=task, note="Which floor?")])
    assert read_by(county.clinician, task)[0]["payload"] == [{"contentString": "Which floor?"}]


def test_who_is_no_side_finds_no_task_and_who_saw_another_version_is_told(county: County) -> None:
    task = offered(county)
    with pytest.raises(NotFound):
        perform(county.officer, [AddToTask(task_id=task, note="How is she?")])
    with pytest.raises(NotFound):
        perform(county.outsider, [AddToTask(task_id=task, note="How is she?")])
    with pytest.raises(Stale):
        perform(county.detox_intake, [AddToTask(task_id=task, note="Late.", version=1)])


def test_a_police_sender_is_told_of_no_words(county: County) -> None:
    done = perform(county.officer, [Send(data=bundle_of(), to=(county.bhu.id,))])
    (sent,) = done.tasks
    perform(county.clinician, [TakeStep(task_id=sent, step="accept")])
    before = Notice.objects.filter(agency=county.police).count()
    perform(county.clinician, [AddToTask(task_id=sent, note="She agreed.")])
    assert Notice.objects.filter(agency=county.police).count() == before
    perform(county.officer, [AddToTask(task_id=sent, note="The dog is at the shelter.")])
    assert Section.objects.filter(task_id=sent, compartment="incident").count() == 1


def test_a_role_that_may_not_write_how_it_went_writes_no_words_about_a_step_either(county: County) -> None:
    done = perform(county.officer, [Send(data=bundle_of(), to=(county.bhu.id,))])
    (task,) = done.tasks
    outreach = member(county.bhu, Role.BHU_OFFICER, "outreach")
    for act in (TakeStep(task_id=task, step="accept", note="On my way."), AddToTask(task_id=task, note="On my way.")):
        with pytest.raises(Denied) as refused:
            perform(outreach, [act])
        assert refused.value.code == "COMPARTMENT"
    assert not Section.objects.filter(task_id=task, type="Communication").exists()
    perform(outreach, [TakeStep(task_id=task, step="accept")])
    perform(county.coordinator, [AddToTask(task_id=task, note="On my way.")])
    assert Section.objects.filter(task_id=task, type="Communication").count() == 1


def sent_to_two(county: County) -> UUID:
    to = (county.detox.id, county.clinic.id)
    return perform(county.clinician, [Send(data=bundle_of(consent()), to=to)]).referral_id


def states(referral: UUID) -> list[str]:
    return sorted(ReferralTask.objects.filter(referral_id=referral).values_list("status", flat=True))


def test_a_request_that_nobody_took_is_called_off_as_a_whole(county: County) -> None:
    referral = sent_to_two(county)
    perform(county.clinician, [CloseRequest(referral_id=referral, status="revoked", reason="no-longer-needed")])
    assert states(referral) == ["cancelled", "cancelled"]
    assert Referral.objects.get(pk=referral).status == "revoked"


def test_a_request_that_somebody_took_is_not_called_off_over_its_head(county: County) -> None:
    referral = sent_to_two(county)
    taken = ReferralTask.objects.get(referral_id=referral, owner=county.detox)
    perform(county.detox_intake, [TakeStep(task_id=taken.id, step="accept")])
    with pytest.raises(Invalid) as refusal:
        perform(county.clinician, [CloseRequest(referral_id=referral, status="revoked", reason="no-longer-needed")])
    assert str(taken.id) in str(refusal.value)
    assert states(referral) == ["accepted", "requested"]
    perform(county.clinician, [CloseRequest(referral_id=referral, status="entered-in-error", reason="wrong-person")])
    assert states(referral) == ["entered-in-error", "entered-in-error"]
    assert Referral.objects.get(pk=referral).status == "entered-in-error"
    with pytest.raises(Invalid):
        perform(
            county.clinician, [CloseRequest(referral_id=referral, status="entered-in-error", reason="wrong-person")]
        )


@pytest.mark.parametrize(
    ("status", "reason"), [("completed", "other"), ("revoked", ""), ("revoked", "wrong-person"), ("on-hold", "other")]
)
def test_a_request_has_no_other_end_and_none_without_a_reason(county: County, status: str, reason: str) -> None:
    with pytest.raises(Invalid):
        perform(county.clinician, [CloseRequest(referral_id=sent_to_two(county), status=status, reason=reason)])


def test_only_the_agency_it_began_with_ends_a_request(county: County) -> None:
    task = ReferralTask.objects.get(pk=offered(county))
    for actor in (county.clinician, county.detox_intake):
        with pytest.raises(Denied):
            perform(actor, [CloseRequest(referral_id=task.referral_id, status="entered-in-error", reason="mistake")])


def test_a_correction_of_what_somebody_else_corrected_meanwhile_is_refused(county: County) -> None:
    done = perform(county.clinician, [Send(data=bundle_of(SCREEN, consent()), to=(county.detox.id,))])
    screen = Section.objects.get(folder_id=done.referral_id, type="QuestionnaireResponse")
    act = CorrectSection(
        referral_id=done.referral_id, resource_id=screen.resource_id, data=json.dumps(SCREEN).encode(), version=1
    )
    perform(county.clinician, [act])
    with pytest.raises(Stale):
        perform(county.clinician, [act])
