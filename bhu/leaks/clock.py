"""What time it is for everything that asks Django: moved on for a while, so that an hour can be over in a second."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.utils import timezone


@contextmanager
def later(by: timedelta) -> Iterator[None]:
    """Let it be ``by`` later than it is."""
    real = timezone.now

    def moved() -> datetime:
        return real() + by

    timezone.now = moved
    try:
        yield
    finally:
        timezone.now = real
