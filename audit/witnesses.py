"""Who vouches for our log: the policy, what its witnesses cosigned, how far behind each is. Reading only."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone

from audit import signer
from audit.models import AuditCheckpoint, AuditCosignature, WitnessStanding
from audit.standalone.faults import Unusable
from audit.standalone.notes import SIGNS, Key
from audit.standalone.policy import Policy, policy

LATE = timedelta(minutes=15)
"""How long a checkpoint may wait for a witness before somebody should look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One witness: how many events it has vouched for, how long the next have waited, and what keeps it from more."""

    name: str
    size: int
    lag_s: int
    trouble: str = ""
    since: datetime | None = None

    @property
    def alarming(self) -> bool:
        """Whether somebody should look: it refuses or says nonsense, or has been silent for too long."""
        return self.lag_s > LATE.total_seconds() or self.trouble not in ("", "silent")


def rules() -> Policy:
    """What the file says that the setting names; without one, nobody vouches. Raises ImproperlyConfigured."""
    if not settings.BHU_WITNESSES:
        return Policy(quorum="none")
    try:
        return policy(Path(settings.BHU_WITNESSES).read_text("utf-8"))
    except (OSError, UnicodeDecodeError, Unusable) as problem:
        raise ImproperlyConfigured(f"BHU_WITNESSES names {settings.BHU_WITNESSES!r}. {problem}") from None


def log_key() -> Key:
    """The public half of the key that signs this log's checkpoints."""
    ours = signer.load()
    return Key(ours.name, SIGNS, ours.public)


def as_policy() -> str:
    """The policy to give to whoever verifies: this log's key, and the witnesses with their quorum."""
    known = rules()
    lines = [f"log {log_key().text()}"]
    lines += [f"witness {name} {each.key.text()}" for name, each in known.witnesses.items()]
    lines += [f"group {name} {needed} {' '.join(members)}" for name, (needed, members) in known.groups.items()]
    return "\n".join([*lines, f"quorum {known.quorum}", ""])


def standings() -> list[Standing]:
    """Every witness of the policy, in its order."""
    told = {row.witness: row for row in WitnessStanding.objects.all()}
    return [_standing(name, each.key, told.get(each.key.name)) for name, each in rules().witnesses.items()]


def _standing(name: str, key: Key, told: WitnessStanding | None) -> Standing:
    size = cosigned_size(key)
    next_ = AuditCheckpoint.objects.filter(size__gt=size).order_by("size").first()
    lag = max(0, int((timezone.now() - next_.at).total_seconds())) if next_ else 0
    trouble = told.trouble if told else ""
    return Standing(name=name, size=size, lag_s=lag, trouble=trouble, since=told.since if told and trouble else None)


def cosigned_size(key: Key) -> int:
    """How many events a witness has vouched for, as far as we were told."""
    last = AuditCosignature.objects.filter(witness=key.name).order_by("size").last()
    return last.size if last else 0


def note(row: AuditCheckpoint) -> str:
    """A checkpoint with every cosignature we have of it."""
    lines = AuditCosignature.objects.filter(size=row.size).order_by("witness").values_list("line", flat=True)
    return row.note + "".join(lines)


def checkpoints_to_show() -> list[AuditCheckpoint]:
    """The newest checkpoint, and before it the newest of each witness: what an auditor needs, smallest first."""
    newest = AuditCheckpoint.objects.order_by("size").last()
    if newest is None:
        return []
    sizes = {cosigned_size(each.key) for each in rules().witnesses.values()}
    return list(AuditCheckpoint.objects.filter(size__in={*sizes, newest.size}).order_by("size"))


def best_over(seq: int) -> AuditCheckpoint | None:
    """The checkpoint to prove an event under: one that enough witnesses vouch for, else the newest; None if pending."""
    rows = [row for row in checkpoints_to_show() if row.size > seq]
    known = rules()
    met = (row for row in rows if known.witnesses and known.met(_cosigners(known, row)))
    return next(met, rows[-1] if rows else None)


def _cosigners(known: Policy, row: AuditCheckpoint) -> list[str]:
    there = set(AuditCosignature.objects.filter(size=row.size).values_list("witness", flat=True))
    return [name for name, each in known.witnesses.items() if each.key.name in there]
