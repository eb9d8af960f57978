"""What these pages say of screens, parts and plans: values for the templates, every word in the reader's language."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from fhir.content.compartments import Compartment
from fhir.content.questionnaires import Score
from fhir.content.questionnaires.instrument import INCOMPLETE_ADVICE, LEVEL_WORDS
from referrals.services.planning import Cover, Plan
from referrals.web.grounds import ground

from .forms import Telling

HOLDS: Mapping[Compartment, str] = MappingProxyType(
    {
        Compartment.REQUEST: _("The ask: kind of help, age group, urgency, risk. No name."),
        Compartment.CONTACT: _("Contact: name, date of birth, phone, address."),
        Compartment.INCIDENT: _("Incident: what happened, in your words and ticks."),
        Compartment.CLINICAL: _("Clinical: the answers to health screens, and notes."),
        Compartment.SUD: _("Substance use: what you wrote about alcohol or drugs."),
        Compartment.TRANSPORT: _("Ride: where from, where to, when."),
        Compartment.OUTCOME: _("Outcome: how it went."),
    }
)
"""What is in each part of what is sent, to whoever sends it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a screen came to, in words; ``level`` is its code, for the look of it."""

    level: str
    words: str
    findings: tuple[str, ...]
    advice: tuple[str, ...]


def found(score: Score | None) -> Found | None:
    """The score in words, ``None`` for a screen that was not asked."""
    if score is None:
        return None
    return Found(
        level=score.level.value,
        words=gettext(LEVEL_WORDS[score.level]),
        findings=tuple(gettext(finding.text) for finding in score.findings),
        advice=tuple(map(gettext, score.advice)),
    )


def stopped(score: Score | None) -> Found | None:
    """The same for a red flag: what to do until the ambulance is there; nobody goes on asking first."""
    said = found(score)
    asking = gettext(INCOMPLETE_ADVICE)
    return replace(said, advice=tuple(words for words in said.advice if words != asking)) if said else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What one agency sees at once, and what it does not see of what is there."""

    name: str
    connected: bool
    now: tuple[str, ...]
    never: tuple[str, ...]
    ground: str = ""
    covers: tuple[Cover, ...] = ()


def seen(plan: Plan) -> list[Seen]:
    """Who would see what."""
    return [
        Seen(
            name=row.name,
            connected=row.connected,
            now=tuple(gettext(HOLDS[part]) for part in row.now),
            never=tuple(gettext(HOLDS[part]) for part in row.never),
            ground=ground(row.basis),
            covers=row.covers,
        )
        for row in plan.recipients
    ]


def following(plan: Plan) -> list[Seen]:
    """Who is asked if nobody answers, in order, and what each would see when it says yes."""
    return [
        Seen(
            name=row.name,
            connected=row.connected,
            now=tuple(gettext(HOLDS[part]) for part in (*row.now, *row.on_accept)),
            never=(),
        )
        for row in plan.then
    ]


def shown(form: Telling, name: str) -> str:
    """What stands in a box, in the words of the page."""
    value = form[name].value()
    words = dict(getattr(form.fields[name], "choices", ()))
    said = value if isinstance(value, list) else [value]
    return ", ".join(str(words.get(each, each)) for each in said if each)


def wrote(form: Telling) -> Iterator[tuple[str, str]]:
    """What was filled in: label and words."""
    for name, field in form.fields.items():
        if said := shown(form, name):
            yield str(field.label), said
