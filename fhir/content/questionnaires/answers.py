"""Reading a QuestionnaireResponse by the questions of an instrument: from answers alone, never from a total in it.

Nothing here raises, whatever the tree holds: what cannot be read is no answer.
"""

import re
from collections.abc import Iterator

from fhir.content.exact import Lexeme, Object, Tree
from fhir.content.systems import LOINC

from .instrument import Answer, Answers, Instrument, Item, Kind, Option, Silence, When
from .options import DATA_ABSENT, NO, YES

DATA_ABSENT_REASON = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"

_WHOLE = re.compile(r"[0-9]{1,9}")
_SILENT = {
    "asked-declined": Silence.REFUSED,
    "unknown": Silence.UNKNOWN,
    "asked-unknown": Silence.UNKNOWN,
}


def read(response: Object, instrument: Instrument) -> Answers:
    """The answers to an instrument's questions; of several to one question the gravest counts."""
    questions = {item.code: item for item in instrument.questions}
    found: dict[str, list[Answer]] = {}
    for code, item in linked(response):
        if code in questions:
            found.setdefault(code, []).extend(_given(item, questions[code]))
    return Answers({code: max(given, key=_gravity) for code, given in found.items()})


def linked(response: Object) -> Iterator[tuple[str, Object]]:
    """Every item of a response, however deep, with the code its linkId names by its last part."""
    left: list[Tree] = [response.get("item")]
    while left:
        tree = left.pop()
        if isinstance(tree, list):
            left.extend(tree)
        elif isinstance(tree, dict):
            if isinstance(link := tree.get("linkId"), str):
                yield link.rpartition("/")[2], tree
            left += [tree.get("item"), tree.get("answer")]


def needed(instrument: Instrument, answers: Answers, sex: str) -> tuple[str, ...]:
    """The questions that must have an answer, as the others were answered."""
    return tuple(item.code for item in instrument.questions if _is_needed(item, instrument, answers, sex))


def ruled_out(item: Item, answers: Answers) -> bool:
    """Whether the answer to another question switches this one off; silence there does not."""
    if item.when is None or isinstance(answers.of(item.when.item), Silence):
        return False
    return not _holds(item.when, answers)


def _is_needed(item: Item, instrument: Instrument, answers: Answers, sex: str) -> bool:
    if not item.required or (item.when and not _holds(item.when, answers)):
        return False
    if not item.sex:
        return True
    twins = [each for each in instrument.questions if each.sex and each is not item]
    if any(each.sex == sex for each in (item, *twins)):
        return item.sex == sex
    return not any(isinstance(answers.of(each.code), Option) for each in twins)


def _holds(when: When, answers: Answers) -> bool:
    if isinstance(when.answer, Option):
        return answers.chose(when.item, when.answer) is (when.operator == "=")
    given = answers.of(when.item)
    return isinstance(given, int) and given >= when.answer


def _given(item: Object, question: Item) -> Iterator[Answer]:
    """What one item holds: its answers, or that it is open."""
    written = item.get("answer")
    answers = [each for each in written if isinstance(each, dict)] if isinstance(written, list) else []
    yield from (_answer(each, question) for each in answers)
    if not answers:
        yield Silence.OPEN


def _answer(answer: Object, question: Item) -> Answer:
    number = _number(answer)
    if question.kind is Kind.INTEGER:
        return _silence(answer) if number is None else number
    if question.kind is Kind.STRING:
        text = answer.get("valueString")
        return text if isinstance(text, str) and text else _silence(answer)
    coded = answer.get("valueCoding")
    matching = (option for option in question.options if _is(option, coded, answer.get("valueBoolean"), number))
    option = next(matching, None)
    return option if option and option.system != DATA_ABSENT else _silence(answer)


def _is(option: Option, coded: Tree, flag: Tree, number: int | None) -> bool:
    """Whether an answer is this option: by its code, as true or false, or by its points alone."""
    if isinstance(coded, dict):
        return coded.get("code") == option.code and coded.get("system", LOINC) == option.system
    if isinstance(flag, bool):
        return option.code == (YES if flag else NO).code
    return option.points == number and option.system == LOINC and option.code not in (YES.code, NO.code)


def _number(answer: Object) -> int | None:
    written = [answer.get(name) for name in ("valueInteger", "valueDecimal")]
    numbers = [each.text for each in written if isinstance(each, Lexeme) and _WHOLE.fullmatch(each.text)]
    return int(numbers[0]) if numbers else None


def _silence(answer: Object) -> Silence:
    """Why an answer has no value, if it says so: as a code, or as HL7's extension on it or on its value."""
    coded = answer.get("valueCoding")
    value = coded if isinstance(coded, dict) else {}
    if value.get("system") == DATA_ABSENT:
        return _SILENT.get(str(value.get("code")), Silence.OPEN)
    for holder in (answer, value):
        extensions = holder.get("extension")
        for each in extensions if isinstance(extensions, list) else ():
            if isinstance(each, dict) and each.get("url") == DATA_ABSENT_REASON:
                return _SILENT.get(str(each.get("valueCode")), Silence.OPEN)
    return Silence.OPEN


def _gravity(answer: Answer) -> int:
    """An answer that counts something, then no answer, then one that counts nothing."""
    if isinstance(answer, Option):
        return 2 * answer.points
    return 1 if isinstance(answer, Silence) else 2
