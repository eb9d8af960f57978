"""The three endpoints as one call: a form in, an answer out; counted, and every refusal recorded."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from django.conf import settings
from oauth2_provider.settings import oauth2_settings
from oauthlib.oauth2 import (  # type: ignore[import-untyped]  # ships no types
    BackendApplicationServer,
    InvalidRequestError,
    OAuth2Error,
)

from . import ceiling, events
from .authenticating import Attempt
from .counting import TooOften, count_bad
from .keys import ALGORITHMS
from .validator import Validator

CALLS: Mapping[str, str] = MappingProxyType(
    {
        "token": "create_token_response",
        "introspect": "create_introspect_response",
        "revoke": "create_revocation_response",
    }
)
TAKEN = frozenset({"grant_type", "scope", "token", "token_type_hint", "client_id"})
"""What the toolkit is handed of a form. What it would make of other fields is nothing we offer."""

TOO_OFTEN = "TOO_OFTEN"
CACHE: Mapping[str, str] = MappingProxyType({"Cache-Control": "no-store", "Pragma": "no-cache"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What goes back: a status, JSON or nothing, and headers beside those that forbid to keep it."""

    status: int
    body: str
    headers: Mapping[str, str] = field(default_factory=dict)


def ask(endpoint: str, form: Mapping[str, Sequence[str]]) -> Answer:
    """Answer a form that was posted to ``endpoint``, one of ``CALLS``; of each field all that was sent."""
    validator = Validator({name: values[0] for name, values in form.items() if values})
    try:
        answer = _asked(endpoint, form, validator)
        if answer.status >= 400:
            _refused(endpoint, validator.attempt, answer)
    except TooOften as limit:
        if limit.first:
            events.refused(validator.attempt, f"smart.{endpoint}", code=TOO_OFTEN)
        return _later(limit)
    return answer


def _asked(endpoint: str, form: Mapping[str, Sequence[str]], validator: Validator) -> Answer:
    server = BackendApplicationServer(validator, token_expires_in=oauth2_settings.ACCESS_TOKEN_EXPIRE_SECONDS)
    pairs = [(name, values[0]) for name, values in form.items() if values and name in TAKEN]
    try:
        if any(len(values) > 1 for values in form.values()):
            raise InvalidRequestError(description="A parameter was sent more than once.")
        headers, body, status = getattr(server, CALLS[endpoint])(f"/auth/{endpoint}", "POST", pairs, {})
    except OAuth2Error as refusal:
        headers, body, status = refusal.headers, refusal.json, refusal.status_code
    return Answer(status=status, body=body or "", headers=headers)


def _refused(endpoint: str, attempt: Attempt, answer: Answer) -> None:
    """Count and record a refusal. Raises ``TooOften``."""
    if attempt.actor is None:
        count_bad(attempt.claimed)
    events.refused(attempt, f"smart.{endpoint}", code=attempt.fault or json.loads(answer.body)["error"].upper())


def _later(limit: TooOften) -> Answer:
    body = {"error": "temporarily_unavailable", "error_description": str(limit)}
    return Answer(status=429, body=json.dumps(body), headers={"Retry-After": str(limit.after)})


def discovery() -> dict[str, Any]:
    """What ``.well-known/smart-configuration`` says."""
    base = settings.BHU_BASE_URL
    return {
        "token_endpoint": f"{base}/auth/token",
        "introspection_endpoint": f"{base}/auth/introspect",
        "revocation_endpoint": f"{base}/auth/revoke",
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": list(ALGORITHMS),
        "grant_types_supported": ["client_credentials"],
        "code_challenge_methods_supported": ["S256"],
        "scopes_supported": ceiling.offered().split(),
        "capabilities": ["client-confidential-asymmetric", "permission-v1", "permission-v2"],
    }
