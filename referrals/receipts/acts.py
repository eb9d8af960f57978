"""Stopping a consent on the client's own word, given by a code and a PIN and by nobody of an agency (R-P2-13)."""

from dataclasses import dataclass
from uuid import UUID

from agencies.actor import Actor
from agencies.capabilities import Capability
from agencies.kinds import AgencyKind
from agencies.models import Agency
from agencies.roles import Role
from agencies.vault import contexts
from referrals.acts.base import OnReferral
from referrals.services.work import Work


@dataclass(frozen=True, slots=True, kw_only=True)
class OnClientsWord(Actor):
    """The software, as an agency, because a client said so: ``membership_id`` is the slip's id, and the log says so.

    It is no member, so the keyring opens nothing for it. It answers, and so may hold a consent; the matrix gives the
    role of a client no part to read or write.
    """

    @property
    def name(self) -> str:
        return f"Slip/{self.membership_id}"


def on_clients_word(agency: Agency, slip_id: UUID) -> OnClientsWord:
    """The actor that holds a consent for ``agency`` on the word of whoever has the slip."""
    return OnClientsWord(
        membership_id=slip_id,
        agency_id=agency.id,
        kind=AgencyKind(agency.kind),
        role=Role.CLIENT,
        capabilities=frozenset({Capability.ANSWER_REFERRALS}),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class TellKeeper(OnReferral):
    """Tell the agency that keeps the consent: the client stopped it, and the writing is still to come."""

    agency_id: UUID
    slip_id: UUID

    @property
    def name(self) -> str:
        return "consent.by-slip"

    def fingerprint(self) -> bytes:
        return contexts.act(self.name, self.referral_id, self.agency_id, self.slip_id)

    def run(self, work: Work) -> None:
        work.notify(work.participations[self.agency_id].agency, "client-stopped")
        work.did(self.name, f"Slip/{self.slip_id}")
