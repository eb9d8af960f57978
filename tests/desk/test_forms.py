"""What the forms of the desk say is put into the reader's language when they are shown, not when they are loaded."""

import re
from collections.abc import Callable

import pytest
from django.forms import Form
from django.utils import translation

from fhir.content.compartments import Compartment
from referrals.web.desk import forms

FORMS: tuple[Callable[[], Form], ...] = (
    lambda: forms.SearchForm(staff=[]),
    lambda: forms.WhyForm(staff=[]),
    forms.IncidentForm,
    lambda: forms.ReviewForm(parts=list(Compartment)),
    forms.AssessForm,
    forms.ComplaintForm,
)
SAID = re.compile(r"<(option|label|legend)\b[^>]*>(.*?)</\1>", re.DOTALL)


@pytest.mark.parametrize("make", FORMS)
def test_every_label_and_every_choice_is_translated_when_it_is_shown(make, monkeypatch):
    with translation.override("en"):
        translation.gettext("Why")  # the catalog is there: from here on it is ours
        monkeypatch.setattr(translation._trans, "gettext", lambda text: f"«{text}»")
        monkeypatch.setattr(translation._trans, "ngettext", lambda one, many, n: f"«{one if n == 1 else many}»")
        said = [re.sub(r"<[^>]*>", "", text).strip() for _tag, text in SAID.findall(make().as_div())]
    assert said
    assert [text for text in said if text and not text.startswith("«")] == []
