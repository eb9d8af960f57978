"""The page of rules as data, and what it says about one cell. Pure: it knows none of the code it is held against."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from .cells import NOBODY, NOTHING, YES, Cell, sees

Table = Mapping[str, Mapping[str, str]]
STATES = ("open", "closed", "lapsed", "ended", "emergency", "none")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """One agency's place in one world. ``state`` is one of ``STATES``, ``code`` says why it is not open.

    ``began``: tried by who began it, ``hours`` later. ``ours``: it may bring others in. ``known``: its client is found
    by name. ``helped``: the client agreed to people who help. ``word``: how the task stands, in its list. ``own``: what
    the coordinator wrote. ``wrote``: the parts in which something of its own can be corrected. ``doors``: those tried,
    where not all are; ``skip``: all but these.
    """

    name: str
    world: str
    agency: str
    relation: str
    basis: str = ""
    state: str = "open"
    code: str = ""
    began: bool = False
    hours: int = 0
    ours: bool = False
    known: bool = False
    helped: bool = False
    word: str = ""
    sworn: bool = False
    own: tuple[str, ...] = ()
    wrote: tuple[str, ...] = ()
    knows: tuple[str, ...] = ()
    doors: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    holds: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Apart:
    """Where a cell differs from the rest of the page, and why. An empty field stands for every value."""

    why: str
    expect: str
    seat: tuple[str, ...] = ()
    role: tuple[str, ...] = ()
    door: tuple[str, ...] = ()
    part: tuple[str, ...] = ()
    action: tuple[str, ...] = ()

    def speaks_of(self, seat: str, role: str, cell: Cell) -> bool:
        """Whether this is about the cell."""
        asked = ((self.seat, seat), (self.role, role), (self.door, cell.door), (self.part, cell.part))
        return all(not named or value in named for named, value in (*asked, (self.action, cell.action)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """Somebody hands a part on: the answer by ground, agency and part."""

    who: str
    world: str
    answers: Mapping[tuple[str, str, str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """The whole page. ``staff``: the roles that an agency of each kind may have."""

    staff: Mapping[str, frozenset[str]]
    people: Table
    reads: Table
    writes: Table
    medical: frozenset[str]
    hours: int
    hours_of: str
    after_hours: Mapping[str, str]
    views: Mapping[str, frozenset[str]]
    begin: Mapping[str, Mapping[str, str]]
    review: Mapping[str, tuple[str, ...]]
    shares: tuple[Share, ...]
    seats: tuple[Seat, ...]
    apart: tuple[Apart, ...]

    def expected(self, seat: Seat, role: str, cell: Cell) -> str:
        """What ``role`` must get in ``seat`` for one cell."""
        for each in self.apart:
            if each.speaks_of(seat.name, role, cell):
                return each.expect
        return ANSWERS[cell.door](self, seat, role, cell)

    def shut(self, seat: Seat, role: str) -> str:
        """Why the referral as a whole is shut to a role; "" if it is not."""
        listed = self.people[role]["list"]
        if seat.state == "none" or listed == "-" or (listed == "own" and not seat.began):
            return "NOT_FOUND"
        if seat.state == "emergency" and role not in self.medical:
            return "ROLE"
        return seat.code if seat.state == "ended" else ""

    def reading(self, seat: Seat, role: str, part: str) -> tuple[str, frozenset[str]]:
        """Why a role does not read a part, or "" and what it reads of it."""
        view = self.reads.get(role, {}).get(part, "-")
        if view == "-":
            return "ROLE", frozenset()
        if self.late(seat, role):
            view = self.after_hours.get(part, "")
        if part not in seat.holds or not view:
            return "COMPARTMENT", frozenset()
        if seat.state == "lapsed":
            return seat.code, frozenset()
        if view == "helped" and not seat.helped:
            return "CONSENT_MISSING", frozenset()
        held, named = frozenset(seat.holds[part]), self.views.get(view)
        own = frozenset(seat.own) if role == "coordinator" else frozenset()
        return "", held if named is None else held & (named | own)

    def writing(self, seat: Seat, role: str, part: str, action: str) -> str:
        """Why a role does not add to a part or correct it, or "yes"."""
        may = self.people[role]["writes"]
        if may != YES:
            return may
        late = action == "U" and self.late(seat, role)
        return YES if action in self.writes.get(role, {}).get(part, "") and not late else "COMPARTMENT"

    def late(self, seat: Seat, role: str) -> bool:
        """Whether the hours of this role are over."""
        return role == self.hours_of and seat.hours >= self.hours


def _part(page: Matrix, seat: Seat, role: str, cell: Cell) -> str:
    code, things = page.reading(seat, role, cell.part)
    return page.shut(seat, role) or code or sees(things)


def _whole(page: Matrix, seat: Seat, role: str, cell: Cell) -> str:
    """Opened as it is, what one may not read is left out; but who would be given less for a consent is told so."""
    shut = page.shut(seat, role) or (seat.code if seat.state == "lapsed" else "")
    return shut or sees(page.reading(seat, role, cell.part)[1])


def _explain(page: Matrix, seat: Seat, role: str, cell: Cell) -> str:
    read = page.reading(seat, role, cell.part)[0] or YES
    return page.shut(seat, role) or (read if cell.action == "R" else page.writing(seat, role, cell.part, cell.action))


def _list(page: Matrix, seat: Seat, role: str, _cell: Cell) -> str:
    if page.people[role]["list"] == "-":
        return "ROLE"
    return "absent" if page.shut(seat, role) else f"listed: {seat.word}" if seat.word else "listed"


def _requests(page: Matrix, seat: Seat, role: str, _cell: Cell) -> str:
    if page.people[role]["list"] == "-":
        return "ROLE"
    return "absent" if page.shut(seat, role) else "listed"


def _history(page: Matrix, seat: Seat, role: str, _cell: Cell) -> str:
    return page.shut(seat, role) or YES


def _search(page: Matrix, seat: Seat, role: str, _cell: Cell) -> str:
    if page.people[role]["finds"] != YES:
        return "ROLE"
    return YES if seat.known else "absent"


def _review(page: Matrix, seat: Seat, role: str, cell: Cell) -> str:
    """A privacy officer, a second person agreeing: what the agency holds, of some parts what it wrote itself."""
    if role not in page.review["who"]:
        return "ROLE"
    if seat.state == "none":
        return "NOT_FOUND"
    if seat.state == "ended":
        return seat.code
    opens = page.review["police" if seat.sworn else "others"]
    if cell.part not in opens or cell.part not in seat.holds:
        return "INVALID"
    if seat.state == "lapsed":
        return seat.code
    own = cell.part not in page.review["own"] or cell.part in seat.wrote
    return sees(seat.holds[cell.part] if own else ())


def _touching(page: Matrix, seat: Seat, role: str) -> str:
    """Why an act on the referral is refused before anybody asks what it does; "" if it is not."""
    if seat.state == "none" or (page.people[role]["list"] == "own" and not seat.began):
        return "NOT_FOUND"
    if seat.state == "emergency" and role not in page.medical:
        return "ROLE"
    return seat.code if seat.state == "ended" else ""


def _preview(page: Matrix, seat: Seat, role: str, _cell: Cell) -> str:
    """Helping roles stand on a ground to pass the ask on, police roles on police business; each what it reads alone."""
    helper = role in ("clinician", "coordinator", "intake")
    ground = (not helper) if seat.sworn else helper
    reasons = (
        _touching(page, seat, role),
        "ROLE" if page.people[role]["writes"] != YES else "",
        "NO_RELATIONSHIP" if seat.state == "closed" else "",
        "" if seat.ours and ground else "ROLE",
        "NO_RELATIONSHIP" if page.people[role]["list"] == "-" else "",
        page.reading(seat, role, "contact" if seat.sworn else "request")[0],
    )
    return next(filter(None, reasons), YES)


def _write(page: Matrix, seat: Seat, role: str, cell: Cell) -> str:
    foreign = cell.action == "U" and cell.part not in seat.wrote
    said = "NOT_FOUND" if foreign else page.writing(seat, role, cell.part, cell.action)
    closed = "NO_RELATIONSHIP" if seat.state == "closed" and said == YES else ""
    return _touching(page, seat, role) or closed or said


ANSWERS: Mapping[str, Callable[[Matrix, Seat, str, Cell], str]] = {
    "part": _part,
    "whole": _whole,
    "shell": _whole,
    "page": _whole,
    "everything": _whole,
    "requests": _requests,
    "explain": _explain,
    "list": _list,
    "history": _history,
    "number": _history,
    "search": _search,
    "preview": _preview,
    "review": _review,
    "write": _write,
    "unsealed": lambda _page, _seat, _role, _cell: NOTHING,
    "names": lambda _page, _seat, _role, _cell: NOBODY,
}
