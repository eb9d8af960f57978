"""Every seat of the page, every role in it, every door: what came back, against what the page says."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from django.conf import settings

from agencies.actor import Actor
from agencies.roles import Role
from agencies.vault import keyring
from fhir.content.builders import Agreed
from fhir.content.compartments import Compartment
from referrals import acts
from referrals.perform import perform
from referrals.policy.bases import Basis

from . import things
from .cells import NOBODY, YES, Cell
from .clock import later
from .doors import DOORS, Caller, said, tried
from .matrix import Matrix, Seat
from .page import read
from .town import PLACES, Town, settle, taken_on
from .undoing import undone
from .worlds import World, made

PAGE = Path("tests") / "leaks" / "matrix.toml"
"""Where the page of rules is kept, from the root of the program."""


class Finding(NamedTuple):
    """One cell: what the page says, and what came back."""

    seat: str
    role: str
    cell: Cell
    expected: str
    got: str


@dataclass(frozen=True, slots=True)
class Report:
    """How many cells were tried, and those that differ."""

    cells: int
    differing: tuple[Finding, ...]

    @classmethod
    def of(cls, findings: Iterable[Finding]) -> "Report":
        """The report of these findings."""
        rows = list(findings)
        return cls(len(rows), tuple(row for row in rows if row.expected != row.got))

    def as_json(self) -> dict[str, object]:
        """As it is printed."""
        rows = [
            {"seat": row.seat, "role": row.role, **row.cell._asdict(), "expected": row.expected, "got": row.got}
            for row in self.differing
        ]
        return {"cells": self.cells, "differing": rows}


def page(path: Path | None = None) -> Matrix:
    """The page of rules as it stands in the program, or in another file."""
    return read((path or settings.BASE_DIR / PAGE).read_text("utf-8"))


def report(matrix: Matrix) -> Report:
    """Everything the page speaks of, tried in the connected databases, which are left as they were."""
    with undone():
        town = settle()
        return Report.of(
            [*in_worlds(matrix, town), *shares(matrix, town), *beginnings(matrix, town), *places(matrix, town)]
        )


def in_worlds(matrix: Matrix, town: Town, only: str = "") -> Iterator[Finding]:
    """Every seat, or those of one world; each world is made once and taken back."""
    for name in dict.fromkeys(seat.world for seat in matrix.seats):
        if only in ("", name):
            with undone():
                world = made(name, town)
                for seat in matrix.seats:
                    if seat.world == name:
                        yield from _seat(matrix, seat, world)
            keyring.forget()


def _seat(matrix: Matrix, seat: Seat, world: World) -> Iterator[Finding]:
    with later(timedelta(hours=seat.hours)):
        for actor in _people(seat, world):
            for cell, got in tried(_caller(seat, world, actor)).items():
                yield Finding(seat.name, actor.role, cell, matrix.expected(seat, actor.role, cell), str(got))


def _people(seat: Seat, world: World) -> Iterator[Actor]:
    """Who sits there: who began it alone, or one of each role the agency has who did not."""
    beginner = world.begun_by()
    if seat.began:
        yield from (actor for actor in world.town.members.values() if actor.membership_id == beginner)
    else:
        yield from (world.town.another(name, role, than=beginner) for name, role in PLACES if name == seat.agency)


def _caller(seat: Seat, world: World, actor: Actor) -> Caller:
    return Caller(
        world=world,
        actor=actor,
        agency=world.town.agencies[seat.agency],
        name=seat.agency,
        email=world.town.emails[actor.membership_id],
        knows=frozenset(seat.knows),
        doors=frozenset(seat.doors or DOORS) - frozenset(seat.skip),
    )


def shares(matrix: Matrix, town: Town) -> Iterator[Finding]:
    """Handing a part on, on each ground to each agency."""
    for share in matrix.shares:
        with undone():
            world = made(share.world, town)
            for (ground, to, part), expected in share.answers.items():
                act = acts.AddAgency(
                    referral_id=world.referral_id,
                    agency_id=town.agencies[to].id,
                    compartments=frozenset({Compartment(part)}),
                    basis=Basis(ground),
                )
                got = _taken_back(lambda world=world, share=share, act=act: world.do(share.who, act))  # type: ignore[misc]  # bound at once
                name, role = share.who.split("/")
                yield Finding(
                    f"{name}, {share.world}, to {to}", role, Cell(f"share on {ground}", part, "R"), expected, got
                )
        keyring.forget()


def _taken_back(thing: Callable[[], object]) -> str:
    """Why something is refused, or "yes"; it is not kept."""
    with undone():
        return said(thing)[0] or YES


def beginnings(matrix: Matrix, town: Town) -> Iterator[Finding]:
    """Who may begin a referral: a police unit's to the BHU, the BHU's without a name to the crisis team."""
    for name, codes in matrix.begin.items():
        to, agreed = ("bhu", Agreed.YES) if town.agencies[name].sworn else ("crisis-team", Agreed.NO)
        for role in (role for agency, role in PLACES if agency == name):
            send = acts.Send(data=things.bundle(), to=(town.agencies[to].id,), agreed=agreed)
            actor = town.members[name, role]
            got = _taken_back(lambda actor=actor, send=send: perform(actor, [send]))  # type: ignore[misc]  # bound at once
            yield Finding(name, role, Cell("begin", "", "C"), codes.get(role, "ROLE"), got)


def places(matrix: Matrix, town: Town) -> Iterator[Finding]:
    """Which agency has members of which role: whoever else is nobody."""
    for name, agency in town.agencies.items():
        for role in Role:
            with undone():
                got = YES if taken_on(agency, role) else NOBODY
            expected = YES if role in matrix.staff[agency.kind] else NOBODY
            yield Finding(name, role, Cell("place", "", "C"), expected, got)
