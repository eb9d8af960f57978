"""The tables of the log: ids and strings only, no foreign keys, so nothing cascades into it.

Events, leaves, nodes, checkpoints and cosignatures are append-only by trigger (``audit.schema``); pending rows come and
go, details are deleted to shred them, and the one Log row is the sequencers' lock.
"""

from django.db import models
from django.db.models import Q

from audit.canonical import LIMIT
from audit.outcome import Outcome


class AuditEvent(models.Model):
    """One thing done or refused. ``body`` is what is hashed; the other columns are projections of it."""

    id = models.UUIDField(primary_key=True)
    at = models.DateTimeField()
    door = models.CharField(max_length=LIMIT)
    request_id = models.CharField(max_length=LIMIT)
    actor = models.CharField(max_length=LIMIT)
    agency = models.CharField(max_length=LIMIT)
    action = models.CharField(max_length=LIMIT)
    target = models.CharField(max_length=LIMIT)
    outcome = models.CharField(max_length=2)
    code = models.CharField(max_length=LIMIT)
    purpose = models.CharField(max_length=LIMIT)
    digest = models.CharField(max_length=71)
    body = models.BinaryField()

    class Meta:
        db_table = "audit_event"
        indexes = (
            models.Index(fields=["agency", "id"], name="audit_event_agency"),
            models.Index(fields=["target", "id"], name="audit_event_target"),
            models.Index(fields=["actor", "id"], name="audit_event_actor"),
            models.Index(fields=["target", "digest"], condition=Q(digest__gt=""), name="audit_event_digest"),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(outcome__in=[outcome.value for outcome in Outcome]), name="audit_event_outcome"
            ),
        )


class PendingEvent(models.Model):
    """An event that has no leaf yet, written beside it and deleted by the sequencer."""

    event_id = models.UUIDField(primary_key=True)

    class Meta:
        db_table = "audit_pending"


class AuditLeaf(models.Model):
    """The place of an event in the tree, counted from 0 without gaps."""

    seq = models.BigIntegerField(primary_key=True)
    event_id = models.UUIDField(unique=True)
    hash = models.BinaryField(max_length=32)

    class Meta:
        db_table = "audit_leaf"


class AuditNode(models.Model):
    """A complete subtree above the leaves (``audit.merkle.Subtree``); once made it never changes."""

    pk = models.CompositePrimaryKey("level", "index")
    level = models.SmallIntegerField()
    index = models.BigIntegerField()
    hash = models.BinaryField(max_length=32)

    class Meta:
        db_table = "audit_node"


class AuditCheckpoint(models.Model):
    """A signed tree head: ``note`` is a C2SP checkpoint, ``size`` and ``root`` are what it states."""

    size = models.BigIntegerField(primary_key=True)
    root = models.BinaryField(max_length=32)
    note = models.TextField()
    at = models.DateTimeField()

    class Meta:
        db_table = "audit_checkpoint"


class AuditCosignature(models.Model):
    """A partner's word that a checkpoint grew out of the last it saw: ``line`` is a C2SP cosignature of its note."""

    pk = models.CompositePrimaryKey("size", "witness")
    size = models.BigIntegerField()
    witness = models.CharField(max_length=LIMIT)
    line = models.TextField()
    at = models.DateTimeField()

    class Meta:
        db_table = "audit_cosignature"


class WitnessStanding(models.Model):
    """How the last conversation with a witness went; ``trouble`` is what keeps it from cosigning, since when."""

    witness = models.CharField(primary_key=True, max_length=LIMIT)
    asked_at = models.DateTimeField()
    trouble = models.CharField(max_length=16, blank=True)
    since = models.DateTimeField()

    class Meta:
        db_table = "audit_witness"


class AuditDetail(models.Model):
    """Bytes the caller sealed, whose SHA-256 stands in the event; deleting the row shreds them."""

    event_id = models.UUIDField(primary_key=True)
    sealed = models.BinaryField()

    class Meta:
        db_table = "audit_detail"


class Log(models.Model):
    """The one log of this database and its origin. Sequencers lock this row, so only one leads."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    origin = models.CharField(max_length=LIMIT)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "audit_log"
        constraints = (models.CheckConstraint(condition=Q(id=1), name="audit_log_single"),)
