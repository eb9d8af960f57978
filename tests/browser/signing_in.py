"""How a test's browser comes to be signed in without a sign-in page."""

from typing import Any

from django.conf import settings
from django.test import Client

from agencies.models import User


def cookies_of(user: User, *, base: str) -> list[Any]:
    """The cookies of somebody just signed in, as a Playwright context takes them.

    This is the one place that knows what a finished sign-in leaves behind in session and database.
    """
    client = Client()
    client.force_login(user)
    return [{"name": settings.SESSION_COOKIE_NAME, "value": client.session.session_key, "url": base}]
