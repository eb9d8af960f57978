"""The 760 people of the history: who they are, as dealt from the tables. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from itertools import cycle
from random import Random
from typing import Any

from . import shares
from .dealing import dealt, quotas, some
from .names import FAMILY, GIVEN, STREETS

ADULT, OLD, FROM_WAR = 18, 65, 22
ONCE = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Resident:
    """Somebody who is helped ``times`` times. ``age`` is that of the first time, ``days`` past a birthday."""

    number: int
    given: str
    family: str
    sex: str
    age: int
    days: int
    language: str
    veteran: bool
    unhoused: bool
    town: str
    street: str
    phone: str
    problem: str
    times: int

    def born(self, first: date) -> date:
        """The date of birth of somebody who is ``age`` on the day of the first time."""
        return date(first.year - self.age, first.month, min(first.day, 28)) - timedelta(days=self.days)

    @property
    def minor(self) -> bool:
        """Whether this is a child."""
        return self.age < ADULT


@dataclass(frozen=True, slots=True)
class _Seat:
    """A person before anything is known of them."""

    number: int
    times: int


def residents(chance: Random, *, size: int) -> list[Resident]:
    """The people of a history of ``size`` referrals, who come back as often as in the whole one."""
    seats = list(_seats(size))
    chance.shuffle(seats)
    facts = _facts(seats, chance)
    taken: set[tuple[str, str]] = set()
    found = []
    for place, seat in enumerate(seats):
        own = {name: column[place] for name, column in facts.items()}
        given, family = _fresh(_names(chance, own["language"], own["sex"]), taken)
        street, phone = f"{chance.randint(1, 180)} {chance.choice(STREETS)}", f"555-01{chance.randrange(30, 100)}"
        days = chance.randrange(330)
        found.append(
            Resident(
                number=seat.number, times=seat.times, given=given, family=family, days=days, street=street,
                phone=phone, **own,
            )
        )  # fmt: skip
    return found


def _facts(seats: list[_Seat], chance: Random) -> dict[str, list[Any]]:
    """What is dealt to everybody, by the names of the fields."""
    deal = partial(dealt, seats, chance=chance, weight=_times)
    at = {seat: place for place, seat in enumerate(seats)}
    ages = [chance.randint(*band) for band in deal(shares.AGES)]
    sexes = deal(shares.SEX)
    problems = deal(shares.PROBLEM, likes=lambda kind, seat: _suits(kind, ages[at[seat]]))
    return {
        "age": ages,
        "sex": sexes,
        "problem": problems,
        "language": deal(shares.LANGUAGE),
        "town": deal(shares.TOWN),
        "veteran": some(
            seats, shares.VETERAN, chance, weight=_times,
            likes=lambda seat: (sexes[at[seat]] == "male") - 9 * (ages[at[seat]] < FROM_WAR),
        ),
        "unhoused": some(
            seats, shares.UNHOUSED, chance, weight=_times,
            likes=lambda seat: 9 * (problems[at[seat]] == shares.HOUSING),
        ),
    }  # fmt: skip


def _seats(size: int) -> Iterator[_Seat]:
    """As many people as come once, twice and oftener among ``size`` referrals."""
    whole = {times: times * people for times, people in shares.TIMES.items()}
    whole[ONCE] = shares.REFERRALS - sum(whole.values())
    number, left = 0, size
    for times, referrals in quotas(whole, size).items():
        for _ in range(referrals // times if times != ONCE else left):
            yield _Seat(number, times)
            number, left = number + 1, left - times


def _times(seat: _Seat) -> int:
    return seat.times


def _suits(problem: str, age: int) -> float:
    """What befalls whom: dementia the old, trouble in a family the young, an overdose neither."""
    if problem == shares.FAMILY:
        return 3 * (age < ADULT) + (age < 25)
    if problem == shares.DEMENTIA:
        return 3 * (age >= OLD) + (age >= 55)
    if problem in shares.SUBSTANCES:
        return -3.0 * (age < ADULT or age >= OLD)
    return 0


def _names(chance: Random, language: str, sex: str) -> Iterator[tuple[str, str]]:
    """Every name there is for somebody, in no order."""
    given, family = list(GIVEN[language][sex]), list(FAMILY[language])
    chance.shuffle(given)
    chance.shuffle(family)
    for start in range(len(family)):
        yield from zip(given, cycle(family[start:] + family[:start]), strict=False)


def _fresh(names: Iterator[tuple[str, str]], taken: set[tuple[str, str]]) -> tuple[str, str]:
    """A name nobody has yet."""
    name = next(each for each in names if each not in taken)
    taken.add(name)
    return name


def in_order(people: Sequence[Resident]) -> list[Resident]:
    """Everybody once for every time they come."""
    return [each for each in people for _ in range(each.times)]
