"""AUDIT-C (LOINC 72109-2): drinking, 0 to 12. © WHO, free for use without profit and with credit.

The total is 75626-2 and the first question 68518-0; other codes for them are in use and wrong.
"""

from typing import Final

from fhir.content.systems import LOINC

from .instrument import MALE, Answers, Instrument, Item, Level, Option, Reading, When, Words
from .instrument import gettext_noop as _
from .options import LOINC_NOTICE, NEVER, OCCASIONS, loinc, loinc_address
from .summing import Band, banded, total

PANEL: Final = "72109-2"
HOW_OFTEN: Final = "68518-0"
MEN, EVERYBODY_ELSE = 4, 3

_NEGATIVE, _POSITIVE = (
    _("No sign of risky drinking in these questions."),
    _("Risky drinking is likely. Talk about it briefly; offer a referral."),
)


def _reckon(answers: Answers, needed: tuple[str, ...], sex: str) -> Reading:
    cut = MEN if sex == MALE else EVERYBODY_ELSE
    bands = (Band(0, Level.NEGATIVE, _NEGATIVE), Band(cut, Level.POSITIVE, _POSITIVE))
    # After "never" the two other questions are not needed, so they count nothing, even if somebody answered them.
    return banded(total(answers, needed), bands)


_UNLESS_NEVER = When(HOW_OFTEN, "!=", NEVER)

AUDIT_C = Instrument(
    url=loinc_address(PANEL),
    code=Option(LOINC, PANEL, Words("AUDIT-C")),
    name="AUDITC",
    title=Words(
        "Alcohol Use Disorders Identification Test, consumption questions (AUDIT-C)",
        "Cuestionario de identificación de los trastornos debidos al consumo de alcohol, preguntas de consumo "
        "(AUDIT-C)",
    ),
    copyright=(
        "AUDIT: The Alcohol Use Disorders Identification Test, © World Health Organization. "
        f"May be used without charge where no profit is made, with credit to the WHO. {LOINC_NOTICE}"
    ),
    items=(
        Item(
            code=HOW_OFTEN,
            words=Words(
                "How often do you have a drink containing alcohol?",
                "¿Con qué frecuencia consume alguna bebida alcohólica?",
            ),
            options=(
                NEVER,
                loinc("LA18926-8", "Monthly or less", "Una o menos veces al mes", 1),
                loinc("LA18927-6", "2-4 times a month", "De 2 a 4 veces al mes", 2),
                loinc("LA18928-4", "2-3 times a week", "De 2 a 3 veces a la semana", 3),
                loinc("LA18929-2", "4 or more times a week", "4 o más veces a la semana", 4),
            ),
        ),
        Item(
            code="68519-8",
            words=Words(
                "How many drinks containing alcohol do you have on a typical day when you are drinking?",
                "¿Cuántas consumiciones de bebidas alcohólicas suele realizar en un día de consumo normal?",
            ),
            options=(
                loinc("LA15694-5", "1 or 2", "1 o 2", 0),
                loinc("LA15695-2", "3 or 4", "3 o 4", 1),
                loinc("LA18930-0", "5 or 6", "5 o 6", 2),
                loinc("LA18931-8", "7 to 9", "De 7 a 9", 3),
                loinc("LA18932-6", "10 or more", "10 o más", 4),
            ),
            when=_UNLESS_NEVER,
        ),
        Item(
            code="68520-6",
            words=Words(
                "How often do you have six or more drinks on one occasion?",
                "¿Con qué frecuencia toma 6 o más bebidas alcohólicas en un solo día?",
            ),
            options=OCCASIONS,
            when=_UNLESS_NEVER,
        ),
    ),
    result=Option(LOINC, "75626-2", Words("AUDIT-C total score")),
    reckon=_reckon,
    totals=True,
)
