"""A paper as a client meets it: its text piece by piece, what may be ticked, and the text that was signed. Pure.

The text of the form is what was reviewed and hashed, so nothing of it is left out on a page and nothing is added to
what is signed but the blanks, the ticks and the names of the places beside theirs.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from fhir.content.compartments import Compartment
from fhir.content.consent_facts import Facts, Signer
from fhir.content.issues import error
from referrals.consents import forms
from referrals.consents.forms import DATE, FormVersion, Paper
from referrals.consents.who_signs import Relationship
from referrals.errors import Invalid
from referrals.packs.packs import Pack
from referrals.policy.terms import Method, Recipients

LONGEST_NAME = 120
PAPERS: Mapping[str, Paper] = MappingProxyType({paper.slug: paper for paper in forms.PAPERS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a client is asked to sign: which paper, naming which agencies (by handle), until when, signed by whom.

    Without ``until`` it lasts as long as the state's rules have it. ``signers`` are relationships of HL7 v3-RoleCode;
    "" is the client.
    """

    paper: str
    recipients: tuple[str, ...] = ()
    until: date | None = None
    signers: tuple[str, ...] = ("",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A paper ready to be shown: every blank that is filled before anybody signs.

    ``client``, ``discloser``, ``address`` and the names of ``places`` are words; places are by reference
    (``Organization/<id>``). ``patient`` is the client's reference in the referral.
    """

    paper: str
    version: int
    patient: str
    client: str
    discloser: str
    discloser_name: str
    address: str
    places: Mapping[str, str]
    until: date
    signers: tuple[str, ...]

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages it may be signed in: those whose text a fluent speaker has reviewed."""
        return tuple(language for language in forms.LANGUAGES if form_of(self, language) is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What somebody ticked and wrote: codes of boxes, references of places, one name for each signer."""

    ticked: frozenset[str] = frozenset()
    places: frozenset[str] = frozenset()
    ending: str = ""
    names: tuple[str, ...] = ()
    witness: str = ""


class Group(StrEnum):
    """Boxes that belong together: something must be ticked in each a form has. Of an ending, one."""

    PLACE = "place"
    PART = "part"
    PURPOSE = "purpose"
    ENDING = "ending"


class Kind(StrEnum):
    """What one line of a form's text is."""

    TITLE = "title"
    HEADING = "heading"
    WORDS = "words"
    BOX = "box"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a form; ``code`` and ``group`` are those of a box, "" of any other line."""

    kind: Kind
    text: str
    code: str = ""
    group: str = ""


_BOX = re.compile(r"\[([A-Za-z_-]+)\] (.+)")
_BLANK = re.compile(r"\{([a-z_]+)\}")
_HEADS = (("## ", Kind.HEADING), ("# ", Kind.TITLE))
MARKS = MappingProxyType({True: "[x]", False: "[ ]"})
NOBODY = "–"


def form_of(sheet: Sheet, language: str) -> FormVersion | None:
    """The form in this language, if it may be signed."""
    form = forms.find(f"{forms.BASE}/{sheet.paper}/v{sheet.version}/{language}")
    return None if form is None or form.unreviewed else form


def paper_called(slug: str) -> Paper:
    """The paper of this name. Raises ``Invalid`` naming those there are."""
    if slug not in PAPERS:
        raise Invalid([error("value", "paper", f"must be one of: {', '.join(PAPERS)}")])
    return PAPERS[slug]


def lines(form: FormVersion) -> tuple[Line, ...]:
    """The text of a form, line by line, without the empty ones."""
    return tuple(_line(form.paper, text) for text in form.text.splitlines() if text.strip())


def _line(paper: Paper, text: str) -> Line:
    for mark, kind in _HEADS:
        if text.startswith(mark):
            return Line(kind, text.removeprefix(mark))
    box = _BOX.fullmatch(text)
    return Line(Kind.BOX, box[2], box[1], group_of(paper, box[1])) if box else Line(Kind.WORDS, text)


def group_of(paper: Paper, code: str) -> Group:
    """Which group a box belongs to. Raises ``KeyError`` for one that no paper has."""
    groups = {
        Group.PLACE: frozenset(paper.classes),
        Group.PART: frozenset(paper.compartments),
        Group.PURPOSE: paper.purposes,
        Group.ENDING: paper.events | {DATE},
    }
    found = [group for group, codes in groups.items() if code in codes]
    if not found:
        raise KeyError(code)
    return found[0]


def blanks_in(text: str) -> tuple[str, ...]:
    """The names of the blanks in a line, in order."""
    return tuple(_BLANK.findall(text))


def fill(text: str, blanks: Mapping[str, str]) -> str:
    """A line with its blanks filled. Raises ``KeyError`` for one that nobody filled."""
    return _BLANK.sub(lambda blank: blanks[blank[1]], text)


def offered(form: FormVersion, pack: Pack) -> frozenset[str]:
    """The boxes of a form that may be ticked in this state: no class and no event where its rules take none."""
    refused = (frozenset() if pack.classes else frozenset(form.paper.classes)) | (
        form.paper.events if pack.dated_only else frozenset()
    )
    return frozenset(form.boxes) - refused


def require_offered(form: FormVersion, sheet: Sheet, pack: Pack, answers: Answers) -> None:
    """Raise ``Invalid`` naming what was ticked that this paper, or this state, does not offer."""
    ends = {line.code for line in lines(form) if line.group == Group.ENDING}
    boxes = offered(form, pack)
    wrong = [
        ("ticked", answers.ticked - (boxes - ends)),
        ("ending", frozenset({answers.ending} - {""}) - (boxes & ends)),
        ("places", answers.places - sheet.places.keys()),
    ]
    issues = [
        error("value", name, f"is not offered here: {', '.join(sorted(codes))}") for name, codes in wrong if codes
    ]
    if issues:
        raise Invalid(issues)


def missing(form: FormVersion, sheet: Sheet, pack: Pack, answers: Answers) -> tuple[str, ...]:
    """The fields that keep it from being signed, in the order of the page; empty if nothing does."""
    return tuple(_missing(form, sheet, pack, answers))


def _missing(form: FormVersion, sheet: Sheet, pack: Pack, answers: Answers) -> Iterator[str]:
    boxes = {line.code: line.group for line in lines(form) if line.kind is Kind.BOX}
    ticked = {boxes[code] for code in answers.ticked}
    if not answers.places and Group.PLACE not in ticked:
        yield Group.PLACE
    yield from (group for group in (Group.PART, Group.PURPOSE) if group not in ticked)
    if Group.ENDING in boxes.values() and not answers.ending:
        yield Group.ENDING
    yield from (f"name-{at}" for at in range(len(sheet.signers)) if not _is_name(answers.names, at))
    if pack.witness and not _is_name((answers.witness,), 0):
        yield "witness"


def _is_name(names: tuple[str, ...], at: int) -> bool:
    name = names[at] if at < len(names) else ""
    return len(name) <= LONGEST_NAME and name.isprintable() and any(letter.isalpha() for letter in name)


def signed_text(form: FormVersion, sheet: Sheet, answers: Answers, *, until: str, signed: str) -> str:
    """The whole text as it was signed: every line, every box ticked or not, in order.

    ``until`` and ``signed`` are days in words of the form's language.
    """
    chosen = [name for place, name in sheet.places.items() if place in answers.places]
    blanks = standing_blanks(sheet, until=until) | {
        "recipients": ", ".join(chosen) or NOBODY,
        "signer": "; ".join(answers.names),
        "signed": signed,
        "witness": answers.witness or NOBODY,
    }
    return "\n".join(_signed(form, sheet, answers, blanks)).strip() + "\n"


def standing_blanks(sheet: Sheet, *, until: str) -> dict[str, str]:
    """What fills the blanks that no signer fills."""
    return {
        "client": sheet.client,
        "discloser": sheet.discloser_name,
        "address": sheet.address,
        "until": until,
    }


def _signed(form: FormVersion, sheet: Sheet, answers: Answers, blanks: Mapping[str, str]) -> Iterator[str]:
    for line in lines(form):
        words = fill(line.text, blanks)
        if line.kind is Kind.BOX:
            yield f"{MARKS[line.code in answers.ticked or line.code == answers.ending]} {words}"
            continue
        yield words if line.kind is Kind.WORDS else f"\n{words}\n"
        if "recipients" in blanks_in(line.text):
            yield from (f"{MARKS[place in answers.places]} {name}" for place, name in sheet.places.items())


def facts_of(
    form: FormVersion, sheet: Sheet, answers: Answers, *, source: str, method: Method, signed: str, since: str
) -> Facts:
    """What a consent says that was signed so; ``signed`` and ``since`` are FHIR dateTimes."""
    ticked, paper = answers.ticked, form.paper
    by_event = answers.ending not in ("", DATE)
    return Facts(
        status="active",
        patient=sheet.patient,
        signed=signed,
        signers=tuple(
            Signer(relationship=relationship, name=name)
            for relationship, name in zip(sheet.signers, answers.names, strict=True)
        ),
        discloser=sheet.discloser,
        source=source,
        form=form.uri,
        form_hash=form.sha256,
        language=form.language,
        method=method,
        witness=answers.witness,
        recipients=tuple(place for place in sheet.places if place in answers.places),
        classes=tuple(each for each in Recipients if each in ticked & set(paper.classes)),
        purposes=tuple(code for code in form.boxes if code in ticked & paper.purposes),
        compartments=tuple(part for part in Compartment if part in ticked & set(paper.compartments)),
        since=since,
        until="" if by_event else sheet.until.isoformat(),
        event=answers.ending if by_event else "",
    )


def extremes(form: FormVersion, sheet: Sheet, pack: Pack) -> tuple[Answers, ...]:
    """The most that such a paper can let through, and the same without substance use, which is kept elsewhere.

    Names stand in every place for one.
    """
    ends = {line.code for line in lines(form) if line.group == Group.ENDING}
    most = Answers(
        ticked=offered(form, pack) - ends,
        places=frozenset(sheet.places),
        ending=DATE if ends else "",
        names=tuple(f"Signer {at}" for at in range(len(sheet.signers))),
        witness="Witness" if pack.witness else "",
    )
    return most, replace(most, ticked=most.ticked - {Compartment.SUD})


def require_signers(signers: tuple[str, ...]) -> None:
    """Raise ``Invalid`` unless somebody signs, and everybody by a relationship that is known here, once each."""
    if not signers or len(set(signers)) != len(signers) or not set(signers) <= {"", *Relationship}:
        allowed = ", ".join(Relationship)
        raise Invalid([error("value", "signers", f"must be the client, or each of these once at most: {allowed}")])
