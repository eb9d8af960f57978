"""A referral the BHU took on, and a hospital to open it to."""

from dataclasses import dataclass
from uuid import UUID

from agencies.actor import Actor
from agencies.kinds import AgencyKind, Answer
from agencies.models import Agency
from agencies.roles import Role
from agencies.services import open_agency
from referrals.acts import Send, TakeStep
from referrals.perform import perform
from tests import anyone
from tests.county import SCREEN, SETUP, County, bundle_of, make_county


@dataclass(frozen=True)
class Ward:
    """The county, a referral the clinician works on, the hospital, and people there and in the BHU."""

    county: County
    referral_id: UUID
    hospital: Agency
    nurse: Actor
    privacy: Actor

    def member(self, agency: Agency, role: Role, name: str) -> Actor:
        """Somebody more in an agency."""
        return member(agency, role, name)


def member(agency: Agency, role: Role, name: str) -> Actor:
    return anyone.member(agency, role, name)


def make_ward() -> Ward:
    county = make_county()
    hospital = open_agency(
        by=SETUP, slug="hospital", name="Hospital", kind=AgencyKind.HOSPITAL.value, hipaa_status=Answer.YES.value
    )
    done = perform(county.officer, [Send(data=bundle_of(SCREEN), to=(county.bhu.id,))])
    (task,) = done.tasks
    perform(county.clinician, [TakeStep(task_id=task, step="accept")])
    return Ward(
        county=county,
        referral_id=done.referral_id,
        hospital=hospital,
        nurse=member(hospital, Role.INTAKE, "nurse"),
        privacy=member(county.bhu, Role.PRIVACY_OFFICER, "privacy"),
    )
