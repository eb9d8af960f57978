"""PHQ-9 (LOINC 44249-1): depression, 0 to 27. Free to reproduce and translate.

Any answer but "not at all" to the ninth question asks for the C-SSRS screener at once, whatever the total.
"""

from dataclasses import replace
from typing import Final

from fhir.content.systems import LOINC

from .instrument import Answers, Finding, Instrument, Item, Kind, Level, Option, Reading, Words
from .instrument import gettext_noop as _
from .options import DAYS, LOINC_NOTICE, PHQ_NOTICE, TWO_WEEKS, loinc, loinc_address
from .phq2 import DOWN, INTEREST
from .summing import Band, banded, total

PANEL: Final = "44249-1"
SELF_HARM, DIFFICULTY = "44260-8", "69722-7"

_HARM = Finding("self-harm", SELF_HARM, _("Thoughts of death or of hurting oneself"))
_C_SSRS_NOW = _("Do the C-SSRS screener now.")
_ASK_OR_C_SSRS = _("The question about hurting oneself has no answer. Ask it, or do the C-SSRS screener now.")
_BANDS = (
    Band(0, Level.MINIMAL, _("Few signs of depression.")),
    Band(5, Level.MILD, _("Watch, and ask again.")),
    Band(10, Level.MODERATE, _("Plan for treatment with a clinician.")),
    Band(15, Level.MODERATELY_SEVERE, _("Begin treatment with a clinician.")),
    Band(20, Level.SEVERE, _("Begin treatment at once; think of a specialist.")),
)


def _reckon(answers: Answers, needed: tuple[str, ...], _sex: str) -> Reading:
    read = banded(total(answers, needed), _BANDS)
    if answers.points(SELF_HARM) >= 1:
        return replace(read, findings=(_HARM,), advice=(_C_SSRS_NOW, *read.advice))
    asked = isinstance(answers.of(SELF_HARM), Option)
    return read if asked else replace(read, advice=(_ASK_OR_C_SSRS, *read.advice))


def _symptom(code: str, en: str, es: str) -> Item:
    return Item(code=code, words=Words(en, es), options=DAYS)


PHQ_9 = Instrument(
    url=loinc_address(PANEL),
    code=Option(LOINC, PANEL, Words("PHQ-9")),
    name="PHQ9",
    title=Words("Patient Health Questionnaire-9 (PHQ-9)", "Cuestionario sobre la salud del paciente-9 (PHQ-9)"),
    copyright=f"{PHQ_NOTICE} {LOINC_NOTICE}",
    items=(
        Item(code="two-weeks", words=TWO_WEEKS, kind=Kind.DISPLAY),
        INTEREST,
        DOWN,
        _symptom(
            "44259-0",
            "Trouble falling or staying asleep, or sleeping too much",
            "Ha tenido dificultad para quedarse o permanecer dormido(a), o ha dormido demasiado",
        ),
        _symptom("44254-1", "Feeling tired or having little energy", "Se ha sentido cansado(a) o con poca energía"),
        _symptom("44251-7", "Poor appetite or overeating", "Sin apetito o ha comido en exceso"),
        _symptom(
            "44258-2",
            "Feeling bad about yourself — or that you are a failure or have let yourself or your family down",
            "Se ha sentido mal con usted mismo(a) – o que es un fracaso o que ha quedado mal con usted mismo(a) o con "
            "su familia",
        ),
        _symptom(
            "44252-5",
            "Trouble concentrating on things, such as reading the newspaper or watching television",
            "Ha tenido dificultad para concentrarse en ciertas actividades, tales como leer el periódico o ver la "
            "televisión",
        ),
        _symptom(
            "44253-3",
            "Moving or speaking so slowly that other people could have noticed? Or the opposite — being so fidgety or "
            "restless that you have been moving around a lot more than usual",
            "¿Se ha movido o hablado tan lento que otras personas podrían haberlo notado? o lo contrario – muy "
            "inquieto(a) o agitado(a) que ha estado moviéndose mucho más de lo normal",
        ),
        _symptom(
            SELF_HARM,
            "Thoughts that you would be better off dead or of hurting yourself in some way",
            "Pensamientos de que estaría mejor muerto(a) o de lastimarse de alguna manera",
        ),
        Item(
            code=DIFFICULTY,
            words=Words(
                "If you checked off any problems, how difficult have these problems made it for you to do your work, "
                "take care of things at home, or get along with other people?",
                "Si marcó cualquiera de los problemas, ¿qué tanta dificultad le han dado estos problemas para hacer su "
                "trabajo, encargarse de las tareas del hogar, o llevarse bien con otras personas?",
            ),
            # The order of LOINC's list: LA6575-0 is "very", LA6574-3 is "extremely".
            options=(
                loinc("LA6572-7", "Not difficult at all", "No ha sido difícil", 0),
                loinc("LA6573-5", "Somewhat difficult", "Un poco difícil", 1),
                loinc("LA6575-0", "Very difficult", "Muy difícil", 2),
                loinc("LA6574-3", "Extremely difficult", "Extremadamente difícil", 3),
            ),
            required=False,
        ),
    ),
    result=Option(LOINC, "44261-6", Words("PHQ-9 total score")),
    reckon=_reckon,
    totals=True,
)
