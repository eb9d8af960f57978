"""What everybody who opens something of a referral needs: its verified surroundings, and a section as it is now.

Fetch and gate come before, the event too; here it is verified, decrypted, laid over and cut (docs/architecture.md).
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain as chain_of
from typing import TYPE_CHECKING, TypeVar
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from agencies.actor import Actor
from agencies.compiled import Question, question
from agencies.models import Agency
from agencies.vault import manifests
from agencies.vault.errors import CannotOpen, Forged
from agencies.vault.shred import secrets as shred_secrets
from fhir.content import overlay
from fhir.content.catalog import concept
from fhir.content.compartments import Compartment
from fhir.content.exact import Object
from fhir.content.systems import BSER_STATUS
from referrals.models import Participation, Referral, ReferralTask, Section, Wrap
from referrals.policy import outbound
from referrals.policy.fields import cut, unnamed
from referrals.policy.terms import Standing
from referrals.reasons import REASONS
from referrals.workflow import BUSINESS_WORDS, Business

from . import attesting, chain, consented, fetching, keeping, showing, unsealing, wrapping
from .gating import Fields, fields_of, place_of
from .unsealing import Opened

if TYPE_CHECKING:
    from django.db.models import QuerySet

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """A referral as one place in it finds it, held against its signed chain; ``tasks`` are those it is shown.

    ``knows``: the agencies it is told of, itself and the other side of each of these tasks, with their names.
    ``wraps`` are those to the actor's own keys, ``rows`` the sections that were asked for along with all this.
    """

    mine: Participation
    state: manifests.State
    consents: consented.Consents
    tasks: Mapping[UUID, showing.ShownTask]
    knows: Mapping[UUID, str]
    wraps: Sequence[Wrap]
    rows: Sequence[Section]

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


def sections_of(referral_id: UUID, parts: Iterable[Compartment]) -> Question:
    """The sections of these parts, to be asked along with what stands around them."""
    return question(_sections_of, referral_id=referral_id, parts=sorted(part.value for part in parts))


def sections_by(referral_id: UUID, agency_id: UUID) -> Question:
    """Those an agency wrote itself, in the same way."""
    return question(_sections_by, referral_id=referral_id, agency_id=agency_id)


def _sections_of(*, referral_id: UUID, parts: Collection[str]) -> "QuerySet[Section]":
    return Section.objects.filter(folder_id=referral_id, compartment__in=parts)


def _sections_by(*, referral_id: UUID, agency_id: UUID) -> "QuerySet[Section]":
    return Section.objects.filter(folder_id=referral_id, agency_id=agency_id)


def look(actor: Actor, mine: Participation, *sections: Question) -> Sight:
    """What stands around the sections, and those asked for, oldest first: all as it was at one moment.

    Raises ``CannotOpen``, and ``Denied`` for a place whose consent has ended.
    """
    id_, now = mine.referral_id, timezone.now()
    links, (terms, restrictions, tasks, referral, agency, wraps, *rows) = chain.read_with(
        id_,
        consented.terms_in(id_),
        consented.restrictions_of(id_),
        fetching.tasks_of(id_),
        fetching.referral_itself(id_),
        question(_agency, agency_id=mine.agency_id),
        wrapping.wraps_of(actor, id_),
        *sections,
    )
    mine.referral, mine.agency = referral[0], agency[0]
    tasks.sort(key=lambda task: task.id)
    _bring_task(mine, tasks)
    state = links.verified()
    chain.require_signed_place(state, mine)
    consents = consented.of(state, terms)
    consented.require_standing(mine, consents, at=now)
    told = showing.is_told(mine, restrictions, at=now)
    shown = [(task, view) for task in tasks if (view := showing.show(task, actor.agency_id, told=told))]
    sides = [side for task, _view in shown for side in (task.requester, task.owner)]
    return Sight(
        mine=mine,
        state=state,
        consents=consents,
        tasks={view.id: view for _task, view in shown},
        knows={side.id: side.name for side in (mine.agency, *sides)},
        wraps=wraps,
        rows=sorted(chain_of.from_iterable(rows), key=lambda row: row.id),
    )


def look_at_own(actor: Actor, mine: Participation) -> Sight:
    """What stands around the sections an agency wrote itself, and these: the chain, and nothing of anybody else.

    Raises ``CannotOpen`` for an agency that never took part by what was signed.
    """
    id_ = mine.referral_id
    links, (referral, agency, wraps, rows) = chain.read_with(
        id_,
        fetching.referral_itself(id_),
        question(_agency, agency_id=mine.agency_id),
        wrapping.wraps_of(actor, id_),
        sections_by(id_, mine.agency_id),
    )
    mine.referral, mine.agency = referral[0], agency[0]
    state = links.verified()
    if mine.agency_id not in state.known:
        raise Forged("a place that no act gave")
    return Sight(
        mine=mine,
        state=state,
        consents={},
        tasks={},
        knows={mine.agency_id: mine.agency.name},
        wraps=wraps,
        rows=sorted(rows, key=lambda row: row.id),
    )


def _agency(*, agency_id: UUID) -> "QuerySet[Agency]":
    return Agency.objects.filter(pk=agency_id)


def _bring_task(mine: Participation, tasks: Iterable[ReferralTask]) -> None:
    """Give a place the task it came by. Raises ``CannotOpen`` for one of another referral."""
    if mine.task_id is not None:
        mine.task = next((task for task in tasks if task.id == mine.task_id), None)
        if mine.task is None:
            raise Forged("task of a place")


def unsealed(actor: Actor, sight: Sight, rows: Iterable[Section]) -> list[tuple[Section, Opened]]:
    """Those of ``rows``, found genuine, that this actor's role has a key for, as they were written.

    Without consents that name others, and their papers: every door that shows sections comes through here (R-P2-03).
    Without their author where the reader is told of that agency nowhere else: it may be police (R-P2-03).
    """
    shown = list(keeping.shown_rows(sight.mine.agency, rows, sight.consents))
    if not shown:
        return []
    keys = wrapping.keys_of(actor, sight.state, sight.wraps)
    secret = shred_secrets.secret(sight.referral.pk)
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
    keys = wrapping.keys_of(actor, sight.state, sight.wraps)
    secret = shred_secrets.secret(sight.referral.pk)
    return {
        row.id: attesting.attestation(row, section.tree, keys[unsealing.place(row)], secret) for row, section in opened
    }


def cutter(
    actor: Actor, mine: Participation, wanted: Iterable[Compartment]
) -> Callable[[Section, Opened], Opened | None]:
    """What cuts an opened section down to the fields the gate names for this actor; to ``None`` if it names none.

    Where the reader is not told who wrote it, its content does not say it either: it may be police (R-P2-03).
    """
    return cutter_to(actor, fields_of(actor, mine, wanted, at=timezone.now()))


def cutter_to(actor: Actor, fields: Mapping[Compartment, Fields]) -> Callable[[Section, Opened], Opened | None]:
    """The same for ``fields`` that were asked for another way."""
    return lambda row, section: _cut(section, fields, wrote=row.membership_id == actor.membership_id)


def _cut(section: Opened, fields: Mapping[Compartment, Fields], *, wrote: bool) -> Opened | None:
    named = fields[section.compartment]
    tree = cut(section.tree, named.own if wrote else named.read)
    if tree is not None and _is_strangers(section):
        tree = unnamed(tree)
    return None if tree is None else section if tree is section.tree else replace(section, tree=tree)


def _is_strangers(section: Opened) -> bool:
    """Whether the reader is not told who wrote it. The ask names nobody; whom a consent names, its reader is told."""
    return section.agency_id is None and section.compartment is not Compartment.REQUEST and section.type != "Consent"


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
