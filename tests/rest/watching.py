"""Privacy officers of the county as callers of the edge: who may read the log."""

from agencies.models import Agency, User
from agencies.roles import Role
from agencies.services import actor_for, add_member
from tests.rest.calling import PEOPLE, Known


def watch(name: str, agency: Agency) -> None:
    """Let ``name`` be a privacy officer of ``agency`` at the door."""
    user = User.objects.create_user(f"privacy@{agency.slug}.example.org")
    PEOPLE[name] = Known(actor_for(add_member(by="System/setup", agency=agency, role=Role.PRIVACY_OFFICER, user=user)))
