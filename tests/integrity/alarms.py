"""What must happen when what is stored is not what was signed: refused by one code, and an alarm in the log."""

from collections.abc import Callable
from uuid import UUID

import pytest

from agencies.actor import Actor
from agencies.vault import keyring
from audit.models import AuditEvent
from audit.outcome import Outcome
from referrals.acts.base import Act
from referrals.errors import Broken
from referrals.opening import open_referral
from referrals.perform import perform

Deed = Callable[[], object]


def opening(actor: Actor, referral_id: UUID) -> Deed:
    """``actor`` opens everything it may of the referral."""
    return lambda: open_referral(actor, referral_id)


def doing(actor: Actor, act: Act) -> Deed:
    """``actor`` does ``act``."""
    return lambda: perform(actor, [act])


def raises_alarm(deed: Deed, actor: Actor) -> None:
    """Fail unless ``deed`` is refused as ``SEAL_BROKEN`` and one event of outcome SERIOUS says so of ``actor``."""
    keyring.forget()
    before = set(alarms())
    with pytest.raises(Broken) as refusal:
        deed()
    assert refusal.value.code == "SEAL_BROKEN"
    (event,) = set(alarms()) - before
    assert AuditEvent.objects.get(pk=event).actor == actor.name


def alarms() -> list[UUID]:
    """The events that call for the privacy officer."""
    found = AuditEvent.objects.filter(outcome=Outcome.SERIOUS, code="SEAL_BROKEN")
    return list(found.order_by("id").values_list("id", flat=True))
