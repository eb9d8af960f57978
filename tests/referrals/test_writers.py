"""Content does not say who wrote it to a reader who is told of that agency nowhere else (R-P2-03)."""

import json
from typing import Any
from uuid import UUID

import pytest

from agencies.actor import Actor
from fhir.content import exact
from fhir.content.compartments import Compartment
from referrals import resources
from referrals.acts import AddSection, Offer, Send, TakeStep
from referrals.models import ReferralTask
from referrals.opening import open_referral
from referrals.perform import perform
from referrals.policy.fields import unnamed
from tests.county import SCREEN, County, bundle_of, consent_in

pytestmark = pytest.mark.django_db

OFFICER = {"reference": "Practitioner/9d2f", "display": "Dane Quill, Officer, Alder Falls PD"}
SIGNED = SCREEN | {"author": OFFICER, "source": OFFICER}
STATED: dict[str, Any] = {
    "resourceType": "Observation",
    "status": "final",
    "category": [
        {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "survey"}]}
    ],
    "code": {"coding": [{"system": "http://loinc.org", "code": "93374-7"}]},
    "valueInteger": 3,
    "performer": [OFFICER],
    "note": [
        {"authorReference": OFFICER, "text": "Told at the door"},
        {"authorString": "Officer Quill", "text": "Twice"},
    ],
}


@pytest.fixture
def taken(county: County) -> UUID:
    """Sent by police with their names in it, offered on, and taken by the detox."""
    done = perform(county.officer, [Send(data=bundle_of(SIGNED, STATED), to=(county.bhu.id,))])
    (first,) = done.tasks
    perform(county.clinician, [TakeStep(task_id=first, step="accept")])
    perform(county.clinician, [AddSection(referral_id=done.referral_id, data=consent_in(done.referral_id))])
    release = frozenset({Compartment.CONTACT, Compartment.CLINICAL})
    perform(county.clinician, [Offer(referral_id=done.referral_id, to=(county.detox.id,), release=release)])
    task = ReferralTask.objects.get(referral_id=done.referral_id, owner=county.detox)
    perform(county.detox_intake, [TakeStep(task_id=task.id, step="accept")])
    return done.referral_id


def read(actor: Actor, referral_id: UUID) -> str:
    """All that somebody reads in a referral: as a page has it, and as FHIR says it."""
    opened = open_referral(actor, referral_id)
    types = {section.type for section in opened.sections}
    versions = resources.opened_in(actor, referral_id, types=types, action="referral.everything")
    trees = [section.tree for section in opened.sections] + [each.tree for each in versions if each.tree is not None]
    return b"\n".join(map(exact.dump, trees)).decode()


def test_a_provider_reads_the_screen_and_not_that_an_officer_wrote_it(county: County, taken: UUID) -> None:
    found = read(county.detox_intake, taken)
    assert "LA33-6" in found
    assert "Told at the door" in found
    assert [word for word in ("Quill", "Officer", "Alder Falls", "9d2f") if word in found] == []


def test_who_dealt_with_them_reads_it_as_it_was_written(county: County, taken: UUID) -> None:
    assert "Dane Quill, Officer, Alder Falls PD" in read(county.clinician, taken)


def test_only_what_says_who_wrote_it_is_left_out_and_the_rest_stays_as_it_was() -> None:
    tree = exact.parse(json.dumps(STATED | {"valueQuantity": {"value": 1.10}}).encode())
    assert isinstance(tree, dict)
    kept = unnamed(tree)
    assert list(kept) == [name for name in tree if name != "performer"]
    assert [each for each in kept if kept[each] != tree[each]] == ["note"]
    assert unnamed(kept) is kept
    client: exact.Object = {"resourceType": "QuestionnaireResponse", "source": {"reference": "Patient/1"}}
    assert unnamed(client) is client
