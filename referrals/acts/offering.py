"""Offering a referral on: several agencies see the anonymous ask; who accepts first gets what was released to it."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from agencies.capabilities import Capability
from agencies.models import Agency
from agencies.vault import contexts
from agencies.vault.bundles import DataKey
from audit.uuid7 import uuid7
from fhir.content.compartments import Compartment
from referrals.errors import Denied, IllegalStep
from referrals.models import ReferralTask, Section
from referrals.policy.bases import RULES, Basis
from referrals.policy.codes import WORDS, DenyCode, denied
from referrals.policy.gate import Permit
from referrals.policy.terms import Form, Terms
from referrals.services import chain, consented, wrapping
from referrals.services.facts import Exchange, likely_basis, require_nameable
from referrals.services.planning import Plan, plan, require_previewed
from referrals.services.recipients import active
from referrals.services.work import Work, held
from referrals.workflow import FINAL, State

from .base import OnReferral
from .tasking import built_task, new_task

ASK = frozenset({Compartment.REQUEST})


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer(OnReferral):
    """Put the anonymous ask of a referral to several agencies at once; ``release`` opens for the one that accepts.

    ``consent`` is the id of the Consent in this referral that the ground stands on; without it the newest one that
    carries the release to all of them is taken, and none where nothing is released: then nobody is identified.
    ``ids`` are those its tasks are to have, where what comes with it refers to them.
    """

    to: tuple[UUID, ...]
    release: frozenset[Compartment] = frozenset()
    basis: Basis | None = None
    consent: UUID | None = None
    ids: tuple[UUID, ...] = ()
    previewed: str = ""

    @property
    def name(self) -> str:
        return "referral.offer"

    def fingerprint(self) -> bytes:
        return contexts.act(
            self.name,
            self.referral_id,
            " ".join(map(str, self.to)),
            " ".join(sorted(self.release)),
            str(self.basis),
            str(self.consent),
        )

    def plan(self, work: Work) -> Plan:
        """Who would see what. Raises what ``run`` raises."""
        terms, grounds = self._gate(work)
        return plan(
            work,
            act=self.name,
            content=self.fingerprint(),
            rows=[(recipient, basis, terms, ASK, self.release) for recipient, basis in grounds],
            holds=held(work.mine),
        )

    def _gate(self, work: Work) -> tuple[Terms | None, list[tuple[Agency, Basis]]]:
        """The consent it stands on, and each recipient with its ground."""
        work.require(Capability.SEND_REFERRALS)
        _require_passing_on(work)  # first: who may not is not to learn either that an ambulance was called
        work.require_no_ambulance()
        self._require_held(work)
        recipients = active(self.to, other_than=work.agency)
        require_new(work, recipients)
        terms = self._terms(work, recipients)
        return terms, [(recipient, self._ground(work, recipient, terms)) for recipient in recipients]

    def _terms(self, work: Work, recipients: list[Agency]) -> Terms | None:
        """The consent it stands on; none where nobody names one and nothing opens: then nobody is identified."""
        if not (self.release or self.basis or self.consent):
            return None
        return ground_for(work, self.basis, self.consent, recipients, self.release | ASK, accepted=True)

    def _ground(self, work: Work, recipient: Agency, terms: Terms | None) -> Basis:
        basis = self.basis or likely_basis(work.agency, recipient, terms=terms)
        consent = terms.consent if terms else None
        exchange = work.exchange(recipient, basis=basis, consent=consent, accepted=True)  # it opens only when it does
        exchange.require(self.release | ASK)
        return basis

    def run(self, work: Work) -> None:
        if self.previewed:
            require_previewed(self.previewed, self.plan(work))
        terms, grounds = self._gate(work)
        consent = terms.consent if terms else None
        ask, ask_keys = ask_of(work)
        group = uuid7()
        for number, (recipient, basis) in enumerate(grounds):
            if recipient.id in work.participations:  # what it had on another ground is not opened again by this one
                work.close(recipient.id)
            own_id = self.ids[number] if self.ids else uuid7()
            task = new_task(work, recipient, id=own_id, part_of=self._parent(work), offer_group=group)
            work.admit(recipient, task=task, basis=basis, consent=consent, receives={Compartment.REQUEST})
            work.add(built_task(work, task, focus=ask.resource_id), Compartment.REQUEST, task=task)
            work.hand_over(recipient.id, ask_keys)
            if self.release:
                work.releases[task.id, recipient.id, group] = self.release
            work.notify(recipient, "send", task)
            work.created.append(f"Task/{task.id}")
        work.did(self.name)

    def _require_held(self, work: Work) -> None:
        """It is passed on once it was taken on, and nothing of it that the acting agency does not hold."""
        parent = self._parent(work)
        if parent is not None and State(parent.status) in FINAL | {State.REQUESTED}:
            raise IllegalStep(name="offer", state=parent.status, allowed=("accept",))
        if not self.release <= held(work.mine):
            raise denied(DenyCode.COMPARTMENT)

    def _parent(self, work: Work) -> ReferralTask | None:
        """The task by which the acting agency has the referral; ``None`` at the agency it began with."""
        return work.task(work.mine.task_id) if work.mine.task_id else None


def require_new(work: Work, recipients: Iterable[Agency]) -> None:
    """Raise ``Denied`` for an agency already busy with this referral: it is not asked again."""
    for recipient in recipients:
        place = work.participations.get(recipient.id)
        if place and place.until is None and (place.task is None or State(place.task.status) not in FINAL):
            raise Denied(f"{recipient.slug}: {WORDS[DenyCode.ALREADY_PARTY]}", code=DenyCode.ALREADY_PARTY)


def ask_of(work: Work) -> tuple[Section, list[DataKey]]:
    """The newest anonymous ask, and the actor's own keys to it. Raises ``Denied`` for who has none."""
    asks = Section.objects.filter(
        folder=work.folder, compartment=Compartment.REQUEST.value, task=None, type="ServiceRequest"
    )
    ask = asks.order_by("-id").first()
    keys = wrapping.keys_of(work.actor, work.state)
    place = (Compartment.REQUEST, None, ask.epoch) if ask else None
    if ask is None or place not in keys:
        raise denied(DenyCode.COMPARTMENT)
    chain.require_genuine(work.state, ask)
    return ask, [keys[place]]


def _require_passing_on(work: Work) -> None:
    """Raise ``Denied`` for all but a helping unit that the referral was sent to, or began with."""
    require_ours(work)
    if work.agency.sworn:
        raise denied(DenyCode.ROLE)


def require_ours(work: Work) -> None:
    """Raise ``Denied`` unless the referral began with the acting agency or was sent to it, not merely offered.

    Who was offered it is told of nobody else in it, so it may not ask either, by trying whom it can bring in; nor may
    who declined.
    """
    work.require_part()
    task = work.mine.task
    if work.referral.origin_id != work.agency.id and (task is None or task.part_of_id is not None):
        raise denied(DenyCode.ROLE)


def ground_for(
    work: Work,
    basis: Basis | None,
    consent: UUID | None,
    recipients: Iterable[Agency],
    parts: Iterable[Compartment],
    *,
    accepted: bool = False,
) -> Terms | None:
    """The consent this act stands on: the one named, else the newest that carries ``parts`` to all ``recipients``.

    Where none does it is the newest that counts for the acting agency, so that the refusal says why; ``None`` where
    there is none. Asked of the signed chain: a row that only says it is a Consent is no ground for anything. Raises
    ``Denied`` if the one named is not there, or grounds nothing, and for a ground that nobody may name here.
    """
    require_nameable(basis)
    if consent is None:
        forms = RULES[basis].forms if basis else frozenset(Form)
        mine = [terms for terms in work.consents.values() if terms.form in forms and _counts(work, terms)]
        exchanges = ((terms, _exchanges(work, basis, terms, recipients, accepted=accepted)) for terms in mine)
        carrying = [terms for terms, found in exchanges if all(_permits(each, parts) for each in found)]
        return consented.newest(carrying or mine)
    if consent not in chain.consents(work.state):
        raise denied(DenyCode.CONSENT_MISSING)
    if consent not in work.consents:
        raise denied(DenyCode.CONSENT_INCOMPLETE)
    return work.consents[consent]


def _counts(work: Work, terms: Terms) -> bool:
    found = consented.counting(work.state, work.consents, terms.consent, discloser=work.agency.id)
    return found is not None


def _exchanges(
    work: Work, basis: Basis | None, terms: Terms, recipients: Iterable[Agency], *, accepted: bool
) -> list[Exchange]:
    return [
        work.exchange(
            agency,
            basis=basis or likely_basis(work.agency, agency, terms=terms),
            consent=terms.consent,
            accepted=accepted,
        )
        for agency in recipients
    ]


def _permits(exchange: Exchange, parts: Iterable[Compartment]) -> bool:
    return all(isinstance(exchange.decide(part), Permit) for part in parts)
