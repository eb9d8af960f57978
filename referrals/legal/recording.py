"""Acts of this app in the log: each leaves one event, done or refused, in its own transaction."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction

from agencies.actor import Actor
from agencies.kinds import Purpose
from agencies.vault.errors import CannotOpen
from audit import log
from audit.outcome import Outcome
from referrals.errors import Refused
from referrals.services import recording

from .errors import Unsealable


@contextmanager
def one_act(actor: Actor, action: str, *, target: str = "") -> Iterator[None]:
    """One durable transaction. What refuses it rolls all of it back, is recorded, and goes on to the caller."""
    with refusals(actor, action, target=target), transaction.atomic(durable=True):
        yield


@contextmanager
def refusals(actor: Actor, action: str, *, target: str = "") -> Iterator[None]:
    """Record what refuses ``action`` and let it go on; what does not open goes on as ``Unsealable``."""
    try:
        yield
    except CannotOpen as broken:
        recording.refuse(actor, action, code=Unsealable.code, target=target, outcome=Outcome.SERIOUS)
        raise Unsealable from broken
    except Refused as refusal:
        recording.refuse(actor, action, code=refusal.code, target=target)
        raise


def done(actor: Actor, action: str, *, target: str = "", code: str = "", digest: str = "") -> None:
    """Write down, in the caller's transaction, that ``actor`` did ``action``; ``digest`` says what was sealed."""
    log.record(
        action=action,
        target=target or f"Agency/{actor.agency_id}",
        actor=actor.name,
        agency=str(actor.agency_id),
        purpose=Purpose.LEGAL.value,
        code=code,
        digest=digest,
    )
