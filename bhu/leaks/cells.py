"""One question of the matrix, and the words of an answer. Pure."""

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import NamedTuple

YES, NOTHING, NOBODY = "yes", "nothing", "nobody"

BORN = "1931-03-07"
THINGS = (
    "name", "phone", "birth", "paper", "ask", "order", "fact", "story", "answers", "risk", "note", "said", "use",
    "taken", "came", "treated", "threat",
)  # fmt: skip
WORDS: Mapping[str, str] = MappingProxyType(
    {thing: f"planted-{thing}" for thing in THINGS} | {"birth": BORN, "ask": "age-65-on"}
)
"""What is planted, and the word each thing is found by; the anonymous ask by the age band it names."""


class Cell(NamedTuple):
    """Through which door, to which part ("" for the referral as a whole), to do what."""

    door: str
    part: str
    action: str


def found_in(text: str) -> frozenset[str]:
    """The things of which something can be read in ``text``."""
    return frozenset(thing for thing, word in WORDS.items() if word in text)


def sees(things: Collection[str]) -> str:
    """The answer of a door through which these things can be read."""
    return f"sees {', '.join(thing for thing in THINGS if thing in things)}" if things else NOTHING
