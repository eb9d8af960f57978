"""What pages of notices show of values."""

from django import template
from django.utils.translation import gettext

from referrals.notices.oncall import ALL_DAYS
from referrals.notices.web.forms import DAYS

register = template.Library()


@register.filter
def weekdays(bits: int) -> str:
    """The days that these bits are, Monday first."""
    if bits == ALL_DAYS:
        return gettext("every day")
    return ", ".join(str(name) for at, name in enumerate(DAYS) if bits >> at & 1)
