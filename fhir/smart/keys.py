"""A client's public keys: a JSON Web Key Set read and judged, and the one key of an assertion found. Pure."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from types import MappingProxyType
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey, import_key

ALGORITHMS: Mapping[str, str] = MappingProxyType({"RS384": "RSA", "ES384": "EC"})
"""The algorithms of an assertion, and the kind of key each must be verified with. There is no other."""

CURVE = "P-384"
RSA_BITS = range(2048, 8193)  # less is weak; more costs whoever verifies
MOST_KEYS = 20
LONGEST_KID = 200
PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})

PublicKey = ECKey | RSAKey


class BadKeys(ValueError):
    """Not a set of public keys that assertions could be verified with; says what is wrong."""


@dataclass(frozen=True, slots=True)
class ClientKey:
    """One usable public key."""

    kid: str
    kty: str
    key: PublicKey

    @property
    def thumbprint(self) -> str:
        """What the log calls it (RFC 7638)."""
        return str(self.key.thumbprint())


def read_registered(data: str) -> tuple[ClientKey, ...]:
    """The keys of a set somebody registers. Raises ``BadKeys`` unless each of them is good and can be told apart."""
    keys = tuple(_key(entry) for entry in _entries(data))
    if not keys:
        raise BadKeys("There is no key in the set.")
    if len({(key.kid, key.kty) for key in keys}) < len(keys):
        raise BadKeys("Two keys of the same kind have the same kid.")
    return keys


def read_fetched(data: str) -> tuple[ClientKey, ...]:
    """The keys of a set that can be used; it may hold others. Raises ``BadKeys`` if it is no set at all."""
    found = []
    for entry in _entries(data):
        try:
            found.append(_key(entry))
        except BadKeys:
            continue
    return tuple(found)


def find(keys: tuple[ClientKey, ...], *, kid: str, algorithm: str) -> ClientKey | None:
    """The single key with this ``kid`` of the kind that ``algorithm`` needs; ``None`` if there is none, or several."""
    fitting = [key for key in keys if key.kid == kid and key.kty == ALGORITHMS.get(algorithm)]
    return fitting[0] if len(fitting) == 1 else None


def print_of(uri: str) -> str:
    """By what the log knows the address of keys, which may say more than an id: its SHA-256."""
    return sha256(uri.encode()).hexdigest()


def _entries(data: str) -> list[Any]:
    try:
        tree = json.loads(data)
    except (ValueError, RecursionError):
        raise BadKeys("This is not JSON.") from None
    entries = tree.get("keys") if isinstance(tree, dict) else None
    if not isinstance(entries, list) or len(entries) > MOST_KEYS:
        raise BadKeys(f'A JSON Web Key Set is {{"keys": […]}} with at most {MOST_KEYS} keys.')
    return entries


def _key(entry: Any) -> ClientKey:
    if not isinstance(entry, dict) or not all(isinstance(name, str) for name in entry):
        raise BadKeys("A key is a JSON object.")
    if PRIVATE & entry.keys():
        raise BadKeys("This holds a private key. It must be taken out of use: register the public half of a new one.")
    kid = entry.get("kid")
    if not isinstance(kid, str) or not 0 < len(kid) <= LONGEST_KID:
        raise BadKeys("Each key needs a kid.")
    if not _for_signing(entry):
        raise BadKeys(f"Key {kid!r} is not for signatures with {' or '.join(ALGORITHMS)}.")
    return ClientKey(kid, entry["kty"], _imported(kid, entry))


def _for_signing(entry: Mapping[str, Any]) -> bool:
    """Whether a key's own words allow it to verify one of our algorithms."""
    allowed = [algorithm for algorithm, kty in ALGORITHMS.items() if kty == entry.get("kty")]
    operations = entry.get("key_ops", ["verify"])
    return (
        entry.get("use", "sig") == "sig"
        and isinstance(operations, list)
        and "verify" in operations
        and bool(allowed)
        and entry.get("alg", allowed[0]) in allowed
        and (entry["kty"] != "EC" or entry.get("crv") == CURVE)
    )


def _imported(kid: str, entry: Mapping[str, Any]) -> PublicKey:
    try:
        if entry["kty"] == "RSA" and _bits(entry["n"]) not in RSA_BITS:
            raise BadKeys(f"Key {kid!r} must have {RSA_BITS.start} to {RSA_BITS.stop - 1} bits.")
        key = import_key({name: entry[name] for name in ("kty", "crv", "x", "y", "n", "e") if name in entry})
        _ = key.public_key  # reads the numbers, which must be a key
    except (JoseError, ValueError, TypeError, KeyError) as bad:
        raise (bad if isinstance(bad, BadKeys) else BadKeys(f"Key {kid!r} cannot be read.")) from None
    if not isinstance(key, PublicKey):
        raise BadKeys(f"Key {kid!r} must be of kind {' or '.join(ALGORITHMS.values())}.")
    return key


def _bits(number: str) -> int:
    """How long a number of a key is, seen before anything is reckoned with it."""
    return int.from_bytes(base64.urlsafe_b64decode(number + "=" * (-len(number) % 4))).bit_length()
