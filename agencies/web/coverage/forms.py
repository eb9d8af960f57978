"""The form of a coverage."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from agencies.coverage.services import Choice, Hours
from agencies.web.fields import DaysField, time_field


def _day(**more: Any) -> forms.DateField:
    return forms.DateField(widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"), **more)


class CoverageForm(forms.Form):
    """Who covers, on which agreement, when."""

    covering = forms.ChoiceField(
        label=_("Who covers you"), help_text=_("Agencies on this network that share an agreement with yours.")
    )
    days = DaysField(label=_("Days on which it begins"))
    begins = time_field(label=_("From"), help_text=_("By the clock of your agency."))
    ends = time_field(
        label=_("Until"), help_text=_("Earlier than the beginning: over midnight. The same: a whole day.")
    )
    since = _day(label=_("First day"))
    until = _day(label=_("Last day"), required=False, help_text=_("Empty: until one of you ends it."))

    def __init__(self, *args: Any, choices: Sequence[Choice], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = [
            (f"{each.covering.pk}/{each.agreement.pk}", f"{each.covering.name} – {each.agreement.title}")
            for each in choices
        ]
        self.fields["covering"].choices = [("", gettext("Choose one")), *named]  # type: ignore[attr-defined]

    @property
    def sides(self) -> tuple[UUID, UUID]:
        """The agency and the agreement that were chosen."""
        agency, _slash, agreement = self.cleaned_data["covering"].partition("/")
        return UUID(agency), UUID(agreement)

    @property
    def hours(self) -> Hours:
        """When."""
        said = self.cleaned_data
        until: date | None = said["until"]
        return Hours(days=said["days"], begins=said["begins"], ends=said["ends"], since=said["since"], until=until)
