"""The boxes of a new referral, most of them made from the table of facts; what they come to is ``encounter.Told``."""

import re
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from fhir.content.builders import Agreed, Origin
from fhir.content.catalog import LANGUAGES, SERVICES
from fhir.content.encounter import Screens, Told
from fhir.content.facts import FACTS, Fact, Kind
from fhir.content.systems import SERVICE_TYPE
from referrals.policy.cji import criminal_history
from referrals.services.recipients import Choices
from referrals.starting import Asked

LOCAL = "%Y-%m-%dT%H:%M"
SLACK = timedelta(minutes=5)  # a phone's clock may be ahead of ours
ASSESSMENT = "135"
OFFERED = (ASSESSMENT, "308", "136", "305", "317", "105", "126", "127", "465")
NEVER_REMEMBERED = {"autocomplete": "off"}  # a browser keeps what was typed for the next who types
URGENCY = (
    ("stat", _("Emergency: answer now")),
    ("urgent", _("Urgent: today")),
    ("routine", _("Routine: this week")),
)
AGREED = (
    (Agreed.YES.value, _("Yes")),
    (Agreed.NO.value, _("No")),
    (Agreed.UNABLE.value, _("Unable to ask")),
)
ORIGINS = (
    ("", "---------"),
    (Origin.EMERGENCY_CALL.value, _("911 call")),
    (Origin.SELF.value, _("the person")),
    (Origin.FAMILY.value, _("family")),
    (Origin.BUSINESS.value, _("a business")),
    (Origin.OFFICER_INITIATED.value, _("an officer")),
    (Origin.OTHER.value, _("somebody else")),
)
GENDERS = (
    ("", "---------"),
    ("female", _("female")),
    ("male", _("male")),
    ("other", _("another")),
    ("unknown", _("not known")),
)
YES_NO = (("", "---------"), ("yes", _("yes")), ("no", _("no")))

WHEN = ("occurred", "town")
TOP = ("to", "about", "urgency", "disposition", "way-in", "agreed")
PERSON = ("given", "family", "born", "phone")
THEN = ("then_first", "then_second")
MORE = {
    _("More about the person"): (
        "may-call", "may-leave-message", "alias", "gender", "age-band", "tongue", "interpreter", "street",
        "town-residence", "housing", "veteran",
    ),
    _("More about the call"): (
        "service", "case_number", "call", "location", "source", "observed", "naloxone", "minutes", "cit", "clinician",
        "force", "injury-client", "injury-officer", "arrest-possible", "ed-avoided",
    ),
    _("If nobody answers"): THEN,
    _("Safety of those who visit"): ("weapons", "weapons-at-home", "children", "pets", "safety-notes"),
}  # fmt: skip
DESK_LEAVES_OUT = frozenset(
    {
        "disposition", "call", "location", "source", "minutes", "cit", "clinician", "force", "injury-client",
        "injury-officer", "arrest-possible", "ed-avoided", "weapons",
    }
)  # fmt: skip
OFFICER_LEAVES_OUT = frozenset({"way-in"})
ASKED_FIRST = frozenset({"disposition", "way-in"})


def _field(fact: Fact) -> forms.Field:
    """The box of one fact."""
    label, options = _(fact.words), [(code, _(words)) for code, words in fact.options.items()]
    wanted = fact.code in ASKED_FIRST
    if fact.kind is Kind.SEVERAL:
        return forms.MultipleChoiceField(
            label=label, choices=options, required=False, widget=forms.CheckboxSelectMultiple
        )
    if fact.kind is Kind.COUNT:
        return forms.IntegerField(label=label, required=False, min_value=0, max_value=10_000)
    if fact.kind is Kind.WORDS:
        return forms.CharField(
            label=label, required=False, max_length=300, widget=forms.TextInput(attrs=dict(NEVER_REMEMBERED))
        )
    choices = YES_NO if fact.kind is Kind.FLAG else (options if wanted else [("", "---------"), *options])
    widget = forms.RadioSelect if wanted else forms.Select
    return forms.ChoiceField(label=label, required=wanted, choices=choices, widget=widget)


def _words(label: Any, length: int, **attrs: str) -> forms.CharField:
    return forms.CharField(
        label=label, required=False, max_length=length, widget=forms.TextInput(attrs={**NEVER_REMEMBERED, **attrs})
    )


def _several(name: str) -> list[tuple[str, Any]]:
    return [(f"{name}:{code}", _(words)) for code, words in FACTS[name].options.items()]


class Telling(forms.Form):
    """Everything that may be told. ``choices`` are whom it may be put to, and the towns."""

    occurred = forms.DateTimeField(
        label=_("When"),
        input_formats=[LOCAL],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local", **NEVER_REMEMBERED}, format=LOCAL),
    )
    town = forms.ChoiceField(label=_("Town"))
    to = forms.MultipleChoiceField(label=_("Who should help"), widget=forms.CheckboxSelectMultiple)
    about = forms.MultipleChoiceField(
        label=_("What is it about"),
        required=False,
        choices=[*_several("problem"), *_several("substance")],
        widget=forms.CheckboxSelectMultiple,
    )
    urgency = forms.ChoiceField(label=_("How urgent"), choices=URGENCY, widget=forms.RadioSelect)
    agreed = forms.ChoiceField(label=_("Did they agree to be contacted"), choices=AGREED, widget=forms.RadioSelect)
    given = _words(_("First name"), 80)
    family = _words(_("Last name"), 80)
    born = forms.CharField(
        label=_("Date of birth"),
        required=False,
        max_length=20,
        help_text=_("As 3/14/2007, or the year."),
        widget=forms.TextInput(attrs={**NEVER_REMEMBERED, "inputmode": "text"}),
    )
    phone = _words(_("Phone"), 40, type="tel", inputmode="tel")
    alias = _words(_("Also called"), 80)
    gender = forms.ChoiceField(label=_("Sex"), required=False, choices=GENDERS)
    tongue = forms.ChoiceField(
        label=_("Language"),
        required=False,
        choices=[("", "---------"), *((tag, _(words)) for tag, words in LANGUAGES.items())],
    )
    street = _words(_("Street and number"), 120)
    case_number = forms.CharField(
        label=_("Your case number"),
        required=False,
        max_length=40,
        help_text=_("Nothing out of a criminal history system."),
        widget=forms.TextInput(attrs=dict(NEVER_REMEMBERED)),
    )
    source = forms.ChoiceField(label=_("Who called"), required=False, choices=ORIGINS)
    service = forms.ChoiceField(
        label=_("What is asked for"),
        choices=[(code, _(SERVICES[SERVICE_TYPE][code])) for code in OFFERED],
        initial=ASSESSMENT,
    )
    then_first = forms.ChoiceField(
        label=_("Ask next"),
        required=False,
        help_text=_("By itself, when nobody answered what is urgent. It reads the ask, and the rest when it says yes."),
    )
    then_second = forms.ChoiceField(label=_("And after that one"), required=False)
    narrative = forms.CharField(
        label=_("In your words"),
        required=False,
        max_length=1000,
        help_text=_("What you saw and heard, and what they would like. No diagnoses, no treatment history."),
        widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "true", **NEVER_REMEMBERED}),
    )

    def __init__(self, *args: Any, sworn: bool, follows: bool, choices: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        for fact in FACTS.values():
            if fact.code not in ("problem", "substance", "town-incident"):
                self.fields[fact.code] = _field(fact)
        for name in (*(OFFICER_LEAVES_OUT if sworn else DESK_LEAVES_OUT), *(() if follows else THEN)):
            del self.fields[name]
        self.choices = choices
        self._offer_agencies()
        self._offer_towns(sworn=sworn)
        self.fields["occurred"].initial = timezone.localtime
        # A browser cuts off without a word what is pasted beyond it; the error says so and keeps all of it.
        del self.fields["narrative"].widget.attrs["maxlength"]

    def _offer_agencies(self) -> None:
        every = (*self.choices.usual, *self.choices.others)
        named = [(str(each.id), each.name) for each in every]
        self.fields["to"].choices = named  # type: ignore[attr-defined]
        for name in self.fields.keys() & THEN:
            self.fields[name].choices = [("", "---------"), *named]  # type: ignore[attr-defined]

    def _offer_towns(self, *, sworn: bool) -> None:
        own, others = self.choices.own_towns, self.choices.towns
        field = self.fields["town"]
        blank = [] if len(own) == 1 else [("", "---------")]
        field.choices = [*blank, *((town, town) for town in (*own, *others))]  # type: ignore[attr-defined]
        field.required = sworn
        if len(own) == 1:
            (field.initial,) = own

    def group(self, names: tuple[str, ...]) -> list[forms.BoundField]:
        """Those of these boxes that this form has."""
        return [self[name] for name in names if name in self.fields]

    @property
    def more(self) -> Iterator[tuple[Any, list[forms.BoundField], bool]]:
        """The boxes that are folded away: what they are about, the boxes, and whether one of them needs a look."""
        for title, names in MORE.items():
            boxes = self.group(names)
            yield title, boxes, any(box.errors for box in boxes)

    @property
    def recipients(self) -> tuple[list[forms.boundfield.BoundWidget], list[forms.boundfield.BoundWidget]]:
        """The boxes of the agencies: those asked most, and the rest."""
        every = list(self["to"].subwidgets)
        most = len(self.choices.usual)
        return every[:most], every[most:]

    def clean_occurred(self) -> Any:
        occurred = self.cleaned_data["occurred"]
        if occurred > timezone.now() + SLACK:
            raise ValidationError(_("This is still to come. Give the time when it happened."))
        return occurred

    def clean(self) -> dict[str, Any]:
        """Raise ``ValidationError`` by the box for whom to ask next, where there is nobody to be followed."""
        said = super().clean() or {}
        to, first, second = said.get("to") or [], said.get("then_first"), said.get("then_second")
        problems = (
            ("then_first", first and len(to) > 1, _("This can follow one agency, not several at once.")),
            ("then_first", first and first in to, _("This one is asked first already.")),
            ("then_first", first and said.get("urgency") == "routine", _("Only what is urgent is asked on by itself.")),
            ("then_first", second and not first, _("Say first who is asked before that one.")),
            ("then_second", second and second in (*to, first), _("This one is asked before already.")),
        )
        for name, wrong, text in problems:
            if wrong and name not in self.errors:
                self.add_error(name, text)
        return said

    def clean_born(self) -> str:
        return fhir_date(self.cleaned_data["born"], today=timezone.localdate())

    def clean_phone(self) -> str:
        phone: str = self.cleaned_data["phone"].strip()
        if phone and sum(letter.isdigit() for letter in phone) < 7:
            raise ValidationError(_("A phone number has at least seven digits."))
        return phone

    def warnings(self) -> list[str]:
        """Words of criminal history in what was typed, right or wrong: they warn and stop nothing."""
        typed = " \n".join(str(self[name].value() or "") for name in ("narrative", "safety-notes"))
        return list(criminal_history(typed))

    def asked(self, screens: Screens) -> Asked:
        """What a valid form asks, with these screens."""
        said = self.cleaned_data
        return Asked(
            told=self._told(said, screens),
            to=tuple(map(UUID, said["to"])),
            agreed=Agreed(said["agreed"]),
            then=tuple(UUID(said[name]) for name in THEN if said.get(name)),
            origin=Origin(said["source"]) if said.get("source") else None,
        )

    def _told(self, said: Mapping[str, Any], screens: Screens) -> Told:
        texts = ("given", "family", "alias", "phone", "street", "case_number", "narrative")
        return Told(
            occurred=timezone.localtime(said["occurred"]).isoformat(timespec="seconds"),
            priority=said["urgency"],
            service=said["service"],
            born=said["born"],
            gender=said["gender"],
            tongue=said["tongue"],
            town=said["town-residence"],
            facts=dict(_facts(said)),
            screens=screens,
            **{name: said[name].strip() for name in texts},
        )


def _facts(said: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name in ("problem", "substance"):
        if chosen := tuple(each.partition(":")[2] for each in said["about"] if each.startswith(f"{name}:")):
            yield name, chosen
    if said["town"]:
        yield "town-incident", said["town"]
    for fact in FACTS.values():
        value = said.get(fact.code)
        if value is not None and value not in ("", []) and fact.code not in ("problem", "substance"):
            yield fact.code, _answer(fact, value)


def _answer(fact: Fact, value: Any) -> Any:
    if fact.kind is Kind.FLAG:
        return value == "yes"
    return tuple(value) if fact.kind is Kind.SEVERAL else value


_DATES = (
    re.compile(r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})"),
    re.compile(r"(?P<month>\d{1,2})[/.\- ](?P<day>\d{1,2})[/.\- ](?P<year>\d{4})"),
    re.compile(r"(?P<month>\d{2})(?P<day>\d{2})(?P<year>\d{4})"),
)


def fhir_date(text: str, *, today: date) -> str:
    """A date of birth as FHIR writes it, or the year alone; "" for none. Raises ``ValidationError``."""
    said = text.strip()
    if not said:
        return ""
    if re.fullmatch(r"\d{4}", said) and today.year - 120 <= int(said) <= today.year:
        return said
    found = next((match for pattern in _DATES if (match := pattern.fullmatch(said))), None)
    try:
        day = date(*(int(found[part]) for part in ("year", "month", "day"))) if found else None
    except ValueError:
        day = None
    if day is None or not today.year - 120 <= day.year or day > today:
        raise ValidationError(_("Give month, day and year, such as 3/14/2007, or the year alone."))
    return day.isoformat()
