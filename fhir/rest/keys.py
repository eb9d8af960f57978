"""The public keys that check an agency's signatures, as a JWK set (RFC 7517). Nobody needs a token for them."""

import json
from base64 import urlsafe_b64encode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from agencies.vault import jws, keyring

CONTENT_TYPE = "application/jwk-set+json"


@require_safe
def published(_request: HttpRequest, agency_id: UUID) -> HttpResponse:
    """Every signing key the agency has or had; an empty set for an agency that has none or is not there."""
    keys = [_jwk(key_id, point) for key_id, point in keyring.signing_keys(agency_id).items()]
    headers = {"Cache-Control": "no-store"}
    return HttpResponse(json.dumps({"keys": keys}), content_type=CONTENT_TYPE, headers=headers)


def address(base: str, agency_id: UUID) -> str:
    """Where they are."""
    return f"{base}/.well-known/keys/{agency_id}.json"


def _jwk(key_id: UUID, point: bytes) -> dict[str, str]:
    """An uncompressed point of P-256 as RFC 7518 has it."""
    x, y = (urlsafe_b64encode(half).rstrip(b"=").decode() for half in (point[1:33], point[33:]))
    return {"kty": "EC", "crv": "P-256", "x": x, "y": y, "kid": str(key_id), "use": "sig", "alg": jws.ALGORITHM}
