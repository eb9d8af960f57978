"""What the toolkit asks of us about one request. It knows OAuth; who a client is and what it may, is ours.

``Validator.authenticate_client`` can go once the toolkit itself takes assertions: its fields are already on our model.
"""

import calendar
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from oauth2_provider.oauth2_validators import OAuth2Validator
from oauth2_provider.scopes import BaseScopes
from oauthlib.oauth2.rfc6749.errors import InvalidClientError  # type: ignore[import-untyped]  # ships no types

from . import events, scopes
from .assertions import TYPE, Fault, NotLetIn
from .authenticating import Attempt, audience, authenticate
from .models import Application
from .standing import actor_behind, allowed
from .tokens import find_token

# Told to whoever proved to hold the key; and of the rest what concerns the form alone. All else is one answer, so
# that nobody learns which clients there are.
TOLD: Mapping[Fault, str] = {
    Fault.MISSING: f"client_assertion_type must be {TYPE}, and client_assertion a JWT.",
    Fault.MALFORMED: "The assertion is not a JWT with alg and kid.",
    Fault.ALGORITHM: "alg must be RS384 or ES384.",
    Fault.SUBJECT: "iss and sub must both be the client_id.",
    Fault.EXPIRED: "exp is missing or past.",
    Fault.LASTS_TOO_LONG: "exp may be at most 300 seconds from now.",
    Fault.NOT_YET: "iat or nbf is not a time, or in the future.",
    Fault.JTI: "jti must be a string of 1 to 255 characters.",
    Fault.REPLAYED: "This jti was used before.",
    Fault.NOT_APPROVED: "The client is not approved yet.",
    Fault.DISABLED: "The client is switched off.",
    Fault.NO_MEMBERSHIP: "The client is no longer a member of its agency.",
}
OTHERWISE = "The client could not be authenticated."


class ClientScopes(BaseScopes):  # type: ignore[misc]  # its base ships no types
    """The scopes of a client as the toolkit asks for them. None is given to whoever names none."""

    def get_all_scopes(self) -> dict[str, str]:
        return {}

    def get_available_scopes(self, application: Any = None, *_args: Any, **_kwargs: Any) -> list[str]:
        return application.scopes.split() if isinstance(application, Application) else []

    def get_default_scopes(self, *_args: Any, **_kwargs: Any) -> list[str]:
        return []


class Validator(OAuth2Validator):  # type: ignore[misc]  # its base ships no types
    """Answers for one request, whose form it is made with. Without one it lets nobody in."""

    def __init__(self, form: Mapping[str, str] | None = None) -> None:
        super().__init__()
        self.form = form or {}
        self.attempt = Attempt()

    def client_authentication_required(self, _request: Any, *_args: Any, **_kwargs: Any) -> bool:
        return True

    def authenticate_client_id(self, _client_id: Any, _request: Any, *_args: Any, **_kwargs: Any) -> bool:
        return False

    def authenticate_client(self, request: Any, *_args: Any, **_kwargs: Any) -> bool:
        """Let in whoever proves to hold a client's key; a secret or a bare id proves nothing here."""
        try:
            request.client = authenticate(self.form, self.attempt)
        except NotLetIn as refusal:
            self.attempt.fault = refusal.fault
            raise InvalidClientError(description=_told(refusal.fault)) from None
        return True

    def validate_scopes(
        self, _client_id: str, asked: Sequence[str], client: Application, request: Any, *_args: Any, **_kwargs: Any
    ) -> bool:
        """Grant of what was asked for what the client may have; only if that is nothing, refuse."""
        if self.attempt.actor is None:
            return False
        granted = allowed(client, self.attempt.actor, " ".join(asked))
        request.scopes = scopes.text(granted).split()
        return bool(granted)

    def _save_bearer_token(self, token: Any, request: Any, *args: Any, **kwargs: Any) -> None:
        super()._save_bearer_token(token, request, *args, **kwargs)
        events.done(self.attempt, "smart.token", code=events.tail_of(token["access_token"]))

    def introspect_token(self, token: str, _hint: str, request: Any, *_args: Any, **_kwargs: Any) -> Any:
        """What a client's own token is worth now; ``None`` for one that is worth nothing, or is another's."""
        claims = _claims(token, request.client)
        events.done(self.attempt, "smart.introspect", code=events.tail_of(token) if claims else "INACTIVE")
        return claims

    def revoke_token(self, token: str, token_type_hint: str, request: Any, *args: Any, **kwargs: Any) -> None:
        """Delete a client's own token; what is not one is as good as revoked."""
        with transaction.atomic():
            row = find_token(token)
            own = row is not None and row.application_id == request.client.pk
            super().revoke_token(token, token_type_hint, request, *args, **kwargs)
            events.done(self.attempt, "smart.revoke", code=events.tail_of(token) if own else "UNKNOWN_TOKEN")


def _told(fault: Fault) -> str:
    if fault is Fault.AUDIENCE:
        return f"aud must be exactly {audience()}"
    return TOLD.get(fault, OTHERWISE)


def _claims(token: str, client: Application) -> dict[str, Any] | None:
    row = find_token(token)
    if row is None or row.application_id != client.pk or row.is_expired():
        return None
    try:
        granted = allowed(client, actor_behind(client), row.scope)
    except NotLetIn:
        return None
    return {
        "scope": scopes.text(granted),
        "client_id": client.client_id,
        "exp": calendar.timegm(row.expires.utctimetuple()),
        "token_type": "Bearer",
    }
