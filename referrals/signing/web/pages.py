"""A paper as a page: its lines in order, each with what can be ticked or written there, and what was so far."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from agencies.days import local_day
from referrals.consents.forms import FormVersion
from referrals.consents.who_signs import Relationship
from referrals.signing import papers
from referrals.signing.client import Opened
from referrals.signing.papers import Answers, Group, Kind, Line
from referrals.signing.sheets import in_words, ticked_here

LONGEST_TYPED = 300

WRONG: Mapping[str, str] = MappingProxyType(
    {
        Group.PLACE: _("Tick at least one place, or say no."),
        Group.PART: _("Tick at least one thing that may be shared, or say no."),
        Group.PURPOSE: _("Tick at least one reason."),
        Group.ENDING: _("Tick when this paper ends."),
        "name": _("Write your name."),
        "witness": _("The witness writes their name."),
    }
)
"""What to do about a field that is not filled in."""

AS: Mapping[str, str] = MappingProxyType(
    {
        Relationship.PARENT: _("the parent"),
        Relationship.GUARDIAN: _("the guardian"),
        Relationship.HEALTH_PROXY: _("the health care agent"),
        Relationship.EXECUTOR: _("the executor"),
    }
)


@dataclass(frozen=True, slots=True)
class Fault:
    """One field to look at again: where it stands, and what to do."""

    anchor: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One line of the page: words, a box or a name to write. ``wrong`` is what to do about it."""

    kind: str
    text: str
    id: str = ""
    name: str = ""
    value: str = ""
    checked: bool = False
    wrong: str = ""


@dataclass(slots=True, kw_only=True)
class Block:
    """One heading of the page and what stands under it; ``boxes`` if something is ticked there."""

    heading: str
    wrong: str = ""
    items: list[Item] = field(default_factory=list)

    @property
    def boxes(self) -> bool:
        """Whether anything is ticked here: then the heading names the group."""
        return any(item.kind in ("checkbox", "radio") for item in self.items)


def answers_in(posted: QueryDict, opened: Opened, form: FormVersion) -> Answers:
    """What was ticked and written. What this paper does not offer counts for nothing."""
    ends = frozenset(line.code for line in papers.lines(form) if line.group == Group.ENDING)
    boxes = papers.offered(form, opened.pack)
    ending = posted.get("ending", "")
    return Answers(
        ticked=frozenset(posted.getlist("tick")) & (boxes - ends),
        places=frozenset(posted.getlist("place")) & opened.sheet.places.keys(),
        ending=ending if ending in boxes & ends else "",
        names=tuple(_typed(posted, f"name-{at}") for at in range(len(opened.sheet.signers))),
        witness=_typed(posted, "witness"),
    )


def _typed(posted: QueryDict, name: str) -> str:
    return " ".join(posted.get(name, "").split())[:LONGEST_TYPED]


def faults(fields: tuple[str, ...]) -> list[Fault]:
    """The fields to look at again, in the order of the page."""
    return [Fault(_anchor(each), gettext(_wrong(each))) for each in fields]


def _anchor(name: str) -> str:
    return f"{name}-0" if name in set(Group) else name


def _wrong(name: str) -> str:
    return WRONG["name" if name.startswith("name-") else name]


def blocks(opened: Opened, form: FormVersion, answers: Answers, lacking: tuple[str, ...] = ()) -> list[Block]:
    """The whole paper, top to bottom. The first block has the paper's title."""
    return _Page(opened, form, answers, lacking).made()


class _Page:
    """One page being laid out."""

    def __init__(self, opened: Opened, form: FormVersion, answers: Answers, lacking: tuple[str, ...]) -> None:
        self.opened, self.form, self.answers, self.lacking = opened, form, answers, lacking
        self.offered = papers.offered(form, opened.pack)
        until = in_words(opened.sheet.until, form.language)
        self.blanks = papers.standing_blanks(opened.sheet, until=until) | {
            "recipients": ticked_here(opened.sheet),
            "signed": in_words(local_day(opened.row.agency, timezone.now()), form.language),
            "signer": "",
            "witness": papers.NOBODY,
        }
        self.numbers: Counter[str] = Counter()

    def made(self) -> list[Block]:
        found: list[Block] = []
        for line in papers.lines(self.form):
            if line.kind in (Kind.TITLE, Kind.HEADING):
                found.append(Block(heading=papers.fill(line.text, self.blanks)))
            else:
                found[-1].items += self._items(line)
                found[-1].wrong = found[-1].wrong or self._wrong_of(line)
        return found

    def _items(self, line: Line) -> Iterator[Item]:
        blanks = papers.blanks_in(line.text)
        words = papers.fill(line.text, self.blanks).strip()
        if line.kind is Kind.BOX:
            yield self._box(line, words)
        elif "signer" in blanks:
            yield from self._signers(words)
        elif "witness" in blanks and self.opened.pack.witness:
            yield self._name("witness", words.removesuffix(papers.NOBODY).strip(), self.answers.witness)
        else:
            yield Item(kind="words", text=words)
        if "recipients" in blanks:
            yield from self._places()

    def _box(self, line: Line, words: str) -> Item:
        if line.code not in self.offered:
            return Item(kind="words", text=f"{papers.MARKS[False]} {words}")
        ending = line.group == Group.ENDING
        return Item(
            kind="radio" if ending else "checkbox",
            text=words,
            id=self._number(line.group),
            name="ending" if ending else "tick",
            value=line.code,
            checked=line.code == self.answers.ending if ending else line.code in self.answers.ticked,
        )

    def _places(self) -> Iterator[Item]:
        for place, name in self.opened.sheet.places.items():
            yield Item(
                kind="checkbox",
                text=name,
                id=self._number(Group.PLACE),
                name="place",
                value=place,
                checked=place in self.answers.places,
            )

    def _signers(self, words: str) -> Iterator[Item]:
        for at, relationship in enumerate(self.opened.sheet.signers):
            label = f"{words} ({gettext(AS[Relationship(relationship)])})" if relationship else words
            typed = self.answers.names[at] if at < len(self.answers.names) else ""
            yield self._name(f"name-{at}", label, typed)

    def _name(self, name: str, label: str, typed: str) -> Item:
        wrong = gettext(_wrong(name)) if name in self.lacking else ""
        return Item(kind="name", text=label, id=name, name=name, value=typed, wrong=wrong)

    def _number(self, group: str) -> str:
        self.numbers[group] += 1
        return f"{group}-{self.numbers[group] - 1}"

    def _wrong_of(self, line: Line) -> str:
        group = Group.PLACE if "recipients" in papers.blanks_in(line.text) else line.group
        return gettext(WRONG[group]) if group in self.lacking else ""
