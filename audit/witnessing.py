"""Has the log's newest checkpoint cosigned: asks each witness, or takes what one brings, and remembers how it went."""

import re
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from django.db import IntegrityError, transaction
from django.utils import timezone

from audit import proofs, witnesses
from audit.log import record
from audit.models import AuditCheckpoint, AuditCosignature, WitnessStanding
from audit.outcome import Outcome
from audit.standalone.notes import BadNote, Key, checkpoint, cosigned, signed_lines, text_of
from audit.standalone.policy import Witness

ACTION = "audit.witness"
SIZE = re.compile(rb"(0|[1-9][0-9]{0,17})\n")
AHEAD_BY = timedelta(minutes=5)
STATUSES = {403: "forbidden", 404: "unknown", 422: "fork"}

TROUBLES = {
    "silent": "it does not answer",
    "nonsense": "it answers what no witness answers",
    "forbidden": "it does not take our log's signature",
    "unknown": "it does not know our log",
    "fork": "it says that our log is not the one it saw, and keeps evidence",
    "ahead": "it has seen more of our log than there is: the log was cut back",
    "clock": "its clock is ahead of ours",
}
SERIOUS = frozenset({"fork", "ahead"})


class Answer(NamedTuple):
    """What came back: a status of HTTP and at most a few kilobytes."""

    status: int
    body: bytes


Post = Callable[[str, bytes], Answer]
"""Sends bytes to an address, guarded. Raises ``Silent``."""


class Silent(Exception):
    """Nothing usable came back: no connection, too late, too long, led elsewhere."""


class Ahead(ValueError):
    """Somebody has seen more of this log than there is."""


def ask_all(post: Post) -> dict[str, str]:
    """Ask every witness that has an address; return what troubles each, "" for nothing."""
    asked = {name: each for name, each in witnesses.rules().witnesses.items() if each.url}
    return {name: ask(name, each, post) for name, each in asked.items()}


def ask(name: str, witness: Witness, post: Post) -> str:
    """Have one witness cosign our newest checkpoint; return what keeps it from that, "" if it did or need not."""
    newest = AuditCheckpoint.objects.order_by("size").last()
    told = WitnessStanding.objects.filter(witness=witness.key.name).first()
    size = witnesses.cosigned_size(witness.key)
    if newest is None or (newest.size == size and not (told and told.trouble)):
        return ""
    try:
        trouble = _asked(newest, size, witness, post)
    except Silent:
        trouble = "silent"
    except Ahead:
        trouble = "ahead"
    _remember(name, witness.key, trouble)
    return trouble


def request(row: AuditCheckpoint, old: int) -> str:
    """Return what a witness is sent that has seen ``old`` events. Raises Ahead if there are fewer."""
    if old > row.size:
        raise Ahead(f"There are {row.size} events.")
    path = proofs.consistency(old=old, new=row.size) if 0 < old < row.size else []
    return "\n".join([f"old {old}", *(b64encode(each).decode() for each in path), "", row.note])


def take(note: str) -> list[str]:
    """Keep the cosignatures that a note brings for one of our checkpoints; return whose.

    Raises BadNote if it is none of our checkpoints, or a line is not the witness's.
    """
    head = checkpoint(text_of(note))
    row = AuditCheckpoint.objects.filter(size=head.size).first()
    if row is None or text_of(row.note) != head.text():
        raise BadNote("not a checkpoint of this log")
    found = [
        (name, each.key, moment)
        for name, each in witnesses.rules().witnesses.items()
        if (moment := cosigned(note, each.key)) is not None
    ]
    for name, key, moment in found:
        _keep(row, key, moment, note)
        _remember(name, key, "")
    return [name for name, *_ in found]


def _asked(newest: AuditCheckpoint, size: int, witness: Witness, post: Post) -> str:
    """Ask, and once more from where the witness says it stands."""
    url = witness.url.rstrip("/") + "/add-checkpoint"
    answer = post(url, request(newest, size).encode())
    if answer.status == 409 and (said := SIZE.fullmatch(answer.body)):
        answer = post(url, request(newest, int(said[1])).encode())
    if answer.status != 200:
        return STATUSES.get(answer.status, "nonsense")
    try:
        note = newest.note + answer.body.decode("utf-8")
        moment = cosigned(note, witness.key)
        if moment is None:
            return "nonsense"
        _keep(newest, witness.key, moment, note)
    except Late:
        return "clock"
    except (BadNote, UnicodeDecodeError):
        return "nonsense"
    return ""


class Late(BadNote):
    """A cosignature of a time that has not come yet."""


def _keep(row: AuditCheckpoint, key: Key, moment: int, note: str) -> None:
    if moment > (timezone.now() + AHEAD_BY).timestamp():
        raise Late("a cosignature of a time that has not come yet")
    if AuditCosignature.objects.filter(size=row.size, witness=key.name).exists():
        return
    line = signed_lines(note, key)[0]
    try:
        with transaction.atomic():
            at = datetime.fromtimestamp(moment, UTC)
            AuditCosignature(size=row.size, witness=key.name, line=line, at=at).save(force_insert=True)
    except IntegrityError:  # another process was told the same at the same time
        return


def _remember(name: str, key: Key, trouble: str) -> None:
    """Keep how it went; a change is an event. What stays as it is is none, or each would ask for a cosignature."""
    now = timezone.now()
    with transaction.atomic():
        told = WitnessStanding.objects.filter(witness=key.name).first()
        changed = (told.trouble if told else "") != trouble
        since = now if told is None or changed else told.since
        WitnessStanding(witness=key.name, asked_at=now, trouble=trouble, since=since).save()
        if changed:
            outcome = Outcome.SERIOUS if trouble in SERIOUS else Outcome.REFUSED if trouble else Outcome.SUCCESS
            record(action=ACTION, target=f"Witness/{name}", actor="System/witness", code=trouble, outcome=outcome)
