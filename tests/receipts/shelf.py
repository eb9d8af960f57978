"""The desk of ``tests.signing.desk`` with a consent, an offer that one of two places took up, and privacy officers."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.test import Client

from agencies.actor import Actor
from agencies.models import Agency
from agencies.roles import Role
from fhir.content.compartments import Compartment
from referrals.acts import AddSection, Offer, TakeStep
from referrals.masks import mask_of
from referrals.models import Disclosure, ReferralTask
from referrals.perform import perform
from referrals.receipts import slips
from referrals.receipts.slips import Printed
from tests.county import CANARIES, County, consent_in
from tests.legal.town import member
from tests.signing.desk import Desk, Page, make_desk, page, terms

RELEASE = frozenset({Compartment.CONTACT, Compartment.CLINICAL})


@dataclass(frozen=True)
class Shelf:
    """A referral the detox took up and the clinic lost, on a consent that names both; and one actor of every role."""

    desk: Desk
    consent_id: UUID
    privacy: Actor
    police_privacy: Actor
    detox_privacy: Actor
    roles: dict[Role, Actor]

    @property
    def county(self) -> County:
        return self.desk.county

    @property
    def referral_id(self) -> UUID:
        return self.desk.referral_id

    def gave(self, recipient: str, at: datetime, **changes: Any) -> Disclosure:
        """A row of the ledger written by hand: the BHU gave ``recipient`` contact and clinical on the consent."""
        to = Agency.objects.get(slug=recipient)
        row = {
            "referral_id": self.referral_id,
            "discloser": self.county.bhu,
            "recipient": to,
            "recipient_name": to.name,
            "recipient_address": "9 Far Street",
            "membership_id": self.county.clinician.membership_id,
            "mask": mask_of(RELEASE),
            "basis": "consent_named",
            "purpose": "TREAT",
            "consent": self.consent_id,
            "consent_version": 1,
            "at": at,
        }
        return Disclosure.objects.create(**(row | changes))

    def slip(self, **more: Any) -> Printed:
        """The coordinator gives the client a slip."""
        return slips.make_slip(self.county.coordinator, self.referral_id, **({"safe_to_message": True} | more))


def make_shelf() -> Shelf:
    desk = make_desk()
    county = desk.county
    Agency.objects.filter(slug="detox").update(address="5 Harbor Road, Cobbs")
    Agency.objects.filter(slug="bhu").update(phone="+1 978 555 0190")
    perform(county.clinician, [AddSection(referral_id=desk.referral_id, data=consent_in(desk.referral_id))])
    to = (county.detox.id, county.clinic.id)
    perform(county.clinician, [Offer(referral_id=desk.referral_id, to=to, release=RELEASE)])
    task = ReferralTask.objects.get(referral_id=desk.referral_id, owner=county.detox)
    perform(county.detox_intake, [TakeStep(task_id=task.id, step="accept")])
    return Shelf(
        desk=desk,
        consent_id=terms().consent,
        privacy=member(county.bhu, Role.PRIVACY_OFFICER, "privacy"),
        police_privacy=member(county.police, Role.PRIVACY_OFFICER, "police-privacy"),
        detox_privacy=member(county.detox, Role.PRIVACY_OFFICER, "detox-privacy"),
        roles={role: member(county.bhu, role, f"any-{role}") for role in Role},
    )


@dataclass
class Reader:
    """Whoever holds a slip, in a browser of their own."""

    slip: Printed
    client: Client = field(default_factory=Client)

    def look(self) -> Page:
        return page(self.client.get("/r/"))

    def post(self, **typed: Any) -> Page:
        return page(self.client.post("/r/", typed))

    def open(self, code: str | None = None, pin: str | None = None, **more: Any) -> Page:
        """Type code and PIN."""
        return self.post(
            code=self.slip.code if code is None else code, pin=self.slip.pin if pin is None else pin, **more
        )

    @property
    def wrong_pin(self) -> str:
        return "000000" if self.slip.pin != "000000" else "111111"


# What a slip and a page before the code must not say: whose, by whom, and what kind of place that is.
TELLING = (
    *CANARIES,
    "Bhu",
    "Detox",
    "Mill Lane",
    "treatment",
    "drug",
    "health",
    "crisis",
    "police",
    "clinic",
    "program",
)


def telling(text: str) -> list[str]:
    return [word for word in TELLING if re.search(rf"\b{re.escape(word)}", text, re.IGNORECASE)]
