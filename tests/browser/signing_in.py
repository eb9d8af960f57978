"""How a test's browser comes to be signed in without a sign-in page."""

from typing import Any

from agencies.models import User
from tests.web.signing import session_cookie


def cookies_of(user: User, *, base: str) -> list[Any]:
    """The cookies of somebody just signed in, as a Playwright context takes them."""
    return [session_cookie(user, url=base)]
