"""The one way to write an event, and what others may ask of those written."""

import logging
from collections.abc import Collection
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db import DatabaseError, connection, transaction

from audit import door
from audit.canonical import Event, encode
from audit.models import AuditDetail
from audit.outcome import Outcome
from audit.uuid7 import moment, uuid7

__all__ = ["Outcome", "newest_digest", "newest_digests", "record"]

process_log = logging.getLogger("audit")

# Written by hand: two inserts through the ORM cost three times the CPU, and every act pays for them.
INSERT_EVENT = """
INSERT INTO audit_event
    (id, at, door, request_id, actor, agency, action, target, outcome, code, purpose, digest, body)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
INSERT_PENDING = "INSERT INTO audit_pending (event_id) VALUES (%s)"
INSERT_BOTH = f"""
WITH event AS ({INSERT_EVENT} RETURNING id) INSERT INTO audit_pending (event_id) SELECT id FROM event
"""  # noqa: S608  both halves are constants
# The literal makes the partial index usable: SQLite cannot match it against a parameter.
NEWEST_DIGEST = {
    "sqlite": "SELECT digest FROM audit_event WHERE target = %s AND digest > '' ORDER BY digest DESC LIMIT 1",
    "postgresql": "SELECT audit_newest_digest(%s)",
}
NEWEST_DIGESTS = "SELECT target, max(digest) FROM audit_event WHERE target IN (%s) AND digest > '' GROUP BY target"
AT_ONCE = 500  # to stay under every engine's limit of parameters


def record(
    *,
    action: str,
    target: str,
    actor: str,
    agency: str = "",
    outcome: Outcome = Outcome.SUCCESS,
    code: str = "",
    purpose: str = "",
    digest: str = "",
    detail: bytes = b"",
) -> UUID:
    """Write one event in the caller's transaction (or one of its own) and return its id; takes no lock.

    All strings are graphic ASCII without spaces: ids, codes and salted commitments, never words. ``target``
    is ``Type/id``; ``digest`` is ``NNNNNN.<hex sha256>`` of a referral's newest manifest; ``detail`` is bytes
    the caller sealed. A refusal must be recorded after its rollback, or it is rolled back too. Raises
    NotCanonical, or ``DatabaseError`` with a line in the process log, and then the whole transaction fails: nothing
    is done that was not recorded.
    """
    here = door.current()
    with transaction.atomic(savepoint=False):
        event = Event(
            id=uuid7(),
            door=here.name,
            request_id=here.request_id,
            actor=actor,
            agency=agency,
            action=action,
            target=target,
            outcome=outcome,
            code=code,
            purpose=purpose,
            digest=digest,
            detail=sha256(detail).hexdigest() if detail else "",
        )
        _insert(event)
        if detail:
            AuditDetail(event_id=event.id, sealed=detail).save(force_insert=True)
    door.wrote(event.id)
    return event.id


def newest_digest(target: str) -> str:
    """Return the highest manifest digest recorded for a target, or "" if none was."""
    with connection.cursor() as cursor:
        cursor.execute(NEWEST_DIGEST[connection.vendor], [target])
        found = cursor.fetchone()
    return (found and found[0]) or ""


def newest_digests(targets: Collection[str]) -> dict[str, str]:
    """``newest_digest`` of many targets in a few queries; one that has none is missing."""
    found: dict[str, str] = {}
    asked = sorted(targets)
    for start in range(0, len(asked), AT_ONCE):
        some = asked[start : start + AT_ONCE]
        with connection.cursor() as cursor:
            cursor.execute(NEWEST_DIGESTS % ", ".join(["%s"] * len(some)), some)
            found.update(cursor.fetchall())
    return found


def _insert(event: Event) -> None:
    try:
        _execute(event)
    except DatabaseError:
        # Whoever watches the process log hears of it within the hour (CJIS AU-5); the act is refused with it.
        process_log.critical("audit event not written")
        raise


def _execute(event: Event) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":  # one round trip to the server instead of two
            cursor.execute(INSERT_BOTH, _row(event, event.id))
        else:
            cursor.execute(INSERT_EVENT, _row(event, event.id.hex))
            cursor.execute(INSERT_PENDING, [event.id.hex])


def _row(event: Event, id_: UUID | str) -> tuple[Any, ...]:
    """The event as INSERT_EVENT takes it; the id as the database spells it."""
    return (
        id_,
        connection.ops.adapt_datetimefield_value(moment(event.id)),
        event.door,
        event.request_id,
        event.actor,
        event.agency,
        event.action,
        event.target,
        event.outcome,
        event.code,
        event.purpose,
        event.digest,
        encode(event),
    )
