"""Reading the page of rules (tests/leaks/matrix.toml). An unknown name raises: no rule has a slip of the pen in it."""

import itertools
import tomllib
from collections.abc import Iterable, Mapping
from typing import Any

from agencies.kinds import AgencyKind
from agencies.roles import Role
from fhir.content.compartments import Compartment
from referrals.policy.bases import Basis

from .cells import THINGS
from .doors import DOORS
from .matrix import ANSWERS, STATES, Apart, Matrix, Seat, Share, Table
from .town import AGENCIES, SWORN
from .worlds import WORLDS


def read(text: str) -> Matrix:
    """The page as data. Raises ``ValueError`` for a name that does not exist, ``KeyError`` for a missing table."""
    page = tomllib.loads(text)
    roles = page["roles"]
    views = {name: _each(things, THINGS) for name, things in page["views"].items()}
    seats = tuple(_seat(row) for row in page["seat"])
    _each([view for row in _table(roles["reads"]).values() for view in row.values()], [*views, "all", "helped", "-"])
    return Matrix(
        staff=_staff(page["staff"]),
        people=_everybody(_table(roles["people"])),
        reads=_table(roles["reads"]),
        writes=_table(roles["writes"]),
        medical=frozenset(_each(roles["medical"], Role)),
        hours=roles["hours"],
        hours_of=Role(roles["hours_of"]).value,
        after_hours={Compartment(part).value: view for part, view in roles["after_hours"].items()},
        views={name: frozenset(things) for name, things in views.items()},
        review=_review(page["review"]),
        begin={_one(name, AGENCIES): _begin(row) for name, row in page["begin"].items()},
        shares=tuple(_share(row) for row in page["share"]),
        seats=seats,
        apart=tuple(_apart(row, [seat.name for seat in seats]) for row in page.get("apart", ())),
    )


def _table(text: str) -> Table:
    """A table by role; a part or role that does not exist raises."""
    header, *rows = [line.split() for line in text.strip().splitlines()]
    if header[1] in set(Compartment):
        _each(header[1:], Compartment)
    return {Role(row[0]).value: dict(zip(header[1:], row[1:], strict=True)) for row in rows}


def _everybody(people: Table) -> Table:
    if set(people) != set(Role):
        raise ValueError("the table of people must name every role once")
    return people


def _staff(row: Mapping[str, Iterable[str]]) -> dict[str, frozenset[str]]:
    if set(row) != set(AgencyKind):
        raise ValueError("the table of staff must name every role of every kind of agency")
    return {kind: frozenset(_each(roles, Role)) for kind, roles in row.items()}


def _review(row: Mapping[str, Iterable[str]]) -> dict[str, tuple[str, ...]]:
    parts = {name: _each(row[name], Compartment) for name in ("police", "others", "own")}
    return {"who": _each(row["who"], Role), **parts}


def _begin(row: Mapping[str, Iterable[str]]) -> dict[str, str]:
    return {role: code for code, roles in row.items() for role in _each(roles, Role)}


def _seat(row: Mapping[str, Any]) -> Seat:
    fields = dict(row)
    _one(fields["world"], WORLDS)
    _one(fields["agency"], AGENCIES)
    _one(fields.get("state", "open"), STATES)
    holds = {Compartment(part).value: _each(things, THINGS) for part, things in fields.pop("holds", {}).items()}
    names: dict[str, Any] = {
        "doors": _each(fields.pop("doors", ()), DOORS),
        "skip": _each(fields.pop("skip", ()), DOORS),
        "own": _each(fields.pop("own", ()), THINGS),
        "wrote": _each(fields.pop("wrote", ()), Compartment),
        "knows": _each(fields.pop("knows", ()), AGENCIES),
    }
    return Seat(holds=holds, sworn=AGENCIES[fields["agency"]] is SWORN, **names, **fields)


def _share(row: Mapping[str, Any]) -> Share:
    agency, _slash, role = row["who"].partition("/")
    to = _each(row["to"], AGENCIES)
    rows = [line.split() for line in row["answers"].strip().splitlines()[1:]]
    said = {(Basis(ground).value, _one(name, [*to, "any"])): _each_part(words) for ground, name, *words in rows}
    grounds = dict.fromkeys(ground for ground, _name in said)
    wanted = itertools.product(grounds, to)
    found = {(ground, name): said.get((ground, name)) or said.get((ground, "any")) for ground, name in wanted}
    return Share(
        who=f"{_one(agency, AGENCIES)}/{Role(role)}",
        world=_one(row["world"], WORLDS),
        answers={(*pair, part): code for pair, codes in found.items() if codes for part, code in codes.items()},
    )


def _each_part(words: list[str]) -> dict[str, str]:
    """A word for each part; a single word is the answer for all."""
    answers = words * len(Compartment) if len(words) == 1 else words
    return dict(zip(map(str, Compartment), answers, strict=True))


def _apart(row: Mapping[str, Any], seats: Iterable[str]) -> Apart:
    known = {"seat": seats, "role": Role, "door": ANSWERS, "part": Compartment, "action": "CRU"}
    named = {name: _each(row[name], allowed) for name, allowed in known.items() if name in row}
    return Apart(why=row["why"], expect=row["expect"], **named)


def _one(name: str, allowed: Iterable[str]) -> str:
    if name not in set(allowed):
        raise ValueError(f"{name!r} is not one of: {', '.join(allowed)}")
    return str(name)


def _each(names: Iterable[str], allowed: Iterable[str]) -> tuple[str, ...]:
    known = list(allowed)
    return tuple(_one(name, known) for name in names)
