"""TAPS-1 (LOINC panel 96841-2): use of substances in the past year. NIDA, public domain; the Spanish is ours.

Any answer but "never" is positive; there is no total. 96842-0, often taken for the panel, is the question on tobacco.
"""

from typing import Final

from fhir.content.systems import LOINC

from .instrument import (
    FEMALE,
    INCOMPLETE_ADVICE,
    MALE,
    Answers,
    Finding,
    Instrument,
    Item,
    Level,
    Option,
    Reading,
    Words,
)
from .instrument import gettext_noop as _
from .options import LOINC_NOTICE, OCCASIONS, loinc_address

PANEL: Final = "96841-2"
FIVE_DRINKS, FOUR_DRINKS = "88037-7", "75889-6"

_DRINK = Words(
    "One standard drink is about 1 small glass of wine (5 oz), 1 beer (12 oz), or 1 single shot of liquor.",
    "Una bebida estándar es más o menos 1 copa pequeña de vino (5 oz), 1 cerveza (12 oz) o 1 trago de licor.",
)
_FOR_MEN = Words(
    f"{_DRINK.en} (Note: This question should only be answered by males.)", f"{_DRINK.es} (Solo para hombres.)"
)
_FOR_WOMEN = Words(
    f"{_DRINK.en} (Note: This question should only be answered by females.)", f"{_DRINK.es} (Solo para mujeres.)"
)
_MEDICATIONS = Words(
    "Prescription medications that may be used this way include: opiate pain relievers (for example, OxyContin, "
    "Vicodin, Percocet, methadone), medications for anxiety or sleeping (for example, Xanax, Ativan, Klonopin), "
    "medications for ADHD (for example, Adderall or Ritalin).",
    "Medicinas recetadas que se usan así son, por ejemplo: calmantes opiáceos (OxyContin, Vicodin, Percocet, "
    "metadona), medicinas para la ansiedad o para dormir (Xanax, Ativan, Klonopin), medicinas para el TDAH (Adderall "
    "o Ritalin).",
)

_SUBSTANCES: tuple[tuple[str, str, str], ...] = (
    ("tobacco", "96842-0", _("Tobacco in the past year")),
    ("alcohol", FIVE_DRINKS, _("Heavy drinking in the past year")),
    ("alcohol", FOUR_DRINKS, _("Heavy drinking in the past year")),
    ("drugs", "96843-8", _("Drugs in the past year")),
    ("prescriptions", "96844-6", _("Prescription medications misused in the past year")),
)
_NEGATIVE = _("No use found in these questions.")
_POSITIVE = _("Have a clinician ask further about each substance named; talk about it briefly and offer a referral.")


def _reckon(answers: Answers, needed: tuple[str, ...], _sex: str) -> Reading:
    used = {code: Finding(code, item, text) for code, item, text in _SUBSTANCES if answers.points(item)}
    findings = tuple(used.values())
    if not all(isinstance(answers.of(code), Option) for code in needed):
        return Reading(level=Level.INCOMPLETE, findings=findings, advice=(INCOMPLETE_ADVICE,))
    if findings:
        return Reading(level=Level.POSITIVE, findings=findings, advice=(_POSITIVE,))
    return Reading(level=Level.NEGATIVE, advice=(_NEGATIVE,))


def _question(code: str, en: str, es: str, *, sex: str = "", after: Words | None = None) -> Item:
    words = Words(
        f"In the past 12 months, how often have you {en}?", f"En los últimos 12 meses, ¿con qué frecuencia {es}?"
    )
    if after:
        words = Words(f"{words.en} {after.en}", f"{words.es} {after.es}")
    return Item(code=code, words=words, options=OCCASIONS, sex=sex)


TAPS_1 = Instrument(
    url=loinc_address(PANEL),
    code=Option(LOINC, PANEL, Words("TAPS-1")),
    name="TAPS1",
    title=Words(
        "Tobacco, Alcohol, Prescription medication, and other Substance use tool, part 1 (TAPS-1)",
        "Tabaco, alcohol, medicinas recetadas y otras sustancias, parte 1 (TAPS-1)",
    ),
    copyright=(
        "TAPS-1: National Institute on Drug Abuse (NIDA), public domain in the United States. The Spanish text is a "
        f"translation of this project's and has not been validated. {LOINC_NOTICE}"
    ),
    items=(
        _question(
            "96842-0",
            "used any tobacco product (for example, cigarettes, e-cigarettes, cigars, pipes, or smokeless tobacco)",
            "usó algún producto de tabaco (por ejemplo, cigarrillos, cigarrillos electrónicos, puros, pipas o tabaco "
            "sin humo)",
        ),
        _question(
            FIVE_DRINKS,
            "had 5 or more drinks containing alcohol in one day",
            "tomó 5 o más bebidas con alcohol en un día",
            sex=MALE,
            after=_FOR_MEN,
        ),
        _question(
            FOUR_DRINKS,
            "had 4 or more drinks containing alcohol in one day",
            "tomó 4 o más bebidas con alcohol en un día",
            sex=FEMALE,
            after=_FOR_WOMEN,
        ),
        _question(
            "96843-8",
            "used any drugs including marijuana, cocaine or crack, heroin, methamphetamine (crystal meth), "
            "hallucinogens, ecstasy/MDMA",
            "usó alguna droga, como marihuana, cocaína o crack, heroína, metanfetamina (cristal), alucinógenos o "
            "éxtasis/MDMA",
        ),
        _question(
            "96844-6",
            "used any prescription medications just for the feeling, more than prescribed or that were not prescribed "
            "for you",
            "usó medicinas recetadas solo por la sensación, en mayor cantidad de la recetada o que no eran para usted",
            after=_MEDICATIONS,
        ),
    ),
    result=Option(LOINC, PANEL, Words("TAPS-1 result")),
    reckon=_reckon,
)
