"""Making the QuestionnaireResponse of plain answers."""

from collections.abc import Iterator, Mapping
from typing import TypeAlias
from uuid import UUID

from fhir.content.exact import Lexeme, Object, Tree
from fhir.content.issues import Invalid, Issue, error

from .answers import DATA_ABSENT_REASON, ruled_out
from .instrument import UNKNOWN_SEX, Answer, Answers, Instrument, Item, Kind, Option, Silence
from .options import NO, UNKNOWN, YES
from .registry import INSTRUMENTS
from .resources import coded
from .scoring import outcome

Given: TypeAlias = "str | bool | int | Silence"
"""A plain answer: the code of an option, yes or no, a number, a text, or a ``Silence``."""

_MAX_COUNT = 999_999_999


def response(
    questionnaire: str,
    answers: Mapping[str, Given],
    *,
    id_: UUID,
    patient_id: UUID,
    authored: str,
    author: str = "",
    source: str = "",
    status: str = "",
    language: str = "en",
    sex: str = UNKNOWN_SEX,
) -> Object:
    """The QuestionnaireResponse of plain answers, keyed by code or linkId.

    ``author`` and ``source`` are references, ``authored`` a FHIR dateTime, ``language`` that of the conversation. Left
    out, ``status`` is ``completed`` if something is recorded for every question needed, else ``in-progress``. An answer
    that another one switches off is left out; one whose condition has no answer stays, because it may be the grave one.
    Raises ``KeyError`` for an address not in ``INSTRUMENTS``, ``Invalid`` for a question or an answer it does not have.
    """
    instrument = INSTRUMENTS[questionnaire]
    given = _taken(instrument, answers)
    items: list[Tree] = [_item(item, given.of(item.code), language) for item in _answered(instrument, given)]
    whole = not outcome(given, instrument, sex=sex).missing
    made: Object = {
        "resourceType": "QuestionnaireResponse",
        "id": str(id_),
        "language": language,
        "questionnaire": questionnaire,
        "status": status or ("completed" if whole else "in-progress"),
        "subject": {"reference": f"Patient/{patient_id}"},
        "authored": authored,
    }
    made |= {name: {"reference": who} for name, who in (("author", author), ("source", source)) if who}
    return made | {"item": items} if items else made


def _taken(instrument: Instrument, answers: Mapping[str, Given]) -> Answers:
    """Plain answers as answers to the instrument's questions; raises ``Invalid`` with every fault."""
    questions = {item.code: item for item in instrument.questions}
    taken: dict[str, Answer] = {}
    issues: list[Issue] = []
    for name, given in answers.items():
        item = questions.get(name.removeprefix("/"))
        answer = _understood(given, item) if item else None
        if item is None:
            # The name is not repeated: it came from outside.
            issues.append(error("not-found", "QuestionnaireResponse.item", f"must be one of: {', '.join(questions)}"))
        elif answer is None:
            at = f"QuestionnaireResponse.item.where(linkId='{item.link}').answer"
            issues.append(error("code-invalid", at, f"must be {_allowed(item)}"))
        else:
            taken[item.code] = answer
    if issues:
        raise Invalid(issues)
    return Answers(taken)


def _understood(given: Given, item: Item) -> Answer | None:
    if given is Silence.OPEN:
        return Silence.OPEN
    if given == Silence.REFUSED.value:
        return Silence.REFUSED
    if item.kind is Kind.INTEGER:
        return given if type(given) is int and 0 <= given <= _MAX_COUNT else None
    if item.kind is Kind.STRING:
        return given if isinstance(given, str) and given.strip() else None
    code = (YES if given else NO).code if isinstance(given, bool) else given
    option = next((option for option in item.options if option.code == code), None)
    return Silence.UNKNOWN if option is UNKNOWN else option


def _allowed(item: Item) -> str:
    if item.kind is Kind.CHOICE:
        return "one of: " + ", ".join([*(option.code for option in item.options), Silence.REFUSED.value])
    return "a whole number, 0 or more" if item.kind is Kind.INTEGER else "a text that is not empty"


def _answered(instrument: Instrument, answers: Answers) -> Iterator[Item]:
    """The questions that have something recorded and are not switched off."""
    for item in instrument.questions:
        if answers.of(item.code) is not Silence.OPEN and not ruled_out(item, answers):
            yield item


def _item(item: Item, answer: Answer, language: str) -> Tree:
    return {"linkId": item.link, "text": item.words.spoken(language), "answer": [_valued(answer, language)]}


def _valued(answer: Answer, language: str) -> Object:
    if answer is Silence.UNKNOWN:
        return {"valueCoding": coded(UNKNOWN, language)}
    if isinstance(answer, Option):
        return {"valueCoding": coded(answer, language)}
    if isinstance(answer, Silence):
        return {"extension": [{"url": DATA_ABSENT_REASON, "valueCode": answer.value}]}
    return {"valueInteger": Lexeme(str(answer))} if isinstance(answer, int) else {"valueString": answer}
