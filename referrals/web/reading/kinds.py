"""How each type of resource reads: a table of its elements and their labels. What is not in it stands in the rest."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from types import MappingProxyType

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_noop as _

from fhir.content.ages import ages
from fhir.content.builders import NoteKind
from fhir.content.catalog import codings
from fhir.content.exact import Object
from fhir.content.systems import NOTE_KIND
from referrals.web.words import priority

from . import consents, screens
from .sheets import Line, Sheet
from .values import Names, code, label_of, lines_of, say


@dataclass(frozen=True, slots=True)
class Kind:
    """A type: what it is called, the element whose words say more, and its elements with their labels, in order."""

    title: str
    called: str
    elements: Mapping[str, str]


COMMON = frozenset(
    {"resourceType", "id", "meta", "implicitRules", "language", "text", "extension", "modifierExtension"}
)
TECHNICAL = frozenset({"subject", "patient", "for", "focus", "about", "intent", "basedOn", "derivedFrom", "active",
                       "supportingInfo", "status", "verificationStatus", "businessStatus", "docStatus", "sender",
                       "instantiatesCanonical", "lastModified", "encounter"})  # fmt: skip
"""Elements that say how resources hang together, or what the page itself says."""

QUIET = frozenset({"final", "completed", "active", "current", "requested"})
"""What a status says that goes without saying."""

KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "Patient": Kind(
            _("Client"),
            "",
            {
                "name": _("Name"),
                "birthDate": _("Date of birth"),
                "gender": _("Sex"),
                "telecom": _("Phone"),
                "address": _("Address"),
                "communication": _("Language"),
                "contact": _("May be called"),
                "maritalStatus": _("Marital status"),
                "deceasedBoolean": _("Deceased"),
                "deceasedDateTime": _("Deceased"),
                "identifier": _("Number"),
            },
        ),
        "ServiceRequest": Kind(
            _("Asked for"),
            "code",
            {
                "code": _("Asked for"),
                "category": _("Kind of help"),
                "priority": _("Urgency"),
                "orderDetail": _("Details"),
                "reasonCode": _("Why"),
                "note": _("In their words"),
                "patientInstruction": _("Told to the client"),
                "occurrenceDateTime": _("Wanted for"),
                "occurrencePeriod": _("Wanted for"),
                "authoredOn": _("Asked"),
                "requester": _("Asked by"),
                "performer": _("Asked of"),
                "identifier": _("Their number"),
            },
        ),
        "Task": Kind(
            _("As it was sent"),
            "",
            {
                "description": _("Description"),
                "priority": _("Urgency"),
                "reasonCode": _("Why"),
                "statusReason": _("Reason"),
                "note": _("Note"),
                "input": _("Sent along"),
                "output": _("Came of it"),
                "restriction": _("Answer wanted"),
                "authoredOn": _("Sent"),
                "requester": _("From"),
                "owner": _("To"),
                "identifier": _("Their number"),
            },
        ),
        "Observation": Kind(
            _("Observation"),
            "code",
            {
                "value[x]": _("Found"),
                "interpretation": _("Which means"),
                "component": _("Found"),
                "note": _("Note"),
                "effectiveDateTime": _("When"),
                "effectivePeriod": _("When"),
                "category": _("Kind"),
                "performer": _("By"),
                "dataAbsentReason": _("Why nothing is recorded"),
            },
        ),
        "Condition": Kind(
            _("Condition"),
            "code",
            {
                "clinicalStatus": _("Now"),
                "severity": _("How severe"),
                "onsetDateTime": _("Since"),
                "onsetString": _("Since"),
                "abatementDateTime": _("Until"),
                "note": _("Note"),
                "category": _("Kind"),
                "recordedDate": _("Recorded"),
                "recorder": _("By"),
                "asserter": _("Said by"),
            },
        ),
        "DocumentReference": Kind(
            _("Document"),
            "type",
            {
                "description": _("About"),
                "content": _("File"),
                "date": _("Written"),
                "author": _("By"),
                "category": _("Kind"),
            },
        ),
        "Communication": Kind(
            _("Note"),
            "category",
            {
                "topic": _("About"),
                "payload": _("Words"),
                "identifier": _("Number"),
                "note": _("Note"),
                "sent": _("Written"),
            },
        ),
    }
)  # fmt: skip

NOTES: Mapping[str, str] = MappingProxyType(
    {
        NoteKind.NOTE: _("Note"),
        NoteKind.REASON: _("Words to the reason"),
        NoteKind.OUTPUT: _("Answer"),
        NoteKind.NUMBER: _("The number they keep it under"),
    }
)


def sheet_of(tree: Object, names: Names, *, today: date) -> Sheet:
    """A resource as it reads. ``names`` are what agencies are called, by id and handle."""
    whole = WHOLE.get(str(tree.get("resourceType")))
    return whole(tree, names) if whole else _sheet(tree, names, today=today)


WHOLE: Mapping[str, Callable[[Object, Names], Sheet]] = MappingProxyType(
    {"QuestionnaireResponse": screens.sheet, "Consent": consents.sheet}
)
"""Those that read another way than element by element."""


def _sheet(tree: Object, names: Names, *, today: date) -> Sheet:
    type_ = str(tree.get("resourceType"))
    kind = KINDS.get(type_, Kind(label_of(type_), "code", {}))
    lines = [*_status(tree), *_lines(tree, kind, names, today=today)]
    known = {element for key in kind.elements for element in _elements(tree, key)} | {kind.called}
    silent = COMMON | TECHNICAL | known | ({"code"} if type_ == "Task" else set())
    others = [name for name in tree if name.lstrip("_") not in silent]
    rest = [line for name in others for line in lines_of(label_of(name), tree[name], names)]
    return Sheet(title=_title(tree, kind, names), lines=tuple(_merged(lines)), rest=tuple(_merged(rest)))


def _merged(lines: Iterable[Line]) -> Iterator[Line]:
    """Lines that follow one another with one label as one: a label said once is read once."""
    for (label, depth), same in groupby(lines, key=lambda line: (line.label, line.depth)):
        yield Line(label=label, depth=depth, text="\n".join(line.text for line in same))


def _title(tree: Object, kind: Kind, names: Names) -> str:
    note = next((NOTES.get(said) for system, said in codings(tree.get("category")) if system == NOTE_KIND), None)
    if note:
        return gettext(note)
    words = say(tree.get(kind.called), names) if kind.called else ""
    title = gettext(kind.title)
    return f"{title}: {words}" if words else title


def _status(tree: Object) -> Iterator[Line]:
    status = tree.get("status")
    if isinstance(status, str) and status not in QUIET and tree.get("resourceType") != "Task":
        yield Line(label=gettext("Status"), text=code(status))


def _elements(tree: Object, key: str) -> list[str]:
    """The elements that a key of the table stands for: itself, or each choice of ``value[x]``."""
    stem, choice, _rest = key.partition("[x]")
    if not choice:
        return [key]
    return [name for name in tree if name.startswith(stem) and name[len(stem) :][:1].isupper()]


def _lines(tree: Object, kind: Kind, names: Names, *, today: date) -> Iterator[Line]:
    for key, label in kind.elements.items():
        for name in _elements(tree, key):
            if name in tree and (name != kind.called or (name == "code" and not kind.title)):
                written = WRITTEN.get(name)
                if written is not None:
                    yield Line(label=gettext(label), text=written(str(tree[name]), today))
                else:
                    yield from lines_of(gettext(label), tree[name], names)


def _born(text: str, today: date) -> str:
    found = ages(text, on=today)
    said = say(text, {})
    if found is None or found[0] != found[1]:
        return said
    years = ngettext("%(count)d year", "%(count)d years", found[0]) % {"count": found[0]}
    return f"{said} ({years})"


WRITTEN: Mapping[str, Callable[[str, date], str]] = MappingProxyType(
    {
        "birthDate": _born,
        "gender": lambda text, _today: code(text),
        "priority": lambda text, _today: priority(text),
    }
)
"""Elements with words of their own."""
