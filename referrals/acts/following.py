"""Whom to ask next if nobody answers: said when it is sent, looked at then, and gated anew when it comes to it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from agencies.actor import Actor
from agencies.models import Agency
from agencies.vault.purposes import OPENED_BY, PURPOSES
from fhir.content.compartments import Compartment
from fhir.content.issues import error
from referrals.errors import Invalid
from referrals.models import Priority, ReferralTask
from referrals.onward import models as onward
from referrals.policy.bases import Basis
from referrals.policy.codes import DenyCode, denied
from referrals.policy.terms import Terms
from referrals.services.planning import Row
from referrals.services.recipients import active
from referrals.services.work import Work

ASK = frozenset({Compartment.REQUEST})


def may_follow(actor: Actor) -> bool:
    """Whether this role can name whom to ask next: whose key opens no ask can hand none on."""
    return OPENED_BY[Compartment.REQUEST] in PURPOSES[actor.role]


@dataclass(frozen=True, slots=True)
class Following:
    """The agencies to be asked next, in order. Each sees the ask; what else went opens when it says yes."""

    ids: tuple[UUID, ...]

    def laid_out(
        self, work: Work, grounds: Sequence[tuple[Agency, Basis]], terms: Terms | None, goes: frozenset[Compartment]
    ) -> list[Row]:
        """What each of them would be shown, on the ground of the first. Raises what asking them would raise."""
        if not self.ids:
            return []
        self._require_one(work, grounds)
        named = active(self.ids, other_than=work.agency, among=work.named.values())
        ((_first, basis),) = grounds
        for agency in named:
            consent = terms.consent if terms else None
            work.exchange(agency, basis=basis, consent=consent, accepted=True).require(goes | ASK)
        return [(agency, basis, terms, ASK, goes - ASK) for agency in named]

    def _require_one(self, work: Work, grounds: Sequence[tuple[Agency, Basis]]) -> None:
        """Raise ``Invalid`` unless one agency is asked first, of something urgent; ``Denied`` for who reads no ask."""
        problems = (
            (len(grounds) != 1, "can follow one agency, not several at once"),
            (any(agency.id in self.ids for agency, _basis in grounds), "must not name the one that is asked first"),
            (
                work.referral.priority == Priority.ROUTINE,
                "is for what is urgent: what is routine is not asked on",
            ),
        )
        for wrong, text in problems:
            if wrong:
                raise Invalid([error("business-rule", "then", text)])
        if not may_follow(work.actor):
            raise denied(DenyCode.COMPARTMENT)

    def rows(self, work: Work, first: ReferralTask) -> Iterator[onward.Following]:
        """What is kept of it."""
        for place, agency_id in enumerate(self.ids, 1):
            yield onward.Following(
                referral=work.referral,
                first=first,
                membership_id=work.actor.membership_id,
                agency_id=agency_id,
                place=place,
            )
