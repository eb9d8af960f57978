"""The one place that knows django-guardian: grants on an Agency, held by the Group of a role.

guardian lets superusers and model-wide permissions through unless told otherwise, so nothing here
asks ``user.has_perm``: a grant is a row, and only a row.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.apps import apps
from django.contrib.auth.models import Group, Permission
from guardian.ctypes import get_content_type
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase
from guardian.shortcuts import get_objects_for_group, remove_perm
from guardian.utils import get_group_obj_perms_model

from .capabilities import Capability
from .compiled import ask
from .roles import Role

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from .models import Agency

__all__ = ["GroupObjectPermissionBase", "UserObjectPermissionBase", "agencies_for", "give", "held", "take"]


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


def held(*, agency_id: UUID, role: Role) -> frozenset[Capability]:
    """What ``role`` may do for its agency: grant rows of its Group on it; unknown codenames raise ``ValueError``.

    What guardian's own checker asks in three queries that Django compiles each time.
    """
    model = apps.get_model("agencies", "Agency")
    names = ask(_granted, model, get_content_type(model).pk, agency_id=agency_id, role=role.value)
    return frozenset(map(Capability, names))


def _granted(model: type[Agency], content_type_id: int, *, agency_id: UUID, role: str) -> QuerySet[Any, str]:
    rows = get_group_obj_perms_model(model())._default_manager.filter(
        content_object_id=agency_id,
        group__rolegroup__agency_id=agency_id,
        group__rolegroup__role=role,
        permission__content_type_id=content_type_id,
    )
    return rows.values_list("permission__codename", flat=True)


def agencies_for(*, group: Group, capability: Capability) -> QuerySet[Agency]:
    """The agencies for which ``group`` holds ``capability`` by a grant of its own."""
    found: QuerySet[Agency] = get_objects_for_group(group, f"agencies.{capability.value}", accept_global_perms=False)
    return found
