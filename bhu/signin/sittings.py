"""How long a session may stay: it locks when idle, ends after twelve hours, and shows its notice once."""

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import SessionBase
from django.db.models import Subquery
from django.http import HttpRequest
from django.utils import timezone

from agencies.models import User

from .demo import LEFT
from .models import Sitting

LONGEST = timedelta(seconds=settings.SESSION_COOKIE_AGE)
SELDOM = timedelta(seconds=15)  # how often being seen is written at most
DEVICE = "shared"
"""The cookie of a device that several people use. It says nothing of any of them."""
SHARED = "signin.shared"
"""In the session between the two steps of signing in: what was said of the device."""


def begin(session: SessionBase, user: User, *, shared: bool) -> Sitting:
    """Begin to watch a session that was just signed in."""
    fresh = {
        "user": user,
        "began_at": timezone.now(),
        "seen_at": timezone.now(),
        "idle_minutes": settings.BHU_IDLE_MINUTES_SHARED if shared else settings.BHU_IDLE_MINUTES,
        "locked": False,
        "acknowledged_at": None,
    }
    return Sitting.objects.update_or_create(session_key=session.session_key, defaults=fresh)[0]


def of(request: HttpRequest) -> Sitting | None:
    """The sitting of who is signed in; ``None`` if the session is none that was begun here, or is over."""
    row = Sitting.objects.annotate(demo_left=Subquery(LEFT[:1])).filter(pk=request.session.session_key).first()
    whole = row is not None and str(row.user_id) == request.session.get(SESSION_KEY)
    return row if row is not None and whole and timezone.now() < row.began_at + LONGEST else None


def locks_at(row: Sitting) -> datetime:
    """When it locks by itself if nobody does anything."""
    return row.seen_at + timedelta(minutes=row.idle_minutes)


def is_locked(row: Sitting) -> bool:
    """Whether it is locked: by a hand, or because nobody did anything for too long."""
    return row.locked or timezone.now() >= locks_at(row)


def touch(row: Sitting) -> None:
    """Somebody is at work. In one statement, which never unlocks."""
    now = timezone.now()
    if now - row.seen_at < SELDOM:
        return
    still = now - timedelta(minutes=row.idle_minutes)
    Sitting.objects.filter(pk=row.pk, locked=False, seen_at__gt=still).update(seen_at=now)


def lock(row: Sitting) -> bool:
    """Lock it. ``False`` if it was locked before by a hand."""
    return bool(Sitting.objects.filter(pk=row.pk, locked=False).update(locked=True))


def unlock(row: Sitting) -> None:
    """Open it again, for who has just proven to be the same person."""
    Sitting.objects.filter(pk=row.pk).update(locked=False, seen_at=timezone.now())


def acknowledge(row: Sitting) -> None:
    """The notice was read."""
    Sitting.objects.filter(pk=row.pk, acknowledged_at=None).update(acknowledged_at=timezone.now())


def carry_over(request: HttpRequest) -> None:
    """The session of ``request`` goes on under another key."""
    row: Sitting = request.sitting  # type: ignore[attr-defined]  # of the middleware: who got here is signed in
    Sitting.objects.filter(pk=row.pk).update(session_key=request.session.session_key)


def end(session_key: str | None) -> None:
    """Its session is over."""
    Sitting.objects.filter(pk=session_key).delete()


def forget_over(*, at: datetime) -> int:
    """Drop those whose twelve hours are over; returns how many. Safe to run twice."""
    return Sitting.objects.filter(began_at__lte=at - LONGEST).delete()[0]
