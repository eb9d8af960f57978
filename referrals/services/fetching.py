"""The rows acts and openings begin with, by queries compiled once; the questions are asked along with the chain."""

from typing import TYPE_CHECKING
from uuid import UUID

from agencies.compiled import Question, ask, question
from referrals.models import Participation, Referral, ReferralTask

if TYPE_CHECKING:
    from django.db.models import QuerySet


def locked_referral(referral_id: UUID) -> Referral | None:
    """The referral with its folder, locked until the transaction ends; who only refers to it need not wait."""
    return next(iter(ask(_locked_referral, referral_id=referral_id)), None)


def locked_task(task_id: UUID, *, of: UUID) -> ReferralTask | None:
    """A task of the referral ``of`` with both its sides, locked in the same way. Lock its referral first."""
    return next(iter(ask(_locked_task, task_id=task_id, referral_id=of)), None)


def places_of(referral_id: UUID) -> Question:
    """Every agency's place in the referral, with the agency and the task it came by."""
    return question(_places, referral_id=referral_id)


def tasks_of(referral_id: UUID) -> Question:
    """Every task of the referral with both its sides."""
    return question(_tasks, referral_id=referral_id)


def referral_itself(referral_id: UUID) -> Question:
    """The referral with its folder and the agency it began with."""
    return question(_referral, referral_id=referral_id)


def task(task_id: UUID) -> ReferralTask:
    """A task with both its sides. Raises ``ReferralTask.DoesNotExist``."""
    found = ask(_task, task_id=task_id)
    if not found:
        raise ReferralTask.DoesNotExist
    return found[0]


def _locked_referral(*, referral_id: UUID) -> "QuerySet[Referral]":
    locked = Referral.objects.select_for_update(no_key=True, of=("self",)).select_related("folder")
    return locked.filter(pk=referral_id)


def _locked_task(*, task_id: UUID, referral_id: UUID) -> "QuerySet[ReferralTask]":
    locked = ReferralTask.objects.select_for_update(no_key=True, of=("self",)).select_related("requester", "owner")
    return locked.filter(pk=task_id, referral_id=referral_id)


def _places(*, referral_id: UUID) -> "QuerySet[Participation]":
    return Participation.objects.filter(referral_id=referral_id).select_related("agency", "task")


def _tasks(*, referral_id: UUID) -> "QuerySet[ReferralTask]":
    return ReferralTask.objects.select_related("requester", "owner").filter(referral_id=referral_id)


def _referral(*, referral_id: UUID) -> "QuerySet[Referral]":
    return Referral.objects.select_related("folder", "origin").filter(pk=referral_id)


def _task(*, task_id: UUID) -> "QuerySet[ReferralTask]":
    return ReferralTask.objects.select_related("requester", "owner").filter(pk=task_id)
