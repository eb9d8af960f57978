"""Who notices what was done to the log, with its key safe and with its key stolen: the matrix, and bits flipped."""

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db import DatabaseError, models, transaction

from audit.canonical import decode, encode
from audit.log import record
from audit.models import (
    AuditCheckpoint,
    AuditCosignature,
    AuditDetail,
    AuditEvent,
    AuditLeaf,
    AuditNode,
    Log,
    PendingEvent,
    WitnessStanding,
)
from audit.sequencer import sequence
from audit.standalone.faults import Fault
from audit.standalone.judging import Store
from audit.standalone.notes import Checkpoint, checkpoint, text_of
from audit.standalone.tree import Tree
from audit.uuid7 import moment, uuid7
from audit.verify import verify
from audit.witnessing import Answer, ask_all
from tests.audit.conftest import Town, Write
from tests.audit.signing import LogKey, WitnessKey
from tests.audit.tampering import rewrite, sql, unguard

pytestmark = pytest.mark.django_db
Bodies = list[tuple[UUID, bytes]]

# Checkpoints at 4, 12 and 20; the neighbour cosigned 12.
FIRST, SEEN, SIZE = 4, 12, 20


class Watched:
    """A log, its key, and a neighbour that cosigned a part of it."""

    def __init__(self, grow: Write, town: Town, key: LogKey, folder: Path) -> None:
        self.key, self.town = key, town
        folder.mkdir()
        self.store = Store(folder, "town.example.org/witness", b"w" * 32, [key.verifier])
        town.path.write_text(town.text.replace("\nquorum", " https://town.example.org\nquorum"))
        grow(FIRST)
        grow(SEEN - FIRST)
        assert self.ask() == ""
        grow(SIZE - SEEN)
        self.kept = checkpoint(text_of(self.store.shown(sha256(key.name.encode()).hexdigest()) or ""))
        assert self.kept.size == SEEN
        unguard()

    def ask(self) -> str:
        """Have the newest checkpoint cosigned; what the neighbour says to it."""

        def post(_url: str, body: bytes) -> Answer:
            answer = self.store.add(body.decode())
            return Answer(answer.status, answer.text.encode())

        return ask_all(post)["town"]

    def fault(self, kept: Checkpoint | None = None) -> Fault | None:
        """What our own verification says, with the neighbour's checkpoint or without."""
        report = verify(
            name=self.key.name, public=self.key.public, witnesses={"town": self.town.key.verifier}, kept=kept
        )
        return report.first_bad and report.first_bad.fault

    def bodies(self) -> Bodies:
        """Every event's bytes, in the order of the log."""
        found = dict(AuditEvent.objects.values_list("pk", "body"))
        return [
            (id_, bytes(found[id_])) for id_ in AuditLeaf.objects.order_by("seq").values_list("event_id", flat=True)
        ]

    def outlives(self) -> bool:
        """Whether what is stored still begins with the tree that the neighbour saw."""
        tree = Tree()
        tree.grow([sha256(b"\0" + body).digest() for _, body in self.bodies()[:SEEN]])
        return tree.size == SEEN and tree.root() == self.kept.root


@pytest.fixture
def watched(grow: Write, town: Town, key: LogKey, tmp_path: Path) -> Watched:
    return Watched(grow, town, key, tmp_path / "neighbour")


def changed(bodies: Bodies, at: int) -> Bodies:
    id_, body = bodies[at]
    new = encode(replace(decode(body), action="referral.reject"))
    sql("UPDATE audit_event SET body = %s, action = 'referral.reject' WHERE id = %s", new, id_)
    return [*bodies[:at], (id_, new), *bodies[at + 1 :]]


def inserted(bodies: Bodies, at: int) -> Bodies:
    event = AuditEvent.objects.get(pk=bodies[0][0])
    event.pk = uuid7()
    event.at = moment(event.pk)
    event.body = encode(replace(decode(bytes(event.body)), id=event.pk))
    event.save(force_insert=True)
    return [*bodies[:at], (event.pk, event.body), *bodies[at:]]


def swapped(bodies: Bodies, at: int) -> Bodies:
    return [*bodies[:at], bodies[at + 1], bodies[at], *bodies[at + 2 :]]


def deleted(bodies: Bodies, at: int) -> Bodies:
    return [*bodies[:at], *bodies[at + 1 :]]


def cut(bodies: Bodies, at: int) -> Bodies:
    sql("DELETE FROM audit_checkpoint WHERE size > %s", at)
    sql("DELETE FROM audit_cosignature WHERE size > %s", at)
    return bodies[:at]


Attack = Callable[[Bodies, int], Bodies]
OLD, NEW = 3, 15
# The attack and where, then who notices: our own verification, the witness; with the log's key safe, with it stolen.
MATRIX: dict[str, tuple[Attack, int, tuple[bool, bool], tuple[bool, bool]]] = {
    "an old event changed": (changed, OLD, (True, True), (False, True)),
    "an old event deleted": (deleted, OLD, (True, True), (False, True)),
    "an old event inserted": (inserted, OLD, (True, True), (False, True)),
    "old events swapped": (swapped, OLD, (True, True), (False, True)),
    "cut back to no checkpoint": (cut, 6, (True, True), (False, True)),
    "cut back to an old checkpoint": (cut, FIRST, (False, True), (False, True)),
    "a new event changed": (changed, NEW, (True, False), (False, False)),
    "a new event deleted": (deleted, NEW, (True, False), (False, False)),
    "a new event inserted": (inserted, NEW, (True, False), (False, False)),
    "new events swapped": (swapped, NEW, (True, False), (False, False)),
    "what is new cut to no checkpoint": (cut, NEW, (True, False), (False, False)),
    "what is new cut off": (cut, SEEN, (False, False), (False, False)),
}


@pytest.mark.parametrize("stolen", [False, True], ids=["key safe", "key stolen"])
@pytest.mark.parametrize("name", MATRIX)
def test_who_notices(name: str, stolen: bool, watched: Watched) -> None:
    attack, at, safe, taken = MATRIX[name]
    own, witness = taken if stolen else safe
    assert watched.fault(watched.kept) is None
    bodies = attack(watched.bodies(), at)
    sizes = {size for size in (FIRST, SEEN, len(bodies)) if size <= len(bodies)} if stolen else set()
    rewrite(bodies, sign=dict.fromkeys(sizes, watched.key))
    assert (watched.fault() is not None) == own
    assert watched.outlives() == (not witness)
    if not own:
        assert watched.fault(watched.kept) == (Fault.KEPT if witness else None)
    if stolen:
        said = watched.ask()
        assert (said in ("fork", "ahead")) == witness
        assert said == "" or witness


def test_an_older_state_restored_as_a_whole_is_noticed_by_the_witness_alone(watched: Watched) -> None:
    rewrite(cut(watched.bodies(), FIRST), sign={})
    assert watched.fault() is None
    assert watched.fault(watched.kept) is Fault.KEPT
    AuditCosignature.objects.all()._raw_delete("default")
    assert watched.ask() == "ahead"


def test_once_cosigned_the_window_is_shut(watched: Watched) -> None:
    """What nobody noticed a minute earlier."""
    assert watched.ask() == ""
    watched.kept = checkpoint(text_of(watched.store.shown(sha256(watched.key.name.encode()).hexdigest()) or ""))
    rewrite(changed(watched.bodies(), NEW), sign=dict.fromkeys((FIRST, SEEN, SIZE), watched.key))
    assert watched.fault() is None
    assert watched.fault(watched.kept) is Fault.KEPT
    assert watched.ask() == "fork"
    assert len(watched.store.evidence()) == 1


def test_an_event_that_was_not_sequenced_can_vanish_unseen(watched: Watched, write: Write) -> None:
    """The window that no signature closes, and that documentation must not hide."""
    (id_,) = write(1)
    sql("DELETE FROM audit_pending WHERE event_id = %s", id_)
    sql("DELETE FROM audit_event WHERE id = %s", id_)
    assert watched.fault(watched.kept) is None


def test_nothing_stands_beside_a_cosignature(watched: Watched) -> None:
    """A line of somebody else's, which any reader of notes would pass over."""
    sql(
        "UPDATE audit_cosignature SET line = line || %s",
        WitnessKey("other").line(AuditCheckpoint.objects.all()[0].note),
    )
    assert watched.fault() is Fault.COSIGNATURE


TABLES: tuple[type[models.Model], ...] = (
    AuditEvent,
    AuditLeaf,
    AuditNode,
    AuditCheckpoint,
    AuditCosignature,
    PendingEvent,
    AuditDetail,
    Log,
    WitnessStanding,
)
OUTSIDE = {
    "audit_checkpoint.at",
    "audit_log.created_at",
    "audit_witness.witness",
    "audit_witness.asked_at",
    "audit_witness.trouble",
    "audit_witness.since",
}
"""By hand, and named in docs/audit.md: the columns that no proof covers."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FLIPS = 1_200


def bits(value: Any) -> int:
    """How many bits a value of a column has."""
    match value:
        case UUID():
            return 128
        case str():
            return 8 * len(value.encode())
        case datetime() | int():
            return 48
    return 8 * len(value)


def flip(value: Any, bit: int) -> Any:
    """The value with one bit flipped, as its column can hold it; ValueError for what is no text."""
    match value:
        case UUID():
            return UUID(int=value.int ^ 1 << bit)
        case str():
            return _flipped(value.encode(), bit).decode()
        case datetime():
            return EPOCH + timedelta(microseconds=(value - EPOCH) // timedelta(microseconds=1) ^ 1 << bit)
        case int():
            return value ^ 1 << bit
    return _flipped(bytes(value), bit)


def _flipped(data: bytes, bit: int) -> bytes:
    made = bytearray(data)
    made[bit // 8] ^= 1 << bit % 8
    if 0 in made and 0 not in data:
        raise ValueError("PostgreSQL holds no NUL in a text; in bytes another bit does as well")
    return bytes(made)


def cells() -> Iterator[tuple[models.Model, str, Any, int]]:
    """Every cell there is, but those of an event that waits for its place: of those nothing is promised yet."""
    waiting = set(PendingEvent.objects.values_list("pk", flat=True))
    for model in TABLES:
        for row in model._default_manager.exclude(pk__in=waiting if model is AuditEvent else ()).order_by("pk"):
            for field in model._meta.concrete_fields:
                value = getattr(row, field.attname)
                # Django's parameters for a small integer are cut to two bytes: a higher bit would change nothing.
                width = 15 if isinstance(field, models.SmallIntegerField) else bits(value)
                if width:
                    yield row, field.attname, value, width


def test_no_flipped_bit_of_the_tables_goes_unseen_after_a_cosignature(
    watched: Watched, write: Write, record_property: Any
) -> None:
    """Every cell is struck, and bytes at random among all there are, 1,200 in all that the database takes."""
    record(action="referral.open", target="Referral/1", actor="Membership/1", detail=b"sealed")
    sequence()
    watched.ask()
    write(1)
    WitnessStanding.objects.update(trouble="silent")
    assert watched.fault() is None
    every = list(cells())
    assert {type(row) for row, *_ in every} == {*TABLES}
    chance = random.Random(11)
    weighed = chance.choices(every, weights=[width for *_, width in every], k=FLIPS * 3)
    struck, unseen = 0, set[str]()
    for row, name, value, width in [*every, *weighed]:
        if struck >= FLIPS + len(every):
            break
        unseen |= _strike(watched, (row, name, value, width), chance) or set()
        struck += 1
    record_property("flips", struck)
    assert unseen == OUTSIDE
    assert struck > 1_000


def _strike(watched: Watched, cell: tuple[models.Model, str, Any, int], chance: random.Random) -> set[str] | None:
    """Flip one bit of one cell; the column's name if nothing sees it."""
    row, name, value, width = cell
    model = type(row)
    for _ in range(20):
        try:
            with transaction.atomic():
                changed = {name: flip(value, chance.randrange(width))}
                assert model._default_manager.filter(pk=row.pk).update(**changed) == 1
                seen = watched.fault() is not None
                transaction.set_rollback(True)
        except (ValueError, OverflowError, DatabaseError):
            continue  # what the database itself refuses
        return set() if seen else {f"{model._meta.db_table}.{name}"}
    return None
