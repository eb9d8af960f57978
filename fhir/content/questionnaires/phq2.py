"""PHQ-2 (LOINC 55757-9): the first two questions of the PHQ-9. Free to reproduce and translate."""

from typing import Final

from fhir.content.systems import LOINC

from .instrument import Answers, Instrument, Item, Kind, Level, Option, Reading, Words
from .instrument import gettext_noop as _
from .options import DAYS, LOINC_NOTICE, PHQ_NOTICE, TWO_WEEKS, loinc_address
from .summing import Band, banded, total

PANEL: Final = "55757-9"
INTEREST = Item(
    code="44250-9",
    words=Words("Little interest or pleasure in doing things", "Poco interés o placer en hacer cosas"),
    options=DAYS,
)
DOWN = Item(
    code="44255-8",
    words=Words("Feeling down, depressed, or hopeless", "Se ha sentido decaído(a), deprimido(a) o sin esperanzas"),
    options=DAYS,
)

_BANDS = (
    Band(0, Level.NEGATIVE, _("No sign of depression in these two questions.")),
    Band(3, Level.POSITIVE, _("Ask the whole PHQ-9.")),
)


def _reckon(answers: Answers, needed: tuple[str, ...], _sex: str) -> Reading:
    return banded(total(answers, needed), _BANDS)


PHQ_2 = Instrument(
    url=loinc_address(PANEL),
    code=Option(LOINC, PANEL, Words("PHQ-2")),
    name="PHQ2",
    title=Words("Patient Health Questionnaire-2 (PHQ-2)", "Cuestionario sobre la salud del paciente-2 (PHQ-2)"),
    copyright=f"{PHQ_NOTICE} {LOINC_NOTICE}",
    items=(Item(code="two-weeks", words=TWO_WEEKS, kind=Kind.DISPLAY), INTEREST, DOWN),
    result=Option(LOINC, "55758-7", Words("PHQ-2 total score")),
    reckon=_reckon,
    totals=True,
)
