"""The suicide risk that the screens of a referral tell: of C-SSRS answers, and of levels that others state.

A stated level may raise what the answers say, never lower it. What is not complete stands above moderate, because it
is treated as high until a clinician has looked.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType

from fhir.content.catalog import codings
from fhir.content.exact import Object
from fhir.content.questionnaires.c_ssrs import C_SSRS
from fhir.content.questionnaires.options import SCREEN_LEVEL
from fhir.content.questionnaires.scoring import scored


class Risk(StrEnum):
    """A suicide risk level, lowest first."""

    NONE = "none"
    LOW = "low"
    MODERATE = "moderate"
    INCOMPLETE = "incomplete"
    HIGH = "high"


_ORDER = tuple(Risk)
_LEVELS: Mapping[tuple[str, str], Risk] = MappingProxyType(
    {(option.system, option.code): Risk(level) for level, option in C_SSRS.values.items()}
    | {(SCREEN_LEVEL, level.value): level for level in Risk}
)


def risk(screens: Iterable[Object]) -> Risk | None:
    """The highest level that QuestionnaireResponses and Observations tell; None if none of them is about it."""
    levels = [level for each in screens if (level := _READ.get(str(each.get("resourceType")), _nothing)(each))]
    return max(levels, key=_ORDER.index, default=None)


def c_ssrs(response: Object) -> Risk | None:
    """The level of one QuestionnaireResponse, whatever else it asks; None if it is not about it or entered in error."""
    found = scored(response, C_SSRS)
    return Risk(found.level) if found else None


def _level(observation: Object) -> Risk | None:
    """The level that an Observation of suicide risk states, the highest of several codes."""
    if (C_SSRS.result.system, C_SSRS.result.code) not in set(codings(observation.get("code"))):
        return None
    if observation.get("status") in ("entered-in-error", "cancelled"):
        return None
    stated = [_LEVELS[each] for each in codings(observation.get("valueCodeableConcept")) if each in _LEVELS]
    return max(stated, key=_ORDER.index, default=Risk.INCOMPLETE)


def _nothing(_resource: Object) -> None:
    return None


_READ = MappingProxyType({"QuestionnaireResponse": c_ssrs, "Observation": _level})
