"""One event in a transaction of its own, or inside the caller's: what was read, and what was refused."""

from agencies.actor import Actor
from audit import log
from audit.outcome import Outcome


def record(actor: Actor, action: str, *, target: str = "", purpose: str = "", code: str = "") -> None:
    """Write down that ``actor`` did ``action``; without a target the agency stands for it. ``code`` says on what."""
    _write(actor, action, target=target, purpose=purpose, outcome=Outcome.SUCCESS, code=code)


def refuse(actor: Actor, action: str, *, code: str, target: str = "", outcome: Outcome = Outcome.REFUSED) -> None:
    """Write down that ``action`` was refused to ``actor``. Call it after the refused transaction rolled back."""
    _write(actor, action, target=target, purpose="", outcome=outcome, code=code)


def refuse_stranger(action: str, *, code: str) -> None:
    """Write down that somebody who is nobody's member was turned away; the log does not hold the name they gave."""
    log.record(action=action, target="Door/referral", actor="Person/unknown", outcome=Outcome.REFUSED, code=code)


def _write(actor: Actor, action: str, *, target: str, purpose: str, outcome: Outcome, code: str) -> None:
    log.record(
        action=action,
        target=target or f"Agency/{actor.agency_id}",
        actor=actor.name,
        agency=str(actor.agency_id),
        purpose=purpose,
        outcome=outcome,
        code=code,
    )
