"""A new task from the acting agency to another: its row, the step that made it, and the Task that says so."""

from uuid import UUID

from agencies.models import Agency
from fhir.content import builders
from fhir.content.bundle import Resource
from fhir.content.moments import date_time
from referrals.models import ReferralTask, StepTaken
from referrals.services.work import Work
from referrals.workflow import BY_NAME


def new_task(work: Work, owner: Agency, **fields: object) -> ReferralTask:
    """A task from the acting agency to ``owner``, written at once, with the step that made it."""
    step = BY_NAME["send"]
    task = ReferralTask(
        referral=work.referral,
        requester=work.agency,
        owner=owner,
        authored_at=work.now,
        changed_at=work.now,
        coarse_at=work.now,
        **fields,
    )
    work.tasks[task.id] = work.new_tasks[task.id] = task
    work.steps.append(
        StepTaken(
            task_id=task.id,
            name=step.name,
            to_status=task.status,
            business_status=task.business_status,
            agency_id=work.agency.id,
            membership_id=work.actor.membership_id,
            version=1,
            at=work.now,
        )
    )
    return task


def built_task(work: Work, task: ReferralTask, *, focus: UUID) -> Resource:
    """A Task that says nothing of the client but the id used in this referral."""
    tree = builders.task(
        id_=task.id,
        service_request_id=focus,
        patient_id=work.folder.patient_id,
        requester=f"Organization/{task.requester_id}",
        owner=f"Organization/{task.owner_id}",
        authored_on=date_time(work.now),
        priority=work.referral.priority,
    )
    return Resource("Task", task.id, tree, "")
