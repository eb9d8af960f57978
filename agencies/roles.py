"""The roles a membership may carry (docs/permissions.md)."""

from enum import StrEnum


class Role(StrEnum):
    """What somebody is in one agency. A role gives a Group of grants, never a rank."""

    OFFICER = "officer"
    BHU_OFFICER = "bhu_officer"
    DISPATCHER = "dispatcher"
    CLINICIAN = "clinician"
    COORDINATOR = "coordinator"
    COACH = "coach"
    INTAKE = "intake"
    DRIVER = "driver"
    AGENCY_ADMIN = "agency_admin"
    PRIVACY_OFFICER = "privacy_officer"
    NETWORK_ADMIN = "network_admin"
    ANALYST = "analyst"
    LIAISON = "liaison"
    WELLNESS = "wellness"
    CHIEF = "chief"
    CLIENT = "client"
    MACHINE = "machine"
