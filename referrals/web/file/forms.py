"""What is asked when something is done to a task: why, in which words, on which version. Rules are the acts' own."""

from collections.abc import Iterable
from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext, gettext_lazy
from django.utils.translation import gettext_noop as _

from fhir.content.catalog import concept
from fhir.content.exact import Object
from referrals.acts import AddToTask, TakeStep
from referrals.acts.stepping import HOW, LONGEST_NOTE, UNHEARD
from referrals.difference import FILLER, IDENTIFIER_TYPE
from referrals.errors import Invalid
from referrals.reasons import reasons_for
from referrals.workflow import Step

HOW_WORDS = {"phone": _("By phone"), "fax": _("By fax"), "e-mail": _("By e-mail"), "in person": _("In person")}


class TaskForm(forms.Form):
    """One thing done to one task, once: ``key`` makes a second press the same one."""

    key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {**self.initial, "key": uuid4()}

    def refuse(self, refusal: Invalid) -> None:
        """Put what the act found wrong beside its field, else on top."""
        for issue in refusal.issues:
            field = issue.expression.rpartition(".")[2]
            self.add_error(field if field in self.fields else None, issue.text.capitalize())

    @property
    def once(self) -> str:
        """The key, as ``perform`` takes it."""
        return str(self.cleaned_data["key"])


class StepForm(TaskForm):
    """A step of the workflow, with its reason where it takes one, and words to the other side.

    ``version`` is what was seen: no step is taken of a task that nobody says how they saw it.
    """

    version = forms.IntegerField(
        widget=forms.HiddenInput,
        error_messages={"required": gettext_lazy("Open the page again: this one does not say what you saw.")},
    )
    reason = forms.ChoiceField(
        label=gettext_lazy("Why?"),
        required=False,
        error_messages={"required": gettext_lazy("Choose a reason."), "invalid_choice": gettext_lazy("Choose one.")},
    )
    note = forms.CharField(
        label=gettext_lazy("Words to the other agency"),
        help_text=gettext_lazy("Only the two agencies can read them."),
        required=False,
        max_length=LONGEST_NOTE,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    how = forms.ChoiceField(label=gettext_lazy("How did you hear it?"), required=False)
    said_by = forms.CharField(label=gettext_lazy("Who said it?"), required=False, max_length=200)

    def __init__(
        self, *args: Any, step: Step, version: int | None = None, recorded: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.initial["version"] = version
        self.step = step
        reason, how = self.fields["reason"], self.fields["how"]
        if step.needs_reason:
            reason.required = True
            _offer(reason, ((each.code, gettext(each.text)) for each in reasons_for(step.name)))
        else:
            del self.fields["reason"]
        if step.name in UNHEARD:
            del self.fields["note"]
        if recorded:
            how.required = True
            _offer(how, ((code, gettext(HOW_WORDS[code])) for code in HOW))
        else:
            del self.fields["how"], self.fields["said_by"]

    def act(self, task_id: Any) -> TakeStep:
        """The act that it comes to."""
        said = {name: self.cleaned_data[name] for name in ("reason", "note", "how", "said_by") if name in self.fields}
        return TakeStep(task_id=task_id, step=self.step.name, version=self.cleaned_data["version"], **said)


def _offer(field: forms.Field, choices: Iterable[tuple[str, str]]) -> None:
    if isinstance(field, forms.ChoiceField):
        field.choices = list(choices)


KINDS = {
    "note": (_("A note"), ""),
    "question": (_("A question"), "Question: "),
    "yes-if": (_("Yes, if …"), "Yes, if: "),
}
"""What words to the other agency may begin with, so that they are seen for what they are."""


class NoteForm(TaskForm):
    """Words to the other agency, without a step."""

    kind = forms.ChoiceField(
        label=gettext_lazy("What is it?"),
        choices=[(name, gettext_lazy(label)) for name, (label, _begins) in KINDS.items()],
        widget=forms.RadioSelect,
        initial="note",
    )
    note = forms.CharField(
        label=gettext_lazy("Words"),
        help_text=gettext_lazy("Only the two agencies can read them."),
        max_length=LONGEST_NOTE - 20,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def act(self, task_id: Any) -> AddToTask:
        """The act that it comes to."""
        begins = KINDS[self.cleaned_data["kind"]][1]
        return AddToTask(task_id=task_id, note=begins + self.cleaned_data["note"])


class NumberForm(TaskForm):
    """The number under which the agency that was asked keeps it in its own records."""

    number = forms.CharField(
        label=gettext_lazy("Your record number"),
        help_text=gettext_lazy("The agency that asked sees it, and can say it when it calls."),
        max_length=60,
    )

    def act(self, task_id: Any, *, system: str) -> AddToTask:
        """The act that it comes to; ``system`` is the agency's own space of numbers."""
        identifier: Object = {
            "type": concept(IDENTIFIER_TYPE, FILLER, "Filler Identifier"),
            "system": system,
            "value": self.cleaned_data["number"],
        }
        return AddToTask(task_id=task_id, numbers=(identifier,))
