"""What time it is for this process: the machine's, unless an invented history tells another while it is written.

Never in production: there a time is when something happened.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone

from audit import uuid7

MICROSECOND = timedelta(microseconds=1)


@contextmanager
def told_by(clock: Callable[[], datetime]) -> Iterator[None]:
    """Let ``clock`` say what time it is: to all that asks Django, to new ids, and so to the log.

    Raises ``ImproperlyConfigured`` in production.
    """
    if settings.PRODUCTION:
        raise ImproperlyConfigured("In production the time is the machine's.")
    before, before_ids = timezone.now, uuid7.clock
    timezone.now, uuid7.clock = clock, lambda: (clock() - uuid7.EPOCH) // MICROSECOND * 1000
    try:
        yield
    finally:
        timezone.now, uuid7.clock = before, before_ids
