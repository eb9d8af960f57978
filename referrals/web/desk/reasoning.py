"""Why a gate says yes or no, in sentences: the codes are for the command line."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from agencies.kinds import Purpose
from fhir.content.compartments import Compartment
from referrals.explaining import Explanation, Gate
from referrals.policy.bases import Basis
from referrals.policy.codes import WORDS, DenyCode
from referrals.policy.matrix import Action
from referrals.web.grounds import ground
from referrals.web.words import PURPOSES, part

ASKED: Mapping[str, str] = MappingProxyType(
    {
        "grant": _("Has the agency given the role this right?"),
        "participation": _("Does the agency hold this part of the referral?"),
        "policy": _("Do the rules allow it?"),
        "key": _("Does the role have the key?"),
    }
)
"""The four things that are asked."""

DOES: Mapping[Action, str] = MappingProxyType(
    {Action.CREATE: _("adds to it"), Action.READ: _("reads it"), Action.UPDATE: _("corrects it")}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One gate on a page. ``rule`` is the id by which counsel finds it in the list of rules, "" for a table of ours."""

    asked: str
    open: bool
    sentences: tuple[str, ...]
    rule: str


def gates(said: Explanation) -> list[Told]:
    """The gates of an explanation, in the reader's language."""
    return [
        Told(
            asked=gettext(ASKED[gate.name]),
            open=gate.open,
            sentences=tuple(SENTENCES[gate.name](gate)),
            rule=gate.rule if gate.rule.startswith("R-") else "",
        )
        for gate in said.gates
    ]


def _grant(gate: Gate) -> Iterator[str]:
    yield gettext("The agency gave it.") if gate.open else gettext("The agency did not give it.")


def _holding(gate: Gate) -> Iterator[str]:
    held = [Compartment(each) for each in gate.facts["holds"].split("+") if each in set(Compartment)]
    if held:
        yield gettext("It holds: %(parts)s.") % {"parts": ", ".join(map(part, held))}
    else:
        yield gettext("It holds nothing of it.")


def _policy(gate: Gate) -> Iterator[str]:
    facts = gate.facts
    does = [gettext(DOES[Action(letter)]) for letter in facts["matrix"] if letter in set(Action)]
    if does:
        yield gettext("By the table of roles, this role %(does)s.") % {"does": ", ".join(does)}
    else:
        yield gettext("By the table of roles, this role does nothing with this part.")
    if facts["purpose"] in set(Purpose):
        yield gettext("It works for: %(purpose)s.") % {"purpose": gettext(PURPOSES[Purpose(facts["purpose"])])}
    else:
        yield gettext("It works with no referral.")
    if facts["basis"] == Basis.INTERNAL_UNIT:
        yield gettext("The referral began at this agency.")
    else:
        yield gettext("The agency has it because: %(ground)s.") % {"ground": ground(facts["basis"])}
    yield from _consent(facts["consent"])
    if facts["own-only"] == "true":
        yield gettext("This role opens only what the same person began.")
    elif facts["limit"] == "yes":
        yield gettext("This role opens some of this part, not all.")


def _consent(stands: str) -> Iterator[str]:
    if stands == "stands":
        yield gettext("The client's consent stands.")
    elif stands in set(DenyCode):
        yield gettext(WORDS[DenyCode(stands)])


def _key(gate: Gate) -> Iterator[str]:
    yield gettext("It has it.") if gate.open else gettext("It does not have it.")


SENTENCES: Mapping[str, Callable[[Gate], Iterator[str]]] = MappingProxyType(
    {"grant": _grant, "participation": _holding, "policy": _policy, "key": _key}
)
