"""Dealing kinds to things so that they come out as often as a table says, whatever the seed. Pure."""

from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import TypeVar

Kind = TypeVar("Kind")
Thing = TypeVar("Thing")


def chance_of(seed: str | int) -> Random:
    """Chance that is the same for the same seed."""
    return Random(seed)  # noqa: S311  for people who do not exist; no secret is made of it


def quotas(shares: Mapping[Kind, float], total: int) -> dict[Kind, int]:
    """``total`` split by ``shares``, by the largest remainders."""
    whole = sum(shares.values())
    exact = {kind: total * share / whole for kind, share in shares.items()}
    found = {kind: int(part) for kind, part in exact.items()}
    by_remainder = sorted(exact, key=lambda kind: found[kind] - exact[kind])
    for kind in by_remainder[: total - sum(found.values())]:
        found[kind] += 1
    return found


def dealt(
    things: Sequence[Thing],
    shares: Mapping[Kind, float],
    chance: Random,
    *,
    weight: Callable[[Thing], int] = lambda _thing: 1,
    likes: Callable[[Kind, Thing], float] = lambda _kind, _thing: 0,
) -> list[Kind]:
    """The kind of each thing. The kinds choose in the order of the table, what they like most first, else by chance.

    A thing counts ``weight`` times. What is left over when nothing fits exactly goes where most room is.
    """
    room = quotas(shares, sum(map(weight, things)))
    found: dict[int, Kind] = {}
    for kind in shares:
        left = [place for place in range(len(things)) if place not in found]
        ranks = {place: likes(kind, things[place]) + chance.random() for place in left}
        for place in sorted(left, key=ranks.__getitem__, reverse=True):
            if weight(things[place]) <= room[kind]:
                found[place] = kind
                room[kind] -= weight(things[place])
    for place in range(len(things)):
        if place not in found:
            found[place] = max(room, key=room.__getitem__)
            room[found[place]] -= weight(things[place])
    return [found[place] for place in range(len(things))]


def some(
    things: Sequence[Thing],
    share: float,
    chance: Random,
    *,
    weight: Callable[[Thing], int] = lambda _thing: 1,
    likes: Callable[[Thing], float] = lambda _thing: 0,
) -> list[bool]:
    """Which of the things are among ``share`` hundredths of them, those that are liked most first."""
    return dealt(
        things,
        {True: share, False: 100 - share},
        chance,
        weight=weight,
        likes=lambda kind, thing: likes(thing) if kind else 0,
    )
