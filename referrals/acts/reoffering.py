"""Asking the next agency that the sender named, because nobody answered: as the sender, gated now."""

from dataclasses import dataclass
from uuid import UUID

from agencies.capabilities import Capability
from agencies.models import Agency
from agencies.vault import contexts
from audit.uuid7 import uuid7
from fhir.content.compartments import Compartment
from referrals.errors import Gone
from referrals.models import ReferralTask
from referrals.notices.models import Acknowledgement
from referrals.notices.saying import ASKED_NEXT
from referrals.onward.models import Following, Stand
from referrals.policy.bases import Basis
from referrals.services.recipients import active
from referrals.services.work import Work
from referrals.workflow import State

from .base import OnReferral
from .following import ASK
from .offering import ask_of, require_new
from .tasking import built_task, new_task


@dataclass(frozen=True, slots=True, kw_only=True)
class Reoffer(OnReferral):
    """Ask the agency of one row of ``Following``, beside the first, which may still say yes: who does first gets it.

    It sees the ask; what the first was sent opens when it says yes, on the same ground and by the same consent.
    """

    following_id: UUID

    @property
    def name(self) -> str:
        return "referral.reoffer"

    def fingerprint(self) -> bytes:
        return contexts.act(self.name, self.referral_id, self.following_id)

    def run(self, work: Work) -> None:
        work.require(Capability.SEND_REFERRALS)
        work.require_no_ambulance()
        row = Following.objects.select_for_update(no_key=True).get(pk=self.following_id, referral_id=self.referral_id)
        first = work.task(row.first_id)
        _require_unanswered(work, row, first)
        (recipient,) = active([row.agency_id], other_than=work.agency)
        require_new(work, [recipient])
        task = self._ask(work, first, recipient)
        row.status, row.task_id, row.ended_at = Stand.ASKED.value, task.id, work.now
        row.save(update_fields=["status", "task", "ended_at"])
        work.notify(work.agency, ASKED_NEXT, task)
        work.did(self.name, f"Task/{task.id}")

    def _ask(self, work: Work, first: ReferralTask, recipient: Agency) -> ReferralTask:
        place = work.participations[first.owner_id]
        basis, gone = Basis(place.basis), work.parties.get((first.owner_id, None), frozenset[Compartment]())
        work.exchange(recipient, basis=basis, consent=place.consent, accepted=True).require(gone | ASK)
        ask, ask_keys = ask_of(work)
        group = _grouped(first)
        task = new_task(work, recipient, id=uuid7(), offer_group=group)
        work.admit(recipient, task=task, basis=basis, consent=place.consent, receives=ASK)
        work.add(built_task(work, task, focus=ask.resource_id), Compartment.REQUEST, task=task)
        work.hand_over(recipient.id, ask_keys)
        if gone - ASK:
            work.releases[task.id, recipient.id, group] = gone - ASK
        work.notify(recipient, "send", task)
        return task


def _require_unanswered(work: Work, row: Following, first: ReferralTask) -> None:
    """Raise ``Gone`` unless it is still to be asked: not yet, of the acting agency's own task, that nobody has."""
    asked = list(Following.objects.filter(first=first, task__isnull=False).values_list("task_id", flat=True))
    had = Acknowledgement.objects.filter(task__in=[first.pk, *asked]).exists()
    ours = first.requester_id == work.agency.id
    if had or not ours or row.status != Stand.WAITING or State(first.status) is not State.REQUESTED:
        raise Gone("Somebody has it by now, or it was called off.")


def _grouped(first: ReferralTask) -> UUID:
    """The offer that the first and who is asked next are in together: when one says yes, the others lapse."""
    if first.offer_group is None:
        first.offer_group = uuid7()
        first.save(update_fields=["offer_group"])
    return first.offer_group
