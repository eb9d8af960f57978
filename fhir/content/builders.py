"""The resources we write ourselves for a referral; all pass ``validate.check``.

Ids, times and people's words come from the caller.
"""

from enum import StrEnum
from uuid import UUID

from fhir.content.catalog import concept
from fhir.content.exact import Object
from fhir.content.systems import BSER_STATUS, DEFLECTION_PATHWAY, NOTE_KIND, TASK_CODE


class Pathway(StrEnum):
    """The six deflection pathways (TASC/PTACC)."""

    SELF_REFERRAL = "self_referral"
    ACTIVE_OUTREACH = "active_outreach"
    NALOXONE_PLUS = "naloxone_plus"
    FIRST_RESPONDER_REFERRAL = "first_responder_referral"
    OFFICER_INTERVENTION = "officer_intervention"
    COMMUNITY_RESPONSE = "community_response"


class Origin(StrEnum):
    """Who brought the encounter about (the source of a police encounter)."""

    EMERGENCY_CALL = "911"
    SELF = "self"
    FAMILY = "family"
    BUSINESS = "business"
    OFFICER_INITIATED = "officer-initiated"
    OTHER = "other"


class Agreed(StrEnum):
    """What the client said to being contacted; unable: could not be asked."""

    YES = "yes"
    NO = "no"
    UNABLE = "unable"


class NoteKind(StrEnum):
    """What the words of a Communication are."""

    NOTE = "note"
    REASON = "reason"
    OUTPUT = "output"
    NUMBER = "number"


_WORDS = {
    Pathway.SELF_REFERRAL: "Self-referral",
    Pathway.ACTIVE_OUTREACH: "Active outreach",
    Pathway.NALOXONE_PLUS: "Naloxone plus",
    Pathway.FIRST_RESPONDER_REFERRAL: "First responder referral",
    Pathway.OFFICER_INTERVENTION: "Officer intervention",
    Pathway.COMMUNITY_RESPONSE: "Community response",
    Origin.EMERGENCY_CALL: "911 call",
    Origin.SELF: "The person",
    Origin.FAMILY: "Family",
    Origin.BUSINESS: "Business",
    Origin.OFFICER_INITIATED: "Officer-initiated",
    Origin.OTHER: "Other",
    Agreed.YES: "Agreed to be contacted",
    Agreed.NO: "Said no to being contacted",
    Agreed.UNABLE: "Could not be asked",
    NoteKind.NOTE: "Note",
    NoteKind.REASON: "Reason",
    NoteKind.OUTPUT: "Output of a task",
    NoteKind.NUMBER: "Number of who was asked",
}
PAYLOADS = {
    "valueString": "contentString",
    "valueReference": "contentReference",
    "valueAttachment": "contentAttachment",
}
"""The values of Task.output that a Communication carries, and where."""

VALUES = ("valueCodeableConcept", "valueQuantity", "valueBoolean", "valueInteger", "valueDateTime", "valuePeriod")
"""Those that an Observation carries, under the same names."""


def task(
    *,
    id_: UUID,
    service_request_id: UUID,
    patient_id: UUID,
    requester: str,
    authored_on: str,
    owner: str = "",
    priority: str = "routine",
    status: str = "requested",
) -> Object:
    """The Task of a referral that came without one (Gravity SDOH-CC 3.0).

    ``requester`` and ``owner`` are references (``Organization/<id>``, ``PractitionerRole/<id>``; no owner is an open
    pool), ``authored_on`` a FHIR dateTime, ``priority`` and ``status`` codes of R4.
    """
    made: Object = {
        "resourceType": "Task",
        "id": str(id_),
        "status": status,
        "businessStatus": concept(BSER_STATUS, "2.0", "Service Request Created"),
        "intent": "order",
        "priority": priority,
        "code": concept(TASK_CODE, "fulfill", "Fulfill the focal request"),
        "focus": {"reference": f"ServiceRequest/{service_request_id}"},
        "for": {"reference": f"Patient/{patient_id}"},
        "authoredOn": authored_on,
        "lastModified": authored_on,
        "requester": {"reference": requester},
    }
    return made | {"owner": {"reference": owner}} if owner else made


def pathway(
    *,
    id_: UUID,
    patient_id: UUID,
    service_request_id: UUID,
    way: Pathway,
    origin: Origin,
    agreed: Agreed,
    recorded: str,
) -> Object:
    """The coded facts totals are made of: the pathway, who brought it about, what the client said."""
    return {
        "resourceType": "Observation",
        "id": str(id_),
        "basedOn": [{"reference": f"ServiceRequest/{service_request_id}"}],
        "status": "final",
        "code": concept(DEFLECTION_PATHWAY, "pathway", "Deflection pathway"),
        "subject": {"reference": f"Patient/{patient_id}"},
        "effectiveDateTime": recorded,
        "valueCodeableConcept": concept(DEFLECTION_PATHWAY, way.value, _WORDS[way]),
        "component": [
            {
                "code": concept(DEFLECTION_PATHWAY, "origin", "Origin of the encounter"),
                "valueCodeableConcept": concept(DEFLECTION_PATHWAY, origin.value, _WORDS[origin]),
            },
            {
                "code": concept(DEFLECTION_PATHWAY, "agreed", "Contact agreed to"),
                "valueCodeableConcept": concept(DEFLECTION_PATHWAY, agreed.value, _WORDS[agreed]),
            },
        ],
    }


def note(text: str, *, id_: UUID, about: str, kind: NoteKind, sender: str, sent: str) -> Object:
    """A note on a task or a request, or the reason of a step, in a person's own words.

    ``about`` and ``sender`` are references, ``sent`` a FHIR dateTime. The text is sealed with the Communication, never
    in the Task.
    """
    return _communication(id_, kind, about, sender, sent) | {"payload": [{"contentString": text}]}


def output(element: Object, *, id_: UUID, about: str, sender: str, sent: str) -> "Object | None":
    """One ``Task.output`` as a resource of its own: a Communication, or of a value an Observation whose focus is the
    task. ``None`` for a kind of value that neither carries.
    """
    value = next((name for name in element if name in PAYLOADS or name in VALUES), None)
    if value is None:
        return None
    if value in PAYLOADS:
        payload: Object = {PAYLOADS[value]: element[value]}
        made = _communication(id_, NoteKind.OUTPUT, about, sender, sent)
        return made | {"topic": element["type"], "payload": [payload]}
    return {
        "resourceType": "Observation",
        "id": str(id_),
        "status": "final",
        "code": element["type"],
        "focus": [{"reference": about}],
        "effectiveDateTime": sent,
        "performer": [{"reference": sender}],
        value: element[value],
    }


def number(identifier: Object, *, id_: UUID, about: str, sender: str, sent: str) -> Object:
    """The number under which who was asked keeps a task (``Task.identifier``, type FILL of v2-0203)."""
    made = _communication(id_, NoteKind.NUMBER, about, sender, sent)
    return {"resourceType": made["resourceType"], "id": made["id"], "identifier": [identifier], **made}


def _communication(id_: UUID, kind: NoteKind, about: str, sender: str, sent: str) -> Object:
    return {
        "resourceType": "Communication",
        "id": str(id_),
        "status": "completed",
        "category": [concept(NOTE_KIND, kind.value, _WORDS[kind])],
        "about": [{"reference": about}],
        "sent": sent,
        "sender": {"reference": sender},
    }
