"""Who asks: an assertion becomes a client, once. What only claims to be a client is told apart from what proved it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from agencies.actor import Actor

from . import assertions, keysets
from .assertions import SKEW, Fault, NotLetIn, Verified
from .counting import count_good
from .models import Application, SpentAssertion
from .standing import actor_behind

MARGIN = timedelta(minutes=5)
"""Beyond the last second at which an assertion would be taken: clocks of several machines differ."""


@dataclass(slots=True)
class Attempt:
    """What is known so far of who asks: ``claimed`` before the signature was seen to be good, ``actor`` after."""

    claimed: Application | None = None
    actor: Actor | None = None
    fault: Fault | None = None


def audience() -> str:
    """The ``aud`` of every assertion: the token endpoint as it is configured, never as a request names it."""
    return f"{settings.BHU_BASE_URL}/auth/token"


def authenticate(form: Mapping[str, str], attempt: Attempt) -> Application:
    """The client that sent ``form``; ``attempt`` is filled in on the way. Uses its assertion up.

    Raises ``NotLetIn``, and ``TooOften`` for a client that asked too often.
    """
    said = assertions.read(form)
    application = _client(said.client_id)
    attempt.claimed = application
    key = keysets.key_for(application, said)
    verified = assertions.verify(said, key, audience=audience(), now=int(timezone.now().timestamp()))
    actor = actor_behind(application)
    _spend(application, verified)
    attempt.actor = actor
    count_good(application)
    return application


def _client(client_id: str) -> Application:
    found: Application | None = Application.objects.select_related("membership").filter(client_id=client_id).first()
    if found is None:
        raise NotLetIn(Fault.UNKNOWN_CLIENT)
    return found


def _spend(application: Application, verified: Verified) -> None:
    """Use an assertion up by one insert. Raises ``NotLetIn`` for whoever comes second."""
    until = datetime.fromtimestamp(verified.expires + SKEW, tz=UTC) + MARGIN
    digest = sha256(verified.jti.encode(errors="surrogatepass")).hexdigest()
    try:
        with transaction.atomic():
            SpentAssertion(application=application, jti_hash=digest, keep_until=until).save(force_insert=True)
    except IntegrityError:
        raise NotLetIn(Fault.REPLAYED) from None


def forget_spent(*, now: datetime) -> int:
    """Delete assertions that nobody would take any more. Returns how many."""
    deleted, _by_model = SpentAssertion.objects.filter(keep_until__lte=now).delete()
    return deleted
