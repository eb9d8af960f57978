"""Fifty agencies for a large network, and somebody in three of them: one of usual size, the largest, a quiet one."""

from agencies.actor import Actor
from agencies.kinds import AgencyKind, Answer
from agencies.models import Agency, User
from agencies.roles import Role
from agencies.services import actor_for, add_member, open_agency
from tests.bench.traffic import SETUP

AGENCIES = 50
PEOPLE = ("largest", "quiet", "usual")


def make_agencies() -> dict[str, Actor]:
    """Open the agencies. Returns who looks at the inbox, by the kind of their agency; ids rise in that order."""
    agencies = [_agency(number) for number in range(AGENCIES)]
    return {kind: _clinician(agency) for kind, agency in zip(PEOPLE, agencies, strict=False)}


def _agency(number: int) -> Agency:
    return open_agency(
        by=SETUP,
        slug=f"agency-{number}",
        name=f"Agency {number}",
        kind=AgencyKind.BHU.value,
        hipaa_status=Answer.YES.value,
    )


def _clinician(agency: Agency) -> Actor:
    user = User.objects.create_user(f"clinician@{agency.slug}.example.org")
    return actor_for(add_member(by=SETUP, agency=agency, role=Role.CLINICIAN, user=user))
