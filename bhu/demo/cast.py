"""Who plays in the main job: people of Merrow County by the part they have in it."""

from dataclasses import dataclass

from agencies.actor import Actor
from agencies.services import actor_for, membership_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One person at one agency. ``who`` is how the transcript calls them."""

    who: str
    email: str
    agency: str

    def actor(self) -> Actor:
        """The actor this person makes right now. Raises ``NotAMember``."""
        return actor_for(membership_of(email=self.email, agency=self.agency))


OFFICER = Part(who="Officer, Alder Falls PD", email="officer1.alder-falls@example.org", agency="alder-falls-pd")
CHIEF = Part(who="Chief, Alder Falls PD", email="chief1.alder-falls@example.org", agency="alder-falls-pd")
CLINICIAN = Part(who="Clinician, Merrow BHU", email="clinician1.bhu@example.org", agency="merrow-bhu")
COORDINATOR = Part(who="Coordinator, Merrow BHU", email="coordinator1.bhu@example.org", agency="merrow-bhu")
WINNER = Part(who="Intake, Northfield CBHC", email="intake1.northfield@example.org", agency="northfield-cbhc")
LOSER = Part(who="Intake, Merrow General", email="intake1.merrow-general@example.org", agency="merrow-general-ed")
STRANGER = Part(who="Officer, Brindle PD", email="officer1.brindle@example.org", agency="brindle-pd")
SUPERUSER = Part(who="Network admin, superuser", email="admin1.network@example.org", agency="merrow-network")
INTRUDER = Part(who="Superuser as BHU staff", email="admin1.network@example.org", agency="merrow-bhu")
