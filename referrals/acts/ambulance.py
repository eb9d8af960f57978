"""An ambulance was called for a red flag; what its crew decided lets the search for a place go on (vignette 12)."""

from dataclasses import dataclass
from enum import StrEnum

from agencies.capabilities import Capability
from agencies.vault import contexts
from audit.uuid7 import uuid7
from fhir.content import builders
from fhir.content.builders import NoteKind
from fhir.content.bundle import Resource
from fhir.content.compartments import Compartment
from referrals.errors import IllegalStep
from referrals.services import urgency
from referrals.services.urgency import Urgency
from referrals.services.work import Work

from .base import OnReferral


class AmbulanceOutcome(StrEnum):
    """What became of the call for an ambulance."""

    TAKEN = "taken-to-hospital"
    TREATED = "treated-on-scene"
    REFUSED = "refused-by-client"
    NOT_NEEDED = "not-needed"


_WORDS = {
    AmbulanceOutcome.TAKEN: "Ambulance: taken to hospital.",
    AmbulanceOutcome.TREATED: "Ambulance: treated on scene.",
    AmbulanceOutcome.REFUSED: "Ambulance: the client refused.",
    AmbulanceOutcome.NOT_NEEDED: "Ambulance: not needed after all.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordAmbulance(OnReferral):
    """Record how the ambulance call ended; ``where`` (which hospital) is sealed with it. The search may go on."""

    outcome: AmbulanceOutcome
    where: str = ""

    @property
    def name(self) -> str:
        return "ems.outcome"

    def fingerprint(self) -> bytes:
        return contexts.act(self.name, self.referral_id, self.outcome, self.where)

    def run(self, work: Work) -> None:
        work.require_any(Capability.SEND_REFERRALS, Capability.ANSWER_REFERRALS)
        _require_called(urgency.shown(work.referral, sworn=work.agency.sworn))
        urgency.answered(work)
        work.vital.add(work.add(self._note(work), _compartment(work), task=None).id)
        work.did(self.name, self.outcome.value)

    def _note(self, work: Work) -> Resource:
        id_ = uuid7()
        words = " ".join(filter(None, [_WORDS[self.outcome], self.where]))
        sender = f"Organization/{work.agency.id}"
        at = work.now.isoformat(timespec="seconds")
        about = f"ServiceRequest/{work.folder.id}"
        tree = builders.note(words, id_=id_, about=about, kind=NoteKind.NOTE, sender=sender, sent=at)
        return Resource("Communication", id_, tree, "")


def _require_called(shown: Urgency) -> None:
    """Raise ``IllegalStep`` unless this agency is shown that an ambulance was called, and no outcome yet."""
    if shown.called_at is None or shown.outcome_at is not None:
        state = "not called" if shown.called_at is None else "answered for"
        raise IllegalStep(name="ambulance", state=state, allowed=(), what="the ambulance")


def _compartment(work: Work) -> Compartment:
    return Compartment.INCIDENT if work.agency.sworn else Compartment.CLINICAL
