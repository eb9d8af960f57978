"""The rules of one state, as one value: who signs for a minor, how a consent ends (R-ST-01). Pure.

Each value stands in its file with its source and how sure that source is. A file that lacks one, or holds one that
is not known here, raises: a rule that is not read is a rule that does not hold.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

DEFAULT = "MA"
FOLDER = Path(__file__).parent


class Mark(StrEnum):
    """How sure a value is."""

    VERIFIED = "V"
    MEMORY = "M"
    DESIGN = "D"


class Care(StrEnum):
    """The kinds of care a minor may be able to agree to alone."""

    SUBSTANCE_USE = "substance_use"
    MENTAL_HEALTH = "mental_health"


class Hand(StrEnum):
    """Whose signature is needed. ``PARENT``: one of them, or the guardian."""

    CLIENT = "client"
    PARENT = "parent"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a value comes from, and how sure that is."""

    mark: Mark
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Length:
    """How many days a paper lasts unless the client says otherwise, and at most; ``None``: as long as it says."""

    default_days: int
    longest_days: int | None
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class MinorRule:
    """Who signs from an age on, until the next rule for that care. ``alone_with``: what lets the minor sign alone."""

    care: Care
    from_age: int
    signers: frozenset[Hand]
    alone_with: str
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """The rules of one state.

    ``written_only``: an oral yes is no consent. ``dated_only``: only a calendar date ends one; ``undated_day``: one
    without any end is good on the day it was signed. ``classes``: recipients may be named by class. ``statements``
    are those a form must make here besides its own, ``sources`` where each of these values comes from.
    """

    state: str
    name: str
    hipaa_treatment: bool
    written_only: bool
    witness: bool
    dated_only: bool
    undated_day: bool
    classes: bool
    statements: frozenset[str]
    adult_from: int
    lengths: Mapping[str, Length]
    minors: tuple[MinorRule, ...]
    sources: Mapping[str, Source]

    def signers(self, care: Care, age: int, findings: Iterable[str] = ()) -> frozenset[Hand]:
        """Whose signatures a client of ``age`` needs; ``findings`` are what was found and documented about them."""
        if age >= self.adult_from:
            return frozenset({Hand.CLIENT})
        rule = max((each for each in self.minors if each.care is care and each.from_age <= age), key=_from_age)
        return frozenset({Hand.CLIENT}) if rule.alone_with in frozenset(findings) - {""} else rule.signers


def _from_age(rule: MinorRule) -> int:
    return rule.from_age


def by_state(state: str) -> Pack:
    """The pack of a state by its two letters. Raises ``KeyError`` for a state that has none."""
    return _packs()[state]


@cache
def _packs() -> Mapping[str, Pack]:
    packs = [read(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.json"))]
    return MappingProxyType({pack.state: pack for pack in packs})


_BOOLEANS = ("hipaa_treatment", "written_only", "witness", "dated_only", "undated_day", "classes")
_FIELDS = {"state", "name", "values", "lengths", "adult_from", "minors"}


def read(text: str) -> Pack:
    """The pack a file holds. Raises ``ValueError`` for anything that is not exactly one."""
    try:
        return _pack(json.loads(text))
    except (ValueError, KeyError, TypeError, AttributeError) as problem:
        raise ValueError(f"not a state pack: {problem!r}") from problem


def _pack(file: dict[str, Any]) -> Pack:
    _known(file, _FIELDS)
    values: dict[str, Any] = file["values"]
    _known(values, {*_BOOLEANS, "statements"})
    minors = tuple(map(_minor_rule, file["minors"]))
    if {rule.care for rule in minors if rule.from_age == 0} != set(Care):
        raise ValueError("each kind of care needs a rule from birth on")
    return Pack(
        state=_text(file["state"]),
        name=_text(file["name"]),
        **{name: _boolean(values[name]["value"]) for name in _BOOLEANS},
        statements=frozenset(map(_text, values["statements"]["value"])),
        adult_from=_whole(file["adult_from"]["value"]),
        lengths=MappingProxyType({paper: _length(each) for paper, each in file["lengths"].items()}),
        minors=minors,
        sources=MappingProxyType(
            {name: _source(each, {"value"}) for name, each in {**values, "adult_from": file["adult_from"]}.items()}
        ),
    )


def _length(each: dict[str, Any]) -> Length:
    return Length(
        default_days=_whole(each["default_days"]),
        longest_days=_whole_or_none(each["longest_days"]),
        source=_source(each, {"default_days", "longest_days"}),
    )


def _minor_rule(each: dict[str, Any]) -> MinorRule:
    return MinorRule(
        care=Care(each["care"]),
        from_age=_whole(each["from_age"]),
        signers=_hands(each["signers"]),
        alone_with=_text(each.get("alone_with", "")),
        source=_source(each, {"care", "from_age", "signers", "alone_with"}),
    )


def _hands(names: list[str]) -> frozenset[Hand]:
    if not names:
        raise ValueError("somebody must sign")
    return frozenset(map(Hand, names))


def _source(each: dict[str, Any], beside: set[str]) -> Source:
    _known(each, beside | {"mark", "source"})
    return Source(Mark(each["mark"]), _text(each["source"]))


def _known(found: Iterable[str], names: set[str]) -> None:
    if unknown := set(found) - names:
        raise ValueError(f"nobody knows {', '.join(sorted(unknown))}")


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError(value)
    return value


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise TypeError(value)
    return value


def _whole_or_none(value: object) -> int | None:
    return None if value is None else _whole(value)
