"""The forms of the desk. Times are those of the agency's clock; nothing typed here stands in an address."""

from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import uuid4

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from fhir.content.compartments import Compartment
from referrals.desk import kinds, words
from referrals.desk.services import reviews
from referrals.desk.services.complaints import LONGEST
from referrals.desk.services.incidents import FACTORS
from referrals.policy import reviewing
from referrals.web.words import PARTS

DAY = forms.DateInput({"type": "date"}, format="%Y-%m-%d")
QUIET = {"autocomplete": "off"}
DAYS = (MinValueValidator(date(2000, 1, 1)), MaxValueValidator(date(2199, 12, 31)))
"""The days that the log is asked for: outside of them no bound can be made, and there is nothing."""
MOST = 2_000_000_000
"""So many people a row can hold."""


def moment() -> forms.DateTimeInput:
    """A box for a day and a time."""
    return forms.DateTimeInput({"type": "datetime-local", **QUIET}, format="%Y-%m-%dT%H:%M")


def area(rows: int = 5) -> forms.Textarea:
    """A box for words."""
    return forms.Textarea({"rows": rows, **QUIET})


class SearchForm(forms.Form):
    """What narrows the log; all of it may be left out, and it may stand in an address: it names no client."""

    all_optional = True
    member = forms.ChoiceField(label=_("Who"), required=False)
    question = forms.ChoiceField(
        label=_("Did what"),
        required=False,
        choices=[("", _("anything")), *((name, _(row[0])) for name, row in words.QUESTIONS.items())],
    )
    outcome = forms.ChoiceField(
        label=_("How it went"),
        required=False,
        choices=[("", _("either way")), ("0", _("done")), ("4", _("refused")), ("8", _("does not open"))],
    )
    since = forms.DateField(label=_("From"), required=False, widget=DAY, validators=DAYS)
    until = forms.DateField(label=_("Until"), required=False, widget=DAY, validators=DAYS)

    def __init__(self, *args: Any, staff: list[tuple[Any, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["member"].choices = [("", _("anybody")), *((str(id_), name) for id_, name in staff)]  # type: ignore[attr-defined]


class FileForm(forms.Form):
    """One referral by its number, or one client by the id that the log and the tables have."""

    number = forms.CharField(
        label=_("Number of a referral, or the id of a client"),
        max_length=40,
        help_text=_("Such as K7QF-2M9D. It is not kept in the address."),
        widget=forms.TextInput({**QUIET, "spellcheck": "false"}),
    )


class WhyForm(forms.Form):
    """Whose question it is, and what is asked about."""

    member = forms.ChoiceField(label=_("Who"))
    number = forms.CharField(
        label=_("Number of the referral"), max_length=40, widget=forms.TextInput({**QUIET, "spellcheck": "false"})
    )
    part = forms.ChoiceField(label=_("Part"), choices=[(part.value, _(PARTS[part])) for part in Compartment])

    def __init__(self, *args: Any, staff: list[tuple[Any, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["member"].choices = [(str(id_), name) for id_, name in staff]  # type: ignore[attr-defined]


class OnceForm(forms.Form):
    """A form that is sent once, however often its button is pressed."""

    key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {**self.initial, "key": uuid4()}


class IncidentForm(OnceForm):
    """What happened, and what its deadlines hang on."""

    kind = forms.ChoiceField(label=_("What"), choices=[(code, _(said)) for code, said in kinds.INCIDENTS.items()])
    discovered_at = forms.DateTimeField(
        label=_("Discovered"), widget=moment(), help_text=_("Every deadline counts from here.")
    )
    what = forms.CharField(
        label=_("What happened"),
        max_length=LONGEST,
        widget=area(),
        help_text=_("Sealed: the privacy officers of your agency read it, nobody else."),
    )
    affected = forms.IntegerField(
        label=_("How many people"),
        required=False,
        min_value=0,
        max_value=MOST,
        help_text=_("Leave it out while nobody knows: then the deadlines are those for many."),
    )
    criminal_justice = forms.BooleanField(label=_("Criminal justice information is among it"), required=False)
    delayed_until = forms.DateTimeField(
        label=_("The police asked to wait until"),
        required=False,
        widget=moment(),
        help_text=_("In writing as long as it says, else 30 days at most."),
    )


def _hours() -> list[tuple[int, str]]:
    return [(hours, ngettext("%(n)s hour", "%(n)s hours", hours) % {"n": hours}) for hours in reviewing.HOURS]


class ReviewForm(OnceForm):
    """What she asks to see, why, and for how long. No reason is chosen for her."""

    reason = forms.ChoiceField(
        label=_("Why"),
        choices=[(code.value, _(ground.words)) for code, ground in reviewing.REASONS.items()],
        widget=forms.RadioSelect,
    )
    parts = forms.MultipleChoiceField(label=_("Which parts"), widget=forms.CheckboxSelectMultiple)
    hours = forms.TypedChoiceField(
        label=_("Open for how long"),
        coerce=int,
        choices=_hours,
        help_text=_("It counts from the second person's yes."),
    )
    words = forms.CharField(
        label=_("What the log does not answer"),
        max_length=reviews.LONGEST,
        widget=area(4),
        help_text=_("Sealed: the privacy officers of your agency read it, nobody else."),
    )

    def __init__(self, *args: Any, parts: Iterable[Compartment], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["parts"].choices = [(part.value, _(PARTS[part])) for part in parts]  # type: ignore[attr-defined]


class AssessForm(forms.Form):
    """The four factors, and what they come to."""

    nature = forms.CharField(label=_(FACTORS["nature"]), max_length=LONGEST, widget=area(3))
    person = forms.CharField(label=_(FACTORS["person"]), max_length=LONGEST, widget=area(3))
    seen = forms.CharField(label=_(FACTORS["seen"]), max_length=LONGEST, widget=area(3))
    mitigated = forms.CharField(label=_(FACTORS["mitigated"]), max_length=LONGEST, widget=area(3))
    breach = forms.ChoiceField(
        label=_("So it is"),
        choices=[("yes", _("a breach")), ("no", _("not a breach: a low probability that it was compromised"))],
        widget=forms.RadioSelect,
    )


class ComplaintForm(OnceForm):
    """What somebody complains of."""

    way = forms.ChoiceField(label=_("How it came"), choices=[(code, _(said)) for code, said in kinds.WAYS.items()])
    received_at = forms.DateTimeField(label=_("When it came"), widget=moment())
    who = forms.CharField(
        label=_("From whom"), required=False, max_length=200, help_text=_("Nobody has to give a name.")
    )
    what = forms.CharField(
        label=_("About what"), max_length=LONGEST, widget=area(), help_text=_("Sealed, like an incident.")
    )


class AnswerForm(forms.Form):
    """What was found, and answered."""

    answer = forms.CharField(label=_("What was found, and what you answered"), max_length=LONGEST, widget=area())
