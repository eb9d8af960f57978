"""Acts of people on clients: each leaves one event, done or refused, in its own transaction."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction

from agencies.actor import Actor
from referrals.errors import Refused
from referrals.services import recording


@contextmanager
def one_act(actor: Actor, action: str, *, target: str = "") -> Iterator[None]:
    """One durable transaction. What refuses it rolls all of it back, is recorded, and goes on to the caller."""
    try:
        with transaction.atomic(durable=True):
            yield
    except Refused as refusal:
        recording.refuse(actor, action, code=refusal.code, target=target)
        raise
