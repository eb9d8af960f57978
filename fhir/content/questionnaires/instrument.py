"""What a screening instrument is made of, and what its answers come to. No instrument stands here.

An instrument is data: ``resources`` writes it as a FHIR Questionnaire, ``answers`` reads a response to it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final, TypeAlias


def gettext_noop(text: str) -> str:
    """Mark ``text`` for translation; the pages translate it when they show it."""
    return text


_ = gettext_noop

MALE: Final = "male"
FEMALE: Final = "female"
UNKNOWN_SEX: Final = "unknown"


class Level(StrEnum):
    """What a screen found, as a code. ``INCOMPLETE`` is a state of its own and never a low one."""

    NONE = "none"
    LOW = "low"
    MODERATE = "moderate"
    HIGH = "high"
    MINIMAL = "minimal"
    MILD = "mild"
    MODERATELY_SEVERE = "moderately-severe"
    SEVERE = "severe"
    NEGATIVE = "negative"
    POSITIVE = "positive"
    CLEAR = "clear"
    AMBER = "amber"
    RED = "red"
    INCOMPLETE = "incomplete"


LEVEL_WORDS: Mapping[Level, str] = MappingProxyType(
    {
        Level.NONE: _("none found"),
        Level.LOW: _("low"),
        Level.MODERATE: _("moderate"),
        Level.HIGH: _("high"),
        Level.MINIMAL: _("minimal"),
        Level.MILD: _("mild"),
        Level.MODERATELY_SEVERE: _("moderately severe"),
        Level.SEVERE: _("severe"),
        Level.NEGATIVE: _("negative"),
        Level.POSITIVE: _("positive"),
        Level.CLEAR: _("no flag"),
        Level.AMBER: _("amber flag"),
        Level.RED: _("red flag"),
        Level.INCOMPLETE: _("incomplete"),
    }
)


class Silence(StrEnum):
    """Why a question has no answer that counts; the codes of HL7's data-absent-reason. ``OPEN``: nothing recorded."""

    OPEN = ""
    UNKNOWN = "unknown"
    REFUSED = "asked-declined"


class Kind(StrEnum):
    """The type of a FHIR Questionnaire item."""

    CHOICE = "choice"
    INTEGER = "integer"
    STRING = "string"
    DISPLAY = "display"


@dataclass(frozen=True, slots=True)
class Words:
    """A text in English and, where the licence allows one, in Spanish."""

    en: str
    es: str = ""

    def spoken(self, language: str) -> str:
        """The text in a language, in English where there is none in it."""
        return (self.es if language == "es" else "") or self.en


@dataclass(frozen=True, slots=True)
class Option:
    """One answer that may be chosen; ``points`` is what it counts."""

    system: str
    code: str
    words: Words
    points: int = 0


Answer: TypeAlias = Option | Silence | int | str


@dataclass(frozen=True, slots=True)
class When:
    """A question is asked only when the answer to ``item`` compares so to ``answer``."""

    item: str
    operator: str
    answer: Option | int


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One question, or words between questions. ``sex``: one of two questions, of which each client is asked one."""

    code: str
    words: Words
    kind: Kind = Kind.CHOICE
    options: tuple[Option, ...] = ()
    when: When | None = None
    required: bool = True
    sex: str = ""

    @property
    def link(self) -> str:
        """Its linkId."""
        return f"/{self.code}"


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers of one response; a question it does not hold is ``OPEN``."""

    given: Mapping[str, Answer]

    def of(self, code: str) -> Answer:
        """The answer to one question."""
        return self.given.get(code, Silence.OPEN)

    def chose(self, code: str, option: Option) -> bool:
        """Whether that option was chosen."""
        given = self.of(code)
        return isinstance(given, Option) and (given.system, given.code) == (option.system, option.code)

    def points(self, code: str) -> int:
        """What the answer to a question counts; 0 where there is none, so who adds up asks ``of`` first."""
        given = self.of(code)
        return given.points if isinstance(given, Option) else 0


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that one answer alone says: its code, the question it was the answer to, and words for people."""

    code: str
    item: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What answers come to; ``total`` is None where there is none to be had."""

    level: Level
    total: int | None = None
    findings: tuple[Finding, ...] = ()
    advice: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """What one response comes to.

    ``instrument`` is the canonical address, ``missing`` the questions with nothing recorded, ``refused`` those the
    client declined, ``unknown`` those answered "unknown". ``complete`` means that every question needed has an answer
    that counts: a refusal is on record and still no answer. ``advice`` and the texts are marked for translation.
    """

    instrument: str
    total: int | None
    level: Level
    complete: bool
    findings: tuple[Finding, ...] = ()
    advice: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


Reckon: TypeAlias = Callable[[Answers, tuple[str, ...], str], Reading]
"""Answers, the questions that need one, and the client's sex (FHIR administrative gender), to a reading."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """One instrument: its FHIR names and codes, whose it is, its questions, and how it is reckoned.

    ``code`` names the panel, ``result`` what an Observation of its outcome is about; ``values`` are codes others know
    a level by. ``totals`` says that its points add up to a score.
    """

    url: str
    code: Option
    name: str
    title: Words
    copyright: str
    items: tuple[Item, ...]
    result: Option
    reckon: Reckon
    totals: bool = False
    status: str = "active"
    purpose: str = ""
    values: Mapping[Level, Option] = field(default_factory=dict)

    @property
    def questions(self) -> tuple[Item, ...]:
        """Its items without the words between them."""
        return tuple(item for item in self.items if item.kind is not Kind.DISPLAY)


INCOMPLETE_ADVICE = _("Not complete. Ask the open questions; an answer that is missing is not a no and not a zero.")
