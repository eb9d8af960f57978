"""What everybody who opens something of a referral needs: its verified surroundings, and a section as it is now.

Fetch and gate come before, the event too; here it is verified, decrypted, laid over and cut (docs/architecture.md).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from agencies.actor import Actor
from agencies.models import Agency
from agencies.vault import manifests
from agencies.vault.errors import CannotOpen, Forged
from agencies.vault.shred import secrets as shred_secrets
from fhir.content import overlay
from fhir.content.catalog import concept
from fhir.content.compartments import Compartment
from fhir.content.exact import Object
from fhir.content.systems import BSER_STATUS
from referrals.models import Participation, Referral, ReferralTask, Section
from referrals.policy import outbound
from referrals.policy.fields import cut
from referrals.policy.terms import Standing
from referrals.reasons import REASONS
from referrals.workflow import BUSINESS_WORDS, Business

from . import attesting, chain, consented, keeping, showing, unsealing, wrapping
from .gating import Fields, fields_of, place_of
from .rows import attach, select
from .unsealing import Opened

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """A referral as one place in it finds it, held against its signed chain; ``tasks`` are those it is shown.

    ``knows``: the agencies it is told of, itself and the other side of each of these tasks.
    """

    mine: Participation
    state: manifests.State
    consents: consented.Consents
    tasks: Mapping[UUID, showing.ShownTask]
    knows: frozenset[UUID]

    @property
    def referral(self) -> Referral:
        """The referral itself."""
        return self.mine.referral

    @property
    def scopes(self) -> tuple[outbound.Scope, ...]:
        """What the consents say on which this place was given what it holds."""
        return tuple(map(outbound.Scope.of, consented.carrying(self.mine, self.consents)))


def undisturbed(actor: Actor, mine: Participation, read: Callable[[Participation], T]) -> T:
    """``read(mine)``; if something does not open, once more while nobody writes, with the place read anew.

    It is read in several statements, and an act between two of them looks like a forgery.
    """
    try:
        return read(mine)
    except CannotOpen:
        with transaction.atomic():
            Referral.objects.select_for_update(no_key=True).get(pk=mine.referral_id)
            return read(place_of(actor, mine.referral_id))


def look(actor: Actor, mine: Participation) -> Sight:
    """What stands around the sections. Raises ``CannotOpen``, and ``Denied`` for a place whose consent has ended."""
    tasks = _bring(mine)
    now = timezone.now()
    state = chain.load(mine.referral_id)
    chain.require_signed_place(state, mine)
    consents = consented.load(state)
    consented.require_standing(mine, consents, at=now)
    told = mine.referral_id in showing.told_among([mine], at=now)
    shown = [(task, view) for task in tasks if (view := showing.show(task, actor.agency_id, told=told))]
    sides = {side for task, _view in shown for side in (task.requester_id, task.owner_id)}
    return Sight(
        mine=mine,
        state=state,
        consents=consents,
        tasks={view.id: view for _task, view in shown},
        knows=frozenset(sides | {actor.agency_id}),
    )


def look_at_own(mine: Participation) -> Sight:
    """What stands around the sections an agency wrote itself: the chain, and nothing of anybody else.

    Raises ``CannotOpen`` for an agency that never took part by what was signed.
    """
    attach(Referral, ([mine], "referral"), along="folder")
    state = chain.load(mine.referral_id)
    if mine.agency_id not in state.known:
        raise Forged("a place that no act gave")
    return Sight(mine=mine, state=state, consents={}, tasks={}, knows=frozenset({mine.agency_id}))


def _bring(mine: Participation) -> list[ReferralTask]:
    """Load what is shown beside the sections. Returns the tasks, oldest first.

    Raises ``CannotOpen`` for a place that came by a task of another referral.
    """
    tasks = sorted(select(ReferralTask, referral_id=mine.referral_id), key=lambda task: task.id)
    attach(Referral, ([mine], "referral"), along="folder")
    attach(Agency, ([mine], "agency"), ([mine.referral], "origin"), (tasks, "requester"), (tasks, "owner"))
    if mine.task_id is not None:
        mine.task = next((task for task in tasks if task.id == mine.task_id), None)
        if mine.task is None:
            raise Forged("task of a place")
    return tasks


def unsealed(actor: Actor, sight: Sight, rows: Iterable[Section]) -> list[tuple[Section, Opened]]:
    """Those of ``rows``, found genuine, that this actor's role has a key for, as they were written.

    Without consents that name others, and their papers: every door that shows sections comes through here (R-P2-03).
    Without their author where the reader is told of that agency nowhere else: it may be police (R-P2-03).
    """
    keys = wrapping.keys_of(actor, sight.state)
    secret = shred_secrets.secret(sight.referral.pk)
    shown = keeping.shown_rows(sight.mine.agency, rows, sight.consents)
    found = (
        (row, unsealing.unseal(row, keys[unsealing.place(row)], secret))
        for row in shown
        if unsealing.place(row) in keys
    )
    return [
        (row, section if section.agency_id in sight.knows else replace(section, agency_id=None))
        for row, section in found
    ]


def is_shown(sight: Sight, row: Section) -> bool:
    """Whether this place may be shown what a consent keeps to those it names."""
    return any(True for _row in keeping.shown_rows(sight.mine.agency, [row], sight.consents))


def attested(actor: Actor, sight: Sight, opened: Iterable[tuple[Section, Opened]]) -> Mapping[UUID, str]:
    """The authors' signatures over sections as they were just opened, by section, "" where one has none.

    Raises ``CannotOpen`` for one that is not its author's.
    """
    keys = wrapping.keys_of(actor, sight.state)
    secret = shred_secrets.secret(sight.referral.pk)
    return {
        row.id: attesting.attestation(row, section.tree, keys[unsealing.place(row)], secret) for row, section in opened
    }


def cutter(
    actor: Actor, mine: Participation, wanted: Iterable[Compartment]
) -> Callable[[Section, Opened], Opened | None]:
    """What cuts an opened section down to the fields the gate names for this actor; to ``None`` if it names none."""
    fields = fields_of(actor, mine, wanted, at=timezone.now())
    return lambda row, section: _cut(section, fields, wrote=row.membership_id == actor.membership_id)


def _cut(section: Opened, fields: Mapping[Compartment, Fields], *, wrote: bool) -> Opened | None:
    named = fields[section.compartment]
    tree = cut(section.tree, named.own if wrote else named.read)
    return None if tree is None else section if tree is section.tree else replace(section, tree=tree)


def as_it_is(section: Opened, sight: Sight) -> Opened:
    """Task, ServiceRequest and Consent carry their state beside them: what changed since is laid over them."""
    tree = section.tree
    if section.type == "Consent" and is_stopped(section.resource_id, sight):
        tree = overlay.consent_now(tree, status="inactive")
    if section.type == "ServiceRequest" and sight.referral.status != "active":
        tree = overlay.service_request_now(tree, status=sight.referral.status)
    task = sight.tasks.get(section.resource_id) if section.type == "Task" else None
    if task is not None and (task.version > 1 or tree["status"] != task.status):
        tree = task_as(
            tree, status=task.status, business_status=task.business_status, reason=task.reason, at=task.changed_at
        )
    return section if tree is section.tree else replace(section, tree=tree)


def is_stopped(consent: UUID, sight: Sight) -> bool:
    """Whether a Consent of the referral was recorded and its client has said stop since."""
    terms = sight.consents.get(consent)
    return terms is not None and terms.standing is not Standing.ACTIVE


def task_as(tree: Object, *, status: str, business_status: str, reason: str, at: datetime) -> Object:
    """A Task with a state laid over it: codes of the workflow, "" for what is not said."""
    return overlay.task_now(
        tree,
        status=status,
        business_status=_business(business_status),
        status_reason=_reason(reason),
        last_modified=at.isoformat(timespec="seconds"),
    )


def _business(code: str) -> overlay.State:
    return concept(BSER_STATUS, code, BUSINESS_WORDS[Business(code)]) if code else overlay.KEPT


def _reason(code: str) -> overlay.State:
    if not code:
        return overlay.KEPT
    reason = REASONS[code]
    return concept(reason.system, code, reason.text) | {"text": reason.text}
