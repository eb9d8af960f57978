"""An instrument as a FHIR R4 Questionnaire: English texts, beside them Spanish in HL7's translation extension."""

from fhir.content.exact import Lexeme, Object, Tree

from .instrument import Instrument, Item, Kind, Option, When, Words

_TRANSLATION = "http://hl7.org/fhir/StructureDefinition/translation"
_ORDINAL = "http://hl7.org/fhir/StructureDefinition/ordinalValue"
_VERSION = "1"


def questionnaire(instrument: Instrument) -> Object:
    """The Questionnaire of an instrument; a new tree each time."""
    made: Object = {
        "resourceType": "Questionnaire",
        "id": instrument.code.code,
        "language": "en",
        "url": instrument.url,
        "version": _VERSION,
        "name": instrument.name,
        **_worded("title", instrument.title),
        "status": instrument.status,
        "subjectType": ["Patient"],
    }
    if instrument.purpose:
        made["purpose"] = instrument.purpose
    made["copyright"] = instrument.copyright
    made["code"] = [_code(instrument.code)]
    made["item"] = [_item(item, instrument) for item in instrument.items]
    return made


def coded(option: Option, language: str = "en") -> Object:
    """An answer as a Coding, its words in a language."""
    return {"system": option.system, "code": option.code, "display": option.words.spoken(language)}


def _worded(name: str, words: Words) -> Object:
    made: Object = {name: words.en}
    if words.es:
        parts: list[Tree] = [{"url": "lang", "valueCode": "es"}, {"url": "content", "valueString": words.es}]
        made[f"_{name}"] = {"extension": [{"url": _TRANSLATION, "extension": parts}]}
    return made


def _code(option: Option) -> Object:
    # No display: LOINC's own names of panels and questions are not ours to shorten.
    return {"system": option.system, "code": option.code}


def _item(item: Item, instrument: Instrument) -> Object:
    made: Object = {"linkId": item.link}
    if item.kind is not Kind.DISPLAY:
        made["code"] = [{"system": instrument.code.system, "code": item.code}]
    made |= {**_worded("text", item.words), "type": item.kind.value}
    if item.when:
        made["enableWhen"] = [_when(item.when)]
    if item.kind is not Kind.DISPLAY:
        # Of the two questions that are asked by sex, one stays without an answer.
        made["required"] = item.required and not item.sex
    if item.options:
        made["answerOption"] = [_option(option, totals=instrument.totals) for option in item.options]
    return made


def _when(when: When) -> Object:
    made: Object = {"question": f"/{when.item}", "operator": when.operator}
    if isinstance(when.answer, Option):
        made["answerCoding"] = coded(when.answer)
    else:
        made["answerInteger"] = Lexeme(str(when.answer))
    return made


def _option(option: Option, *, totals: bool) -> Object:
    made: Object = {}
    if totals:
        made["extension"] = [{"url": _ORDINAL, "valueDecimal": Lexeme(str(option.points))}]
    value: Object = {"system": option.system, "code": option.code, **_worded("display", option.words)}
    return made | {"valueCoding": value}
