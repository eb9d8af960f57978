"""The one door to every change of a referral (docs/architecture.md).

One durable transaction: the key is taken, the referral locked, the acts gated and run, and what they did is sealed,
signed, entered in the ledger and logged in it. A refusal rolls all of it back and is recorded after.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from agencies.actor import Actor
from agencies.vault.errors import CannotOpen
from audit.outcome import Outcome
from referrals.acts.base import Act
from referrals.errors import Broken, Refused
from referrals.services import idempotency, recording, showing
from referrals.services.finishing import finish
from referrals.services.work import Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What came of it: ids and states, nothing of the client.

    ``tasks`` maps each task touched to its status, as the acting agency may see them. ``created`` names what was sent
    and is now there (``Type/id``), in the order it was sent in. ``repeated``: it was done before, under the same key.
    """

    referral_id: UUID
    reference: str
    tasks: dict[UUID, str]
    created: tuple[str, ...]
    at: datetime
    repeated: bool = field(default=False, compare=False)

    @classmethod
    def of(cls, work: Work) -> Self:
        """The result of a finished work."""
        return cls(
            referral_id=work.referral.pk,
            reference=work.referral.reference,
            tasks={
                task.id: shown.status
                for task in work.tasks.values()
                if (shown := showing.show(task, work.agency.id, told=False)) is not None
            },
            created=tuple(work.created),
            at=work.now,
        )

    def as_json(self) -> dict[str, Any]:
        """As it is kept with an idempotency key."""
        return {
            "referral": str(self.referral_id),
            "reference": self.reference,
            "tasks": {str(task): status for task, status in self.tasks.items()},
            "created": list(self.created),
            "at": self.at.isoformat(),
        }

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Self:
        """As it was kept."""
        return cls(
            referral_id=UUID(kept["referral"]),
            reference=kept["reference"],
            tasks={UUID(task): status for task, status in kept["tasks"].items()},
            created=tuple(kept["created"]),
            at=datetime.fromisoformat(kept["at"]),
        )


def perform(actor: Actor, acts: Sequence[Act], *, key: str | None = None, content: bytes | None = None) -> Done:
    """Do ``acts``, all on one referral, wholly or not at all. The same ``key`` and content give the first result again.

    ``content`` is what the key is for, where the acts also depend on what they were made from.
    Raises a ``Refused`` and records it; nothing else was written then.
    """
    try:
        ready = [act.prepare(actor) for act in acts]
        with transaction.atomic(durable=True):
            return _perform(actor, ready, key, content)
    except CannotOpen as broken:
        _refuse(actor, acts, code=Broken.code, outcome=Outcome.SERIOUS)
        raise Broken from broken
    except Refused as refusal:
        _refuse(actor, acts, code=refusal.code)
        raise


def done_before(actor: Actor, *, key: str | None, content: bytes) -> Done | None:
    """What came of the same ``content`` under this ``key`` before, for who would else compare it with what it made.

    ``None`` the first time, and while it is still being done: then ``perform`` waits for it.
    """
    kept = idempotency.earlier(actor, key, content) if key else None
    return None if kept is None else replace(Done.from_json(kept), repeated=True)


def _perform(actor: Actor, acts: Sequence[Act], key: str | None, content: bytes | None) -> Done:
    row = None
    if key is not None:
        fingerprint = content or b"\0".join(act.fingerprint() for act in acts)
        row, earlier = idempotency.claim(actor, key, fingerprint, now=timezone.now())
        if earlier is not None:
            return replace(Done.from_json(earlier), repeated=True)
    work = acts[0].begin(actor)
    if any(act.referral() != work.folder.id for act in acts[1:]):
        raise ValueError("The acts of one perform are about one referral.")
    for act in acts:
        act.run(work)
    finish(work)
    done = Done.of(work)
    if row is not None:
        idempotency.keep(row, done.as_json())
    return done


def _refuse(actor: Actor, acts: Sequence[Act], *, code: str, outcome: Outcome = Outcome.REFUSED) -> None:
    """One event per act: none of them was done."""
    for act in acts:
        recording.refuse(actor, act.name, code=code, target=act.target, outcome=outcome)
