"""The two screens that come before a referral, as forms made from the instruments' own tables."""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from fhir.content.encounter import Screens
from fhir.content.questionnaires import Score, response, score
from fhir.content.questionnaires.c_ssrs import C_SSRS, EVER, INTENT, METHOD, PLAN, RECENT, THOUGHTS
from fhir.content.questionnaires.instrument import Item, Kind, Silence
from fhir.content.questionnaires.medical_check import FLAGS, MEDICAL_CHECK, Colour
from fhir.content.questionnaires.options import NO, YES
from fhir.content.questionnaires.responses import Given
from referrals.drafts.kept import Content, Parts

SUICIDE, MEDICAL = "suicide", "medical"
CHECKED = "checked"
NOBODY = UUID(int=0)


class SixQuestions(forms.Form):
    """The C-SSRS screener: yes, no, or would not say. A question that has no answer stays open."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        for item in C_SSRS.questions:
            self.fields[item.code] = _question(item)

    @property
    def steps(self) -> Iterator[tuple[str, forms.BoundField | None]]:
        """What stands on the page in its order: the instrument's own headings, and its questions."""
        for item in C_SSRS.items:
            yield item.words.en, None if item.kind is Kind.DISPLAY else self[item.code]

    def answers(self) -> dict[str, Given]:
        """What was answered, by the question's code."""
        return {code: said for code, said in self.cleaned_data.items() if said}


def _question(item: Item) -> forms.ChoiceField:
    choices = [(option.code, _(option.words.en)) for option in item.options]
    choices.append((Silence.REFUSED.value, _("Would not say")))
    # The wording of the questions is the owner's and is never translated by us.
    return forms.ChoiceField(label=item.words.en, choices=choices, required=False, widget=forms.RadioSelect)


class MedicalCheck(forms.Form):
    """The officer's medical check on one screen: tap what you see, or say that you checked."""

    red = forms.MultipleChoiceField(
        label=_("Any of these: call 911"),
        required=False,
        choices=[(flag.code, _(flag.text)) for flag in FLAGS if flag.colour is Colour.RED],
        widget=forms.CheckboxSelectMultiple,
    )
    amber = forms.MultipleChoiceField(
        label=_("Medical care the same day"),
        required=False,
        choices=[(flag.code, _(flag.text)) for flag in FLAGS if flag.colour is Colour.AMBER],
        widget=forms.CheckboxSelectMultiple,
    )
    checked = forms.BooleanField(label=_("I checked: none of the others"), required=False)

    def clean(self) -> dict[str, Any]:
        """What was not tapped is a no only for who says so. A red flag waits for no tick."""
        said = super().clean() or {}
        if not said.get("red") and not said.get(CHECKED):
            raise ValidationError(_("Tap what you see, or tap that you checked and it is none of these."))
        return said

    def answers(self) -> dict[str, Given]:
        """Yes for what was tapped, no for the rest if it was checked, else nothing."""
        said = self.cleaned_data
        tapped = {*said["red"], *said["amber"]}
        rest: dict[str, Given] = {flag.code: NO.code for flag in FLAGS} if said[CHECKED] else {}
        return rest | dict.fromkeys(tapped, YES.code)


PAGES: Mapping[str, tuple[type[SixQuestions] | type[MedicalCheck], str]] = {
    SUICIDE: (SixQuestions, C_SSRS.url),
    MEDICAL: (MedicalCheck, MEDICAL_CHECK.url),
}
"""The page of a draft, its form, and the instrument it is."""

ONLY_AFTER: Mapping[str, str] = {METHOD: THOUGHTS, INTENT: THOUGHTS, PLAN: THOUGHTS, RECENT: EVER}
"""The questions that a "no" to another switches off; the page hides them then."""


def screens_of(parts: Parts) -> Screens:
    """The answers that a draft holds, by instrument; a page nobody answered is not there."""
    found: dict[str, Mapping[str, Given]] = {}
    for part, (form, address) in PAGES.items():
        if part in parts:
            filled = form(data_of(parts[part]))
            if filled.is_valid() and (answers := filled.answers()):
                found[address] = answers
    return found


def score_of(screens: Screens, address: str) -> Score | None:
    """What the answers to one instrument come to, ``None`` if it was not asked."""
    if address not in screens:
        return None
    return score(response(address, screens[address], id_=NOBODY, patient_id=NOBODY, authored="2000-01-01"))


def data_of(content: Content) -> QueryDict:
    """What was kept of a page, as a form takes it."""
    data = QueryDict(mutable=True)
    for name, said in content.items():
        data.setlist(name, list(said))
    return data
