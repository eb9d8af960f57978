"""Sending a new referral: the bundle is read, placed, gated, sealed and put to one or more agencies."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple, Self
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from agencies.actor import Actor
from agencies.capabilities import Capability
from agencies.kinds import Purpose
from agencies.models import Agency
from agencies.vault import contexts, manifests
from agencies.vault.shred import secrets as shred_secrets
from audit.uuid7 import uuid7
from fhir.content import builders, checking
from fhir.content.ask import anonymous_ask, service_code
from fhir.content.builders import Agreed, Origin, Pathway
from fhir.content.bundle import Contents, Resource, read
from fhir.content.compartments import Compartment, Source, place
from fhir.content.issues import Invalid as InvalidContent
from fhir.content.issues import error
from fhir.content.moments import date_time
from fhir.content.questionnaires import Score, escalates, raised, score
from fhir.content.screens import Risk, risk
from referrals.errors import Denied, Invalid
from referrals.models import Folder, FolderKind, Participation, Priority, Referral, ReferralTask
from referrals.policy.bases import RULES, Basis
from referrals.policy.codes import DenyCode, denied
from referrals.policy.matrix import Action
from referrals.policy.terms import Form, Terms
from referrals.services import clients, consented, consenting
from referrals.services.facts import likely_basis, require_nameable
from referrals.services.planning import Plan, Row, plan, require_previewed
from referrals.services.recipients import active
from referrals.services.routing import Routing, routing
from referrals.services.rows import insert, select
from referrals.services.work import Work

from .following import Following
from .tasking import built_task, new_task

CHECK_FIRST = (
    "must hold a medical check (a QuestionnaireResponse of medical-check): it comes first after a walk-in or an "
    "overdose, and before a ride"
)
ONE_NOW = "names two agencies of which one covers the other now: send to one of them, or to the covered one itself"
Placed = list[tuple[Resource, Compartment]]


class Layout(NamedTuple):
    """A bundle taken apart: what belongs where, all parts there are, those that go, and each recipient's ground."""

    placed: Placed
    opens: frozenset[Compartment]
    goes: frozenset[Compartment]
    terms: Terms | None
    grounds: list[tuple[Agency, Basis]]
    then: list[Row]


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """Put a FHIR bundle (``data``, JSON bytes) to the agencies ``to``, each with a task of its own.

    ``basis`` is the ground; without it the likely one is taken, and ``deidentified`` sends the ask alone. ``pathway``
    is one of the six deflection pathways, without it the usual one of the sender's kind; ``brought_by`` says where the
    contact came from (911, family, ...), ``agreed`` what the client said to being contacted. ``previewed`` is the
    digest of the plan that was shown. What is put to an agency that is covered now goes to who covers it, unless it is
    in ``itself``; ``None`` asks for no coverage. ``then`` are asked in this order if nobody answers what is urgent.
    """

    data: bytes
    to: tuple[UUID, ...]
    basis: Basis | None = None
    pathway: Pathway | None = None
    brought_by: Origin = Origin.OTHER
    agreed: Agreed = Agreed.UNABLE
    itself: frozenset[UUID] | None = None
    then: tuple[UUID, ...] = ()
    previewed: str = ""
    contents: Contents | None = None
    routing: Routing = field(default_factory=Routing)

    @property
    def name(self) -> str:
        return "referral.send"

    @property
    def target(self) -> str:
        return ""

    def fingerprint(self) -> bytes:
        return contexts.act(
            self.name,
            sha256(self.data).hexdigest(),
            *self.to,
            str(self.basis),
            str(self.pathway),
            self.brought_by,
            self.agreed,
            *self._onward(),
        )

    def _onward(self) -> tuple[str, ...]:
        itself = () if self.itself is None else ("itself", *sorted(map(str, self.itself)))
        return (*itself, *(("then", *map(str, self.then)) if self.then else ()))

    def prepare(self, actor: Actor) -> Self:
        try:
            contents = read(self.data, new_id=uuid7, tasks=max(1, len(self.to)))
        except InvalidContent as refusal:
            raise Invalid(refusal.issues) from None
        if len(contents.tasks) not in (0, 1, len(self.to)):
            text = "must hold one Task for all agencies, or one for each in their order"
            raise Invalid([error("business-rule", "Bundle.entry", text)])
        if checking.is_due((each.tree for each in contents.in_order), when=settings.MEDICAL_CHECK_FOR):
            raise Invalid([error("business-rule", "Bundle.entry", CHECK_FIRST)])
        found = routing(self.to, itself=self.itself, me=actor.agency_id, at=timezone.now())
        if len(contents.tasks) > 1 and len(found.to) != len(self.to):
            raise Invalid([error("business-rule", "to", ONE_NOW)])
        return replace(self, contents=contents, routing=found)

    def referral(self) -> None:
        return None

    def begin(self, actor: Actor) -> Work:
        if not actor.may(Capability.SEND_REFERRALS):
            raise denied(DenyCode.ROLE)
        contents, now = self._contents(), timezone.now()
        named = {each.id: each for each in select(Agency, id={actor.agency_id, *self.routing.to, *self.then})}
        agency = named[actor.agency_id]
        folder = Folder(
            id=contents.service_request.id,
            kind=FolderKind.REFERRAL.value,
            agency=agency,
            patient_id=contents.patient.id,
            created_at=now,
        )
        work = Work(
            actor=actor,
            agency=agency,
            now=now,
            folder=folder,
            referral=_referral(folder, agency, contents, now),
            shred_secret=b"",  # until ``run`` knows that nothing refuses the referral
            state=manifests.State(folder_id=folder.id),
            parties={},
            releases={},
            participations={},
        )
        work.named = named
        work.told = tuple(each.tree for each in (contents.patient, *contents.others))
        work.did(self.name)
        return work

    def plan(self, work: Work) -> Plan:
        """Who would see what. Raises what ``run`` raises."""
        return self._planned(work, self._lay_out(work))

    def _planned(self, work: Work, layout: Layout) -> Plan:
        nothing = frozenset[Compartment]()
        return plan(
            work,
            act=self.name,
            content=self.fingerprint(),
            rows=[(agency, basis, layout.terms, layout.goes, nothing) for agency, basis in layout.grounds],
            holds=layout.opens,
            advice=tuple(words for found in scores_of(self._contents().others) for words in found.advice),
            covers=self.routing.covers(),
            then=layout.then,
        )

    def _lay_out(self, work: Work) -> Layout:
        """What is in the bundle, where it belongs, what of it goes to whom on which ground. Writes nothing."""
        recipients = active(self.routing.to, other_than=work.agency, among=work.named.values())
        contents, source = self._contents(), work.source
        placed = self._place(work, contents, source)
        opens = {compartment for _resource, compartment in placed} | _task_place(contents, source)
        for compartment in sorted(opens - {Compartment.REQUEST}):
            work.require_write(compartment, Action.CREATE)
        for resource, _compartment in placed:
            consenting.record(work, resource, version=1, patient=contents.patient.tree)
        terms = self._terms(work)
        anonymous = self.basis is Basis.DEIDENTIFIED or not shares(self.agreed, contents)
        goes = {Compartment.REQUEST} if anonymous else opens
        grounds = [(recipient, self._ground(work, recipient, terms, goes)) for recipient in recipients]
        then = Following(self.then).laid_out(work, grounds, terms, frozenset(goes))
        return Layout(placed, frozenset(opens), frozenset(goes), terms, grounds, then)

    def run(self, work: Work) -> None:
        layout = self._lay_out(work)
        if self.previewed:
            require_previewed(self.previewed, self._planned(work, layout))
        contents, terms = self._contents(), layout.terms
        _call_ambulance(work, contents)
        work.shred_secret = shred_secrets.create(work.folder.id)
        insert([work.folder])
        insert([work.referral])
        admit_origin(work)
        for number, (recipient, basis) in enumerate(layout.grounds):
            task = _put_to(work, recipient, contents, number)
            consent = terms.consent if terms else None
            work.admit(recipient, task=task, basis=basis, consent=consent, receives=layout.goes)
            _write_task(work, task, _task_of(contents, number), contents, named=layout.goes == layout.opens)
            work.notify(recipient, "send-ems" if work.referral.ems_called_at else "send", task)
            routed = self.routing.rows(task)
            work.rows += [*routed, *Following(self.then).rows(work, task)]
            for row in routed:
                work.did("referral.route", f"Coverage/{row.coverage_id}")
        for each in work.consents.values():
            consenting.carry_out(work, each)
        for resource, compartment in layout.placed:
            work.add(resource, compartment, task=None)
        work.created = [f"{each.type}/{each.id}" for each in contents.in_order]
        told = [agency for agency, _basis in layout.grounds if agency.connected and Compartment.CONTACT in layout.goes]
        clients.know(work, [work.agency, *told], contents.patient.tree)

    def _terms(self, work: Work) -> Terms | None:
        """The consent in the bundle that the ground can stand on, if there is one. Raises ``Denied``."""
        require_nameable(self.basis)
        forms = RULES[self.basis].forms if self.basis else frozenset(Form)
        return consented.newest(terms for terms in work.consents.values() if terms.form in forms)

    def _ground(self, work: Work, recipient: Agency, terms: Terms | None, opens: Iterable[Compartment]) -> Basis:
        """The ground on which ``recipient`` is sent all of ``opens``. Raises ``Denied``."""
        basis = self.basis or likely_basis(work.agency, recipient, terms=terms)
        try:
            work.exchange(recipient, basis=basis, consent=terms.consent if terms else None).require(opens)
        except Denied as denial:
            raise self.routing.refused(recipient.id, denial) from None
        return basis

    def _place(self, work: Work, contents: Contents, source: Source) -> Placed:
        """Every resource with its compartment, and the two we build: the anonymous ask and the deflection pathway."""
        given = [contents.patient, contents.service_request, *contents.others]
        pathway, ask = self._pathway(work, contents, source), _ask(work, contents)
        work.referral.service_type = service_code(ask.tree)
        return [
            (ask, Compartment.REQUEST),
            *((resource, place(resource.tree, source=source)) for resource in given),
            (pathway, place(pathway.tree, source=source)),
        ]

    def _pathway(self, work: Work, contents: Contents, source: Source) -> Resource:
        usual = Pathway.FIRST_RESPONDER_REFERRAL if source.sworn else Pathway.COMMUNITY_RESPONSE
        id_ = uuid7()
        tree = builders.pathway(
            id_=id_,
            patient_id=contents.patient.id,
            service_request_id=contents.service_request.id,
            way=self.pathway or usual,
            origin=self.brought_by,
            agreed=self.agreed,
            recorded=date_time(work.now),
        )
        return Resource("Observation", id_, tree, "")

    def _contents(self) -> Contents:
        if self.contents is None:
            raise TypeError("Send.prepare comes first: it reads the bundle.")
        return self.contents


def shares(agreed: Agreed, contents: Contents) -> bool:
    """Whether a client who was asked lets us say who they are; nobody is left alone in danger for having said no.

    "No" sends the anonymous ask alone, unless a screen or the medical check says that life is at risk.
    """
    if agreed is not Agreed.NO:
        return True
    screens = [resource.tree for resource in contents.others]
    return risk(screens) in (Risk.HIGH, Risk.INCOMPLETE) or any(map(escalates, screens))


def _call_ambulance(work: Work, contents: Contents) -> None:
    """A red flag in the officer's medical check: an ambulance first; the referral goes out and is marked."""
    if any(escalates(resource.tree) for resource in contents.others):
        work.referral.ems_called_at = work.now
        work.referral.said_ems_called_at = work.now if work.agency.sworn else None


def _ask(work: Work, contents: Contents) -> Resource:
    """The anonymous ask, as urgent as the screens make the referral."""
    id_ = uuid7()
    tree = anonymous_ask(
        contents.service_request.tree | {"priority": work.referral.priority},
        contents.patient.tree,
        [resource.tree for resource in contents.others],
        id_=id_,
        patient_id=contents.patient.id,
        today=work.today,
    )
    return Resource("ServiceRequest", id_, tree, "")


def scores_of(resources: Iterable[Resource]) -> list[Score]:
    """What the screens among these resources come to."""
    return [found for resource in resources if (found := score(resource.tree)) is not None]


def _referral(folder: Folder, agency: Agency, contents: Contents, now: datetime) -> Referral:
    asked = str(contents.service_request.tree.get("priority", Priority.ROUTINE.value))
    priority = raised(asked, scores_of(contents.others))
    # police that are let in later are not shown what a clinician's screen made of it
    said = priority if agency.sworn else asked
    return Referral(folder=folder, origin=agency, priority=priority, said_priority=said, created_at=now)


def admit_origin(work: Work) -> None:
    """Give the agency it begins with its place, and whoever began it what is theirs."""
    work.participations[work.agency.id] = Participation(
        referral=work.referral,
        agency=work.agency,
        mask=0,
        status="",
        basis=Basis.INTERNAL_UNIT.value,
        purpose=Purpose.COORDINATION.value,
        member_id=work.actor.membership_id,
        since=work.now,
        inbox_at=work.now,
    )
    work.touched.add(work.agency.id)


def _put_to(work: Work, recipient: Agency, contents: Contents, number: int) -> ReferralTask:
    """The task of one recipient; it keeps the id its own Task in the bundle was given, if it has one."""
    given = contents.tasks[number : number + 1]
    return new_task(work, recipient, id=given[0].id if given else uuid7())


def _task_of(contents: Contents, number: int) -> Resource | None:
    """The Task in the bundle that is meant for the recipient of this number: its own, or the one for all."""
    return contents.tasks[number] if len(contents.tasks) > 1 else contents.task


def _task_place(contents: Contents, source: Source) -> set[Compartment]:
    """Where the sender's own tasks belong, if there are any: they go to a recipient under the same gate as the rest."""
    return {place(task.tree, source=source) for task in contents.tasks}


def _write_task(work: Work, task: ReferralTask, given: Resource | None, contents: Contents, *, named: bool) -> None:
    """The Task resource: the sender's own words where the bundle had one and the client is named, else ours."""
    if given is None or not named:
        work.add(built_task(work, task, focus=contents.service_request.id), Compartment.REQUEST, task=task)
        return
    tree = given.tree | {"id": str(task.id)}
    work.add(Resource("Task", task.id, tree, ""), place(tree, source=work.source), task=task)
