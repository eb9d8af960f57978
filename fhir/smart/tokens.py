"""A request's token becomes who asks. For every door that takes one: made anew each time, never kept."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from uuid import UUID

from oauth2_provider.models import get_access_token_model

from agencies.actor import Actor
from agencies.compiled import ask
from referrals.services import recording

from .assertions import NotLetIn
from .counting import TooOften, count_requests, first_this_minute
from .errors import InsufficientScope, NoToken, Throttled, TokenExpired, TokenRefused, TokenRevoked
from .events import tail_of
from .models import Application
from .scopes import Scopes, covers
from .standing import actor_behind, allowed

if TYPE_CHECKING:
    from django.db.models import QuerySet

# RFC 6750; ours have thirty letters.
BEARER = re.compile(r"bearer +([A-Za-z0-9._~+/-]{1,200}=*)", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who asks by a token: the actor as it is this moment, and what the token lets it ask for.

    ``token_tail`` is by what the log knows the token.
    """

    actor: Actor
    scopes: Scopes
    client: Application
    token_tail: str

    @property
    def client_id(self) -> str:
        """By what the client is registered."""
        return str(self.client.client_id)

    def require(self, type_: str, interaction: str) -> None:
        """Raise ``InsufficientScope`` unless the token covers ``interaction`` on ``type_`` (``*``: of the system)."""
        if not covers(self.scopes, type_, interaction):
            raise InsufficientScope(type_, interaction)

    def count(self, times: int = 1) -> None:
        """Count requests made with the token. Raises ``Throttled``."""
        try:
            count_requests(self.client, times)
        except TooOften as limit:
            raise Throttled(after=limit.after, first=limit.first) from None


def actor_of(authorization: str | None) -> Caller:
    """Who sent a request with this ``Authorization`` header; who is nobody is recorded.

    Raises ``NoToken``, ``TokenExpired``, or ``TokenRevoked`` for every other reason why a token opens nothing.
    """
    try:
        return _caller_of(authorization)
    except TokenRefused as refusal:
        if first_this_minute(f"door/{refusal.code}"):  # anybody can ask without a token, and would fill the log
            recording.refuse_stranger("door.refuse", code=refusal.code)
        raise


def _caller_of(authorization: str | None) -> Caller:
    found = BEARER.fullmatch((authorization or "").strip())
    if found is None:
        raise NoToken
    token = find_token(found[1])
    if token is None or token.application is None:
        raise TokenRevoked
    if token.is_expired():
        raise TokenExpired
    try:
        actor = actor_behind(token.application)
    except NotLetIn:
        raise TokenRevoked from None
    return Caller(
        actor=actor,
        scopes=allowed(token.application, actor, token.scope),
        client=token.application,
        token_tail=tail_of(found[1]),
    )


def caller_by(membership_id: UUID) -> Caller:
    """The client of a membership, for what is sent to it unasked: as whom it may act now, and for all it is registered.

    Raises ``TokenRevoked`` for a membership of no client, and for a client that may not act.
    """
    client = Application.objects.select_related("membership").filter(membership=membership_id).first()
    if client is None:
        raise TokenRevoked
    try:
        actor = actor_behind(client)
    except NotLetIn:
        raise TokenRevoked from None
    return Caller(actor=actor, scopes=allowed(client, actor, client.scopes), client=client, token_tail="")


def find_token(token: str) -> Any:
    """The row of a token, found by its hash, or ``None``."""
    return next(iter(ask(_with_checksum, checksum=sha256(token.encode()).hexdigest())), None)


def _with_checksum(*, checksum: str) -> "QuerySet[Any]":
    rows: QuerySet[Any] = get_access_token_model().objects.select_related("application__membership")
    return rows.filter(token_checksum=checksum)


def forget_tokens(*, now: datetime) -> int:
    """Delete tokens that expired an hour ago and more; until then they are answered as expired. Returns how many."""
    deleted, _by_model = get_access_token_model().objects.filter(expires__lt=now - timedelta(hours=1)).delete()
    return int(deleted)


def forget_tokens_of(application: Application) -> int:
    """Delete every token of a client. Returns how many."""
    deleted, _by_model = get_access_token_model().objects.filter(application=application).delete()
    return int(deleted)
