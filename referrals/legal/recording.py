"""Acts of this app in the log: each leaves one event, done or refused, in its own transaction."""

from functools import partial

from agencies.actor import Actor
from agencies.kinds import Purpose
from audit import log
from referrals.services import recording

from .errors import Unsealable

refusals = partial(recording.refusals, broken=Unsealable)
"""What does not open here is no referral: the words say so."""

one_act = partial(recording.one_act, broken=Unsealable)


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
