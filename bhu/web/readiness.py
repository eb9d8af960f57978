"""What must be so before this process should be sent work. Answers hold no address, path or secret."""

import time
from collections.abc import Callable

import structlog
from django.db import DatabaseError, connections

from agencies.vault import installation, kms, roots
from audit import signer
from audit.models import PendingEvent
from bhu.setup.migrations import behind

OK = "ok"
LAG_ALARM = 60  # seconds; the target is two

log = structlog.stdlib.get_logger("bhu.web")

_migrated: set[str] = set()  # aliases found up to date; a database does not lose migrations while we run


def databases() -> str:
    """OK, or the aliases that do not answer."""
    return _each(_answers, "no answer from")


def migrations() -> str:
    """OK, or the aliases whose tables are older than this code."""
    return _each(_up_to_date, "not migrated:")


def stores() -> str:
    """OK when both databases are of one installation."""
    try:
        return OK if installation.together() else "not of one installation"
    except DatabaseError:  # an upgrade whose new tables this role has no right to
        return "cannot be compared"


def keys() -> str:
    """OK when the key service works, the network's root is pinned and the key that signs the log opens."""
    try:
        kms.provider().health()
        roots.network_root()
        signer.load()
    except Exception:  # a key service that is plugged in raises errors of its own
        log.exception("keys cannot be opened")
        return "cannot be opened"
    return OK


def lag() -> float:
    """Seconds the oldest event has waited for its place in the log."""
    oldest = PendingEvent.objects.order_by("event_id").values_list("event_id", flat=True).first()
    # The first 48 bits of a UUIDv7 are its millisecond (RFC 9562, section 5.7).
    return max(0.0, time.time() - (oldest.int >> 80) / 1000) if oldest else 0.0


def sequencer() -> str:
    """OK, or how long the log has been behind."""
    waited = lag()
    return OK if waited <= LAG_ALARM else f"behind by {waited:.0f} s"


CHECKS: dict[str, Callable[[], str]] = {
    "databases": databases,
    "migrations": migrations,
    "stores": stores,
    "keys": keys,
    "sequencer": sequencer,
}


def report() -> dict[str, str]:
    """Each check's word, in order; what stands after one that failed is not asked."""
    words: dict[str, str] = {}
    for name, check in CHECKS.items():
        words[name] = check() if set(words.values()) <= {OK} else "not asked"
    return words


def _each(good: Callable[[str], bool], complaint: str) -> str:
    bad = [alias for alias in connections if not good(alias)]
    return f"{complaint} {', '.join(bad)}" if bad else OK


def _answers(alias: str) -> bool:
    try:
        with connections[alias].cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def _up_to_date(alias: str) -> bool:
    if alias not in _migrated and not behind(alias):
        _migrated.add(alias)
    return alias in _migrated
