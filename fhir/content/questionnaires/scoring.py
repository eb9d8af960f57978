"""What a QuestionnaireResponse comes to, and what follows from it. Pure, and never raises for what a response holds."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from fhir.content.bindings import REQUEST_PRIORITY
from fhir.content.exact import Object
from fhir.content.systems import LOINC

from .answers import linked, needed, read
from .c_ssrs import C_SSRS
from .instrument import UNKNOWN_SEX, Answers, Instrument, Level, Score, Silence
from .medical_check import MEDICAL_CHECK
from .registry import INSTRUMENTS


def score(response: Object, *, sex: str = UNKNOWN_SEX) -> Score | None:
    """The score of a QuestionnaireResponse; None if it is of no instrument here or was entered in error.

    ``sex`` is the client's FHIR administrative gender; the cut of AUDIT-C and a question of TAPS-1 hang on it.
    """
    instrument = _instrument(response)
    return scored(response, instrument, sex=sex) if instrument else None


def scored(response: Object, instrument: Instrument, *, sex: str = UNKNOWN_SEX) -> Score | None:
    """The score of a response by one instrument, whatever else is in it; None if it has nothing of that instrument."""
    if response.get("status") == "entered-in-error" or not _concerns(response, instrument):
        return None
    return outcome(read(response, instrument), instrument, sex=sex)


def outcome(answers: Answers, instrument: Instrument, *, sex: str = UNKNOWN_SEX) -> Score:
    """What answers to an instrument come to."""
    asked = needed(instrument, answers, sex)
    reading = instrument.reckon(answers, asked, sex)
    missing, refused, unknown = (
        tuple(code for code in asked if answers.of(code) is silence)
        for silence in (Silence.OPEN, Silence.REFUSED, Silence.UNKNOWN)
    )
    return Score(
        instrument=instrument.url,
        total=reading.total,
        level=reading.level,
        complete=not (missing or refused or unknown),
        findings=reading.findings,
        advice=reading.advice,
        missing=missing,
        refused=refused,
        unknown=unknown,
    )


def escalates(response: Object) -> bool:
    """Whether a medical check found a red flag: EMS now, and the referral waits."""
    found = scored(response, MEDICAL_CHECK)
    return found is not None and found.level is Level.RED


def clears(response: Object) -> bool:
    """Whether a medical check answered every red flag with no; neither unknown, silence nor a refusal is a no."""
    found = scored(response, MEDICAL_CHECK)
    return found is not None and found.level in (Level.CLEAR, Level.AMBER)


# What a C-SSRS level asks of a request's priority, at least.
_PRIORITIES: Mapping[Level, str] = MappingProxyType(
    {Level.HIGH: "stat", Level.INCOMPLETE: "asap", Level.MODERATE: "urgent"}
)


def raised(priority: str, scores: Iterable[Score]) -> str:
    """The FHIR request priority after the screens: raised by suicide risk, never lowered.

    Raises ``ValueError`` for a priority that is no code of FHIR R4.
    """
    asked = [_PRIORITIES[each.level] for each in scores if each.instrument == C_SSRS.url and each.level in _PRIORITIES]
    return max((priority, *asked), key=REQUEST_PRIORITY.index)


def _concerns(response: Object, instrument: Instrument) -> bool:
    if response.get("resourceType") != "QuestionnaireResponse":
        return False
    return _names(response, instrument) or _held(response, instrument) > 0


def _instrument(response: Object) -> Instrument | None:
    """The instrument a response names, or else the one whose questions it holds: suicide risk before all, then most."""
    held = [each for each in INSTRUMENTS.values() if _concerns(response, each)]
    named = [each for each in held if _names(response, each)]
    if named or C_SSRS in held:
        return named[0] if named else C_SSRS
    # Two questions of the PHQ are a whole PHQ-2 and the beginning of a PHQ-9: the smaller one is meant.
    return max(held, key=lambda each: (_held(response, each), -len(each.questions)), default=None)


def _names(response: Object, instrument: Instrument) -> bool:
    """Whether a response names an instrument by its address, or by its panel's code on any other server."""
    named = response.get("questionnaire")
    address = named.partition("|")[0] if isinstance(named, str) else ""
    panel = instrument.code.code if instrument.code.system == LOINC else None
    return address == instrument.url or address.rpartition("/")[2] == panel


def _held(response: Object, instrument: Instrument) -> int:
    """How many questions of an instrument a response holds. Only LOINC's codes mean the same everywhere."""
    if instrument.code.system != LOINC:
        return 0
    codes = {item.code for item in instrument.questions}
    return len(codes & {code for code, _ in linked(response)})
