"""An accounting as a table of plain words, as CSV, and as FHIR AuditEvents (IHE BALP PrivacyDisclosure)."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from uuid import UUID

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from fhir.content.compartments import Compartment
from fhir.content.consent_facts import ACT_REASON
from fhir.content.exact import Object, Tree
from referrals.policy.bases import CONSENTS, Basis

from . import words
from .ledger import Row

PROFILE = "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.PrivacyDisclosure.Source"
DICOM = "http://dicom.nema.org/resources/ontology/DCM"
LIFECYCLE = "http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle"
SNOMED = "http://snomed.info/sct"
ENTITY_TYPE = "http://terminology.hl7.org/CodeSystem/audit-entity-type"
ENTITY_ROLE = "http://terminology.hl7.org/CodeSystem/object-role"
RESOURCE_TYPES = "http://hl7.org/fhir/resource-types"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One version of one resource, as it lay in its part when something was given out; ``author``: who wrote it."""

    type: str
    resource_id: UUID
    version: int
    compartment: Compartment
    epoch: int
    author: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One row in the words of now; ``paper`` is the consent and its version, "" without one."""

    date: str
    recipient: str
    address: str
    what: str
    purpose: str
    ground: str
    paper: str
    notice: str
    law: str
    kept_until: str
    id: str


HEADINGS: Mapping[str, str] = {
    "date": _("Date"),
    "recipient": _("Who got it"),
    "address": _("Their address"),
    "what": _("What"),
    "purpose": _("What for"),
    "ground": _("Why it was allowed"),
    "paper": _("Signed paper and version"),
    "notice": _("Notice sent along"),
    "law": _("Rule"),
    "kept_until": _("Kept from the client until"),
}


def line(row: Row, *, zone: tzinfo) -> Line:
    """One row in words; days are those of ``zone``."""
    return Line(
        date=row.at.astimezone(zone).date().isoformat(),
        recipient=row.recipient,
        address=row.address,
        what="; ".join(words.parts_of(row.parts)),
        purpose=words.purpose(row.purpose),
        ground=" ".join(filter(None, [words.ground(row.basis), row.under])),
        paper=f"{row.consent} / {row.consent_version}" if row.consent else "",
        notice=row.notice,
        law=row.law.value,
        kept_until=row.kept_until.astimezone(zone).date().isoformat() if row.kept_until else "",
        id=str(row.id),
    )


def as_csv(rows: Iterable[Row], *, zone: tzinfo, for_client: bool) -> str:
    """A table with a heading; what is kept back has a column in nobody's report but the privacy officer's."""
    names = [name for name in HEADINGS if not (for_client and name == "kept_until")]
    written = io.StringIO()
    table = csv.writer(written, quoting=csv.QUOTE_ALL)
    table.writerow(gettext(HEADINGS[name]) for name in names)
    for row in rows:
        told = line(row, zone=zone)
        table.writerow(_cell(getattr(told, name)) for name in names)
    return written.getvalue()


def _cell(text: str) -> str:
    """A spreadsheet takes what begins like a formula for one."""
    return f"'{text}" if text[:1] in tuple("=+-@\t\r") else text


def as_fhir(
    rows: Iterable[Row],
    *,
    patients: Mapping[UUID, UUID],
    items: Callable[[Row], Iterable[Item]],
    at: datetime,
) -> Object:
    """A collection of AuditEvents, one for each row; ``patients`` are by referral, ``items`` what lay there for it."""
    events = [audit_event(row, patient=patients[row.referral_id], items=given(row, items(row))) for row in rows]
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "timestamp": at.isoformat(timespec="seconds"),
        "entry": [{"fullUrl": f"urn:uuid:{event['id']}", "resource": event} for event in events],
    }


def given(row: Row, items: Iterable[Item]) -> list[Item]:
    """Of each resource of the parts given out the version there was by then, in order of their ids."""
    found: dict[UUID, Item] = {}
    for item in items:
        known = found.get(item.resource_id)
        if item.compartment in row.parts and item.epoch <= row.manifest and (not known or known.version < item.version):
            found[item.resource_id] = item
    return [found[id_] for id_ in sorted(found)]


def audit_event(row: Row, *, patient: UUID, items: Iterable[Item]) -> Object:
    """One row as ``IHE.BasicAudit.PrivacyDisclosure.Source``."""
    client: Object = {"reference": f"Patient/{patient}"}
    discloser: Object = {"reference": f"Organization/{row.discloser_id}"}
    return {
        "resourceType": "AuditEvent",
        "id": str(row.id),
        "meta": {"profile": [PROFILE]},
        "type": _coding(DICOM, "110106"),
        "subtype": [_coding(LIFECYCLE, "disclose")],
        "action": "R",
        "recorded": row.at.astimezone(UTC).isoformat(timespec="milliseconds"),
        "outcome": "0",
        "purposeOfEvent": [{"coding": [_coding(ACT_REASON, row.purpose)]}],
        "agent": [
            _agent(DICOM, "110153", discloser, requestor=True),
            _agent(DICOM, "110152", _recipient(row)),
            _agent(SNOMED, "159541003", discloser),
            *([_agent(SNOMED, "429577009", client)] if row.basis and Basis(row.basis) in CONSENTS else []),
        ],
        "source": {"observer": discloser},
        "entity": [
            {"what": client, "type": _coding(ENTITY_TYPE, "1"), "role": _coding(ENTITY_ROLE, "1")},
            *_consent(row),
            *(_data(item) for item in items),
        ],
    }


def _recipient(row: Row) -> Object:
    named: Object = {"display": row.recipient} if row.recipient else {}
    return named if row.recipient_id is None else {"reference": f"Organization/{row.recipient_id}", **named}


def _agent(system: str, code: str, who: Object, *, requestor: bool = False) -> Tree:
    return {"type": {"coding": [_coding(system, code)]}, "who": who, "requestor": requestor}


def _consent(row: Row) -> Iterator[Tree]:
    if row.consent is not None:
        yield {
            "what": {"reference": f"Consent/{row.consent}/_history/{row.consent_version}"},
            "type": _coding(RESOURCE_TYPES, "Consent"),
        }


def _data(item: Item) -> Tree:
    return {
        "what": {"reference": f"{item.type}/{item.resource_id}/_history/{item.version}"},
        "type": _coding(ENTITY_TYPE, "2"),
        "role": _coding(ENTITY_ROLE, "4"),
    }


def _coding(system: str, code: str) -> Object:
    return {"system": system, "code": code}
