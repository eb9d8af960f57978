"""Looking at what an act would let whom see: the act itself, stopped before it writes."""

from typing import Protocol, Self

from django.db import transaction

from agencies.actor import Actor
from referrals.services import recording
from referrals.services.planning import Plan
from referrals.services.work import Work


class Plannable(Protocol):
    """An act that can say what it would do."""

    @property
    def target(self) -> str: ...

    def prepare(self, actor: Actor) -> Self: ...

    def begin(self, actor: Actor) -> Work: ...

    def plan(self, work: Work) -> Plan: ...


def preview(actor: Actor, act: Plannable) -> Plan:
    """Who would see what if ``act`` were done now; recorded. Raises the ``Refused`` that the act would meet."""
    with recording.refusals(actor, "referral.preview", target=act.target):
        ready = act.prepare(actor)
        with transaction.atomic():
            found = ready.plan(ready.begin(actor))
            transaction.set_rollback(True)
    recording.record(actor, "referral.preview", target=act.target)
    return found
