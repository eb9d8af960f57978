"""A QuestionnaireResponse: its questions with their answers, and what they come to."""

from collections.abc import Iterator, Mapping

from django.utils.translation import get_language, gettext

from fhir.content.exact import Object, Tree
from fhir.content.questionnaires import INSTRUMENTS, Score, score
from fhir.content.questionnaires.answers import DATA_ABSENT_REASON
from fhir.content.questionnaires.instrument import LEVEL_WORDS, Instrument, Level

from .sheets import Line, Result, Sheet
from .values import Names, code, say

GRAVE = frozenset({Level.HIGH, Level.SEVERE, Level.MODERATELY_SEVERE, Level.POSITIVE, Level.RED, Level.INCOMPLETE})
"""What is marked, so that nobody looks past it: an incomplete screen too."""


def sheet(tree: Object, names: Names) -> Sheet:
    """The answers as they were given, in the order they were given, and the score."""
    found = score(tree)
    instrument = INSTRUMENTS.get(found.instrument) if found else None
    language = (get_language() or "en").partition("-")[0]
    title = instrument.title.spoken(language) if instrument else gettext("Answers")
    words = _words(instrument, language)
    return Sheet(
        title=title,
        lines=(*_about(tree, names), *_answers(tree, names, words, depth=0)),
        result=_result(found, words) if found else None,
        asks=True,
    )


def _words(instrument: Instrument | None, language: str) -> Mapping[str, str]:
    """The questions of an instrument by linkId and code, and its answers by code: a response need not repeat them."""
    asked = instrument.questions if instrument else ()
    options = {option.code: option.words.spoken(language) for item in asked for option in item.options}
    return options | {name: item.words.spoken(language) for item in asked for name in (item.link, item.code)}


def _about(tree: Object, names: Names) -> Iterator[Line]:
    status = str(tree.get("status") or "")
    if status not in ("completed", "amended"):
        yield Line(label=gettext("Status"), text=code(status))
    for name, label in (("authored", gettext("Asked")), ("author", gettext("By")), ("source", gettext("Answered by"))):
        said = say(tree.get(name), names)
        if said and said != "–":
            yield Line(label=label, text=said)


def _answers(tree: Object, names: Names, words: Mapping[str, str], *, depth: int) -> Iterator[Line]:
    for item in _objects(tree.get("item")):
        link = str(item.get("linkId") or "")
        given = _objects(item.get("answer"))
        said = "; ".join(_answer(each, names, words) for each in given)
        yield Line(label=str(item.get("text") or words.get(link) or link), text=said, depth=depth)
        for inner in (item, *given):
            yield from _answers(inner, names, words, depth=depth + 1)


def _answer(answer: Object, names: Names, words: Mapping[str, str]) -> str:
    coding = answer.get("valueCoding")
    if isinstance(coding, dict) and "display" not in coding:
        return words.get(str(coding.get("code")), str(coding.get("code") or ""))
    value = next((name for name in answer if name.startswith("value")), None)
    if value is not None:
        return say(answer[value], names)
    declined = any(each.get("url") == DATA_ABSENT_REASON for each in _objects(answer.get("extension")))
    return gettext("declined to answer") if declined else gettext("no answer")


def _result(found: Score, words: Mapping[str, str]) -> Result:
    return Result(
        level=gettext(LEVEL_WORDS[found.level]),
        total="" if found.total is None else str(found.total),
        complete=found.complete,
        grave=found.level in GRAVE,
        findings=tuple(gettext(finding.text) for finding in found.findings),
        advice=tuple(map(gettext, found.advice)),
        missing=tuple(words.get(each, each) for each in (*found.missing, *found.refused, *found.unknown)),
    )


def _objects(tree: Tree) -> list[Object]:
    return [each for each in tree if isinstance(each, dict)] if isinstance(tree, list) else []
