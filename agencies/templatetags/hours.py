"""What pages show of weekly hours."""

from django import template

from agencies.web.fields import named

register = template.Library()


@register.filter
def weekdays(bits: int) -> str:
    """The days that these bits are, Monday first."""
    return named(bits)
