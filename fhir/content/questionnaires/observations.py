"""Making the survey Observation of a screen: its total, or its level as a code."""

from uuid import UUID

from fhir.content.catalog import coding, concept
from fhir.content.exact import Lexeme, Object, Tree
from fhir.content.systems import OBSERVATION_CATEGORY

from .instrument import LEVEL_WORDS, Instrument, Level, Score, Silence
from .options import DATA_ABSENT, SCREEN_FINDING, SCREEN_LEVEL
from .registry import INSTRUMENTS
from .resources import coded

_UCUM = "http://unitsofmeasure.org"
_REASONS = {Silence.REFUSED: "Asked But Declined", Silence.UNKNOWN: "Unknown"}


def observation(
    score: Score, *, id_: UUID, patient_id: UUID, response_id: UUID, effective: str, performer: str = ""
) -> Object:
    """The Observation of a score: its total in ``{score}``, or its level as a code; findings as components.

    An incomplete screen has no value, says so, and is ``preliminary``. ``performer`` is a reference, ``effective`` a
    FHIR dateTime. Raises ``KeyError`` for a score of no instrument here.
    """
    instrument = INSTRUMENTS[score.instrument]
    result = instrument.result
    made: Object = {
        "resourceType": "Observation",
        "id": str(id_),
        "status": "final" if score.complete else "preliminary",
        "category": [concept(OBSERVATION_CATEGORY, "survey", "Survey")],
        "code": {"coding": [{"system": result.system, "code": result.code}], "text": result.words.en},
        "subject": {"reference": f"Patient/{patient_id}"},
        "effectiveDateTime": effective,
    }
    if performer:
        made["performer"] = [{"reference": performer}]
    made |= _value(score, instrument)
    made["derivedFrom"] = [{"reference": f"QuestionnaireResponse/{response_id}"}]
    if score.findings:
        made["component"] = [
            {"code": concept(SCREEN_FINDING, each.code, each.text), "valueBoolean": True} for each in score.findings
        ]
    return made


def _value(score: Score, instrument: Instrument) -> Object:
    level: Tree = coding(SCREEN_LEVEL, score.level.value, LEVEL_WORDS[score.level])
    if score.total is not None:
        amount: Object = {"value": Lexeme(str(score.total)), "unit": "{score}", "system": _UCUM, "code": "{score}"}
        return {"valueQuantity": amount, "interpretation": [{"coding": [level]}]}
    if score.level is Level.INCOMPLETE:
        reason = Silence.REFUSED if score.refused else Silence.UNKNOWN
        absent = concept(DATA_ABSENT, reason.value, _REASONS[reason])
        return {"dataAbsentReason": absent, "interpretation": [{"coding": [level]}]}
    known: list[Tree] = [coded(instrument.values[score.level])] if score.level in instrument.values else []
    return {"valueCodeableConcept": {"coding": [*known, level]}}
