"""A number and an id get the same answer, however an agency's part has ended (R-P2-13)."""

import json
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest

from agencies.actor import Actor
from agencies.roles import Role
from bhu.leaks.clock import later
from bhu.leaks.doors import said
from bhu.leaks.town import Town
from bhu.leaks.worlds import made
from fhir.content.compartments import Compartment
from referrals.acts import AddSection
from referrals.explaining import explain
from referrals.listing import find_referral, history, inbox
from referrals.opening import open_referral
from referrals.perform import perform
from referrals.policy.matrix import Action
from tests.county import SCREEN

pytestmark = pytest.mark.django_db

# How a part ends: world, agency, role, hours later; the answer to opening it, and whether it stands in the list.
ENDS = {
    "withdrawn": ("withdrawn", "detox", "intake", 0, "WITHDRAWN", False),
    "consent revoked in writing": ("revoked", "detox", "intake", 0, "CONSENT_REVOKED", False),
    "consent held by a word": ("held", "detox", "intake", 0, "CONSENT_REVOKED", True),
    "consent over": ("ending", "detox", "intake", 72, "CONSENT_EXPIRED", True),
    "emergency over": ("emergency", "hospital", "intake", 2, "EMERGENCY_OVER", False),
    "emergency, not for this role": ("emergency", "hospital", "coordinator", 0, "ROLE", False),
    "offer declined": ("declined", "detox", "intake", 0, "", True),
    "offer lost": ("accepted", "clinic", "intake", 0, "", True),
    "sent and declined": ("declined by the BHU", "bhu", "clinician", 0, "", True),
    "another officer's": ("accepted", "police", "bhu_officer", 0, "", True),
    "a role without a list": ("accepted", "bhu", "privacy_officer", 0, "NOT_FOUND", False),
    "never a party": ("accepted", "stranger", "intake", 0, "NOT_FOUND", False),
    "standing": ("accepted", "detox", "intake", 0, "", True),
}
DOORS: dict[str, Callable[[Actor, UUID], object]] = {
    "open": open_referral,
    "history": history,
    "explain": lambda actor, id_: explain(actor, id_, Compartment.CONTACT, Action.READ),
    "add": lambda actor, id_: perform(actor, [AddSection(referral_id=id_, data=json.dumps(SCREEN).encode())]),
}


@pytest.mark.parametrize(("world", "agency", "role", "hours", "code", "listed"), ENDS.values(), ids=ENDS)
def test_the_number_opens_what_the_id_opens_and_is_refused_as_it_is(
    town: Town, world: str, agency: str, role: str, hours: int, code: str, listed: bool
) -> None:
    made_of, actor = made(world, town), town.members[agency, Role(role)]
    with later(timedelta(hours=hours)):
        for name, door in DOORS.items():
            by_id = said(lambda door=door: door(actor, made_of.referral_id))[0]
            number = made_of.reference.lower().replace("-", " ")
            by_number = said(lambda door=door, number=number: door(actor, find_referral(actor, number)))[0]
            assert by_number == by_id, name
            if name == "open":
                assert by_id == code
        shown = said(lambda: {row.referral_id for row in inbox(actor)})[1]
    assert (isinstance(shown, set) and made_of.referral_id in shown) is listed
