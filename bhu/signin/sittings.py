"""How long a session may stay: it locks when idle, ends after twelve hours, and shows its notice once."""

from datetime import datetime, timedelta
from uuid import UUID

from allauth.account.auth_backends import AuthenticationBackend
from allauth.core import context
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
READ = "_sitting_read"
"""On the request, from the one question for the person to the one for the sitting: not longer, so it is never old."""


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
    row = read(request)
    whole = row is not None and str(row.user_id) == request.session.get(SESSION_KEY)
    return row if row is not None and whole and timezone.now() < row.began_at + LONGEST else None


def read(request: HttpRequest) -> Sitting | None:
    """The row of this session with its person, whatever it says. Asked once for ``Backend`` and ``of`` together."""
    key = request.session.session_key
    before: tuple[str | None, Sitting | None] | None = request.__dict__.pop(READ, None)
    if before is not None and before[0] == key:
        return before[1]
    rows = Sitting.objects.annotate(demo_left=Subquery(LEFT[:1])).select_related("user")
    row = rows.filter(pk=key).first()
    setattr(request, READ, (key, row))
    return row


class Backend(AuthenticationBackend):  # type: ignore[misc]  # allauth comes without types
    """allauth's, which takes a person from the row of their session where that names the same one: one query less."""

    def get_user(self, user_id: UUID) -> User | None:
        """Whoever has this id and may sign in; ``None`` for nobody. The caller holds them against the session."""
        row = read(context.request) if context.request is not None else None
        user: User | None = row.user if row is not None and str(row.user_id) == str(user_id) else None
        if user is None:
            user = super().get_user(user_id)
        return user if user is not None and self.user_can_authenticate(user) else None


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
