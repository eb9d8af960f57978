"""A mandated report, built from the fields its kind may have and no others (R-P2-19, R-MAND-01). Pure.

An elder's or a disabled adult's report may neither say nor imply substance use or a program: Part 2 has no exception
for it. A word that does is refused by name, so that the reporter can say it otherwise.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from fhir.content.issues import Issue, error
from referrals.errors import Invalid
from referrals.policy.words import Implies, implied, plain

from .kinds import FIELDS, REPORTS, Report

LONGEST = 8000
REQUIRED = "circumstances"


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A report that may be made: its fields in the order of its kind, and the text to read out or send."""

    kind: Report
    fields: Mapping[str, str]
    text: str


def build_report(kind: Report, fields: Mapping[str, object], *, units: Iterable[str] = ()) -> Built:
    """The report of ``fields``. ``units`` are names that say by themselves that somebody is in treatment.

    Raises ``Invalid`` naming every field that is not this kind's, is missing or no text, and every word that implies
    what this kind may not say.
    """
    rule = REPORTS[kind]
    issues = [*_outside(kind, fields), *_faulty(fields)]
    if not rule.says_sud:
        names = tuple(read for name in units if (read := plain(name)))
        issues += [issue for field, value in fields.items() for issue in _implied(field, str(value), names)]
    if issues:
        raise Invalid(issues)
    ordered = {field: str(fields[field]).strip() for field in rule.fields if field in fields}
    return Built(kind=kind, fields=MappingProxyType(ordered), text=text_of(kind, ordered))


def text_of(kind: Report, fields: Mapping[str, str]) -> str:
    """The lines of a report that was built: what was sealed is shown, whatever the tables say since."""
    return "\n".join(
        [REPORTS[kind].title, "", *(f"{FIELDS.get(name, name)}: {value}" for name, value in fields.items())]
    )


def _outside(kind: Report, fields: Mapping[str, object]) -> Iterator[Issue]:
    allowed = REPORTS[kind].fields
    for field in fields:
        if field not in allowed:
            yield error(
                "forbidden", _named(field), f"may not stand in a report of {kind}. Allowed: {', '.join(allowed)}."
            )


def _faulty(fields: Mapping[str, object]) -> Iterator[Issue]:
    if REQUIRED not in fields:
        yield error("required", REQUIRED, "must be said.")
    for field, value in fields.items():
        if field in FIELDS and (not isinstance(value, str) or not 0 < len(value.strip()) <= LONGEST):
            yield error("value", field, f"must be text of at most {LONGEST} characters, and not empty.")


def _implied(field: str, value: str, units: tuple[str, ...]) -> Iterator[Issue]:
    named = _named(field)
    for shown, implies in implied(value):
        yield error("forbidden", named, f"'{shown}' {implies}.")
    text = plain(value)
    for unit in units:
        if re.search(rf"(?<!\w){re.escape(unit)}(?!\w)", text):
            yield error("forbidden", named, f"'{unit}' {Implies.UNIT}.")


def _named(field: str) -> str:
    """The field, for a refusal; what is no field's name may be anything, and is not repeated."""
    return field if re.fullmatch("[a-z_]{1,30}", field) else "field"
