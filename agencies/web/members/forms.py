"""The form of an invitation."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from agencies.inviting import roles_of
from agencies.kinds import AgencyKind
from agencies.models import Agency
from agencies.roles import NAMES


class InviteForm(forms.Form):
    """Whom to invite, as what. Which roles there are is the agency's kind to say."""

    name = forms.CharField(label=_("Name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    email = forms.EmailField(label=_("Work email"), help_text=_("The link goes there. It works once, for seven days."))
    role = forms.ChoiceField(label=_("Role"))

    def __init__(self, *args: Any, agency: Agency, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(role.value, gettext(NAMES[role])) for role in roles_of(AgencyKind(agency.kind))]
        self.fields["role"].choices = [("", gettext("Choose one")), *choices]  # type: ignore[attr-defined]
