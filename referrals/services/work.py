"""One transaction on one referral: what is added is sealed, wrapped, signed, entered in the ledger and logged together.

An act says what changes; ``finishing.finish`` writes it. Every perform that adds a section or changes a party starts a
new epoch with fresh data keys, so writing never needs a key that opens, and whoever has left receives nothing.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from uuid import UUID

from django.db.models import Model
from django.utils import timezone

from agencies.actor import Actor
from agencies.capabilities import Capability
from agencies.days import local_day
from agencies.models import Agency
from agencies.roles import Role
from agencies.vault import contexts, manifests, seal
from agencies.vault.bundles import DataKey
from agencies.vault.errors import Forged
from agencies.vault.shred import secrets as shred_secrets
from audit.uuid7 import uuid7
from fhir.content import exact, labels
from fhir.content.bundle import Resource
from fhir.content.compartments import Compartment, Source
from fhir.content.exact import Object
from referrals.consents.models import ConsentTerms
from referrals.errors import Denied, NotFound
from referrals.masks import compartments_in
from referrals.models import (
    Disclosure,
    Folder,
    Notice,
    Participation,
    Referral,
    ReferralTask,
    Section,
    StepTaken,
)
from referrals.policy.bases import CONSENTS, RULES, Basis
from referrals.policy.between_police import kept_local
from referrals.policy.codes import WORDS, DenyCode, denied
from referrals.policy.gate import Deny, Permit
from referrals.policy.matrix import Action
from referrals.workflow import FINAL, WORKING, State

from . import chain, consented, fetching, keeping, restriction, telling, unsealing, wrapping
from .ended import close_but_asked
from .facts import Exchange, Partners, purpose_for
from .gating import acts_on, answer, beginning, granted_now, require_live

Place = tuple[Compartment, UUID | None]


@dataclass(slots=True)
class Work:
    """What one perform has read under the lock and is about to write. ``named`` are agencies it has read along."""

    actor: Actor
    agency: Agency
    now: datetime
    folder: Folder
    referral: Referral
    shred_secret: bytes
    state: manifests.State
    parties: chain.Parties
    releases: chain.Releases
    participations: dict[UUID, Participation]
    consents: consented.Consents = field(default_factory=dict)
    restricted: bool = False
    vital: set[UUID] = field(default_factory=set)
    told: tuple[Object, ...] = ()
    named: Mapping[UUID, Agency] = field(default_factory=dict)
    touched: set[UUID] = field(default_factory=set)
    new_keys: dict[Place, DataKey] = field(default_factory=dict)
    handed: dict[UUID, list[DataKey]] = field(default_factory=lambda: defaultdict(list))
    delegated_by: dict[UUID, UUID] = field(default_factory=dict)
    sections: list[Section] = field(default_factory=list)
    written: dict[UUID, Object] = field(default_factory=dict)
    terms: list[ConsentTerms] = field(default_factory=list)
    rows: list[Model] = field(default_factory=list)
    steps: list[StepTaken] = field(default_factory=list)
    disclosures: list[Disclosure] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    actions: list[tuple[str, str]] = field(default_factory=list)
    created: list[str] = field(default_factory=list)
    tasks: dict[UUID, ReferralTask] = field(default_factory=dict)
    new_tasks: dict[UUID, ReferralTask] = field(default_factory=dict)
    moved: set[UUID] = field(default_factory=set)
    forgotten: set[UUID] = field(default_factory=set)
    closed: set[UUID] = field(default_factory=set)
    partners: Partners = field(init=False)

    def __post_init__(self) -> None:
        self.partners = Partners(self.agency.id, on=self.today)

    @property
    def today(self) -> date:
        """The day it is where the acting agency is."""
        return local_day(self.agency, self.now)

    @property
    def epoch(self) -> int:
        """The number of the manifest this work will add."""
        return self.state.number + 1

    def require(self, capability: Capability) -> None:
        """Raise ``Denied`` unless the actor holds ``capability`` (gate 1)."""
        if not self.actor.may(capability):
            raise denied(DenyCode.ROLE)

    def require_any(self, *capabilities: Capability) -> None:
        """Raise ``Denied`` unless the actor holds one of ``capabilities`` (gate 1)."""
        if not any(map(self.actor.may, capabilities)):
            raise denied(DenyCode.ROLE)

    def require_no_ambulance(self) -> None:
        """Raise ``Denied`` while an ambulance was called and nothing is recorded of it: no search, offer, transport."""
        if self.referral.ems_called_at is not None and self.referral.ems_outcome_at is None:
            raise denied(DenyCode.ESCALATED_911)

    def require_write(self, compartment: Compartment, action: Action) -> None:
        """Raise ``Denied`` unless the actor's role may create or correct in ``compartment`` (gate 3)."""
        mine = self.participations.get(self.agency.id) or beginning(self.actor, at=self.now)
        said = answer(self.actor, mine, compartment, at=self.now, action=action)
        if isinstance(said, Deny):
            raise Denied(f"{compartment}: {WORDS[said.code]}", code=said.code)

    def require_read(self, compartments: Iterable[Compartment]) -> None:
        """Raise ``Denied`` unless the actor may read these compartments here: who may not cannot hand them on."""
        for compartment in sorted(compartments):
            said = answer(self.actor, self.mine, compartment, at=self.now)
            if isinstance(said, Deny):
                raise Denied(f"{compartment}: {WORDS[said.code]}", code=said.code)

    @property
    def source(self) -> Source:
        """Who writes, as placing a resource must know it."""
        return Source(sworn=self.agency.sworn, part2=self.agency.part2)

    @property
    def mine(self) -> Participation:
        """The acting agency's own place in the referral."""
        return self.participations[self.agency.id]

    def task(self, task_id: UUID) -> ReferralTask:
        """The task, locked after its referral. Raises ``NotFound``; never another referral's.

        Raises ``CannotOpen`` for one still open that was not signed to be put to its owner.
        """
        if task_id not in self.tasks:
            found = fetching.locked_task(task_id, of=self.referral.pk)
            if found is None:
                raise NotFound
            if State(found.status) not in FINAL and not self.state.held(found.owner_id, found.id):
                raise Forged("owner of a task")
            self.tasks[task_id] = found
        return self.tasks[task_id]

    def require_side(self, task: ReferralTask) -> None:
        """Raise ``CannotOpen`` unless the acting agency is a side of ``task`` by what was signed.

        ``Denied`` for an agency whose part is over: to come late is no forgery.
        """
        self.require_part()
        if task.id not in self.new_tasks and not self.state.held(self.agency.id, task.id):
            raise Forged("side of a task")

    def require_part(self) -> None:
        """Raise ``Denied`` for an agency that declined, lost the offer or was called off: it changes nothing more."""
        parties = {party.agency_id for party in self.state.parties}
        promised = {release.agency_id for release in self.state.releases}
        if self.state.number and self.agency.id not in parties | promised:
            raise denied(DenyCode.NO_RELATIONSHIP)

    def add(
        self, resource: Resource, compartment: Compartment, *, task: ReferralTask | None, version: int = 1
    ) -> Section:
        """Seal one version of one resource for all participants, or for the requester and owner of ``task``."""
        audience = task.id if task else None
        self.take_part(self.agency.id, audience, {compartment})
        key = self.new_keys.setdefault(
            (compartment, audience),
            DataKey(compartment=compartment, audience=audience, epoch=self.epoch, dek=seal.new_key()),
        )
        section = Section(
            id=uuid7(),
            folder_id=self.folder.id,
            compartment=compartment.value,
            task_id=audience,
            epoch=self.epoch,
            type=resource.type,
            resource_id=resource.id,
            version=version,
            agency_id=self.agency.id,
            membership_id=self.actor.membership_id,
            created_at=self.now,
        )
        self.written[section.id] = labels.stamp(resource.tree, compartment, part2=self.agency.part2)
        section.sealed = seal.seal(
            dek=key.dek,
            shred_secret=self.shred_secret,
            plaintext=exact.dump(self.written[section.id]),
            context=contexts.section(
                folder_id=self.folder.id,
                section_id=section.id,
                compartment=compartment,
                audience=audience,
                version=version,
                epoch=self.epoch,
            ),
        )
        self.sections.append(section)
        return section

    def admit(
        self,
        agency: Agency,
        *,
        task: ReferralTask | None,
        basis: Basis,
        consent: UUID | None = None,
        receives: Iterable[Compartment] = (),
        until: datetime | None = None,
    ) -> Participation:
        """Give ``agency`` a place from now on, or until: it receives new sections of the compartments ``receives``."""
        row = self.participations.setdefault(agency.id, Participation(referral=self.referral, agency=agency, mask=0))
        row.task, row.status = task, task.status if task else ""
        row.basis, row.consent = basis.value, consent
        row.consent_until = self.consents[consent].until if consent in self.consents and basis in CONSENTS else None
        row.purpose = purpose_for(basis, agency).value
        row.since, row.until, row.ended_as, row.inbox_at = self.now, until, "", self.now
        self.touched.add(agency.id)
        self.take_part(agency.id, None, receives)
        return row

    def take_part(self, agency_id: UUID, audience: UUID | None, compartments: Iterable[Compartment]) -> None:
        """Let an agency take part in these compartments too, for all participants or for one task."""
        held = self.parties.get((agency_id, audience), frozenset())
        self.parties[agency_id, audience] = held | frozenset(compartments)

    def expel(self, agency_id: UUID, *, ended_as: DenyCode) -> None:
        """End an agency's place. What it asks for later is refused with ``ended_as``."""
        self.close(agency_id)
        row = self.participations[agency_id]
        row.until, row.ended_as = self.now, ended_as.value

    def close(self, agency_id: UUID) -> None:
        """Leave an agency its place but nothing that others shared: no new sections, its wraps and client link gone.

        Its keys to what it wrote itself it keeps (``opening.open_own``).
        """
        row = self.participations[agency_id]
        if row.client_id is not None:
            self.forgotten.add(row.client_id)
            row.was_client = row.client_id
        row.mask, row.client_id = 0, None
        self.touched.add(agency_id)
        self.closed.add(agency_id)
        self.parties = {place: held for place, held in self.parties.items() if place[0] != agency_id}
        self.releases = {place: opens for place, opens in self.releases.items() if place[1] != agency_id}
        wrapping.delete(folder_id=self.folder.id, agency_id=agency_id)

    def hand_over(self, agency_id: UUID, keys: Iterable[DataKey], *, delegated_by: UUID | None = None) -> None:
        """Let ``agency_id`` open what is already there: these keys are wrapped to it, but of what is kept from it."""
        if shown := keeping.without_kept(self.state, self.consents, self.participations[agency_id].agency, keys):
            self.handed[agency_id].extend(shown)
        if delegated_by is not None:
            self.delegated_by[agency_id] = delegated_by
            self.did("keys.delegate", f"Agency/{agency_id}")

    def did(self, action: str, on: str = "") -> None:
        """Name what was done, for the log; ``on`` says on which part of the referral."""
        self.actions.append((action, on))

    def notify(self, agency: Agency, code: str, task: ReferralTask | None = None, *, role: Role | None = None) -> None:
        """Write down that ``agency`` must be told: those who work on it, or whoever has ``role`` there."""
        self.notices += telling.notices(agency.id, self.referral.pk, code, at=self.now, task=task, role=role)

    def may_receive(self, agency: Agency, compartment: Compartment) -> bool:
        """Whether the gate lets what the acting agency writes in ``compartment`` go to ``agency``.

        Police tell nothing to whom an emergency was opened by others: their own ledger would say where (R-P2-03).
        """
        if agency.id == self.agency.id:
            return True
        untold = self.agency.sworn and RULES[Basis(self.ground(agency).basis)].emergency
        if untold or consented.is_over(self.participations[agency.id], compartment):
            return False
        exchange = self._exchange(agency)
        if restriction.concerns_life(self, compartment):
            exchange = replace(exchange, restricted=False)
        return isinstance(exchange.decide(compartment), Permit)

    def exchange(
        self, recipient: Agency, *, basis: Basis, consent: UUID | None, accepted: bool = False, by_act: bool = True
    ) -> Exchange:
        """What may go from the acting agency to ``recipient`` on this ground.

        ``accepted``: the recipient took the referral on, or this opens only when it does. ``by_act`` is False for what
        goes to who takes part already: their place was gated as somebody's act.
        """
        return Exchange(
            discloser=self.agency,
            recipient=recipient,
            basis=basis,
            role=self.actor.role if by_act else None,
            at=self.now,
            terms=consented.counting(self.state, self.consents, consent, discloser=self.agency.id),
            accepted=accepted,
            kept_local=self.agency.sworn and recipient.sworn and self._is_kept_local(),
            restricted=self.restricted,
            partners=self.partners,
        )

    def _is_kept_local(self) -> bool:
        """Of what is told now, and of what the actor can open of what was told before."""
        return kept_local([*self.told, *self._told_before()], on=self.today)

    def _told_before(self) -> Iterator[Object]:
        if not self.state.sections:
            return
        keys = wrapping.keys_of(self.actor, self.state)
        for row in Section.objects.filter(folder=self.folder):
            chain.require_genuine(self.state, row)
            if (key := keys.get(unsealing.place(row))) is not None:
                yield unsealing.unseal(row, key, self.shred_secret).tree

    def ground(self, recipient: Agency) -> Participation:
        """The place whose ground carries what the acting agency writes: of the task, or the admission, between them."""
        theirs, mine = self.participations[recipient.id], self.mine
        return mine if mine.task is not None and mine.task.requester_id == recipient.id else theirs

    def _exchange(self, recipient: Agency) -> Exchange:
        ground = self.ground(recipient)
        accepted = ground.task is not None and State(ground.task.status) in WORKING | {State.COMPLETED}
        return self.exchange(
            recipient, basis=Basis(ground.basis), consent=ground.consent, accepted=accepted, by_act=False
        )


def begin(actor: Actor, referral_id: UUID) -> Work:
    """Lock a referral and read what an act on it needs.

    Raises ``NotFound`` if the actor's agency never took part, or the actor's role works with what it began alone;
    ``Denied`` with the reason if it no longer does, or it was opened in an emergency and not for this role;
    ``CannotOpen`` if what is stored is not what was signed.
    """
    if not acts_on(actor, referral_id):
        raise NotFound  # before the lock: who waits for one learns that it is there
    referral = fetching.locked_referral(referral_id)
    links, (terms, restrictions, places) = chain.read_with(
        referral_id,
        consented.terms_in(referral_id),
        consented.restrictions_of(referral_id),
        fetching.places_of(referral_id),
    )
    participations = {row.agency_id: row for row in places}
    if referral is None or actor.agency_id not in participations:
        raise NotFound
    mine = participations[actor.agency_id]
    now = timezone.now()  # after the lock, which may have kept us waiting for somebody who withdrew us
    require_live(mine, now)
    if not granted_now(actor, mine, at=now):
        raise denied(DenyCode.ROLE)
    state = links.verified()
    chain.require_signed_places(state, participations)
    work = Work(
        actor=actor,
        agency=mine.agency,
        now=now,
        folder=referral.folder,
        referral=referral,
        shred_secret=shred_secrets.secret(referral.pk),
        state=state,
        parties=chain.parties_of(state),
        releases=chain.releases_of(state),
        participations=participations,
        consents=consented.of(state, terms),
        restricted=consented.restricted(restrictions),
    )
    _close_what_ended(work)
    return work


def _close_what_ended(work: Work) -> None:
    """A place that ran out (an emergency's hour) keeps no key beyond the next act; it has opened nothing since."""
    for place in work.participations.values():
        if place.until is not None and place.until <= work.now and place.mask:
            close_but_asked(work, place.agency_id)


def held(participation: Participation) -> frozenset[Compartment]:
    """The compartments an agency holds keys for."""
    return compartments_in(participation.mask)
