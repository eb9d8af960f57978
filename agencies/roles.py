"""The roles a membership may carry, and which an agency of each kind may have (docs/permissions.md)."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from .kinds import AgencyKind


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


_DESK = frozenset({Role.AGENCY_ADMIN, Role.PRIVACY_OFFICER, Role.ANALYST, Role.MACHINE})
_HELP = _DESK | {Role.COORDINATOR, Role.COACH, Role.INTAKE, Role.DRIVER, Role.CLIENT}
_TREAT = _HELP | {Role.CLINICIAN}

FITTING: Mapping[AgencyKind, frozenset[Role]] = MappingProxyType(
    {
        AgencyKind.POLICE: _DESK | {Role.OFFICER, Role.BHU_OFFICER, Role.DISPATCHER, Role.LIAISON, Role.CHIEF},
        AgencyKind.BHU: _TREAT | {Role.BHU_OFFICER, Role.LIAISON, Role.WELLNESS},
        AgencyKind.CRISIS_TEAM: _TREAT,
        AgencyKind.PROVIDER: _TREAT,
        AgencyKind.HOSPITAL: _TREAT,
        AgencyKind.SHELTER: _HELP,
        AgencyKind.SOCIAL_SERVICE: _HELP,
        AgencyKind.TRANSPORT: _DESK | {Role.DRIVER},
        AgencyKind.OPERATOR: _DESK | {Role.NETWORK_ADMIN, Role.WELLNESS},
    }
)
"""Who works where. An embedded clinician is a member of the unit that helps, never of the department (R-P2-02)."""


def fits(kind: AgencyKind, role: Role) -> bool:
    """Whether an agency of this kind may have a member of this role."""
    return role in FITTING[kind]


def _(text: str) -> str:
    """Mark ``text`` for translation; pages translate it when they show it."""
    return text


NAMES: Mapping[Role, str] = MappingProxyType(
    {
        Role.OFFICER: _("Officer"),
        Role.BHU_OFFICER: _("Officer of the unit"),
        Role.DISPATCHER: _("Dispatcher"),
        Role.CLINICIAN: _("Clinician"),
        Role.COORDINATOR: _("Coordinator"),
        Role.COACH: _("Recovery coach"),
        Role.INTAKE: _("Intake"),
        Role.DRIVER: _("Driver"),
        Role.AGENCY_ADMIN: _("Administrator"),
        Role.PRIVACY_OFFICER: _("Privacy officer"),
        Role.NETWORK_ADMIN: _("Network administrator"),
        Role.ANALYST: _("Analyst"),
        Role.LIAISON: _("Community liaison"),
        Role.WELLNESS: _("Wellness clinician"),
        Role.CHIEF: _("Chief"),
        Role.CLIENT: _("Client"),
        Role.MACHINE: _("Partner's system"),
    }
)
"""What each role is called on a page."""
