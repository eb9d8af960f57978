"""An agency's directory, as Entra or Google would be: a small OpenID Connect provider on a port of its own."""

import base64
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode
from wsgiref.simple_server import WSGIRequestHandler, make_server

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "bhu-at-bhu", "a secret between the two"


class _Silent(WSGIRequestHandler):
    def log_message(self, *_args: Any) -> None:
        """Say nothing."""


@dataclass
class Directory:
    """Who signs in there, and what it says of them; ``asked`` is what the browser was last sent with."""

    base: str = ""
    claims: dict[str, Any] = field(default_factory=dict)
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one"}))
    signing: RSAKey | None = None
    asked: dict[str, str] = field(default_factory=dict)

    def sign_in(self, address: str) -> str:
        """What the person's browser gets there: the address it is sent back to."""
        _path, _, query = address.partition("?")
        self.asked = dict(parse_qsl(query))
        return f"{self.asked['redirect_uri']}?{urlencode({'code': 'abc', 'state': self.asked['state']})}"

    def answer(self, environ: dict[str, Any], start: Any) -> list[bytes]:
        """The WSGI application."""
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)).decode()
        status, said = self._pages(environ["PATH_INFO"], {k: v[0] for k, v in parse_qs(body).items()})
        start(status, [("Content-Type", "application/json")])
        return [json.dumps(said).encode()]

    def _pages(self, path: str, sent: dict[str, str]) -> tuple[str, Any]:
        if path == "/.well-known/openid-configuration":
            return "200 OK", {
                "issuer": self.base,
                "authorization_endpoint": f"{self.base}/authorize",
                "token_endpoint": f"{self.base}/token",
                "jwks_uri": f"{self.base}/keys",
                "token_endpoint_auth_methods_supported": ["client_secret_post"],
            }
        if path == "/keys":
            return "200 OK", {"keys": [self.key.as_dict(private=False)]}
        if path == "/token" and self._right(sent):
            return "200 OK", {"access_token": "x", "token_type": "Bearer", "id_token": self._token()}
        return "400 Bad Request", {"error": "invalid_request"}

    def _right(self, sent: dict[str, str]) -> bool:
        proof = base64.urlsafe_b64encode(sha256(sent.get("code_verifier", "").encode()).digest()).rstrip(b"=").decode()
        known = (sent.get("client_id"), sent.get("client_secret"), sent.get("code")) == (CLIENT, SECRET, "abc")
        return known and proof == self.asked.get("code_challenge")

    def _token(self) -> str:
        now = int(time.time())
        claims = {"iss": self.base, "aud": CLIENT, "sub": "person-1", "iat": now, "exp": now + 300, **self.claims}
        return jwt.encode({"alg": "RS256", "kid": "one"}, claims, self.signing or self.key)


@contextmanager
def running() -> Iterator[Directory]:
    """A directory that answers until the block ends."""
    made = Directory()
    server = make_server("127.0.0.1", 0, made.answer, handler_class=_Silent)
    made.base = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
