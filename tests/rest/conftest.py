"""The county with one referral on its way, and its people as callers of the edge."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from typing import Any
from uuid import UUID

import pytest

from agencies.actor import Actor
from agencies.vault import keyring
from referrals.acts import AddSection, Offer, Send, TakeStep
from referrals.models import Folder, ReferralTask, Section
from referrals.perform import perform
from tests.county import SCREEN, County, bundle_of, consent, consent_in, make_county
from tests.integrity.stage import RELEASE
from tests.rest import calling

ALCOHOL = {
    "resourceType": "Observation",
    "status": "final",
    "meta": {"security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "42CFRPart2"}]},
    "code": {"text": "Last drink"},
    "valueQuantity": {"value": 1.10, "unit": "h"},
}


@dataclass(frozen=True)
class Way:
    """A referral from the police to the BHU and on to two providers: detox took it, the clinic lost it."""

    county: County
    id: UUID
    patient: UUID
    sent: UUID
    taken: UUID
    lost: UUID

    def section(self, type_: str, compartment: str) -> UUID:
        """The id of the first resource of a type in a compartment."""
        rows = Section.objects.filter(folder_id=self.id, type=type_, compartment=compartment).order_by("id")
        found = rows.values_list("resource_id", flat=True).first()
        assert found is not None
        return found


def walk(county: County) -> Way:
    done = perform(county.officer, [Send(data=bundle_of(SCREEN), to=(county.bhu.id,))])
    (sent,) = done.tasks
    perform(county.clinician, [TakeStep(task_id=sent, step="accept")])
    perform(county.clinician, [AddSection(referral_id=done.referral_id, data=consent_in(done.referral_id))])
    perform(county.clinician, [AddSection(referral_id=done.referral_id, data=json.dumps(ALCOHOL).encode())])
    to = (county.detox.id, county.clinic.id)
    perform(county.clinician, [Offer(referral_id=done.referral_id, to=to, release=RELEASE)])
    task = ReferralTask.objects.filter(referral_id=done.referral_id)
    taken, lost = task.get(owner=county.detox).id, task.get(owner=county.clinic).id
    perform(county.detox_intake, [TakeStep(task_id=taken, step="accept", note="Come before ten.")])
    patient = Folder.objects.get(pk=done.referral_id).patient_id
    return Way(county, done.referral_id, patient, sent, taken, lost)


@pytest.fixture(scope="module")
def walked(build_once: Callable[[Callable[[], Way]], Way]) -> Way:
    """The referral, made once for a module."""
    return build_once(lambda: walk(make_county()))


@contextmanager
def known(county: County) -> Iterator[None]:
    """Everybody of the county known at the door; keys that were made meanwhile are not remembered after."""
    everybody = {field.name: getattr(county, field.name) for field in fields(county)}
    calling.PEOPLE.update({name: calling.Known(who) for name, who in everybody.items() if isinstance(who, Actor)})
    try:
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr("fhir.rest.door.CALLER_OF", "tests.rest.calling.caller_of")
            patched.setattr("fhir.subscriptions.standing.CALLER_BY", "tests.rest.calling.caller_by")
            yield
    finally:
        calling.PEOPLE.clear()
        keyring.forget()


@pytest.fixture
def way(walked: Way, db: None) -> Iterator[Way]:
    """The referral as each test finds it, and everybody of the county known at the door."""
    with known(walked.county):
        yield walked


@pytest.fixture(scope="module")
def stage(build_once: Callable[[Callable[[], tuple[County, UUID, UUID]]], tuple[County, UUID, UUID]]) -> Any:
    """A county with a referral of the BHU to detox, and one of the police to the BHU; both wait for an answer."""

    def build() -> tuple[County, UUID, UUID]:
        county = make_county()
        named = perform(county.clinician, [Send(data=bundle_of(SCREEN, consent()), to=(county.detox.id,))])
        sworn = perform(county.officer, [Send(data=bundle_of(SCREEN), to=(county.bhu.id,))])
        return county, next(iter(named.tasks)), next(iter(sworn.tasks))

    return build_once(build)


@pytest.fixture
def task(stage: tuple[County, UUID, UUID], people: None) -> UUID:
    """The task between the BHU and detox."""
    return stage[1]


@pytest.fixture
def officers(stage: tuple[County, UUID, UUID], people: None) -> UUID:
    """The task between the police and the BHU."""
    return stage[2]


@pytest.fixture
def county(stage: tuple[County, UUID, UUID]) -> County:
    return stage[0]


@pytest.fixture
def people(county: County, db: None) -> Iterator[None]:
    with known(county):
        yield
