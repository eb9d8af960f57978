"""The forms of notices: one's own wishes, an agency's mailbox and hours, a turn on the rota, a webhook."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

import phonenumbers
from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from agencies.models import Membership
from agencies.roles import NAMES, Role
from agencies.web.fields import DaysField, days_of, time_field
from referrals.notices.kinds import WISHES, Wish
from referrals.notices.models import Preference, Reach
from referrals.notices.timers import Rung
from referrals.web.words import PRIORITIES

REGION = "US"


class WishForm(forms.Form):
    """How one wants to hear of notices."""

    mail = forms.ChoiceField(label=_("Email"), required=False)
    text = forms.ChoiceField(label=_("Text message"))
    phone = forms.CharField(
        label=_("Mobile number for text messages"),
        required=False,
        max_length=40,
        widget=forms.TextInput({"type": "tel", "autocomplete": "tel"}),
        help_text=_("A message brings a number, whether it is urgent, and a link. Nothing of a client."),
    )
    quiet_begins = time_field(label=_("Quiet from"), required=False, help_text=_("By the clock of your agency."))
    quiet_ends = time_field(label=_("Quiet until"), required=False, help_text=_("What is urgent comes all the same."))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        wishes = [(wish.value, gettext(word)) for wish, word in WISHES.items()]
        self.fields["mail"].choices = [("", gettext("as my agency's mailbox leaves it")), *wishes]  # type: ignore[attr-defined]
        self.fields["text"].choices = wishes  # type: ignore[attr-defined]

    @staticmethod
    def of(row: Preference) -> dict[str, Any]:
        """What the form shows of somebody's wishes."""
        return {name: getattr(row, name) for name in ("mail", "text", "phone", "quiet_begins", "quiet_ends")}

    def clean_phone(self) -> str:
        """The number as gateways write it. Raises ``ValidationError`` for what is none."""
        typed: str = self.cleaned_data["phone"]
        if not typed:
            return ""
        try:
            number = phonenumbers.parse(typed, REGION)
        except phonenumbers.NumberParseException:
            number = None
        if number is None or not phonenumbers.is_possible_number(number):
            raise forms.ValidationError(gettext("Enter a telephone number with its area code, such as 978-555-0123."))
        return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))

    def clean(self) -> dict[str, Any]:
        """Raise ``ValidationError`` for text messages without a number, and quiet hours with one end."""
        typed = super().clean() or {}
        if typed.get("text") in (Wish.ALL, Wish.URGENT) and not typed.get("phone") and "phone" not in self.errors:
            self.add_error("phone", gettext("Enter the number that text messages go to."))
        if (typed.get("quiet_begins") is None) != (typed.get("quiet_ends") is None) and not self.errors:
            self.add_error("quiet_ends", gettext("Enter both ends of your quiet hours, or neither."))
        return typed


class ReachForm(forms.Form):
    """An agency's mailbox and hours."""

    mailbox = forms.EmailField(
        label=_("Shared mailbox"),
        required=False,
        help_text=_("Gets a mail for everything that everybody who works here may see."),
    )
    days = DaysField(label=_("Days you work"))
    opens = time_field(label=_("You open at"))
    closes = time_field(label=_("You close at"))

    @staticmethod
    def of(row: Reach) -> dict[str, Any]:
        """What the form shows of an agency."""
        return {"mailbox": row.mailbox, "days": days_of(row.days), "opens": row.opens, "closes": row.closes}


RUNGS = {Rung.ACKNOWLEDGED: _("Minutes until somebody has it"), Rung.DECIDED: _("Minutes until it is answered")}
LONGEST = 30 * 24 * 60


class TimersForm(forms.Form):
    """An agency's own times, in minutes. One left empty is the network's."""

    all_optional = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for rung, label in RUNGS.items():
            for level, word in reversed(list(PRIORITIES.items())):
                self.fields[f"{rung}-{level}"] = forms.IntegerField(
                    label=f"{label}: {gettext(word)}", required=False, min_value=1, max_value=LONGEST
                )

    @staticmethod
    def of(own: Mapping[tuple[str, str], int]) -> dict[str, int]:
        """What the form shows of an agency's own times."""
        return {f"{rung}-{level}": minutes for (rung, level), minutes in own.items()}

    @property
    def minutes(self) -> dict[tuple[str, str], int]:
        """What was entered, by rung and urgency."""
        entered = {name: value for name, value in self.cleaned_data.items() if value is not None}
        return {(rung, level): value for name, value in entered.items() for rung, _dash, level in [name.partition("-")]}


class ShiftForm(forms.Form):
    """One turn on the rota."""

    membership_id = forms.TypedChoiceField(label=_("Who"), coerce=UUID)
    place = forms.IntegerField(
        label=_("Called as number"), min_value=1, max_value=9, initial=1, help_text=_("1 is called first.")
    )
    days = DaysField(label=_("Days on which the turn begins"))
    begins = time_field(label=_("From"))
    ends = time_field(
        label=_("Until"), help_text=_("Earlier than the beginning: over midnight. The same: a whole day.")
    )

    def __init__(self, *args: Any, members: Iterable[Membership], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.auto_id = "id_shift_%s"  # the form above it has days, too
        people = [
            (str(each.pk), f"{each.user.name}, {gettext(NAMES[Role(each.role)])}") for each in members if each.user
        ]
        self.fields["membership_id"].choices = [("", gettext("Choose one")), *people]  # type: ignore[attr-defined]


class WebhookForm(forms.Form):
    """The address of an agency's own system."""

    url = forms.CharField(
        label=_("Address"), max_length=400, help_text=_("It begins with https:// and is reached from the internet.")
    )
