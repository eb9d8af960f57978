"""Taking a referral out of the network: printed, copied as text, downloaded. Each is an event of its own in the log.

What is taken out is what its reader may open now, with the statements that must travel with it. What somebody then
does with the paper no log says, so each is written down as what it is, not as one more opening.
"""

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.conf import settings

from agencies.actor import Actor
from fhir.content.compartments import Compartment
from fhir.content.exact import Object, Tree
from fhir.content.notices import CARRYING, DISPLAY
from referrals.opening import OpenReferral, open_own, open_referral
from referrals.services.unsealing import Opened


class Way(StrEnum):
    """How it is taken out; the value is the action of the log."""

    PRINT = "referral.print"
    COPY = "referral.copy"
    DOWNLOAD = "referral.download"


FACTS = frozenset(Compartment) - {Compartment.REQUEST}
"""What a police unit wrote: the ask was made of it by us, and says what a screen came to."""


def take_out(actor: Actor, referral_id: UUID, way: Way) -> OpenReferral:
    """Everything this actor may open, to be taken out. A police unit copies its own facts into its report, no more.

    Raises ``NotFound``, ``Denied`` and ``Broken``, each recorded.
    """
    if actor.sworn and way is Way.COPY:
        return open_own(actor, referral_id, only=FACTS, action=way.value)
    return open_referral(actor, referral_id, action=way.value)


def newest(opened: OpenReferral) -> list[Opened]:
    """The sections in force, oldest resource first; what a later version replaced is left out."""
    found: dict[UUID, Opened] = {}
    for section in sorted(opened.sections, key=lambda each: each.version):
        found[section.resource_id] = section
    return sorted(found.values(), key=lambda each: each.resource_id)


def bundle(opened: OpenReferral, *, at: datetime) -> Object:
    """What was opened as a FHIR Bundle of the type collection, named by the number people say."""
    return {
        "resourceType": "Bundle",
        "identifier": {"system": f"{settings.BHU_BASE_URL}/referrals", "value": opened.reference},
        "type": "collection",
        "timestamp": at.isoformat(timespec="seconds"),
        "entry": list(_entries(opened)),
    }


def _entries(opened: OpenReferral) -> Iterator[Tree]:
    words = "\n\n".join(notice.text for notice in opened.notices)
    for section in newest(opened):
        tree = _with_notice(section.tree, words) if section.compartment in CARRYING else section.tree
        yield {"fullUrl": f"{settings.BHU_BASE_URL}/fhir/{section.type}/{section.resource_id}", "resource": tree}


def _with_notice(tree: Object, words: str) -> Object:
    """The resource with the statement of the law in its ``meta``, as it leaves over FHIR."""
    meta = tree.get("meta")
    kept = dict(meta) if isinstance(meta, dict) else {}
    said = kept.get("extension")
    statement: Tree = {"url": DISPLAY, "valueAnnotation": {"text": words}}
    return tree | {"meta": kept | {"extension": [*(said if isinstance(said, list) else []), statement]}}
