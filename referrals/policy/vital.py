"""What concerns life: it reaches who works with the client though the client asked to restrict sharing (R-P2-20). Pure.

45 CFR 164.522(a)(1)(iii) lets what emergency treatment needs pass any restriction.
"""

from fhir.content.exact import Object
from fhir.content.questionnaires import escalates, raised, score
from fhir.content.safety import WEAPONS, fact_of

URGENT = frozenset({"asap", "stat"})
"""The priorities a suicide screen asks for when it is of high risk, or cannot be ruled out to be."""


def concerns_life(tree: Object) -> bool:
    """Whether a resource is a red medical check, a suicide screen that is not answered or high, or a weapon's fact."""
    found = score(tree)
    risk = raised("routine", [found]) if found else "routine"
    return escalates(tree) or risk in URGENT or fact_of(tree) in WEAPONS
