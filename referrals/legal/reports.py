"""A mandated report, built from the fields its kind may have and no others (R-P2-19, R-MAND-01). Pure.

An elder's or a disabled adult's report may neither say nor imply substance use or a program: Part 2 has no exception
for it. A word that does is refused by name, so that the reporter can say it otherwise.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from fhir.content.builders import Pathway
from fhir.content.issues import Issue, error
from referrals.errors import Invalid
from referrals.workflow import gettext_noop as _

from .kinds import FIELDS, REPORTS, Report

LONGEST = 8000
REQUIRED = "circumstances"


class Implies(StrEnum):
    """What a word gives away."""

    SUBSTANCE = _("says or implies substance use; write what you saw, such as 'could not be woken'")
    TREATMENT = _("says or implies treatment for substance use")
    PROGRAM = _("says or implies a program; name the person and the place, not how they came to you")
    UNIT = _("is the name of a unit that is, or may be, a substance use program")


S, T, P = Implies.SUBSTANCE, Implies.TREATMENT, Implies.PROGRAM

# The word that is shown, what is looked for, and why; whole words, in any case. A bank's withdrawal, somebody's own
# medicine and a meals program are what such reports are about, so those words alone pass.
WORDS: tuple[tuple[str, str, Implies], ...] = (
    ("addict", r"addict\w*", S),
    ("alcohol", r"alcohol\w*", S),
    ("drunk", r"drunk\w*|binge[- ]drink\w*|drinking problem", S),
    ("intoxicated", r"intoxicat\w*|inebriat\w*", S),
    ("drug use", r"drug (?:use\w*|abuse\w*|problem|habit|addict\w*)|(?:street|illegal) drugs|on drugs", S),
    ("substance use", r"substance[- ](?:use|abuse|misuse)\w*|sud|aud|oud", S),
    ("opioid", r"opioid\w*|opiate\w*|heroin|fentanyl|oxycodone|oxycontin", S),
    ("cocaine", r"cocaine|crack pipe|meth|methamphetamine\w*|amphetamine\w*", S),
    ("cannabis", r"cannabis|marijuana", S),
    ("overdose", r"overdos\w*", S),
    ("needle", r"syringes?|needle exchange|track marks", S),
    ("withdrawal symptoms", r"withdrawal symptoms?|(?:in|going through) withdrawal|delirium tremens", S),
    ("relapse", r"relaps\w*", S),
    ("naloxone", r"naloxone|narcan", S),
    ("sober", r"sober|sobriety|halfway house", T),
    ("detox", r"detox\w*", T),
    ("rehab", r"rehabs?", T),
    ("recovery", r"in recovery|recovery (?:coach\w*|cent(?:er|re)|house|home|meeting\w*|support\w*)", T),
    ("methadone", r"methadone|suboxone|buprenorphine|naltrexone|vivitrol|sublocade|moud", T),
    ("twelve steps", r"(?:12|twelve)[- ]steps?|(?:aa|na) meetings?|(?:alcoholics|narcotics) anonymous", T),
    ("part 2", r"part[- ]2|42 cfr", T),
    ("treatment program", r"(?:treatment|outpatient|residential) programs?", P),
    ("deflection", r"deflection|diversion program|drug court|safe passage", P),
    *((way.replace("_", " "), way.replace("_", "[-_ ]"), P) for way in Pathway),
)
_PATTERNS = tuple((shown, re.compile(rf"(?<!\w)(?:{pattern})(?!\w)"), implies) for shown, pattern, implies in WORDS)


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
        names = tuple(plain for name in units if (plain := _plain(name)))
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
    text = _plain(value)
    named = _named(field)
    for shown, pattern, implies in _PATTERNS:
        if pattern.search(text):
            yield error("forbidden", named, f"'{shown}' {implies}.")
    for unit in units:
        if re.search(rf"(?<!\w){re.escape(unit)}(?!\w)", text):
            yield error("forbidden", named, f"'{unit}' {Implies.UNIT}.")


def _named(field: str) -> str:
    """The field, for a refusal; what is no field's name may be anything, and is not repeated."""
    return field if re.fullmatch("[a-z_]{1,30}", field) else "field"


def _plain(text: str) -> str:
    """The text as it is read: one case, one form of each letter, one kind of blank, nothing invisible."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    seen = "".join(letter for letter in folded if unicodedata.category(letter) != "Cf")
    return " ".join(seen.split())
