"""The book in the words and days of whoever reads it."""

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from uuid import UUID

from django.utils import formats

from referrals.receipts import words
from referrals.receipts.book import Book

INSTANT = timedelta(microseconds=1)
"""A paper ends when its last day is over, and people name the day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that was given out."""

    day: str
    recipient: str
    address: str
    what: tuple[str, ...]
    purpose: str
    ground: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """One paper, and whether it can be stopped here."""

    id: UUID
    name: str
    places: tuple[str, ...]
    since: str
    until: str
    active: bool
    held: bool


def entries(book: Book, *, zone: tzinfo) -> list[Entry]:
    """What was given out, newest first, in the language of now."""
    return [
        Entry(
            day=_day(row.at, zone),
            recipient=row.recipient,
            address=row.address,
            what=tuple(words.parts_of(row.parts)),
            purpose=words.purpose(row.purpose),
            ground=words.ground(row.basis),
        )
        for row in book.rows
    ]


def papers(book: Book, *, zone: tzinfo) -> list[Paper]:
    """The papers, newest first."""
    return [
        Paper(
            id=paper.id,
            name=words.paper(paper.form),
            places=paper.places,
            since=_day(paper.since, zone),
            until=_day(paper.until - INSTANT, zone) if paper.until else "",
            active=paper.active,
            held=paper.held,
        )
        for paper in book.papers
    ]


def _day(at: datetime, zone: tzinfo) -> str:
    return formats.date_format(at.astimezone(zone).date(), "DATE_FORMAT")
