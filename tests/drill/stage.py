"""The network of the drill: a police unit's system that sends, a BHU's system that accepts, and who is told of it."""

from dataclasses import dataclass
from datetime import date

from agencies.actor import Actor
from agencies.agreements import sign
from agencies.kinds import AgencyKind, Purpose
from agencies.models import Agency, User
from agencies.roles import Role
from agencies.services import actor_for, add_member, open_agency
from fhir.smart import clients
from tests.smart.partner import KEYS, Partner, jwks

SETUP = "System/setup"
SCOPE = "system/*.cruds"
PEOPLE = 4
"""Clinicians and coordinators of the BHU, of each so many: every referral is told to all of them, by page and mail."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Who asks and who is asked; ``told`` is how many people of the BHU hear of each referral."""

    bhu: Agency
    police: Partner
    unit: Partner
    told: int


def make_stage() -> Stage:
    """Build it in the connected databases."""
    bhu, police, operator = (
        open_agency(by=SETUP, slug=kind.value, name=kind.value.title(), kind=kind.value)
        for kind in (AgencyKind.BHU, AgencyKind.POLICE, AgencyKind.OPERATOR)
    )
    sign(
        by=SETUP,
        title="County",
        document_sha256="0" * 64,
        parties=[bhu, police],
        purposes=[Purpose.COORDINATION, Purpose.TREATMENT],
        effective_on=date(2026, 1, 1),
    )
    approver = _member(operator, Role.NETWORK_ADMIN, 0)
    for number in range(PEOPLE):
        for role in (Role.CLINICIAN, Role.COORDINATOR):
            _member(bhu, role, number)
    return Stage(
        bhu=bhu,
        police=_system(police, Role.OFFICER, approver),
        unit=_system(bhu, Role.COORDINATOR, approver),
        told=2 * PEOPLE,
    )


def _member(agency: Agency, role: Role, number: int) -> Actor:
    user = User.objects.create_user(f"{role}{number}@{agency.slug}.example.org")
    return actor_for(add_member(by=SETUP, agency=agency, role=role, user=user))


def _system(agency: Agency, role: Role, approver: Actor) -> Partner:
    shown = clients.register(
        _member(agency, Role.AGENCY_ADMIN, 0),
        name=f"{agency.name}'s own system",
        role=role,
        scope=SCOPE,
        purpose=Purpose.TREATMENT,
        jwks=jwks(KEYS["ES384"]),
    )
    clients.approve(approver, shown.client_id)
    return Partner(str(shown.client_id), KEYS["ES384"])
