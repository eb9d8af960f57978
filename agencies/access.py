"""The one place that knows django-guardian: grants on an Agency, held by the Group of a role.

guardian lets superusers and model-wide permissions through unless told otherwise, so nothing here
asks ``user.has_perm``: a grant is a row, and only a row.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.db.models import F, FilteredRelation, Q
from guardian.ctypes import get_content_type
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase
from guardian.shortcuts import get_objects_for_group, remove_perm
from guardian.utils import get_group_obj_perms_model

from .capabilities import Capability

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from .models import Agency, Membership

__all__ = [
    "GroupObjectPermissionBase",
    "UserObjectPermissionBase",
    "agencies_for",
    "capabilities",
    "content_type",
    "give",
    "take",
    "with_each_grant",
    "with_grants",
]


def give(grants: Mapping[Group, Iterable[Capability]], *, agency: Agency) -> None:
    """Add these grants on ``agency`` to these groups; one that is held already stays. Two queries for any number.

    guardian's own ``assign_perm`` asks the database three times for each.
    """
    grant = get_group_obj_perms_model(agency)
    named = {row.codename: row for row in Permission.objects.filter(content_type=get_content_type(agency))}
    grant._default_manager.bulk_create(
        [
            grant(group=group, permission=named[capability.value], content_object=agency)
            for group, capabilities in grants.items()
            for capability in capabilities
        ],
        ignore_conflicts=True,
    )


def take(*, group: Group, agency: Agency, capabilities: Iterable[Capability]) -> None:
    """Remove these grants on ``agency`` from ``group``."""
    for capability in capabilities:
        remove_perm(capability.value, group, agency)


def with_grants(rows: QuerySet[Membership], content_type_id: int, *fields: str) -> QuerySet[Membership, Any]:
    """``fields`` of these memberships, and a codename: one row for each grant of its role's Group on its agency.

    One row with ``None`` for a role that holds none. guardian's own checker asks three queries, made anew each time.
    """
    return with_each_grant(rows, content_type_id).values_list(*fields, "grant")


def with_each_grant(rows: QuerySet[Membership], content_type_id: int) -> QuerySet[Membership, Any]:
    """The same with whole memberships, on each of which ``grant`` is the codename."""
    ours = Q(agency__role_groups__role=F("role"))
    on_it = Q(ours__group__agencygrouppermission__content_object=F("agency"))
    joined = rows.annotate(
        ours=FilteredRelation("agency__role_groups", condition=ours),
        held=FilteredRelation("ours__group__agencygrouppermission", condition=on_it),
    )
    found = joined.filter(Q(held=None) | Q(held__permission__content_type_id=content_type_id))
    return found.annotate(grant=F("held__permission__codename"))


def content_type() -> int:
    """What these two want: the number of the type that permissions on agencies are of."""
    return int(get_content_type(apps.get_model("agencies", "Agency")).pk)


def capabilities(codenames: Iterable[str | None]) -> frozenset[Capability]:
    """What the codenames of ``with_grants`` name. Raises ``ValueError`` for one nobody knows."""
    return frozenset(Capability(name) for name in codenames if name is not None)


def agencies_for(*, group: Group, capability: Capability) -> QuerySet[Agency]:
    """The agencies for which ``group`` holds ``capability`` by a grant of its own."""
    found: QuerySet[Agency] = get_objects_for_group(group, f"agencies.{capability.value}", accept_global_perms=False)
    return found
