"""A client stops a consent, or lets it go on. An oral stop counts at once; the writing ends it for good (R-P2-13)."""

from dataclasses import dataclass
from uuid import UUID

from agencies.capabilities import Capability
from agencies.vault import contexts
from fhir.content.compartments import Compartment
from referrals.errors import IllegalStep, NotFound
from referrals.policy.codes import DenyCode, denied
from referrals.policy.terms import Standing, Terms
from referrals.services import consenting
from referrals.services.work import Work, held

from .base import OnReferral


@dataclass(frozen=True, slots=True, kw_only=True)
class StopConsent(OnReferral):
    """The client said stop: from now on nothing stands on this consent. Whoever is told it may record it.

    That is whom the consent names, and who knows the client: who was only asked for a place knows of no consent.

    ``written``: there is a signature, and the consent is over. Without one it is held until the writing comes.
    """

    consent_id: UUID
    written: bool = False

    @property
    def name(self) -> str:
        return "consent.revoke" if self.written else "consent.hold"

    def fingerprint(self) -> bytes:
        return contexts.act(self.name, self.referral_id, self.consent_id)

    def run(self, work: Work) -> None:
        work.require_any(Capability.SEND_REFERRALS, Capability.ANSWER_REFERRALS)
        terms = recorded(work, self.consent_id)
        _require_concerned(work, terms)
        _require_not_over(terms)
        consenting.stand(work, terms.consent, Standing.REVOKED if self.written else Standing.HELD)
        work.did(self.name, f"Consent/{terms.consent}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeConsent(OnReferral):
    """The client lets a held consent go on. Only the agency that recorded it may say so; a revoked one stays over."""

    consent_id: UUID

    @property
    def name(self) -> str:
        return "consent.resume"

    def fingerprint(self) -> bytes:
        return contexts.act(self.name, self.referral_id, self.consent_id)

    def run(self, work: Work) -> None:
        work.require_any(Capability.SEND_REFERRALS, Capability.ANSWER_REFERRALS)
        terms = recorded(work, self.consent_id)
        if work.state.recorded_by[terms.consent] != work.agency.id:
            raise denied(DenyCode.ROLE)
        _require_not_over(terms)
        if terms.standing is not Standing.HELD:
            raise IllegalStep(name="resume", state=terms.standing.value, allowed=("stop",), what="the consent")
        consenting.stand(work, terms.consent, Standing.ACTIVE)
        work.did(self.name, f"Consent/{terms.consent}")


def _require_concerned(work: Work, terms: Terms) -> None:
    """Raise ``NotFound`` for an agency that the consent does not name and that does not know who the client is."""
    named = {*terms.agencies, terms.holder, work.state.recorded_by[terms.consent]}
    if work.agency.id not in named and Compartment.CONTACT not in held(work.mine):
        raise NotFound


def _require_not_over(terms: Terms) -> None:
    if terms.standing is Standing.REVOKED:
        raise denied(DenyCode.CONSENT_REVOKED)


def recorded(work: Work, consent_id: UUID) -> Terms:
    """The terms of a consent of this referral. Raises ``NotFound`` for one that is not there, or grounds nothing."""
    if consent_id not in work.consents:
        raise NotFound
    return work.consents[consent_id]
