"""What the log is told: who, for which client, and the tail of a token's hash; never a token or an assertion."""

from hashlib import sha256

from audit import log
from audit.outcome import Outcome

from .authenticating import Attempt
from .models import Application

UNKNOWN, DOOR = "Client/unknown", "Door/smart"
TAIL = 8


def tail_of(token: str) -> str:
    """By what the log knows a token: the end of its SHA-256, of which no letter of the token follows."""
    return sha256(token.encode()).hexdigest()[-TAIL:]


def done(attempt: Attempt, action: str, *, code: str) -> None:
    """Write down, in the caller's transaction, what a client that proved to be one did."""
    _write(attempt, action, outcome=Outcome.SUCCESS, code=code)


def refused(attempt: Attempt, action: str, *, code: str) -> None:
    """Write down what was refused; who only claimed to be a client is not written down as it."""
    _write(attempt, action, outcome=Outcome.REFUSED, code=code)


def _write(attempt: Attempt, action: str, *, outcome: Outcome, code: str) -> None:
    client, actor = attempt.claimed, attempt.actor
    log.record(
        action=action,
        target=_target(client),
        actor=actor.name if actor else UNKNOWN,
        agency=str(actor.agency_id) if actor else "",
        outcome=outcome,
        code=code,
        purpose=client.purpose if client and actor else "",
    )


def _target(client: Application | None) -> str:
    return client.target if client else DOOR
