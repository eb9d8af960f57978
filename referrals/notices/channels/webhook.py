"""A message to an agency's own system: posted to the address it named, signed with the secret it was given."""

import secrets
from datetime import datetime
from uuid import UUID

from agencies.outside import REAL, CannotFetch, NotPublic, ask
from agencies.vault import kms
from referrals.notices.kinds import Problem
from referrals.notices.message import Message, signature
from referrals.notices.models import Webhook

from .errors import NotSent

SECRET_BYTES = 32
SIGNATURE, DELIVERY = "BHU-Signature", "BHU-Delivery"
GONE = 410
network = REAL  # tests bring their own


def new_secret() -> str:
    """A secret to sign with, as the agency's system is given it, once."""
    return secrets.token_urlsafe(SECRET_BYTES)


def seal(secret: str, *, webhook_id: UUID) -> bytes:
    """The secret at rest."""
    return kms.seal(secret.encode(), _place(webhook_id))


def send(message: Message, row: Webhook, *, at: datetime) -> None:
    """Post it. Any 2xx within five seconds is a yes. Raises ``NotSent``; for 410 lastingly. No redirect is followed."""
    body = message.body()
    headers = {
        "Content-Type": "application/json",
        SIGNATURE: signature(kms.unseal(bytes(row.sealed_secret), _place(row.pk)), body, at=at),
        DELIVERY: message.id,
    }
    try:
        answer = ask(row.url, network, method="POST", headers=headers, body=body)
    except NotPublic:
        raise NotSent(Problem.FORBIDDEN_ADDRESS) from None
    except CannotFetch:
        raise NotSent(Problem.NO_ANSWER) from None
    if not 200 <= answer.status < 300:
        raise NotSent(Problem.ODD_ANSWER, lasting=answer.status == GONE)


def _place(webhook_id: UUID) -> dict[str, str]:
    return {"table": "notices_webhook", "field": "sealed_secret", "id": str(webhook_id)}
