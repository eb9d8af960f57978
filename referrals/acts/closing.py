"""The agency a referral began with calls all of it off: ServiceRequest.status, by the steps of its tasks."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Self

from agencies.actor import Actor
from agencies.capabilities import Capability
from agencies.vault import contexts
from fhir.content.issues import error
from referrals.errors import Invalid
from referrals.models import ReferralTask
from referrals.policy.codes import DenyCode, denied
from referrals.reasons import reasons_for
from referrals.services import showing
from referrals.services.work import Work
from referrals.workflow import BY_NAME, FINAL, Side, State

from .base import OnReferral
from .stepping import REQUEST_STATUS, TakeStep

STEP_FOR: Mapping[str, str] = MappingProxyType({REQUEST_STATUS[name]: name for name in ("cancel", "enter-in-error")})
"""The status a request can be brought to, and the step of each of its tasks that does it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseRequest(OnReferral):
    """Bring the request to ``status`` by the same step of every task the acting agency put to others with it."""

    status: str
    reason: str

    @property
    def name(self) -> str:
        return "request.close"

    def fingerprint(self) -> bytes:
        return contexts.act(self.name, self.referral_id, self.status, self.reason)

    def prepare(self, actor: Actor) -> Self:  # noqa: ARG002  # the same for everybody
        if self.status not in STEP_FOR:
            text = f"may become one of: {', '.join(STEP_FOR)}"
            raise Invalid([error("business-rule", "ServiceRequest.status", text)])
        known = [reason.code for reason in reasons_for(STEP_FOR[self.status])]
        if self.reason not in known:
            raise Invalid([error("required", "ServiceRequest.status", f"needs a reason, one of: {', '.join(known)}")])
        return self

    def run(self, work: Work) -> None:
        work.require(Capability.SEND_REFERRALS)
        if work.referral.origin_id != work.agency.id:
            raise denied(DenyCode.ROLE)
        step = BY_NAME[STEP_FOR[self.status]]
        tasks = ReferralTask.objects.filter(referral=work.referral, requester_id=work.agency.id).order_by("id")
        open_ = [task for task in map(work.task, tasks.values_list("id", flat=True)) if not _over(task, step.to)]
        for task in open_:
            if step not in showing.steps_shown(task, Side.REQUESTER):
                text = (
                    f"cannot become {self.status} while Task/{task.id} is with the agency that was asked: "
                    "ask it to cancel, by businessStatus 5.2 of that Task"
                )
                raise Invalid([error("business-rule", "ServiceRequest.status", text)])
            TakeStep(task_id=task.id, step=step.name, reason=self.reason).run(work)
        if not open_:
            raise Invalid([error("business-rule", "ServiceRequest.status", "must not change: all of it is over")])


def _over(task: ReferralTask, to: State | None) -> bool:
    """Whether nothing is left to do: a request is called off by what still waits, and every record can be a mistake."""
    state = showing.state_shown(task, Side.REQUESTER)
    return state in FINAL if to is State.CANCELLED else state is to
