"""How a recorded act ended: the codes of FHIR R4 ``AuditEvent.outcome``."""

from enum import StrEnum


class Outcome(StrEnum):
    """Success; refused (FHIR: minor failure); failed (serious); the system is no longer usable (major)."""

    SUCCESS = "0"
    REFUSED = "4"
    SERIOUS = "8"
    MAJOR = "12"
