"""The officer's medical check before a referral goes on: red and amber flags, each yes, no or unknown.

Not a diagnosis. ``FLAGS`` is a table so that the local EMS director can change it: what stands there is what is asked,
scored and escalated. Until the director has approved it, the Questionnaire is a draft.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum, auto
from functools import partial
from typing import Final

from .instrument import (
    INCOMPLETE_ADVICE,
    Answers,
    Finding,
    Instrument,
    Item,
    Kind,
    Level,
    Option,
    Reading,
    Silence,
    When,
    Words,
)
from .instrument import gettext_noop as _
from .options import MEDICAL_CHECK as SYSTEM
from .options import YES, YES_NO_UNKNOWN

NAME: Final = "medical-check"
URL: Final = f"https://bhu.example.org/fhir/Questionnaire/{NAME}"


class Colour(Enum):
    """Red: EMS now. Amber: tell the coordinator, medical care the same day."""

    RED = auto()
    AMBER = auto()


@dataclass(frozen=True, slots=True)
class Flag:
    """One thing an officer can see or ask; ``first_aid`` is what to do until EMS is there."""

    code: str
    colour: Colour
    text: str
    es: str
    first_aid: str = ""


_R, _A = Colour.RED, Colour.AMBER

FLAGS: tuple[Flag, ...] = (
    Flag(
        "not-waking",
        _R,
        _("Does not wake up, or cannot stay awake"),
        "No se despierta o no puede mantenerse despierto(a)",
    ),
    Flag(
        "breathing",
        _R,
        _("Fewer than 10 breaths a minute, gurgling, or blue lips"),
        "Menos de 10 respiraciones por minuto, gorgoteo o labios azules",
        _("Give naloxone and rescue breaths."),
    ),
    Flag("chest-pain", _R, _("Chest pain"), "Dolor en el pecho"),
    Flag("seizure", _R, _("Seizure now or today"), "Convulsión ahora u hoy"),
    Flag(
        "head-injury",
        _R,
        _("Head injury with confusion or vomiting"),
        "Golpe en la cabeza con confusión o vómitos",
    ),
    Flag(
        "hot-agitated",
        _R,
        _("Fever or heat with agitation: very hot, pouring sweat, wild"),
        "Fiebre o calor con agitación: muy caliente, empapado(a) en sudor, fuera de sí",
    ),
    Flag("bleeding", _R, _("Heavy bleeding"), "Sangrado abundante"),
    Flag(
        "swallowed",
        _R,
        _("Swallowed drugs (packets), or pills to harm themselves"),
        "Tragó drogas (paquetes) o pastillas para hacerse daño",
    ),
    Flag(
        "pregnant-bleeding",
        _R,
        _("Pregnant with bleeding or pain"),
        "Embarazada con sangrado o dolor",
    ),
    Flag(
        "withdrawal",
        _R,
        _("Last drink 6 to 96 hours ago with severe shaking, hallucinations, or past withdrawal seizures or DTs"),
        "Última bebida hace 6 a 96 horas, con temblor fuerte, alucinaciones, o convulsiones o delirio en abstinencias "
        "anteriores",
    ),
    Flag(
        "vomiting-fainting",
        _R,
        _("Vomiting that will not stop, or fainting"),
        "Vómitos que no paran o desmayos",
    ),
    Flag("insulin-confused", _R, _("Uses insulin and is confused"), "Usa insulina y está confundido(a)"),
    Flag("stiff-neck", _R, _("Stiff neck"), "Cuello rígido"),
    Flag(
        "daily-use",
        _A,
        _("Uses alcohol or benzodiazepines every day"),
        "Consume alcohol o benzodiacepinas todos los días",
    ),
    Flag("pregnant-opioids", _A, _("Pregnant and uses opioids"), "Embarazada y consume opioides"),
    Flag("infected-wound", _A, _("Infected wound"), "Herida infectada"),
    Flag(
        "no-medicine",
        _A,
        _("More than 24 hours without a medicine: insulin, for seizures, for the heart, or for opioid use disorder"),
        "Más de 24 horas sin un medicamento: insulina, para convulsiones, para el corazón o para el trastorno por "
        "opioides",
    ),
)

_ADVICE_RED = _("Call 911 or EMS now. The referral waits until the EMS outcome is recorded.")
_ADVICE_UNKNOWN = _(
    "A red flag has no answer, and unknown is not a no: look again, and call EMS if you cannot rule it out."
)
_ADVICE_AMBER = _("Tell the coordinator: medical care the same day for what was found or is not known.")
_ADVICE_CLEAR = _("No flag found. This is no diagnosis: call EMS whenever something changes.")


def medical_check(flags: Iterable[Flag]) -> Instrument:
    """The check of a table of flags; codes must differ."""
    table = tuple(flags)
    return Instrument(
        url=URL,
        code=Option(SYSTEM, NAME, Words("Medical check")),
        name="MedicalCheck",
        title=Words("Medical check by an officer", "Revisión médica por un(a) agente"),
        copyright="BHU contributors, Apache License 2.0.",
        purpose=(
            "To find who needs EMS before a referral goes on. Not a diagnosis. The local EMS director approves or "
            "changes the flags before it is used."
        ),
        status="draft",
        items=(
            Item(
                code="red",
                words=Words("Any yes: call 911 or EMS now", "Un solo sí: llame al 911 o a EMS ahora"),
                kind=Kind.DISPLAY,
            ),
            *(_question(flag) for flag in table if flag.colour is Colour.RED),
            Item(
                code="amber",
                words=Words("Any yes: tell the coordinator", "Un solo sí: avise al coordinador o coordinadora"),
                kind=Kind.DISPLAY,
            ),
            *(_question(flag) for flag in table if flag.colour is Colour.AMBER),
            *_RECORD,
        ),
        result=Option(SYSTEM, NAME, Words("Medical check result")),
        reckon=partial(_reckon, table),
    )


def _question(flag: Flag) -> Item:
    return Item(code=flag.code, words=Words(flag.text, flag.es), options=YES_NO_UNKNOWN)


_RECORD = (
    Item(
        code="ems-case",
        words=Words("EMS case number", "Número de caso de EMS"),
        kind=Kind.STRING,
        required=False,
    ),
    Item(
        code="naloxone-doses",
        words=Words("Doses of naloxone given", "Dosis de naloxona administradas"),
        kind=Kind.INTEGER,
        required=False,
    ),
    Item(
        code="naloxone-response",
        words=Words("Did breathing or waking get better after naloxone?", "¿Mejoró después de la naloxona?"),
        options=YES_NO_UNKNOWN,
        when=When("naloxone-doses", ">=", 1),
        required=False,
    ),
)


def _reckon(flags: tuple[Flag, ...], answers: Answers, needed: tuple[str, ...], _sex: str) -> Reading:
    found = [flag for flag in flags if answers.chose(flag.code, YES)]
    doubted = [flag for flag in flags if answers.of(flag.code) is Silence.UNKNOWN]
    left = any(answers.of(code) in _UNANSWERED for code in needed)
    return Reading(
        level=_level(found, doubted, left=left),
        findings=tuple(Finding(flag.code, flag.code, flag.text) for flag in found),
        advice=tuple(_advice(found, doubted, left=left)),
    )


_UNANSWERED = (Silence.OPEN, Silence.REFUSED)


def _level(found: list[Flag], doubted: list[Flag], *, left: bool) -> Level:
    if _any(Colour.RED, found):
        return Level.RED
    if left or _any(Colour.RED, doubted):
        return Level.INCOMPLETE
    # An amber flag that could not be ruled out is the coordinator's to know, too.
    return Level.AMBER if found or doubted else Level.CLEAR


def _advice(found: list[Flag], doubted: list[Flag], *, left: bool) -> Iterator[str]:
    if _any(Colour.RED, found):
        yield _ADVICE_RED
    yield from (flag.first_aid for flag in found if flag.first_aid)
    if _any(Colour.RED, doubted):
        yield _ADVICE_UNKNOWN
    if left:
        yield INCOMPLETE_ADVICE
    if _any(Colour.AMBER, found + doubted):
        yield _ADVICE_AMBER
    if not (found or doubted or left):
        yield _ADVICE_CLEAR


def _any(colour: Colour, flags: list[Flag]) -> bool:
    return any(flag.colour is colour for flag in flags)


MEDICAL_CHECK = medical_check(FLAGS)
