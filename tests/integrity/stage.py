"""Two referrals as an attacker finds them: one taken up by a provider, one whose offer still stands."""

from dataclasses import dataclass
from uuid import UUID

from agencies.actor import Actor
from agencies.models import Agency
from agencies.roles import Role
from agencies.vault import keyring
from audit.sequencer import sequence
from fhir.content.compartments import Compartment
from referrals.acts import AddSection, Offer, Send, TakeStep
from referrals.models import ReferralTask, Section
from referrals.perform import perform
from tests import anyone
from tests.county import SCREEN, County, bundle_of, consent_in, make_county

RELEASE = frozenset({Compartment.CONTACT, Compartment.CLINICAL})


@dataclass(frozen=True)
class Stage:
    """``taken``: detox accepted, clinic lost. ``standing``: offered to both, nobody answered yet."""

    county: County
    taken: UUID
    standing: UUID

    def task(self, referral_id: UUID, owner: Agency) -> UUID:
        """The task by which ``owner`` was asked."""
        return ReferralTask.objects.values_list("pk", flat=True).get(referral_id=referral_id, owner=owner)

    def sections(self, referral_id: UUID, compartment: Compartment) -> list[Section]:
        """What everybody who takes part reads of one compartment, oldest first."""
        found = Section.objects.filter(folder_id=referral_id, compartment=compartment.value, task=None)
        return list(found.order_by("id"))


def play() -> Stage:
    """Set the stage in the connected databases; the log is sequenced up to here."""
    county = make_county()
    taken, standing = offered(county), offered(county)
    stage = Stage(county, taken, standing)
    accept = TakeStep(task_id=stage.task(taken, county.detox), step="accept", note="Come before ten.")
    perform(county.detox_intake, [accept])
    sequence()
    keyring.forget()
    return stage


def member(agency: Agency, role: Role) -> Actor:
    """Somebody more in an agency."""
    return anyone.member(agency, role, f"{role}.more")


def offered(county: County) -> UUID:
    """A referral the officer sent, the clinician took on with a consent, and offered to two providers."""
    done = perform(county.officer, [Send(data=bundle_of(SCREEN), to=(county.bhu.id,))])
    (task,) = done.tasks
    perform(county.clinician, [TakeStep(task_id=task, step="accept")])
    perform(county.clinician, [AddSection(referral_id=done.referral_id, data=consent_in(done.referral_id))])
    to = (county.detox.id, county.clinic.id)
    perform(county.clinician, [Offer(referral_id=done.referral_id, to=to, release=RELEASE)])
    return done.referral_id
