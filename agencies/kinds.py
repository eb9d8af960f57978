"""What an agency is, and what the law calls it (docs/law.md)."""

from enum import StrEnum


class AgencyKind(StrEnum):
    """What an agency does on the network."""

    POLICE = "police"
    BHU = "bhu"
    CRISIS_TEAM = "crisis_team"
    PROVIDER = "provider"
    HOSPITAL = "hospital"
    SHELTER = "shelter"
    SOCIAL_SERVICE = "social_service"
    TRANSPORT = "transport"
    OPERATOR = "operator"


HELPING = frozenset(AgencyKind) - {AgencyKind.POLICE, AgencyKind.TRANSPORT, AgencyKind.OPERATOR}


class Answer(StrEnum):
    """A legal status that may not be known yet. Unknown counts as the stricter answer (R-P2-01)."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class InvitationKind(StrEnum):
    """What the link of an invitation gives: a place in an agency, or a fresh way in for who has one."""

    JOIN = "join"
    RENEW = "renew"


class Purpose(StrEnum):
    """Why something is done: HL7 v3 ActReason codes of FHIR R4 (v3-ActReason)."""

    TREATMENT = "TREAT"
    EMERGENCY_TREATMENT = "ETREAT"
    COORDINATION = "COC"
    CARE_MANAGEMENT = "CAREMGT"
    OPERATIONS = "HOPERAT"
    PATIENT_REQUEST = "PATRQT"
    LEGAL = "HLEGAL"
    THREAT = "THREAT"
