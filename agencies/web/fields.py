"""Boxes for weekly hours: the weekdays, and a time of day."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from agencies.hours import ALL_DAYS

DAYS = (_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday"))


def time_field(**more: Any) -> forms.TimeField:
    """A time of day, as browsers ask for it."""
    return forms.TimeField(widget=forms.TimeInput({"type": "time"}, format="%H:%M"), **more)


class DaysField(forms.TypedMultipleChoiceField):
    """Weekdays, as bits from Monday on."""

    def __init__(self, **more: Any) -> None:
        choices = [(str(1 << at), name) for at, name in enumerate(DAYS)]
        super().__init__(choices=choices, coerce=int, widget=forms.CheckboxSelectMultiple, **more)

    def clean(self, value: Any) -> int:
        """All of them together."""
        return sum(set(super().clean(value)))


def days_of(bits: int) -> list[str]:
    """The choices that these bits are."""
    return [str(1 << at) for at in range(7) if bits >> at & 1]


def named(bits: int) -> str:
    """The days that these bits are in words, Monday first."""
    if bits == ALL_DAYS:
        return gettext("every day")
    return ", ".join(str(name) for at, name in enumerate(DAYS) if bits >> at & 1)
