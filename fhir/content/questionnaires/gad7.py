"""GAD-7 (LOINC 69737-5): anxiety, 0 to 21. Free to reproduce and translate.

The sixth question is 69689-8 (irritable), the seventh 69736-7 (afraid); they are often swapped.
"""

from typing import Final

from fhir.content.systems import LOINC

from .instrument import Answers, Instrument, Item, Kind, Level, Option, Reading, Words
from .instrument import gettext_noop as _
from .options import DAYS, LOINC_NOTICE, PHQ_NOTICE, TWO_WEEKS, loinc_address
from .summing import Band, banded, total

PANEL: Final = "69737-5"

_BANDS = (
    Band(0, Level.MINIMAL, _("Few signs of anxiety.")),
    Band(5, Level.MILD, _("Watch, and ask again.")),
    Band(10, Level.MODERATE, _("Have a clinician assess further.")),
    Band(15, Level.SEVERE, _("Have a clinician assess soon; treatment is likely needed.")),
)


def _reckon(answers: Answers, needed: tuple[str, ...], _sex: str) -> Reading:
    return banded(total(answers, needed), _BANDS)


def _symptom(code: str, en: str, es: str) -> Item:
    return Item(code=code, words=Words(en, es), options=DAYS)


GAD_7 = Instrument(
    url=loinc_address(PANEL),
    code=Option(LOINC, PANEL, Words("GAD-7")),
    name="GAD7",
    title=Words(
        "Generalized Anxiety Disorder 7-item scale (GAD-7)",
        "Escala de 7 preguntas del trastorno de ansiedad generalizada (GAD-7)",
    ),
    copyright=f"{PHQ_NOTICE} {LOINC_NOTICE}",
    items=(
        Item(code="two-weeks", words=TWO_WEEKS, kind=Kind.DISPLAY),
        _symptom(
            "69725-0",
            "Feeling nervous, anxious, or on edge",
            "Se ha sentido nervioso(a), ansioso(a) o con los nervios de punta",
        ),
        _symptom(
            "68509-9",
            "Not being able to stop or control worrying",
            "No ha sido capaz de parar o controlar su preocupación",
        ),
        _symptom(
            "69733-4",
            "Worrying too much about different things",
            "Se ha preocupado demasiado por motivos diferentes",
        ),
        _symptom("69734-2", "Trouble relaxing", "Ha tenido dificultad para relajarse"),
        _symptom(
            "69735-9",
            "Being so restless that it is hard to sit still",
            "Se ha sentido tan inquieto(a) que no ha podido quedarse quieto(a)",
        ),
        _symptom("69689-8", "Becoming easily annoyed or irritable", "Se ha molestado o irritado fácilmente"),
        _symptom(
            "69736-7",
            "Feeling afraid, as if something awful might happen",
            "Ha tenido miedo de que algo terrible fuera a pasar",
        ),
    ),
    result=Option(LOINC, "70274-6", Words("GAD-7 total score")),
    reckon=_reckon,
    totals=True,
)
