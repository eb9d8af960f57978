"""Screens with a score: seven instruments as FHIR R4 Questionnaires, what answers to them come to, and what follows.

Pure. docs/screens.md says whose each instrument is, and which are not here and why.
"""

from .instrument import LEVEL_WORDS, Finding, Instrument, Level, Score, Silence, Words
from .observations import observation
from .registry import INSTRUMENTS, QUESTIONNAIRES
from .responses import response
from .scoring import clears, escalates, raised, score

__all__ = [
    "INSTRUMENTS",
    "LEVEL_WORDS",
    "QUESTIONNAIRES",
    "Finding",
    "Instrument",
    "Level",
    "Score",
    "Silence",
    "Words",
    "clears",
    "escalates",
    "observation",
    "raised",
    "response",
    "score",
]
