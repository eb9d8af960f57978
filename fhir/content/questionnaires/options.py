"""The answer lists and code systems that instruments share. LOINC answer codes, each with what it counts."""

from typing import Final

from fhir.content.systems import LOINC

from .instrument import Option, Silence, Words

DATA_ABSENT: Final = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
_OURS: Final = "https://bhu.example.org/fhir/CodeSystem"
MEDICAL_CHECK: Final = f"{_OURS}/medical-check"
SCREEN_LEVEL: Final = f"{_OURS}/screen-level"
SCREEN_FINDING: Final = f"{_OURS}/screen-finding"

LOINC_NOTICE: Final = (
    "This material contains content from LOINC (http://loinc.org). LOINC is copyright © Regenstrief Institute, Inc. "
    "and the Logical Observation Identifiers Names and Codes (LOINC) Committee and is available at no cost under the "
    "license at http://loinc.org/license."
)
PHQ_NOTICE: Final = (
    "Developed by Drs. Robert L. Spitzer, Janet B.W. Williams, Kurt Kroenke and colleagues, with an educational grant "
    "from Pfizer Inc. No permission required to reproduce, translate, display or distribute."
)


def loinc(code: str, en: str, es: str = "", points: int = 0) -> Option:
    """A LOINC code with its words."""
    return Option(LOINC, code, Words(en, es), points)


def loinc_address(panel: str) -> str:
    """The canonical address of a LOINC panel's Questionnaire."""
    return f"{LOINC}/q/{panel}"


YES, NO = loinc("LA33-6", "Yes", "Sí", 1), loinc("LA32-8", "No", "No")
UNKNOWN = Option(DATA_ABSENT, Silence.UNKNOWN.value, Words("Unknown", "No se sabe"))
YES_NO_UNKNOWN: Final = (YES, NO, UNKNOWN)

# LL358-3: how often in the last two weeks.
DAYS: Final = (
    loinc("LA6568-5", "Not at all", "Ningún día", 0),
    loinc("LA6569-3", "Several days", "Varios días", 1),
    loinc("LA6570-1", "More than half the days", "Más de la mitad de los días", 2),
    loinc("LA6571-9", "Nearly every day", "Casi todos los días", 3),
)
TWO_WEEKS: Final = Words(
    "Over the last 2 weeks, how often have you been bothered by any of the following problems?",
    "Durante las últimas 2 semanas, ¿qué tan seguido ha tenido molestias debido a los siguientes problemas?",
)

# How often in a year; AUDIT-C's third question and all of TAPS-1.
NEVER = loinc("LA6270-8", "Never", "Nunca", 0)
OCCASIONS: Final = (
    NEVER,
    loinc("LA18933-4", "Less than monthly", "Menos de una vez al mes", 1),
    loinc("LA18876-5", "Monthly", "Mensualmente", 2),
    loinc("LA18891-4", "Weekly", "Semanalmente", 3),
    loinc("LA18934-2", "Daily or almost daily", "A diario o casi a diario", 4),
)
