"""The triage level of a C-SSRS screener (LOINC 93373-9), from its answers and never from a score sent along.

Truth table: the Columbia Protocol's triage. What was not answered is a state of its own and stands above moderate,
because it is treated as high until a clinician has looked.
"""

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from types import MappingProxyType

from fhir.content.catalog import codings
from fhir.content.exact import Object, Tree
from fhir.content.systems import LOINC


class Risk(StrEnum):
    """A suicide risk level, lowest first."""

    NONE = "none"
    LOW = "low"
    MODERATE = "moderate"
    INCOMPLETE = "incomplete"
    HIGH = "high"


_WISH, _THOUGHTS, _METHOD, _INTENT, _PLAN = "93246-7", "93247-5", "93248-3", "93249-1", "93250-9"
_EVER, _RECENT = "93267-3", "93269-9"
_ITEMS = frozenset({_WISH, _THOUGHTS, _METHOD, _INTENT, _PLAN, _EVER, _RECENT})
_ANSWERS: Mapping[str, bool] = MappingProxyType({"LA33-6": True, "LA32-8": False})

_RISK_LEVEL = "93374-7"
_LEVELS: Mapping[str, Risk] = MappingProxyType({"LA9194-7": Risk.LOW, "LA6751-7": Risk.MODERATE, "LA9193-9": Risk.HIGH})
_ORDER = tuple(Risk)


def risk(screens: Iterable[Object]) -> Risk | None:
    """The highest level that QuestionnaireResponses and Observations tell; None if none of them is about it."""
    levels = [level for each in screens if (level := _READ.get(str(each.get("resourceType")), _nothing)(each))]
    return max(levels, key=_ORDER.index, default=None)


def c_ssrs(response: Object) -> Risk | None:
    """The level of one QuestionnaireResponse; None if it holds no item of the screener or was entered in error."""
    answers = _answers(response)
    if not answers or response.get("status") == "entered-in-error":
        return None
    return _triage(answers)


def _triage(answers: Mapping[str, bool | None]) -> Risk:
    thoughts = answers.get(_THOUGHTS) is not False  # questions 3 to 5 count only after a yes, or no word, to question 2
    ever = answers.get(_EVER) is not False

    def yes(*items: str) -> bool:
        return any(answers.get(item) is True for item in items)

    if (thoughts and yes(_INTENT, _PLAN)) or (ever and yes(_RECENT)):
        return Risk.HIGH
    if any(answers.get(item) is None for item in _needed(answers)):
        return Risk.INCOMPLETE
    if (thoughts and yes(_METHOD)) or yes(_EVER):
        return Risk.MODERATE
    return Risk.LOW if yes(_WISH, _THOUGHTS) else Risk.NONE


def _needed(answers: Mapping[str, bool | None]) -> Iterator[str]:
    yield from (_WISH, _THOUGHTS, _EVER)
    if answers.get(_THOUGHTS):
        yield from (_METHOD, _INTENT, _PLAN)
    if answers.get(_EVER):
        yield _RECENT


def _answers(tree: Tree) -> dict[str, bool | None]:
    """Item -> yes, no, or None for asked and not answered; an item answered twice is yes if one answer is."""
    found: dict[str, bool | None] = {}
    for item in _items(tree):
        code = str(item.get("linkId")).rpartition("/")[2]
        if code in _ITEMS:
            found[code] = found.get(code) or _answer(item)
    return found


def _items(tree: Tree) -> Iterator[Object]:
    if isinstance(tree, list):
        for each in tree:
            yield from _items(each)
    elif isinstance(tree, dict):
        if "linkId" in tree:
            yield tree
        for name in ("item", "answer"):
            yield from _items(tree.get(name))


def _answer(item: Object) -> bool | None:
    answers = item.get("answer")
    first = answers[0] if isinstance(answers, list) and answers else None
    if not isinstance(first, dict):
        return None
    coded, flag = first.get("valueCoding"), first.get("valueBoolean")
    if isinstance(coded, dict) and coded.get("system", LOINC) == LOINC:
        return _ANSWERS.get(str(coded.get("code")))
    return flag if isinstance(flag, bool) else None


def _level(observation: Object) -> Risk | None:
    """The level that an Observation of LOINC 93374-7 states."""
    if (LOINC, _RISK_LEVEL) not in set(codings(observation.get("code"))):
        return None
    if observation.get("status") in ("entered-in-error", "cancelled"):
        return None
    stated = (_LEVELS.get(code) for _, code in codings(observation.get("valueCodeableConcept")))
    return next((level for level in stated if level), Risk.INCOMPLETE)


def _nothing(_resource: Object) -> None:
    return None


_READ = MappingProxyType({"QuestionnaireResponse": c_ssrs, "Observation": _level})
