"""An office is a role together with its grant; either alone is none."""

from uuid import uuid4

import pytest

from agencies.actor import Actor
from agencies.capabilities import Capability
from agencies.kinds import AgencyKind
from agencies.offices import Office, holds
from agencies.roles import Role

OFFICES = {("agency_admin", "manage_members"): Office.RECORDS, ("privacy_officer", "view_audit"): Office.PRIVACY}


def actor(role: Role, *capabilities: Capability) -> Actor:
    return Actor(
        membership_id=uuid4(),
        agency_id=uuid4(),
        kind=AgencyKind.BHU,
        role=role,
        capabilities=frozenset(capabilities),
    )


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("capability", Capability)
def test_role_and_grant_together_hold_an_office_and_nothing_else_does(role: Role, capability: Capability) -> None:
    held = {office for office in Office if holds(actor(role, capability), office)}
    expected = OFFICES.get((role.value, capability.value))
    assert held == ({expected} if expected else set())


@pytest.mark.parametrize("role", Role)
def test_nobody_holds_an_office_without_a_grant(role: Role) -> None:
    assert not any(holds(actor(role), office) for office in Office)
