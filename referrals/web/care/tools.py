"""What of this room a page about a referral offers to whom. Each act asks again whether it may be done."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from uuid import UUID

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from agencies.actor import Actor
from agencies.capabilities import Capability
from agencies.web.places import Place
from fhir.content.compartments import Compartment
from referrals.policy.matrix import Action, permits


@dataclass(frozen=True, slots=True)
class Tool:
    """One way on: the name of its address, what it says, its icon, and for whom it is there."""

    name: str
    label: Promise
    icon: str
    meant_for: Callable[[Actor], bool]


def _writes(actor: Actor) -> bool:
    return not actor.sworn and permits(actor.role, Compartment.CLINICAL, Action.CREATE)


def _helps(actor: Actor) -> bool:
    return not actor.sworn and actor.may(Capability.SEND_REFERRALS)


def _answers(actor: Actor) -> bool:
    return _helps(actor) or (not actor.sworn and actor.may(Capability.ANSWER_REFERRALS))


TOOLS = (
    Tool("screens", _("Add a screen"), "clipboard-document-check", _writes),
    Tool("note", _("Write a note"), "pencil-square", _writes),
    Tool("offer", _("Ask other agencies"), "paper-airplane", _helps),
    Tool("consents", _("Consents"), "document-check", _helps),
    Tool("emergency", _("Emergency access"), "bolt", _answers),
)


@dataclass(frozen=True, slots=True)
class Link:
    """One tool on one page."""

    label: Promise
    icon: str
    address: str


def tools_for(place: Place, referral_id: UUID) -> Iterator[Link]:
    """The tools that a place offers for a referral."""
    for tool in TOOLS:
        if tool.meant_for(place.actor):
            yield Link(tool.label, tool.icon, reverse(f"referrals:{tool.name}", args=[*place.at, referral_id]))
