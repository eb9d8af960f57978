"""Where a list goes on: sealed, so that an address shows neither terms nor places, and nobody else can use it."""

import json
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass

from django.utils.crypto import salted_hmac

from agencies.actor import Actor
from agencies.vault import passing
from agencies.vault.errors import CannotOpen

from .calls import wrong

SECONDS = 24 * 60 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """The whole query it belongs to, and the place after which it goes on."""

    parameters: tuple[tuple[str, str], ...]
    place: str


def seal(actor: Actor, type_: str, cursor: Cursor) -> str:
    """The cursor as it stands in an address."""
    content = json.dumps({"q": cursor.parameters, "p": cursor.place, "t": int(time.time())}).encode()
    sealed = passing.seal(_key(), content, context=_bound(actor, type_))
    return urlsafe_b64encode(sealed).decode().rstrip("=")


def unseal(actor: Actor, type_: str, text: str) -> Cursor:
    """What ``seal`` was given. Raises ``Unanswerable`` for one that is another's, of another list, changed or old."""
    try:
        sealed = urlsafe_b64decode(text + "=" * (-len(text) % 4))
        content = json.loads(passing.unseal(_key(), sealed, context=_bound(actor, type_)))
    except (ValueError, CannotOpen):
        raise wrong(400, "value", "http._cursor", "This is no cursor of yours for this list.") from None
    if content["t"] + SECONDS < time.time():
        raise wrong(400, "expired", "http._cursor", "The cursor is more than a day old; search again.")
    return Cursor(parameters=tuple((name, value) for name, value in content["q"]), place=content["p"])


def _key() -> bytes:
    return salted_hmac("fhir.rest.cursors", "key", algorithm="sha256").digest()


def _bound(actor: Actor, type_: str) -> bytes:
    return f"{actor.agency_id}/{actor.membership_id}/{type_}".encode()
