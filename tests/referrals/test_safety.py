"""What a department tells its own officers before they knock, where counsel lets it; never that treatment followed."""

import json
from contextlib import suppress
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agencies.models import Agency, User
from agencies.roles import Role
from agencies.services import actor_for, add_member
from audit.models import AuditEvent
from referrals.acts import AddSection, CorrectSection, Send, TakeStep
from referrals.blind import by_name
from referrals.errors import Denied
from referrals.models import ReferralTask, Section
from referrals.opening import open_referral
from referrals.perform import perform
from referrals.safety import safety_facts
from tests.county import SCREEN, SETUP, County, bundle_of

OTTILIE = by_name(family="Zwillinger", given="Ottilie", born="2007-05-11")
SAFETY = "https://bhu.example.org/fhir/CodeSystem/safety-fact"


def fact(code: str, words: str = "", status: str = "final") -> dict[str, Any]:
    tree: dict[str, Any] = {
        "resourceType": "Observation",
        "status": status,
        "code": {"coding": [{"system": SAFETY, "code": code}]},
    }
    return tree | ({"valueString": words} if words else {})


@pytest.fixture
def contact(county: County) -> County:
    """A contact with facts worth knowing, a screen, and a referral that was taken on."""
    more = (
        SCREEN,
        fact("weapon-at-home"),
        fact("de-escalation", "Speak slowly, sit down."),
        fact("children", status="entered-in-error"),
    )
    done = perform(county.officer, [Send(data=bundle_of(*more), to=(county.bhu.id,))])
    (task,) = done.tasks
    perform(county.clinician, [TakeStep(task_id=task, step="accept")])
    return county


def switched_on(county: County) -> None:
    Agency.objects.filter(pk=county.police.id).update(shares_safety_facts=True)


def test_it_is_off_until_somebody_switches_it_on(contact: County) -> None:
    with pytest.raises(Denied) as refused:
        safety_facts(contact.officer, OTTILIE)
    assert refused.value.code == "STATE_PACK"


def test_an_officer_reads_codes_words_and_the_day_and_nothing_of_the_referral(contact: County) -> None:
    switched_on(contact)
    found = safety_facts(contact.officer, OTTILIE)
    assert {(each.code, each.words) for each in found} == {
        ("weapon-at-home", ""), ("de-escalation", "Speak slowly, sit down."),
    }  # fmt: skip
    assert {field for each in found for field in each.__slots__} == {"code", "text", "words", "on"}


def test_it_says_the_same_whatever_became_of_the_referral(contact: County) -> None:
    switched_on(contact)
    before = safety_facts(contact.officer, OTTILIE)
    task = ReferralTask.objects.get(owner=contact.bhu)
    perform(contact.clinician, [TakeStep(task_id=task.id, step="start")])
    assert safety_facts(contact.officer, OTTILIE) == before


def test_what_was_corrected_is_told_as_it_is_now_and_what_was_an_error_no_more(contact: County) -> None:
    switched_on(contact)
    for section in Section.objects.filter(agency=contact.police, compartment="incident", type="Observation"):
        (found,) = [
            each.tree
            for each in open_referral(contact.officer, section.folder_id).sections
            if each.resource_id == section.resource_id
        ]
        data = json.dumps({**found, "status": "entered-in-error"}, default=str).encode()
        act = CorrectSection(referral_id=section.folder_id, resource_id=section.resource_id, data=data)
        perform(contact.officer, [act])
    assert safety_facts(contact.officer, OTTILIE) == []


def test_what_another_department_wrote_of_a_contact_and_whose_contact_it_is_not_are_left_out(contact: County) -> None:
    Agency.objects.update(shares_safety_facts=True)
    before = safety_facts(contact.officer, OTTILIE)
    done = perform(contact.officer, [Send(data=bundle_of(), to=(contact.other_police.id,))])
    (task,) = done.tasks
    words = json.dumps(fact("children", "Two in the back room.")).encode()
    perform(contact.other_officer, [TakeStep(task_id=task, step="accept")])
    perform(contact.other_officer, [AddSection(referral_id=done.referral_id, data=words)])
    assert "Two in the back room." in str(open_referral(contact.officer, done.referral_id))  # the officer has the key
    assert safety_facts(contact.officer, OTTILIE) == before
    assert safety_facts(contact.other_officer, OTTILIE) == []


def test_each_further_contact_costs_its_proof_and_no_more(contact: County) -> None:
    switched_on(contact)
    with CaptureQueriesContext(connection) as one:
        safety_facts(contact.officer, OTTILIE)
    for _again in range(3):
        perform(contact.officer, [Send(data=bundle_of(), to=(contact.bhu.id,))])
    with CaptureQueriesContext(connection) as four:
        safety_facts(contact.officer, OTTILIE)
    assert len(four) - len(one) <= 3 * 4  # the chain, its digest, the wraps, the membership


def test_somebody_nobody_met_has_no_facts_and_the_look_is_recorded(contact: County) -> None:
    switched_on(contact)
    assert safety_facts(contact.officer, by_name(family="Nobody", given="No", born="2000-01-01")) == []
    assert AuditEvent.objects.filter(action="safety.read").exists()


@pytest.mark.parametrize("role", [Role.CHIEF, Role.DISPATCHER, Role.PRIVACY_OFFICER, Role.AGENCY_ADMIN, Role.LIAISON])
def test_in_the_department_only_who_goes_there_sworn_is_told(contact: County, role: Role) -> None:
    switched_on(contact)
    somebody = User.objects.create_user(f"{role}@police.example.org")
    actor = actor_for(add_member(by=SETUP, agency=contact.police, role=role, user=somebody))
    with pytest.raises(Denied) as refused:
        safety_facts(actor, OTTILIE)
    assert refused.value.code == "ROLE"


@pytest.mark.parametrize("who", ["other_officer", "clinician", "coordinator", "detox_intake", "outsider", "admin"])
def test_nobody_outside_the_department_reads_them(contact: County, who: str) -> None:
    Agency.objects.update(shares_safety_facts=True)
    actor = getattr(contact, who)
    with suppress(Denied):
        assert safety_facts(actor, OTTILIE) == []
