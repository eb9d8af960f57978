"""The sections of a referral as they stand on a page: by part, newest version first, what it replaced beneath it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from fhir.content.compartments import Compartment
from referrals.services.unsealing import Opened
from referrals.web.reading import Sheet, sheet_of
from referrals.web.words import part

ORDER = ("Patient", "ServiceRequest", "QuestionnaireResponse", "Observation", "Condition", "Communication",
         "DocumentReference", "Consent", "Task")  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One version of one resource, readable; ``author`` is "" where the reader is not told of that agency.

    ``folded``: what the page says elsewhere, and shows as it was sent only to who asks.
    """

    id: UUID
    sheet: Sheet
    folded: bool
    author: str
    at: datetime
    version: int
    older: "tuple[Piece, ...]" = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part with its pieces."""

    name: str
    label: str
    pieces: tuple[Piece, ...]


def parts(sections: Iterable[Opened], names: Mapping[str, str], *, today: date) -> list[Part]:
    """What was opened, part by part in the tables' order; in each what it is about before what was said of it."""
    by_part: dict[Compartment, list[Piece]] = defaultdict(list)
    for place, versions in _by_resource(sections):
        by_part[place].append(_piece(versions, names, today=today))
    return [
        Part(name=each.value, label=part(each), pieces=tuple(by_part[each])) for each in Compartment if by_part[each]
    ]


def _by_resource(sections: Iterable[Opened]) -> list[tuple[Compartment, list[Opened]]]:
    """The versions of each resource, newest first."""
    groups: dict[UUID, list[Opened]] = defaultdict(list)
    for section in sections:
        groups[section.resource_id].append(section)
    found = [sorted(group, key=lambda each: each.version, reverse=True) for group in groups.values()]
    found.sort(key=lambda group: (_rank(group[0].type), group[-1].created_at))
    return [(group[0].compartment, group) for group in found]


def _rank(type_: str) -> int:
    return ORDER.index(type_) if type_ in ORDER else len(ORDER)


def _piece(versions: list[Opened], names: Mapping[str, str], *, today: date) -> Piece:
    made = [_one(section, names, today=today) for section in versions]
    return replace(made[0], older=tuple(made[1:]))


def _one(section: Opened, names: Mapping[str, str], *, today: date) -> Piece:
    return Piece(
        id=section.id,
        sheet=sheet_of(section.tree, names, today=today),
        folded=section.type == "Task",
        author=names.get(str(section.agency_id), "") if section.agency_id else "",
        at=section.created_at,
        version=section.version,
    )
