"""Looking a code up in a table of words."""

from collections.abc import Mapping

from django import template

register = template.Library()


@register.filter
def named(table: Mapping[str, object], code: str) -> object:
    """The word for a code; the code itself where the table has none, so that a page still opens."""
    return table.get(code, code)
