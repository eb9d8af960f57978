"""People signed in as they would be by password and passkey, for tests of pages that begin after that.

The sign-in itself is tested in tests/signin, by typing what a person types.
"""

import time

from allauth.account.internal.flows.login import (
    _AUTHENTICATION_METHODS_USER_SESSION_KEY,
    AUTHENTICATION_METHODS_SESSION_KEY,
)
from django.conf import settings
from django.test import Client
from django.utils import timezone

from agencies.models import User
from bhu.signin.models import Sitting

PASSWORD = {"method": "password"}
TOTP = {"method": "mfa", "type": "totp"}
PASSKEY = {"method": "mfa", "type": "webauthn"}


def signed_in(user: User, *how: dict[str, str]) -> Client:
    """A client whose session is signed in as ``user``, by password and passkey unless ``how`` names other steps.

    The notice is read, and the session is not locked.
    """
    client = Client()
    client.force_login(user)
    session = client.session
    now = time.time()
    session[AUTHENTICATION_METHODS_SESSION_KEY] = [{**step, "at": now} for step in how or (PASSWORD, PASSKEY)]
    session[_AUTHENTICATION_METHODS_USER_SESSION_KEY] = str(user.pk)
    session.save()
    Sitting.objects.filter(pk=session.session_key).update(acknowledged_at=timezone.now())
    return client


def session_cookie(user: User, *how: dict[str, str], url: str) -> dict[str, str]:
    """The cookie of such a session as Playwright takes it: ``context.add_cookies([session_cookie(user, url=base)])``.

    ``url`` is the address the server under test answers at, such as ``http://localhost:8123``. The server and this
    process must share their database and ``SECRET_KEY``, and what is written here must be committed.
    """
    name = settings.SESSION_COOKIE_NAME
    return {"name": name, "value": signed_in(user, *how).cookies[name].value, "url": url}
