"""A county with a third provider and referrals in numbers, for tests in which many act at once."""

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from agencies.actor import Actor
from agencies.agreements import sign
from agencies.kinds import AgencyKind, Answer, Purpose
from agencies.roles import Role
from agencies.services import open_agency
from fhir.content.compartments import Compartment
from referrals.acts import Offer, Send
from referrals.models import ReferralTask
from referrals.perform import perform
from tests.county import HELPERS, SETUP, County, bundle_of, consent, make_county
from tests.databases import together
from tests.integrity.stage import member

RELEASE = frozenset({Compartment.CONTACT, Compartment.CLINICAL})


@dataclass(frozen=True)
class Offered:
    """One offer to three providers: who may accept, and each one's task."""

    referral_id: UUID
    tasks: dict[UUID, UUID]  # by agency


@dataclass(frozen=True)
class Arena:
    """The county, and the intake worker of each of three providers."""

    county: County
    intakes: tuple[Actor, Actor, Actor]

    def offers(self, count: int) -> Iterator[Offered]:
        """So many referrals of the BHU's own, each offered to the three providers with a release."""
        clinician, to = self.county.clinician, tuple(intake.agency_id for intake in self.intakes)
        for _ in range(count):
            send = Send(data=bundle_of(consent(to=(*HELPERS, "respite"))), to=(self.county.paper_clinic.id,))
            done = perform(clinician, [send])
            perform(clinician, [Offer(referral_id=done.referral_id, to=to, release=RELEASE)])
            tasks = ReferralTask.objects.filter(referral_id=done.referral_id, owner_id__in=to)
            yield Offered(done.referral_id, dict(tasks.values_list("owner_id", "id")))


def make_arena() -> Arena:
    """Build it in the connected databases."""
    county = make_county()
    respite = open_agency(
        by=SETUP, slug="respite", name="Respite", kind=AgencyKind.PROVIDER.value, treating_provider=True,
        hipaa_status=Answer.YES.value,
    )  # fmt: skip
    sign(
        by=SETUP,
        title="Respite joins",
        document_sha256="1" * 64,
        parties=[county.bhu, respite],
        purposes=[Purpose.TREATMENT, Purpose.COORDINATION],
        effective_on=date(2026, 1, 1),
    )
    return Arena(county, (county.detox_intake, county.clinic_intake, member(respite, Role.INTAKE)))


def rounds(*lanes: Sequence[Callable[[], Any]]) -> list[tuple[Any, ...]]:
    """Run the lanes, each in a thread with connections of its own, all starting each round together.

    Per round, what each lane's call returned or the exception it raised.
    """
    gate = threading.Barrier(len(lanes))

    def lane(calls: Sequence[Callable[[], Any]]) -> list[Any]:
        return [answer(call) for call in calls]

    def answer(call: Callable[[], Any]) -> Any:
        gate.wait(30)
        try:
            return call()
        except Exception as error:  # noqa: BLE001 - the test looks at what was raised
            return error

    return list(zip(*together([lambda calls=calls: lane(calls) for calls in lanes]), strict=True))


def screened(status: str) -> bytes:
    """A correction of a screen."""
    return json.dumps({"resourceType": "QuestionnaireResponse", "status": status, "authored": "2026-11-22"}).encode()
