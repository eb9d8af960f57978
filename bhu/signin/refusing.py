"""What is said and written down when somebody does not prove to be who they say."""

import time

from django.core.exceptions import ValidationError
from django.utils.translation import gettext

from agencies.models import User

from . import events, tries


def locked_out(locked: tries.Locked, *, email: str = "", user: User | None = None) -> ValidationError:
    """The error to raise; the first of each lock is written down, the rest would only fill the log."""
    if locked.first:
        events.refused("signin.lock-out", user or _called(email), email=email, code=locked.kind)
    minutes = max(1, round((locked.until - time.time()) / 60))
    said = gettext(
        "There were too many wrong tries. Wait %(minutes)d minutes and try again; a passkey works at once. "
        "If it was not you, tell your administrator."
    )
    return ValidationError(said % {"minutes": minutes}, code="locked")


def record_wrong(email: str) -> None:
    """Write down a password that was not that of ``email``."""
    events.refused("signin.refuse", _called(email), email=email, code="password")


def _called(email: str) -> User | None:
    return User.objects.filter(email=email.strip().lower()).first()
