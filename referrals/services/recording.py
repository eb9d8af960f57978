"""One event in a transaction of its own, or inside the caller's: what was read, and what was refused."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction

from agencies.actor import Actor
from agencies.vault.errors import CannotOpen
from audit import log
from audit.outcome import Outcome
from referrals.errors import Broken, Refused


def record(actor: Actor, action: str, *, target: str = "", purpose: str = "", code: str = "") -> None:
    """Write down that ``actor`` did ``action``; without a target the agency stands for it. ``code`` says on what."""
    _write(actor, action, target=target, purpose=purpose, outcome=Outcome.SUCCESS, code=code)


def refuse(actor: Actor, action: str, *, code: str, target: str = "", outcome: Outcome = Outcome.REFUSED) -> None:
    """Write down that ``action`` was refused to ``actor``. Call it after the refused transaction rolled back."""
    _write(actor, action, target=target, purpose="", outcome=outcome, code=code)


@contextmanager
def refusals(actor: Actor, action: str, *, target: str = "", broken: type[Broken] = Broken) -> Iterator[None]:
    """Write down that ``action`` was refused, if it is, and let that go on; ``CannotOpen`` goes on as ``broken``.

    A transaction belongs inside: what is recorded in one that rolls back is not.
    """
    try:
        yield
    except CannotOpen as problem:
        refuse(actor, action, target=target, code=broken.code, outcome=Outcome.SERIOUS)
        raise broken from problem
    except Refused as refusal:
        refuse(actor, action, target=target, code=refusal.code)
        raise


@contextmanager
def one_act(actor: Actor, action: str, *, target: str = "", broken: type[Broken] = Broken) -> Iterator[None]:
    """One durable transaction. What refuses it rolls all of it back, and is recorded as ``refusals`` does."""
    with refusals(actor, action, target=target, broken=broken), transaction.atomic(durable=True):
        yield


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
