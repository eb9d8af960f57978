"""A referral of a small county as its people find it on their screens, and who opens which page of it."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.test import Client
from django.urls import reverse

from agencies.actor import Actor
from agencies.models import Agency, Membership, User
from fhir.content.compartments import Compartment
from referrals.acts import AddSection, Offer, Send, TakeStep
from referrals.models import ReferralTask
from referrals.perform import perform
from tests.county import SCREEN, County, bundle_of, consent_in, make_county
from tests.web.signing import signed_in

RELEASE = frozenset({Compartment.CONTACT, Compartment.CLINICAL})
TRACKER = (
    '<div xmlns="http://www.w3.org/1999/xhtml">'
    '<img src="https://tracker.example.org/pixel.png"/>Told in a narrative</div>'
)
OBSERVED = {
    "resourceType": "Observation",
    "status": "final",
    "text": {"status": "generated", "div": TRACKER},
    "code": {"text": "Police encounter"},
    "effectiveDateTime": "2026-11-22T10:40:00Z",
    "component": [
        {"code": {"text": "Weapons"}, "valueString": "a locked cabinet in the hall"},
        {"code": {"text": "Safe to leave a message"}, "valueBoolean": True},
    ],
}


@dataclass(frozen=True)
class Desk:
    """One referral: sent by the officer to the unit, offered by it to detox and clinic."""

    county: County
    referral_id: UUID
    first: UUID
    detox: UUID
    clinic: UUID


def make_desk() -> Desk:
    """Sent, accepted, begun; a consent is added, and it is offered to two providers."""
    county = make_county()
    Agency.objects.filter(slug="bhu").update(phone="555-0110")
    done = perform(county.officer, [Send(data=bundle_of(SCREEN, OBSERVED), to=(county.bhu.id,))])
    (first,) = done.tasks
    for step in ("accept", "start"):
        perform(county.clinician, [TakeStep(task_id=first, step=step)])
    perform(county.clinician, [AddSection(referral_id=done.referral_id, data=consent_in(done.referral_id))])
    to = (county.detox.id, county.clinic.id)
    perform(county.clinician, [Offer(referral_id=done.referral_id, to=to, release=RELEASE)])
    tasks = {row.owner_id: row.id for row in ReferralTask.objects.filter(referral_id=done.referral_id)}
    return Desk(county, done.referral_id, first, tasks[county.detox.id], tasks[county.clinic.id])


def user_of(actor: Actor) -> User:
    """The person behind an actor."""
    return Membership.objects.select_related("user").get(pk=actor.membership_id).user


class Seat:
    """Somebody before a screen, in one place of theirs."""

    def __init__(self, actor: Actor) -> None:
        self.client: Client = signed_in(user_of(actor))
        self.at = (Agency.objects.get(pk=actor.agency_id).slug, actor.role.value)

    def address(self, name: str, *args: Any) -> str:
        """The address of a page in this place."""
        return reverse(f"referrals:{name}", args=[*self.at, *args])

    def get(self, name: str, *args: Any, **query: str) -> Any:
        """Open a page."""
        return self.client.get(self.address(name, *args), query)

    def read(self, name: str, *args: Any, **query: str) -> str:
        """What a page that must open says."""
        answer = self.get(name, *args, **query)
        assert answer.status_code == 200, answer.status_code
        text: str = answer.content.decode()
        return text

    def post(self, name: str, *args: Any, **data: object) -> Any:
        """Send a form."""
        return self.client.post(self.address(name, *args), data)
