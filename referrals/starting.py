"""Starting a referral from what somebody told on a form: who may, on which ground, and what must be asked first."""

from dataclasses import dataclass
from uuid import UUID

from django.conf import settings

from agencies.actor import Actor
from agencies.capabilities import Capability
from fhir.content import checking, encounter
from fhir.content.builders import Agreed, Origin, Pathway
from fhir.content.compartments import Compartment
from fhir.content.encounter import Author, Told
from referrals.acts.sending import Send
from referrals.policy.bases import Basis
from referrals.policy.codes import DenyCode, denied
from referrals.policy.matrix import Action, permits

WAYS = {
    "walk-in": (Pathway.SELF_REFERRAL, Origin.SELF),
    "phone": (Pathway.SELF_REFERRAL, Origin.SELF),
    "family": (Pathway.COMMUNITY_RESPONSE, Origin.FAMILY),
    "outreach": (Pathway.ACTIVE_OUTREACH, Origin.OTHER),
    "other": (Pathway.COMMUNITY_RESPONSE, Origin.OTHER),
}
"""How somebody came to a desk, as a deflection pathway and as who brought it about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked of whom: what was told, the agencies, what the client said, and who brought it about.

    ``itself`` are those of the agencies that get it although another covers them now, ``then`` who is asked if nobody
    answers, in order.
    """

    told: Told
    to: tuple[UUID, ...]
    agreed: Agreed
    origin: Origin | None = None
    itself: frozenset[UUID] = frozenset()
    then: tuple[UUID, ...] = ()


def may_start(actor: Actor) -> bool:
    """Whether this role can begin a referral: it sends, and writes the parts that its agency's own facts go to."""
    own = Compartment.INCIDENT if actor.sworn else Compartment.CLINICAL
    return actor.may(Capability.SEND_REFERRALS) and all(
        permits(actor.role, part, Action.CREATE) for part in (Compartment.CONTACT, own)
    )


def require_starter(actor: Actor) -> None:
    """Raise ``Denied`` for a role that begins no referral."""
    if not may_start(actor):
        raise denied(DenyCode.ROLE)


def may_screen(actor: Actor) -> bool:
    """Whether this role may write down what a screen was answered: a dispatcher may not."""
    return permits(actor.role, Compartment.CLINICAL, Action.CREATE)


def send_of(actor: Actor, asked: Asked, *, author: Author, key: UUID, authored: str, previewed: str = "") -> Send:
    """The act: the same ``asked``, ``key`` and ``authored`` are the same bytes, so a preview is what is sent.

    Without a signed consent a helping unit says nothing that identifies; a police unit's ground is the likely one.
    """
    way, origin = _way(asked)
    return Send(
        data=encounter.bundle(asked.told, author=author, key=key, authored=authored),
        to=asked.to,
        basis=None if actor.sworn else Basis.DEIDENTIFIED,
        pathway=way,
        brought_by=asked.origin or origin,
        agreed=asked.agreed,
        itself=asked.itself,
        then=asked.then,
        previewed=previewed,
    )


def _way(asked: Asked) -> tuple[Pathway | None, Origin]:
    """The pathway and who brought it about, as far as what was told says; ``None`` is the usual of the sender."""
    facts = asked.told.facts
    if facts.get("naloxone") or facts.get("call") == "overdose":
        return Pathway.NALOXONE_PLUS, Origin.EMERGENCY_CALL
    if facts.get("location") == "station":
        return Pathway.SELF_REFERRAL, Origin.SELF
    return WAYS.get(str(facts.get("way-in", "")), (None, Origin.OTHER))


def check_needed(told: Told) -> bool:
    """Whether the medical check comes first, as the EMS director set, and was not done: ``Send`` refuses it without."""
    nobody = Author(reference="", words="")
    resources = encounter.resources(told, author=nobody, key=UUID(int=0), authored="")
    return checking.is_due(resources, when=settings.MEDICAL_CHECK_FOR)
