"""The keys of a client: those it registered, or those its own address gives, of which a copy is kept as a row.

No copy is used beyond the time its server gave it. If it cannot be fetched anew, there are no keys.
"""

from datetime import datetime, timedelta

from django.utils import timezone

from agencies.outside import CannotFetch

from . import fetching, keys
from .assertions import Fault, NotLetIn, Unverified
from .keys import BadKeys, ClientKey
from .models import Application, FetchedKeys

PAUSE = timedelta(seconds=10)
"""An address is not asked again before this has passed, whatever it answered: assertions need no key to make us ask."""


def key_for(application: Application, said: Unverified) -> ClientKey:
    """The single key that may verify ``said``. Raises ``NotLetIn``."""
    if said.jku is not None and said.jku != application.client_jwks_uri:
        raise NotLetIn(Fault.KEY)
    found = _find(application.client_jwks, said) if application.client_jwks else _find_fetched(application, said)
    if found is None:
        raise NotLetIn(Fault.KEY)
    return found


def _find_fetched(application: Application, said: Unverified) -> ClientKey | None:
    """The key in the copy; if it is not there, in a new one, since the client may have changed its keys."""
    now = timezone.now()
    row = FetchedKeys.objects.filter(pk=application.pk, uri=application.client_jwks_uri).first()
    if row and row.tried_at + PAUSE > now:
        return _find(_good(row), said)
    found = _find(_good(row), said) if row and row.fresh_until > now else None
    return found or _find(_good(_fetched(application, now=now)), said)


def _good(row: FetchedKeys) -> str:
    if not row.keys:
        raise NotLetIn(Fault.KEYS_UNREACHABLE)
    return row.keys


def _find(data: str, said: Unverified) -> ClientKey | None:
    return keys.find(keys.read_fetched(data), kid=said.kid, algorithm=said.algorithm)


def _fetched(application: Application, *, now: datetime) -> FetchedKeys:
    """What the client's address gives now, kept as its row also if that is nothing."""
    uri, text, age = application.client_jwks_uri, "", 0
    try:
        got = fetching.fetch(uri)
        keys.read_fetched(got.body.decode())
        text, age = got.body.decode(), got.max_age
    except (CannotFetch, BadKeys, UnicodeDecodeError):
        pass  # kept as a row without keys, which is a refusal
    fresh_until = now + max(timedelta(seconds=age), PAUSE)
    row, _made = FetchedKeys.objects.update_or_create(
        pk=application.pk, defaults={"uri": uri, "keys": text, "tried_at": now, "fresh_until": fresh_until}
    )
    return row
