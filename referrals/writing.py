"""What a person types into a referral, made FHIR and added in one go: a screen's answers, a note."""

import json
from collections.abc import Mapping
from uuid import UUID

from django.utils import timezone

from agencies.actor import Actor
from agencies.vault import contexts
from audit.uuid7 import uuid7
from fhir.content import builders, questionnaires
from fhir.content.builders import NoteKind
from fhir.content.compartments import Compartment
from fhir.content.exact import Object, dump
from fhir.content.issues import Invalid as InvalidContent
from fhir.content.issues import error
from fhir.content.questionnaires import Score
from fhir.content.questionnaires.responses import Given
from referrals.acts.sections import AddSection
from referrals.acts.stepping import require_note
from referrals.errors import Invalid
from referrals.listing import glance
from referrals.perform import Done, perform

ADD = "section.add"
NOTE_PARTS = (Compartment.CLINICAL, Compartment.SUD)
"""Where a note may be put by hand: it is clinical at least, and substance use if its author says so."""


def add_screen(
    actor: Actor,
    referral_id: UUID,
    *,
    instrument: str,
    answers: Mapping[str, Given],
    language: str = "en",
    key: str | None = None,
) -> tuple[Done, Score | None]:
    """Add a screen of ``INSTRUMENTS`` and say what it comes to. The same ``key`` and answers add it once.

    Raises ``Invalid`` naming the question, and what adding a section raises.
    """
    made = uuid7()
    try:
        tree = questionnaires.response(
            instrument,
            answers,
            id_=made,
            patient_id=glance(actor, referral_id, action=ADD).patient_id,
            authored=_now(),
            author=f"PractitionerRole/{actor.membership_id}",
            language=language,
        )
    except InvalidContent as refusal:
        raise Invalid(refusal.issues) from None
    content = contexts.act("screen", referral_id, instrument, language, json.dumps(sorted(answers.items())))
    return _add(actor, referral_id, tree, key=key, content=content), questionnaires.score(tree)


def add_note(
    actor: Actor,
    referral_id: UUID,
    text: str,
    *,
    about: str = "",
    part: Compartment = Compartment.CLINICAL,
    key: str | None = None,
) -> Done:
    """Add a note in a person's own words, ``about`` the whole referral or one resource of it (``Type/id``).

    Raises ``Invalid`` for no text, too much of it, or a part that notes are not put in.
    """
    if not text.strip():
        raise Invalid([error("required", "note", "Write something.")])
    if part not in NOTE_PARTS:
        raise Invalid([error("value", "part", f"must be one of: {', '.join(NOTE_PARTS)}")])
    require_note(text)
    tree = builders.note(
        text,
        id_=uuid7(),
        about=about or f"ServiceRequest/{referral_id}",
        kind=NoteKind.NOTE,
        sender=f"PractitionerRole/{actor.membership_id}",
        sent=_now(),
    )
    content = contexts.act("note", referral_id, about, part, text)
    return _add(actor, referral_id, tree, key=key, content=content, at_least=part)


def _add(
    actor: Actor,
    referral_id: UUID,
    tree: Object,
    *,
    key: str | None,
    content: bytes,
    at_least: Compartment | None = None,
) -> Done:
    act = AddSection(referral_id=referral_id, data=dump(tree), at_least=at_least)
    return perform(actor, [act], key=key, content=content)


def _now() -> str:
    return timezone.now().isoformat(timespec="seconds")
