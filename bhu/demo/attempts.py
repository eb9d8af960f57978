"""What must fail, as a table: who tries what, and the code it must be refused with."""

from collections.abc import Callable
from dataclasses import dataclass

from agencies.errors import AgencyError
from agencies.services import agency_called
from fhir.content.compartments import Compartment
from referrals import acts, listing
from referrals.errors import Refused
from referrals.opening import open_referral
from referrals.perform import perform

from . import tampering, vignettes
from .cast import CHIEF, CLINICIAN, COORDINATOR, INTRUDER, LOSER, OFFICER, STRANGER, SUPERUSER, Part
from .stage import Stage

THIEF = "Somebody with SQL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One thing that must be refused with ``code``. ``make`` tries it and answers the code it got, "" for none."""

    who: str
    tried: str
    code: str
    make: Callable[[Stage], str]


def code_of(trial: Callable[[], object]) -> str:
    """The code with which ``trial`` is refused, "" if it is not."""
    try:
        trial()
    except (Refused, AgencyError) as refusal:
        return refusal.code
    return ""


def _opens(part: Part, *compartments: Compartment) -> Callable[[Stage], str]:
    wanted = compartments or None
    return lambda stage: code_of(lambda: open_referral(part.actor(), stage.referral_id, compartments=wanted))


def _lists(part: Part) -> Callable[[Stage], str]:
    return lambda _stage: code_of(lambda: listing.inbox(part.actor()))


def _finds(part: Part) -> Callable[[Stage], str]:
    return lambda stage: code_of(lambda: listing.find_referral(part.actor(), stage.reference))


def _accepts_late(stage: Stage) -> str:
    actor = LOSER.actor()
    return code_of(lambda: perform(actor, [acts.TakeStep(task_id=stage.task(actor).id, step="accept")]))


def _steps_in(stage: Stage) -> str:
    task = stage.task(CLINICIAN.actor())
    return code_of(lambda: perform(STRANGER.actor(), [acts.TakeStep(task_id=task.id, step="accept")]))


def _sends_without_agreement(_stage: Stage) -> str:
    send = acts.Send(data=vignettes.bundle("vignette-01"), to=(agency_called("safe-ride-merrow").id,))
    return code_of(lambda: perform(COORDINATOR.actor(), [send]))


def _open_in_copy(stage: Stage) -> str:
    return _opens(CLINICIAN)(stage)


def _send_in_copy(_stage: Stage) -> str:
    send = acts.Send(data=vignettes.bundle("vignette-03"), to=(agency_called(CLINICIAN.agency).id,))
    return code_of(lambda: perform(OFFICER.actor(), [send]))


def _tampered(damage: tampering.Damage, ask: Callable[[Stage], str]) -> Callable[[Stage], str]:
    return lambda stage: tampering.found_out(stage, damage=damage, ask=ask)


ATTEMPTS: tuple[Attempt, ...] = (
    Attempt(
        who=OFFICER.who, tried="opens the clinical part of his own referral", code="ROLE",
        make=_opens(OFFICER, Compartment.CLINICAL),
    ),
    Attempt(
        who=OFFICER.who, tried="opens what the provider wrote about the outcome", code="ROLE",
        make=_opens(OFFICER, Compartment.OUTCOME),
    ),
    Attempt(who=CHIEF.who, tried="opens the referral by rank", code="NOT_FOUND", make=_opens(CHIEF)),
    Attempt(
        who=LOSER.who, tried="opens the name and number", code="COMPARTMENT", make=_opens(LOSER, Compartment.CONTACT),
    ),
    Attempt(who=LOSER.who, tried="accepts after all", code="GONE", make=_accepts_late),
    Attempt(who=STRANGER.who, tried="opens the referral of another town", code="NOT_FOUND", make=_opens(STRANGER)),
    Attempt(who=STRANGER.who, tried="looks its reference number up", code="NOT_FOUND", make=_finds(STRANGER)),
    Attempt(who=STRANGER.who, tried="takes a step on its task", code="NOT_FOUND", make=_steps_in),
    Attempt(who=SUPERUSER.who, tried="lists referrals", code="ROLE", make=_lists(SUPERUSER)),
    Attempt(who=INTRUDER.who, tried="lists the BHU's referrals", code="NOT_UNIT_MEMBER", make=_lists(INTRUDER)),
    Attempt(
        who=COORDINATOR.who, tried="sends to Safe Ride, which signed no agreement", code="AGREEMENT_MISSING",
        make=_sends_without_agreement,
    ),
    Attempt(
        who=THIEF, tried="swaps two ciphertexts; the clinician opens", code="SEAL_BROKEN",
        make=_tampered(tampering.swap_ciphertexts, _open_in_copy),
    ),
    Attempt(
        who=THIEF, tried="puts a key of his own in the BHU's place; an officer sends", code="SEAL_BROKEN",
        make=_tampered(tampering.replace_key, _send_in_copy),
    ),
    Attempt(
        who=THIEF, tried="rewrites who did something in the log; audit_verify runs", code="hash",
        make=_tampered(tampering.edit_log, tampering.verify_log),
    ),
)  # fmt: skip
