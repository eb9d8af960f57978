"""Whether an actor's membership is in force this moment: asked of the database every time, never remembered.

Building this query costs Django thirty times what running it does, and every opening asks it, so its SQL is
compiled once from ``MembershipQuerySet.live``, with stand-ins for the four values that change.
"""

from datetime import UTC, datetime
from functools import cache
from typing import Any
from uuid import UUID

from django.db import connections, router
from django.utils import timezone

from agencies.actor import Actor
from agencies.kinds import AgencyKind
from agencies.models import Membership
from agencies.roles import fits
from agencies.vault.errors import CannotOpen

Values = tuple[datetime, UUID, UUID, str]
STAND_INS: Values = (datetime(1, 2, 3, tzinfo=UTC), UUID(int=1), UUID(int=2), "the role")


def require_member(actor: Actor) -> None:
    """Raise ``CannotOpen`` unless the membership is in force, in the actor's agency and with its very role.

    Neither does one count whose role no agency of that kind has.
    """
    alias = router.db_for_read(Membership)
    sql, order = _compiled(alias)
    values = _adapted((timezone.now(), actor.membership_id, actor.agency_id, actor.role.value), alias)
    with connections[alias].cursor() as cursor:
        cursor.execute(sql, [values[place] for place in order])
        found = cursor.fetchone()
    if found is None or not fits(AgencyKind(found[0]), actor.role):
        raise CannotOpen


@cache
def _compiled(alias: str) -> tuple[str, tuple[int, ...]]:
    """The statement, and which of the four values each of its parameters is."""
    at, membership_id, agency_id, role = STAND_INS
    rows = (
        Membership.objects.live(at).filter(pk=membership_id, agency_id=agency_id, role=role).values_list("agency__kind")
    )
    sql, params = rows.query.get_compiler(using=alias).as_sql()
    adapted = _adapted(STAND_INS, alias)
    # A parameter that is none of the four would be a constant of the query: index() refuses to guess.
    return sql, tuple(adapted.index(param) for param in params)


def _adapted(values: Values, alias: str) -> list[Any]:
    """The values as the database's driver takes them."""
    at, membership_id, agency_id, role = values
    connection = connections[alias]
    key = Membership._meta.pk
    return [
        connection.ops.adapt_datetimefield_value(at),
        key.get_db_prep_value(membership_id, connection),
        key.get_db_prep_value(agency_id, connection),
        role,
    ]
