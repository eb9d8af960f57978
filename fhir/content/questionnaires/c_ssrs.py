"""C-SSRS Screener, recent (LOINC 93373-9): suicide risk. The Columbia Protocol's triage.

Its wording must not be changed, and no translation of ours may stand beside it: English only, letter by letter.
"""

from types import MappingProxyType
from typing import Final

from fhir.content.systems import LOINC

from .instrument import INCOMPLETE_ADVICE, Answers, Instrument, Item, Kind, Level, Option, Reading, When, Words
from .instrument import gettext_noop as _
from .options import LOINC_NOTICE, loinc, loinc_address

PANEL: Final = "93373-9"
WISH, THOUGHTS, METHOD, INTENT, PLAN = "93246-7", "93247-5", "93248-3", "93249-1", "93250-9"
EVER, RECENT = "93267-3", "93269-9"

YES, NO = loinc("LA33-6", "Yes", points=1), loinc("LA32-8", "No")

_ADVICE = MappingProxyType(
    {
        Level.HIGH: _("Do not leave the person alone. Bring in a clinician, the emergency department or 988 now."),
        Level.INCOMPLETE: _("Treat as high until a clinician reviews: a question that decides has no answer."),
        Level.MODERATE: _("Consult a clinician the same day; consider precautions."),
        Level.LOW: _("Offer a referral to behavioral health."),
        Level.NONE: _("Nothing found. That rules nothing out: judge by what you see and hear."),
    }
)


def _reckon(answers: Answers, needed: tuple[str, ...], _sex: str) -> Reading:
    level = _triage(answers, needed)
    asking = (INCOMPLETE_ADVICE,) if level is Level.INCOMPLETE else ()
    return Reading(level=level, advice=(_ADVICE[level], *asking))


def _triage(answers: Answers, needed: tuple[str, ...]) -> Level:
    """The level; what has no answer stands above moderate, because it is treated as high, and hides no high answer."""
    # A yes counts unless the question it hangs on was answered no; silence there does not unsay it.
    thoughts, ever = not answers.chose(THOUGHTS, NO), not answers.chose(EVER, NO)

    def yes(*codes: str) -> bool:
        return any(answers.chose(code, YES) for code in codes)

    if (thoughts and yes(INTENT, PLAN)) or (ever and yes(RECENT)):
        return Level.HIGH
    if not all(isinstance(answers.of(code), Option) for code in needed):
        return Level.INCOMPLETE
    if (thoughts and yes(METHOD)) or yes(EVER):
        return Level.MODERATE
    return Level.LOW if yes(WISH, THOUGHTS) else Level.NONE


def _question(code: str, words: str, when: When | None = None) -> Item:
    return Item(code=code, words=Words(words), options=(YES, NO), when=when)


_IF_THOUGHTS, _IF_EVER = When(THOUGHTS, "=", YES), When(EVER, "=", YES)

C_SSRS = Instrument(
    url=loinc_address(PANEL),
    code=Option(LOINC, PANEL, Words("C-SSRS Screener, recent")),
    name="CSSRSScreener",
    title=Words("Columbia-Suicide Severity Rating Scale (C-SSRS), Screener, recent"),
    copyright=(
        "© 2008 The Research Foundation for Mental Hygiene, Inc. Developed by Posner, K.; Brent, D.; Lucas, C.; Gould, "
        "M.; Stanley, B.; Brown, G.; Fisher, P.; Zelazny, J.; Burke, A.; Oquendo, M.; Mann, J. The wording must not be "
        f"changed. Register its use with the Columbia Lighthouse Project, cssrs.columbia.edu. {LOINC_NOTICE}"
    ),
    items=(
        Item(code="past-month", words=Words("Past month"), kind=Kind.DISPLAY),
        _question(WISH, "Have you wished you were dead or wished you could go to sleep and not wake up?"),
        _question(THOUGHTS, "Have you actually had any thoughts of killing yourself?"),
        _question(METHOD, "Have you been thinking about how you might do this?", _IF_THOUGHTS),
        _question(INTENT, "Have you had these thoughts and had some intention of acting on them?", _IF_THOUGHTS),
        _question(
            PLAN,
            "Have you started to work out or worked out the details of how to kill yourself? "
            "Do you intend to carry out this plan?",
            _IF_THOUGHTS,
        ),
        Item(code="lifetime", words=Words("Lifetime"), kind=Kind.DISPLAY),
        _question(
            EVER,
            "Have you ever done anything, started to do anything, or prepared to do anything to end your life?",
        ),
        _question(RECENT, "Was this within the past 3 months?", _IF_EVER),
    ),
    result=Option(LOINC, "93374-7", Words("Suicide risk level")),
    reckon=_reckon,
    values=MappingProxyType(
        {
            Level.LOW: loinc("LA9194-7", "Low"),
            Level.MODERATE: loinc("LA6751-7", "Moderate"),
            Level.HIGH: loinc("LA9193-9", "High"),
        }
    ),
)
