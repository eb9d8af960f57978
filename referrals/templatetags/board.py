"""Small words of the board's templates: addresses that keep what narrows the list, and how long something waits."""

from datetime import datetime

from django import template
from django.http import QueryDict
from django.utils import timezone

from referrals.web.board import rows

register = template.Library()


@register.filter
def ago(since: datetime) -> str:
    """How long ago, coarsely."""
    return rows.ago(since, timezone.now())


@register.simple_tag
def narrowed(kept: str, **changed: object) -> str:
    """The query of an address: what narrowed the list before, with ``changed`` in it."""
    query = QueryDict(kept, mutable=True)
    for name, value in changed.items():
        query[name] = str(value)
    return query.urlencode()
