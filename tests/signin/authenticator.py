"""A passkey in software: answers what a browser would, so that sign-in is tested without one."""

import json
import os
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData, CollectedClientData

ORIGIN = "http://localhost"
FLAG = AuthenticatorData.FLAG


class Passkey:
    """One key pair for one site, in the pocket of one person."""

    def __init__(self, *, origin: str = ORIGIN) -> None:
        self.origin = origin
        self.id = os.urandom(16)
        self.handle = b""
        self._key = ec.generate_private_key(ec.SECP256R1())

    def create(self, options: dict[str, Any]) -> str:
        """What the browser sends when a passkey is made."""
        asked = options["publicKey"]
        self.handle = _bytes(asked["user"]["id"])
        public = ES256.from_cryptography_key(self._key.public_key())  # type: ignore[no-untyped-call]  # fido2 leaves it out
        made = AttestedCredentialData.create(b"\0" * 16, self.id, public)
        data = self._data(asked["rp"]["id"], FLAG.UP | FLAG.UV | FLAG.AT, made)
        told = self._told("webauthn.create", asked["challenge"])
        attested = AttestationObject.create("none", data, {})
        return self._written({"clientDataJSON": told, "attestationObject": bytes(attested)})

    def get(self, options: dict[str, Any], *, touched_only: bool = False) -> str:
        """What the browser sends when it is shown; ``touched_only``: without finger, face or PIN."""
        asked = options["publicKey"]
        data = bytes(self._data(asked["rpId"], FLAG.UP if touched_only else FLAG.UP | FLAG.UV))
        told = self._told("webauthn.get", asked["challenge"])
        signature = self._key.sign(data + sha256(told).digest(), ec.ECDSA(SHA256()))
        answer = {"clientDataJSON": told, "authenticatorData": data, "signature": signature, "userHandle": self.handle}
        return self._written(answer)

    def _data(self, site: str, flags: AuthenticatorData.FLAG, made: bytes = b"") -> Any:
        return AuthenticatorData.create(sha256(site.encode()).digest(), flags, 0, made)

    def _told(self, kind: str, challenge: str) -> bytes:
        return bytes(CollectedClientData.create(kind, _bytes(challenge), self.origin))

    def _written(self, response: dict[str, bytes]) -> str:
        name = websafe_encode(self.id)
        letters = {field: websafe_encode(value) for field, value in response.items()}
        return json.dumps(
            {"id": name, "rawId": name, "type": "public-key", "response": letters, "clientExtensionResults": {}}
        )


def _bytes(text: str) -> bytes:
    from fido2.utils import websafe_decode

    return websafe_decode(text)
