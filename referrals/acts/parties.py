"""Bringing another agency into a referral, and ending an agency's part in it."""

from dataclasses import dataclass
from uuid import UUID

from agencies.capabilities import Capability
from agencies.models import Agency
from agencies.vault import contexts
from fhir.content.compartments import Compartment
from referrals.errors import Denied, IllegalStep, NotFound
from referrals.models import Participation
from referrals.policy.bases import Basis
from referrals.policy.codes import WORDS, DenyCode, denied
from referrals.policy.terms import Terms
from referrals.projection import COARSE, RETRACTABLE
from referrals.services import moving, showing, wrapping
from referrals.services.planning import Plan, plan, require_previewed
from referrals.services.recipients import active
from referrals.services.work import Work, held
from referrals.workflow import BY_NAME, FINAL, Side, State

from .base import OnReferral
from .offering import ground_for, require_ours


@dataclass(frozen=True, slots=True, kw_only=True)
class AddAgency(OnReferral):
    """Let another agency open ``compartments`` of a referral, old and new, on a named ground."""

    agency_id: UUID
    compartments: frozenset[Compartment]
    basis: Basis
    consent: UUID | None = None
    previewed: str = ""

    @property
    def name(self) -> str:
        return "party.add"

    def fingerprint(self) -> bytes:
        return contexts.act(
            self.name,
            self.referral_id,
            self.agency_id,
            " ".join(sorted(self.compartments)),
            self.basis,
            str(self.consent),
        )

    def plan(self, work: Work) -> Plan:
        """Who would see what. Raises what ``run`` raises."""
        agency, terms = self._gate(work)
        return plan(
            work,
            act=self.name,
            content=self.fingerprint(),
            rows=[(agency, self.basis, terms, self.compartments, frozenset())],
            holds=held(work.mine),
        )

    def _gate(self, work: Work) -> tuple[Agency, Terms | None]:
        work.require(Capability.SEND_REFERRALS)
        require_ours(work)
        (agency,) = active([self.agency_id], other_than=work.agency)
        if work.agency.sworn and not agency.sworn:
            # A police unit sends to a helping one; adding it would tell who is in the referral already (R-P2-03).
            raise denied(DenyCode.RECIPIENT_NOT_COVERED)
        terms = ground_for(work, self.basis, self.consent, [agency], self.compartments)
        consent = terms.consent if terms else None
        work.exchange(agency, basis=self.basis, consent=consent).require(self.compartments)
        work.require_read(self.compartments)
        return agency, terms

    def run(self, work: Work) -> None:
        if self.previewed:
            require_previewed(self.previewed, self.plan(work))
        agency, terms = self._gate(work)
        consent = terms.consent if terms else None
        keys = wrapping.keys_of(work.actor, work.state)
        chosen = [key for key in keys.values() if key.audience is None and key.compartment in self.compartments]
        if {key.compartment for key in chosen} != self.compartments:
            raise denied(DenyCode.COMPARTMENT)
        if agency.id in work.participations and work.participations[agency.id].until is None:
            raise Denied(f"{agency.slug}: {WORDS[DenyCode.ALREADY_PARTY]}", code=DenyCode.ALREADY_PARTY)
        work.admit(agency, task=None, basis=self.basis, consent=consent, receives=self.compartments)
        work.hand_over(agency.id, chosen)
        work.notify(agency, "add")
        work.did(self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawAgency(OnReferral):
    """End an agency's part: by itself, or by the agency that brought it in. Its open task is cancelled."""

    agency_id: UUID
    consent_revoked: bool = False

    @property
    def name(self) -> str:
        return "party.withdraw"

    def fingerprint(self) -> bytes:
        return contexts.act(self.name, self.referral_id, self.agency_id, str(self.consent_revoked))

    def run(self, work: Work) -> None:
        work.require(Capability.SEND_REFERRALS)
        place = work.participations.get(self.agency_id)
        if place is None or not self._ours_to_end(work, place):
            raise NotFound
        self._require_not_taken_on(work, place)
        if place.until is not None:
            raise NotFound
        self._end_task(work, place)
        work.expel(self.agency_id, ended_as=DenyCode.CONSENT_REVOKED if self.consent_revoked else DenyCode.WITHDRAWN)
        if place.agency_id != work.agency.id:
            work.notify(place.agency, "withdraw")
        work.did(self.name)

    def _require_not_taken_on(self, work: Work, place: Participation) -> None:
        """Raise ``IllegalStep`` for a police unit that ends the part of who took its task on: it may ask to cancel."""
        if not work.agency.sworn or place.agency_id == work.agency.id or place.task_id is None:
            return
        task = work.task(place.task_id)
        shown = showing.state_shown(task, Side.REQUESTER)
        if COARSE[shown] not in RETRACTABLE:
            allowed = tuple(step.name for step in showing.steps_shown(task, Side.REQUESTER))
            raise IllegalStep(name="withdraw", state=shown.value, allowed=allowed)

    def _end_task(self, work: Work, place: Participation) -> None:
        """Who asked must not go on thinking that somebody has the client."""
        task = work.task(place.task_id) if place.task_id else None
        if task is None or State(task.status) in FINAL:
            return
        step = BY_NAME["withdraw"]
        changed = moving.move(work, task, step)
        if place.agency_id == work.agency.id:
            moving.tell_other_side(work, task, step, coarse_changed=changed)

    def _ours_to_end(self, work: Work, place: Participation) -> bool:
        """Its own, that of an agency it asked, or, at the agency the referral began with, that of one added.

        A police unit ends no part that others gave: whether it can would tell who is in it (R-P2-03).
        """
        if place.agency_id == work.agency.id or (place.task and place.task.requester_id == work.agency.id):
            return place.agency_id != work.referral.origin_id
        return place.task is None and work.referral.origin_id == work.agency.id and not work.agency.sworn
