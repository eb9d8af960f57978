"""The steps of signing in as a person takes them, by Django's client at ``http://localhost``."""

import json
import re
import time
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.test import Client, TestCase

from agencies.models import User
from bhu.signin import sealing
from tests.signin.authenticator import Passkey
from tests.signin.conftest import PASSWORD

SCRIPT = {"Sec-Fetch-Mode": "cors"}


def browser() -> Client:
    """A browser that checks what a browser checks."""
    return Client(SERVER_NAME="localhost", enforce_csrf_checks=False, headers={"Origin": "http://localhost"})


def type_password(client: Client, user: User, password: str = PASSWORD, **more: str) -> Any:
    return client.post("/account/login/", {"login": user.email, "password": password, **more})


def read_notice(client: Client) -> Any:
    return client.post("/account/notice/", {})


def enter(user: User, **more: str) -> Client:
    """Past the password and the notice, no further."""
    client = browser()
    type_password(client, user, **more)
    read_notice(client)
    return client


def add_passkey(client: Client) -> Passkey:
    """Make a passkey on the page that offers it. What follows the commit is done, as without a test around it."""
    passkey = Passkey()
    options = data_in(client.get("/account/2fa/webauthn/add/"))["creation_options"]
    sent = {"name": "Phone", "passwordless": "on", "credential": passkey.create(options)}
    with TestCase.captureOnCommitCallbacks(execute=True):
        answer = client.post("/account/2fa/webauthn/add/", sent)
    assert answer.status_code == 302, answer.content.decode()
    return passkey


def add_app(client: Client) -> str:
    """Set an authenticator app up; returns its seed, as the app keeps it."""
    page = client.get("/account/2fa/totp/activate/").content.decode()
    seed = re.search(r'<code class="seed">([A-Z2-7]+)</code>', page)
    assert seed, page
    with TestCase.captureOnCommitCallbacks(execute=True):
        answer = client.post("/account/2fa/totp/activate/", {"code": code_of(seed[1])})
    assert answer.status_code == 302, answer.content.decode()
    return seed[1]


def code_of(seed: str, *, later: int = 0) -> str:
    """The six digits an app shows now, or ``later`` half minutes from now."""
    return str(format_hotp_value(hotp_value(seed, int(time.time()) // 30 + later)))


def seed_of(user: User) -> str:
    row = Authenticator.objects.get(user=user, type=Authenticator.Type.TOTP)
    return sealing.unseal(row.data["secret"], user_id=user.pk)


def show_passkey(client: Client, passkey: Passkey, **more: Any) -> Any:
    """Sign in by passkey alone."""
    options = client.get("/account/2fa/webauthn/login/", headers={"Accept": "application/json"}).json()
    credential = passkey.get(options["request_options"])
    return client.post("/account/2fa/webauthn/login/", {"credential": credential, **more})


def data_in(answer: Any) -> dict[str, Any]:
    found = re.search(r'<script id="js_data" type="application/json">(.*?)</script>', answer.content.decode(), re.S)
    assert found, answer.content.decode()
    read: dict[str, Any] = json.loads(found[1])
    return read
