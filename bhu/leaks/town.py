"""The agencies of the leak matrix, and in each one person of every role it may have; nobody knows two of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError

from agencies.actor import Actor
from agencies.agreements import sign
from agencies.errors import NotAMember
from agencies.kinds import AgencyKind, Answer, Purpose
from agencies.models import Agency, Membership, User
from agencies.roles import Role, fits
from agencies.services import SYSTEM, actor_for, add_member, open_agency

YES, NO, UNKNOWN = Answer.YES.value, Answer.NO.value, Answer.UNKNOWN.value
SWORN = {"kind": AgencyKind.POLICE.value, "part2_status": NO, "hipaa_status": NO}
TREATS = {"hipaa_status": YES, "treating_provider": True}

AGENCIES: Mapping[str, Mapping[str, Any]] = {
    "police": SWORN,
    "other-police": SWORN,
    "bhu": {"kind": AgencyKind.BHU.value, "part2_status": UNKNOWN, "hipaa_status": YES},
    "crisis-team": {"kind": AgencyKind.CRISIS_TEAM.value, "part2_status": NO, **TREATS},
    "detox": {"kind": AgencyKind.PROVIDER.value, "part2_status": YES, **TREATS},
    "clinic": {"kind": AgencyKind.PROVIDER.value, "part2_status": NO, **TREATS},
    "hospital": {"kind": AgencyKind.HOSPITAL.value, "part2_status": NO, **TREATS},
    "shelter": {"kind": AgencyKind.SHELTER.value, "part2_status": NO, "hipaa_status": NO},
    "stranger": {"kind": AgencyKind.PROVIDER.value, "part2_status": YES, **TREATS},
    "operator": {"kind": AgencyKind.OPERATOR.value, "part2_status": NO, "hipaa_status": NO},
}
PLACES = tuple((name, role) for name, row in AGENCIES.items() for role in Role if fits(AgencyKind(row["kind"]), role))
"""Every agency with every role that its kind has."""
STRANGERS = frozenset({"stranger", "operator"})
"""Who has signed no agreement."""
BEGINNERS = (Role.OFFICER, Role.CLINICIAN)
"""Roles of whom there are two: one begins a referral, the other does not."""


@dataclass(frozen=True, slots=True)
class Town:
    """Agencies by name, and everybody by agency and role."""

    agencies: Mapping[str, Agency]
    members: Mapping[tuple[str, Role], Actor]
    emails: Mapping[UUID, str]
    colleagues: Mapping[tuple[str, Role], Actor]

    def slug(self, name: str) -> str:
        """The handle of an agency."""
        return self.agencies[name].slug

    def actor(self, name: str, role: str) -> Actor:
        """Who has a role in an agency."""
        return self.members[name, Role(role)]

    def another(self, name: str, role: Role, *, than: UUID | None) -> Actor:
        """Who has a role in an agency and is not the member ``than``."""
        found = self.members[name, role]
        return self.colleagues[name, role] if found.membership_id == than else found


def settle() -> Town:
    """Open the agencies in the connected databases, and take everybody on."""
    agencies = {name: _open(name, fields) for name, fields in AGENCIES.items()}
    members = {place: _member(agencies[place[0]], place[1], "") for place in PLACES}
    colleagues = {place: _member(agencies[place[0]], place[1], ".more") for place in PLACES if place[1] in BEGINNERS}
    everybody = Membership.objects.filter(agency__in=agencies.values())
    emails = dict(everybody.values_list("id", "user__email"))
    sign(
        by=SYSTEM,
        title="Leak matrix",
        document_sha256="0" * 64,
        parties=[agency for name, agency in agencies.items() if name not in STRANGERS],
        purposes=[Purpose.TREATMENT, Purpose.COORDINATION],
        effective_on=date(2020, 1, 1),
    )
    return Town(agencies, members, emails, colleagues)


def taken_on(agency: Agency, role: Role) -> bool:
    """Whether somebody can be made a member of this role at all, and, written past that, be an actor."""
    try:
        return bool(_member(agency, role, ".tries"))
    except ValidationError:
        user = User.objects.create_user(f"{role}.forged@{agency.slug}.example.org")
        forged = Membership.objects.create(agency=agency, role=role.value, user=user)
    try:
        return bool(actor_for(forged))
    except NotAMember:
        return False


def _member(agency: Agency, role: Role, more: str) -> Actor:
    user = User.objects.create_user(f"{role}{more}@{agency.slug}.example.org")
    return actor_for(add_member(by=SYSTEM, agency=agency, role=role, user=user))


def _open(name: str, fields: Mapping[str, Any]) -> Agency:
    return open_agency(by=SYSTEM, slug=f"leaks-{name}", name=f"Leaks {name}", state="MA", **fields)
