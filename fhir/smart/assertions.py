"""A client's signed statement that it is that client (RFC 7523): read and judged. Pure.

First only what says which key to ask is read; nothing else counts before the signature is good.
"""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import ceil
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError

from .keys import ALGORITHMS, ClientKey

TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LONGEST = 8192
LONGEST_JTI = 255
LIFE = 300
SKEW = 60
CLIENT_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)


class Fault(StrEnum):
    """Why an assertion is refused. The value stands in the log."""

    MISSING = "ASSERTION_MISSING"
    MALFORMED = "ASSERTION_MALFORMED"
    ALGORITHM = "ASSERTION_ALGORITHM"
    UNKNOWN_CLIENT = "CLIENT_UNKNOWN"
    KEY = "KEY_UNKNOWN"
    KEYS_UNREACHABLE = "KEYS_UNREACHABLE"
    SIGNATURE = "SIGNATURE_WRONG"
    SUBJECT = "ASSERTION_SUBJECT"
    AUDIENCE = "ASSERTION_AUDIENCE"
    EXPIRED = "ASSERTION_EXPIRED"
    LASTS_TOO_LONG = "ASSERTION_LASTS_TOO_LONG"
    NOT_YET = "ASSERTION_NOT_YET"
    JTI = "ASSERTION_JTI"
    REPLAYED = "ASSERTION_REPLAYED"
    NOT_APPROVED = "CLIENT_NOT_APPROVED"
    DISABLED = "CLIENT_DISABLED"
    NO_MEMBERSHIP = "NOT_UNIT_MEMBER"


class NotLetIn(Exception):
    """The client is not let in."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.value)
        self.fault = fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Unverified:
    """What an assertion says of itself before anybody verified it: enough to find the key, good for nothing else."""

    token: str
    client_id: str
    algorithm: str
    kid: str
    jku: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What a client stated: the name of this one statement, and the second at which it ends."""

    client_id: str
    jti: str
    expires: int


def read(form: Mapping[str, str]) -> Unverified:
    """Which client says it is here, and with which key. Raises ``NotLetIn``."""
    token = form.get("client_assertion", "")
    if form.get("client_assertion_type") != TYPE or not token:
        raise NotLetIn(Fault.MISSING)
    header, claims = _parts(token)
    _require(header.get("alg") in ALGORITHMS, Fault.ALGORITHM)
    kid, jku, client_id = header.get("kid"), header.get("jku"), claims.get("iss")
    _require(
        isinstance(kid, str)
        and isinstance(jku, str | None)
        and header.get("typ", "JWT") == "JWT"
        and "crit" not in header,
        Fault.MALFORMED,
    )
    # Only an id of the one form is looked for: a database refuses to compare some other strings at all.
    _require(isinstance(client_id, str) and CLIENT_ID.fullmatch(client_id), Fault.UNKNOWN_CLIENT)
    _require(form.get("client_id", client_id) == client_id, Fault.UNKNOWN_CLIENT)
    return Unverified(token=token, client_id=str(client_id), algorithm=str(header["alg"]), kid=str(kid), jku=jku)


def verify(said: Unverified, key: ClientKey, *, audience: str, now: int) -> Verified:
    """The statement, if ``key`` signed it and it is meant for ``audience`` now. Raises ``NotLetIn``."""
    try:
        payload = jws.deserialize_compact(said.token, key.key, algorithms=[said.algorithm]).payload
    except (JoseError, ValueError, TypeError):
        raise NotLetIn(Fault.SIGNATURE) from None
    claims = _object(payload)
    _require(claims.get("iss") == claims.get("sub") == said.client_id, Fault.SUBJECT)
    _require(claims.get("aud") == audience, Fault.AUDIENCE)
    jti = claims.get("jti")
    _require(isinstance(jti, str) and 0 < len(jti) <= LONGEST_JTI, Fault.JTI)
    return Verified(client_id=said.client_id, jti=str(jti), expires=_expires(claims, now=now))


def _expires(claims: Mapping[str, Any], *, now: int) -> int:
    """The second at which it ends: not past, and not further away than is allowed."""
    expires = claims.get("exp", 0)
    # Asked so that NaN, which JSON of Python's knows and which is neither less nor more, is refused.
    if not _is_time(expires) or not expires + SKEW > now:
        raise NotLetIn(Fault.EXPIRED)
    _require(expires <= now + LIFE, Fault.LASTS_TOO_LONG)
    for name in ("iat", "nbf"):
        began = claims.get(name, now)
        _require(_is_time(began) and began <= now + SKEW, Fault.NOT_YET)
    second: int = ceil(expires)
    return second


def _is_time(value: object) -> bool:
    """Whether this is a time as JWT has it: seconds, also with a fraction."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _parts(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    parts = token.split(".")
    _require(len(token) <= LONGEST and len(parts) == 3 and token.isascii(), Fault.MALFORMED)
    header, claims = (_object(_decoded(part)) for part in parts[:2])
    return header, claims


def _decoded(part: str) -> bytes:
    try:
        return base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
    except ValueError:
        raise NotLetIn(Fault.MALFORMED) from None


def _object(data: bytes) -> dict[str, Any]:
    try:
        tree = json.loads(data)
    except (ValueError, RecursionError):
        raise NotLetIn(Fault.MALFORMED) from None
    if not isinstance(tree, dict):
        raise NotLetIn(Fault.MALFORMED)
    return tree


def _require(holds: object, fault: Fault) -> None:
    if not holds:
        raise NotLetIn(fault)
