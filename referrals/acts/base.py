"""What every act can do."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, Self
from uuid import UUID

from agencies.actor import Actor
from agencies.compiled import ask
from referrals.models import ReferralTask
from referrals.services import chain
from referrals.services.work import Work, begin

if TYPE_CHECKING:
    from django.db.models import QuerySet


class Act(Protocol):
    """One thing to do. It checks, changes through ``Work``, and raises ``Refused``; it never catches one."""

    @property
    def name(self) -> str:
        """What the log calls it."""
        ...

    @property
    def target(self) -> str:
        """What the log says it was done to, if it is refused; "" where nothing is there yet."""
        ...

    def fingerprint(self) -> bytes:
        """The content of the act, for telling the same request from another under the same key."""
        ...

    def prepare(self, actor: Actor) -> "Act":
        """Read and check what needs no database, before the transaction. Raises ``Invalid``."""
        ...

    def referral(self) -> UUID | None:
        """Which referral it is about; ``None`` for the one it makes itself."""
        ...

    def begin(self, actor: Actor) -> Work:
        """Lock the referral this act is about, or make it."""
        ...

    def run(self, work: Work) -> None:
        """Do it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class OnReferral:
    """What acts on one referral under way have in common; most need nothing read before the transaction."""

    referral_id: UUID

    @property
    def target(self) -> str:
        return chain.target(self.referral_id)

    def prepare(self, actor: Actor) -> Self:  # noqa: ARG002  # an Act is asked for it
        return self

    def referral(self) -> UUID:
        return self.referral_id

    def begin(self, actor: Actor) -> Work:
        return begin(actor, self.referral())


@dataclass(frozen=True, slots=True, kw_only=True)
class OnTask:
    """What acts on one task of a referral have in common."""

    task_id: UUID

    @property
    def target(self) -> str:
        return f"Task/{self.task_id}"

    def referral(self) -> UUID:
        return referral_of_task(self.task_id)

    def begin(self, actor: Actor) -> Work:
        return begin(actor, self.referral())


def referral_of_task(task_id: UUID) -> UUID:
    """The referral a task belongs to; for an unknown task an id no referral has, so that both are refused alike."""
    return next(iter(ask(_referral_of, task_id=task_id)), task_id)


def _referral_of(*, task_id: UUID) -> "QuerySet[ReferralTask, UUID]":
    return ReferralTask.objects.filter(pk=task_id).values_list("referral_id", flat=True)
