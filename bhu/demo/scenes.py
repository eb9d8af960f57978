"""The scenes of the main job, as a table: who does what, and how the task before them stands after it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from agencies.actor import Actor
from agencies.services import agency_called
from fhir.content.compartments import Compartment
from referrals import acts, shelltext
from referrals.masks import compartments_in
from referrals.models import Disclosure, Wrap
from referrals.opening import OpenReferral
from referrals.perform import perform

from . import vignettes
from .cast import CLINICIAN, LOSER, OFFICER, WINNER, Part
from .stage import Stage

Play = Callable[[Stage, Actor], str]
RELEASED = frozenset({Compartment.CONTACT, Compartment.CLINICAL})
ASK = frozenset({Compartment.REQUEST})
OUTCOME = "She came in by herself at nine and has a safe place to stay; first visit is on Tuesday."


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One thing that happens. ``play`` does it and answers the task's state as that person sees it then."""

    part: Part
    title: str
    step: str
    expects: str
    play: Play


def _send(stage: Stage, actor: Actor) -> str:
    to = agency_called(CLINICIAN.agency)
    done = perform(actor, [acts.Send(data=stage.bundle(), to=(to.id,))])
    stage.referral_id, stage.reference = done.referral_id, done.reference
    stage.say(f"    sealed, each part with a key of its own; the number to say on the phone is {done.reference}")
    return stage.task(actor).status


def _look(stage: Stage, actor: Actor) -> str:
    shown = stage.open(actor)
    stage.say(f"    sees: {stage.officer_sees()}")
    stage.say("    opens what he wrote himself, but not the answers to the six questions he asked:")
    _tell(stage, shown)
    stage.must(Compartment.CLINICAL not in _parts(shown), "the officer opened a clinical part")
    return stage.task(actor).status


def _open_all(stage: Stage, actor: Actor) -> str:
    shown = stage.open(actor)
    _tell(stage, shown)
    stage.must(stage.names_the_client(shown), "the clinician cannot read who it is about")
    return stage.task(actor).status


def _step(name: str, *, note: str = "") -> Play:
    def play(stage: Stage, actor: Actor) -> str:
        sealed = stage.secret(note) if note else ""
        perform(actor, [acts.TakeStep(task_id=stage.task(actor).id, step=name, note=sealed)])
        return stage.task(actor).status

    return play


def _add(name: str) -> Play:
    def play(stage: Stage, actor: Actor) -> str:
        data = vignettes.addition(name, patient_id=stage.open(actor).patient_id)
        perform(actor, [acts.AddSection(referral_id=stage.referral_id, data=data)])
        return stage.task(actor).status

    return play


def _offer(stage: Stage, actor: Actor) -> str:
    to = tuple(agency_called(part.agency).id for part in (WINNER, LOSER))
    done = perform(actor, [acts.Offer(referral_id=stage.referral_id, to=to, release=RELEASED)])
    stage.say(f"    both get the anonymous ask; {_list(RELEASED)} open for the one that accepts")
    asked = {view.owner: view.status for view in stage.open(actor).tasks if view.id in done.tasks}
    stage.must(asked[WINNER.agency] == asked[LOSER.agency], "the two offers differ")
    return asked[WINNER.agency]


def _open_ask(stage: Stage, actor: Actor) -> str:
    shown = stage.open(actor)
    stage.say(f"    reads: {_ask(shown)}")
    _tell(stage, shown)
    stage.must(_parts(shown) == ASK, "more than the anonymous ask was opened")
    stage.must(not stage.names_the_client(shown), "the anonymous ask says who it is about")
    stage.must(_held(stage, actor) == ASK, "a key to more than the ask is held")
    return stage.task(actor).status


def _remember(stage: Stage, actor: Actor) -> str:
    stage.remembered = stage.officer_view()
    stage.say(
        f"    sees: {stage.officer_sees()}. All he can be shown, {len(stage.remembered):,} bytes, is kept to compare."
    )
    return stage.task(actor).status


def _open_released(stage: Stage, actor: Actor) -> str:
    shown = stage.open(actor)
    stage.say(f"    reads: {_who(shown)}")
    _tell(stage, shown)
    stage.must(_parts(shown) >= ASK | RELEASED, "what was released does not open")
    stage.must(not _parts(shown) & {Compartment.INCIDENT, Compartment.SUD}, "more than was released opens")
    stage.must(stage.names_the_client(shown), "the one that accepted cannot read who it is about")
    return stage.task(actor).status


def _gone(stage: Stage, actor: Actor) -> str:
    wraps = Wrap.objects.filter(folder_id=stage.referral_id, agency_id=actor.agency_id).count()
    stage.say(f"    sees: {stage.task(actor).label}. Keys it holds: {wraps}; it never had one to more than the ask.")
    stage.must(wraps == 0, "the agency that lost still holds keys")
    ledger = Disclosure.objects.filter(referral_id=stage.referral_id, recipient_id=actor.agency_id)
    given = {compartments_in(mask) for mask in ledger.values_list("mask", flat=True)}
    stage.must(given == {ASK}, "the agency that lost was once given more than the ask")
    return stage.task(actor).status


def _read_and_complete(stage: Stage, actor: Actor) -> str:
    shown = stage.open(actor)
    stage.say(f"    reads: {OUTCOME}")
    stage.must(OUTCOME in shelltext.as_json(shown), "the provider's note did not reach the unit that asked")
    return _step("complete")(stage, actor)


def _compare(stage: Stage, actor: Actor) -> str:
    same = stage.officer_view() == stage.remembered
    verdict = "the same to the byte as" if same else "NOT the same as"
    stage.say(f"    sees: {stage.officer_sees()}. All he can be shown is {verdict} before the provider's steps.")
    stage.must(same, "the officer's view changed with the provider's steps")
    return stage.task(actor).status


def _parts(shown: OpenReferral) -> frozenset[Compartment]:
    return frozenset(section.compartment for section in shown.sections)


def _held(stage: Stage, actor: Actor) -> frozenset[Compartment]:
    """The compartments an agency holds keys to, by the rows themselves."""
    wraps = Wrap.objects.filter(folder_id=stage.referral_id, agency_id=actor.agency_id)
    return frozenset(part for mask in wraps.values_list("mask", flat=True) for part in compartments_in(mask))


def _list(parts: frozenset[Compartment]) -> str:
    return ", ".join(part for part in Compartment if part in parts)


def _tell(stage: Stage, shown: OpenReferral) -> None:
    """The parts that opened, a line each, with the resources in them."""
    for part in Compartment:
        types = [section.type for section in shown.sections if section.compartment is part]
        if types:
            stage.say(f"      {part:10}{', '.join(types)}")


def _ask(shown: OpenReferral) -> str:
    """The anonymous ask in a line."""
    ask = _first(shown, "ServiceRequest")
    concepts = (ask["code"], *ask.get("orderDetail", ()))
    return "; ".join(coding["display"] for concept in concepts for coding in concept["coding"])


def _who(shown: OpenReferral) -> str:
    """The client's name and number."""
    client = _first(shown, "Patient")
    return f"{client['name'][0]['given'][0]} {client['name'][0]['family']}, {client['telecom'][0]['value']}"


def _first(shown: OpenReferral, type_: str) -> Any:
    """The first opened resource of a type, as JSON."""
    return next(section.tree for section in shown.sections if section.type == type_)


SCENES: tuple[Scene, ...] = (
    Scene(part=OFFICER, title="sends vignette 3 to the BHU", step="send", expects="requested", play=_send),
    Scene(part=OFFICER, title="looks after it", step="look", expects="requested", play=_look),
    Scene(part=CLINICIAN, title="opens it", step="open", expects="requested", play=_open_all),
    Scene(part=CLINICIAN, title="accepts", step="accept", expects="accepted", play=_step("accept")),
    Scene(part=CLINICIAN, title="starts", step="start", expects="in-progress", play=_step("start")),
    Scene(
        part=CLINICIAN, title="adds a PHQ-9 screen", step="add-screen", expects="in-progress",
        play=_add("vignette-03-phq9"),
    ),
    Scene(
        part=CLINICIAN, title="adds a consent that names two providers", step="add-consent", expects="in-progress",
        play=_add("vignette-03-consent"),
    ),
    Scene(part=CLINICIAN, title="offers it to both", step="offer", expects="requested", play=_offer),
    Scene(part=WINNER, title="opens the ask", step="open-ask", expects="requested", play=_open_ask),
    Scene(part=LOSER, title="opens the ask", step="open-ask", expects="requested", play=_open_ask),
    Scene(part=OFFICER, title="looks again", step="look", expects="in-progress", play=_remember),
    Scene(part=WINNER, title="accepts first", step="accept", expects="accepted", play=_step("accept")),
    Scene(part=WINNER, title="opens what was released", step="open", expects="accepted", play=_open_released),
    Scene(part=LOSER, title="finds it gone", step="look", expects="cancelled", play=_gone),
    Scene(part=WINNER, title="starts", step="start", expects="in-progress", play=_step("start")),
    Scene(
        part=WINNER, title="completes, with a sealed note to the BHU", step="complete", expects="completed",
        play=_step("complete", note=OUTCOME),
    ),
    Scene(part=OFFICER, title="looks again", step="look", expects="in-progress", play=_compare),
    Scene(part=CLINICIAN, title="reads the note and completes", step="complete", expects="completed",
        play=_read_and_complete),
    Scene(part=OFFICER, title="looks a last time", step="look", expects="completed", play=_look),
)  # fmt: skip
