"""Entries of the log as AuditEvents, in the pattern of IHE BALP 1.1. Pure: an entry in, a tree out.

The log holds no network address, so the profiles of reading and writing are not claimed; that of a disclosure is. A
decision on a consent follows ``AuthZconsent`` as far as the log says what it asks for.
"""

import re
from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import NamedTuple

from audit.models import AuditEvent
from fhir.content import moments
from fhir.content.consent_facts import ACT_REASON
from fhir.content.exact import Object, Tree
from fhir.content.types import RESOURCE_TYPES
from referrals.auditing import Entry, referral_of
from referrals.policy.codes import DenyCode
from referrals.receipts import reports
from referrals.receipts.ledger import Row
from referrals.workflow import STEPS

from . import told

REFUSAL = "https://bhu.example.org/fhir/CodeSystem/refusal"
EVENT_TYPE = "http://terminology.hl7.org/CodeSystem/audit-event-type"
INTERACTION = "http://hl7.org/fhir/restful-interaction"
DICOM = "http://dicom.nema.org/resources/ontology/DCM"
PARTICIPATION = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
ENTITY_TYPE = "http://terminology.hl7.org/CodeSystem/audit-entity-type"
ENTITY_ROLE = "http://terminology.hl7.org/CodeSystem/object-role"
BALP = "https://profiles.ihe.net/ITI/BALP/CodeSystem"
SECURITY_ROLE = "http://terminology.hl7.org/CodeSystem/extra-security-role-type"
SERVER: Mapping[str, Tree] = MappingProxyType({"display": "BHU"})


class Kind(NamedTuple):
    """What an action is to FHIR: AuditEvent.action, and the interaction it is or is like, "" for neither."""

    action: str
    interaction: str


_C, _R, _U, _D = Kind("C", "create"), Kind("R", "read"), Kind("U", "update"), Kind("D", "delete")
_S, _E = Kind("E", "search"), Kind("E", "")
_NAMES: Mapping[Kind, str] = MappingProxyType(
    {
        _C: """referral.send referral.offer section.add party.add consent.sign consent.file legal.register legal.record
            legal.report review.ask receipt.make membership.add rota.add webhook.add coverage.enter""",
        _R: """referral.told referral.open referral.print referral.copy referral.download referral.history
            referral.review review.read review.open resource.read resource.history resource.update resource.provenance
            resource.everything directory.read safety.read emergency.read consent.read legal.read legal.open
            receipt.read audit.read audit.export""",
        _U: """section.correct party.withdraw consent.hold consent.revoke consent.resume restriction.review
            review.answer review.end membership.end role.change reach.set coverage.confirm
            coverage.end""",
        _D: "retention.shred retention.purge rota.end",
        _S: """resource.search resource.list directory.list referral.list referral.find client.find consent.list
            emergency.list review.list coverage.list legal.list audit.list notice.list notice.undelivered""",
    }
)
KINDS: Mapping[str, Kind] = MappingProxyType(
    {name: kind for kind, names in _NAMES.items() for name in names.split()}
    | {f"task.{step.name}": _U for step in STEPS}
)
"""What is not here is carried out (``E``)."""

DISCLOSED, DECIDED = "R", "E"
"""AuditEvent.action of what was given out, and of a decision."""

_REFERENCE = re.compile(r"(?P<type>[A-Z][A-Za-z]+)/(?P<id>[A-Za-z0-9.-]{1,64})")


def kind_of(action: str) -> Kind:
    """What FHIR calls an action of the log."""
    return KINDS.get(action, _E)


def names_of(actions: Collection[str]) -> frozenset[str]:
    """The actions of the log that FHIR calls one of ``actions``; of ``E`` those that have a row."""
    return frozenset(name for name, kind in KINDS.items() if kind.action in actions)


def tree(entry: Entry) -> Object:
    """One entry as an AuditEvent."""
    if entry.event is not None:
        return _event(entry, entry.event)
    if entry.disclosure is None or entry.patient is None:
        raise TypeError("An entry is an event or a disclosure of one's own referral.")
    if entry.place.decision:
        return _decision(entry, entry.disclosure)
    return reports.audit_event(entry.disclosure, patient=entry.patient, items=())


def _event(entry: Entry, event: AuditEvent) -> Object:
    kind = kind_of(event.action)
    refused = event.outcome != "0" and event.code in set(DenyCode)
    made: Object = {
        "resourceType": "AuditEvent",
        "id": str(entry.place),
        "type": _type(entry, event, refused=refused),
        "subtype": [*_subtypes(event, kind, refused=refused), _coding(told.ACTION, event.action)],
        "action": kind.action,
        "recorded": moments.instant(event.at),
        "outcome": event.outcome,
    }
    if event.outcome != "0" and event.code:
        made["outcomeDesc"] = event.code
    if event.purpose:
        made["purposeOfEvent"] = [{"coding": [_coding(ACT_REASON, event.purpose)]}]
    made["agent"] = _agents(event, kind)
    made["source"] = {"observer": dict(SERVER)}
    made["entity"] = [each for each in (*_entities(entry, event), _patient(entry), _request(event)) if each]
    return made


def _type(entry: Entry, event: AuditEvent, *, refused: bool) -> Object:
    if refused:
        return _coding(DICOM, "110113", "Security Alert")
    if event.door == "fhir":
        return _coding(EVENT_TYPE, "rest", "RESTful Operation")
    if referral_of(entry):
        return _coding(DICOM, "110110", "Patient Record")
    return _coding(DICOM, "110100", "Application Activity")


def _subtypes(event: AuditEvent, kind: Kind, *, refused: bool) -> list[Tree]:
    if refused:
        by_consent = event.code.startswith("CONSENT_")
        return [_coding(f"{BALP}/AuthZsubType", "AuthZ-Consent" if by_consent else "AuthZ-Role")]
    return [_coding(INTERACTION, kind.interaction)] if event.door == "fhir" and kind.interaction else []


def _agents(event: AuditEvent, kind: Kind) -> list[Tree]:
    """Who did it, and this server. BALP: who reads is the recipient, who writes the author."""
    reads = kind.action in ("R", "E")
    type_, _, id_ = event.actor.partition("/")
    who: Object = {"reference": f"PractitionerRole/{id_}"} if type_ == "Membership" else {"display": event.actor}
    user: Object = {
        "type": {"coding": [_coding(PARTICIPATION, "IRCP" if reads else "AUT")]},
        "who": who,
        "requestor": True,
    }
    if event.purpose:
        user["purposeOfUse"] = [{"coding": [_coding(ACT_REASON, event.purpose)]}]
    server = _coding(DICOM, "110153", "Source Role ID") if reads else _coding(DICOM, "110152", "Destination Role ID")
    return [user, {"type": {"coding": [server]}, "who": dict(SERVER), "requestor": False}]


def _entities(entry: Entry, event: AuditEvent) -> list[Tree]:
    referral = referral_of(entry)
    about = [f"ServiceRequest/{referral}"] if referral else [event.target]
    if event.outcome == "0" and _REFERENCE.fullmatch(event.code):
        about.append(event.code)
    data: list[Object] = [
        {"what": _what(name), "type": _coding(ENTITY_TYPE, "2"), "role": _coding(ENTITY_ROLE, "4")}
        for name in dict.fromkeys(about)
    ]
    if event.outcome == "0" and event.code and len(data) == 1:
        data[0]["detail"] = [{"type": "code", "valueString": event.code}]
    return [*data]


def _what(name: str) -> Tree:
    found = _REFERENCE.fullmatch(name)
    if found and found["type"] in RESOURCE_TYPES:
        return {"reference": name}
    return {"identifier": {"value": name}}


def _patient(entry: Entry) -> Tree:
    if entry.patient is None:
        return None
    what: Tree = {"reference": f"Patient/{entry.patient}"}
    return {"what": what, "type": _coding(ENTITY_TYPE, "1"), "role": _coding(ENTITY_ROLE, "1")}


def _request(event: AuditEvent) -> Tree:
    if not event.request_id:
        return None
    what: Tree = {"identifier": {"value": event.request_id}}
    return {"what": what, "type": _coding(f"{BALP}/BasicAuditEntityType", "XrequestId")}


def _decision(entry: Entry, row: Row) -> Object:
    """The consent said yes, or nothing would have gone."""
    discloser: Tree = {"reference": f"Organization/{row.discloser_id}"}
    consent: Tree = {"reference": f"Consent/{row.consent}/_history/{row.consent_version}"}
    return {
        "resourceType": "AuditEvent",
        "id": str(entry.place),
        "type": _coding(DICOM, "110113", "Security Alert"),
        "subtype": [_coding(f"{BALP}/AuthZsubType", "AuthZ-Consent")],
        "action": "E",
        "recorded": moments.instant(row.at),
        "outcome": "0",
        "purposeOfEvent": [{"coding": [_coding(ACT_REASON, row.purpose)]}],
        "agent": [
            {
                "type": {"coding": [_coding(PARTICIPATION, "IRCP")]},
                "who": {"reference": f"Organization/{row.recipient_id}", "display": row.recipient},
                "requestor": True,
                "purposeOfUse": [{"coding": [_coding(ACT_REASON, row.purpose)]}],
            },
            {
                "type": {"coding": [_coding(SECURITY_ROLE, "authserver")]},
                "who": discloser,
                "requestor": False,
            },
        ],
        "source": {"observer": discloser},
        "entity": [
            {**_object(_patient(entry))},
            {"what": consent, "type": _coding(reports.RESOURCE_TYPES, "Consent")},
        ],
    }


def _object(tree: Tree) -> Object:
    return tree if isinstance(tree, dict) else {}


def _coding(system: str, code: str, display: str = "") -> Object:
    return {"system": system, "code": code, **({"display": display} if display else {})}
