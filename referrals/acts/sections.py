"""Adding to a referral, and correcting what one wrote: a new version, never an overwrite."""

from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Self
from uuid import UUID

from agencies.actor import Actor
from agencies.vault import contexts
from audit.uuid7 import uuid7
from fhir.content.bundle import Resource
from fhir.content.compartments import RANKED, Compartment, place
from fhir.content.issues import Invalid as InvalidContent
from fhir.content.single import read_one
from referrals.errors import Invalid, NotFound, Stale
from referrals.masks import mask_of
from referrals.models import ReferralTask, Section
from referrals.policy.bases import Basis
from referrals.policy.codes import DenyCode, denied
from referrals.policy.matrix import Action
from referrals.services import chain, consenting, keeping, restriction, urgency
from referrals.services.work import Work, held

from .base import OnReferral

ASK = frozenset({Compartment.REQUEST})


@dataclass(frozen=True, slots=True, kw_only=True)
class AddSection(OnReferral):
    """Add one resource (``data``, JSON bytes). ``at_least`` may raise its compartment, never lower it.

    ``id`` is the one it is to have, where what comes with it refers to it.
    """

    data: bytes
    at_least: Compartment | None = None
    id: UUID | None = None
    resource: Resource | None = None

    @property
    def name(self) -> str:
        return "section.add"

    def fingerprint(self) -> bytes:
        return contexts.act(self.name, self.referral_id, str(self.at_least), sha256(self.data).hexdigest())

    def prepare(self, actor: Actor) -> Self:  # noqa: ARG002  # the same for everybody
        return replace(self, resource=_read(self.data, id_=self.id))

    def run(self, work: Work) -> None:
        resource = _given(self.resource)
        _require_no_warning(work)
        compartment = place(resource.tree, source=work.source, at_least=self.at_least)
        work.require_write(compartment, Action.CREATE)
        work.told = (resource.tree,)
        consenting.record(work, resource, version=1)
        urgency.act_on_screen(work, resource)
        added = work.add(resource, compartment, task=audience_of(work))
        work.created.append(f"{resource.type}/{resource.id}")
        _bring_to_helpers(work, added)
        restriction.tell_of_danger(work, compartment)
        work.did(self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectSection(OnReferral):
    """A new version of a resource its own agency wrote, in the same compartment for the same audience.

    ``version`` is the one the person saw; without it the newest is corrected, whoever wrote it last.
    """

    resource_id: UUID
    data: bytes
    version: int | None = None
    resource: Resource | None = None

    @property
    def name(self) -> str:
        return "section.correct"

    def fingerprint(self) -> bytes:
        content = sha256(self.data).hexdigest()
        return contexts.act(self.name, self.referral_id, self.resource_id, content, str(self.version))

    def prepare(self, actor: Actor) -> Self:  # noqa: ARG002  # the same for everybody
        return replace(self, resource=_read(self.data, id_=self.resource_id))

    def run(self, work: Work) -> None:
        resource = _given(self.resource)
        _require_no_warning(work)
        newest = (
            Section.objects.filter(folder=work.folder, resource_id=self.resource_id, agency=work.agency)
            .order_by("-version")
            .first()
        )
        if newest is None or newest.type != resource.type:
            raise NotFound
        if self.version not in (None, newest.version):
            raise Stale(f"It is now version {newest.version}; you saw version {self.version}.")
        chain.require_genuine(work.state, newest)
        compartment = Compartment(newest.compartment)
        if compartment in RANKED and place(resource.tree, source=work.source, at_least=compartment) != compartment:
            raise denied(DenyCode.COMPARTMENT)
        work.require_write(compartment, Action.UPDATE)
        task = work.task(newest.task_id) if newest.task_id else None
        work.told = (resource.tree,)
        consenting.record(work, resource, version=newest.version + 1)
        urgency.act_on_screen(work, resource)
        work.add(resource, compartment, task=task, version=newest.version + 1)
        work.did(self.name)


def _require_no_warning(work: Work) -> None:
    """Raise ``Denied`` for a warning of a threat: it is the minimum, looked through when it was made (R-WARN-01)."""
    if any(each.basis == Basis.HIPAA_512J for each in work.participations.values()):
        raise denied(DenyCode.NO_BASIS)


def _bring_to_helpers(work: Work, added: Section) -> None:
    """Let a unit that was asked for help open a part the police unit had nothing of when it sent."""
    compartment = Compartment(added.compartment)
    for each in work.participations.values():
        asked = each.task is not None and each.task.requester_id == work.agency.id and each.until is None
        named = each.basis == Basis.REFERRAL_FOR_HELP and held(each) > ASK
        new = compartment not in held(each) and keeping.lets(each.agency, [added], work.consents)
        if asked and named and new and work.may_receive(each.agency, compartment):
            work.take_part(each.agency_id, None, {compartment})
            each.mask |= mask_of({compartment})
            work.touched.add(each.agency_id)
            work.notify(each.agency, "part-added", each.task)


def audience_of(work: Work) -> ReferralTask | None:
    """Who reads what the acting agency writes: one it was offered to writes for its task alone (docs/encryption.md)."""
    mine = work.mine.task
    if mine is None or mine.part_of_id is None:
        return None
    task = work.task(mine.id)
    work.require_side(task)
    return task


def _read(data: bytes, *, id_: UUID | None = None) -> Resource:
    try:
        return read_one(data, new_id=lambda: id_ or uuid7())
    except InvalidContent as refusal:
        raise Invalid(refusal.issues) from None


def _given(resource: Resource | None) -> Resource:
    if resource is None:
        raise TypeError("prepare comes first: it reads the resource.")
    return resource
