"""Totals and the bands they fall in. A total is made of every answer needed, or there is none."""

from dataclasses import dataclass

from .instrument import INCOMPLETE_ADVICE, Answers, Level, Option, Reading


@dataclass(frozen=True, slots=True)
class Band:
    """A level, the least total it starts at, and what to do."""

    least: int
    level: Level
    advice: str


def total(answers: Answers, needed: tuple[str, ...]) -> int | None:
    """The sum of the points of all questions needed; None if one of them has no answer that counts."""
    if not all(isinstance(answers.of(code), Option) for code in needed):
        return None
    return sum(answers.points(code) for code in needed)


def banded(sum_: int | None, bands: tuple[Band, ...]) -> Reading:
    """The reading of a total by ``bands``, which start at 0 and rise."""
    if sum_ is None:
        return Reading(level=Level.INCOMPLETE, advice=(INCOMPLETE_ADVICE,))
    band = [each for each in bands if each.least <= sum_][-1]
    return Reading(level=band.level, total=sum_, advice=(band.advice,))
