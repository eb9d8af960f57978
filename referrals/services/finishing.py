"""Writing what an act said: wraps, manifest, rows, ledger and events, all in the caller's transaction."""

from collections import defaultdict
from collections.abc import Iterator, Set
from uuid import UUID

from agencies.models import Agency
from agencies.vault.bundles import DataKey
from agencies.vault.manifests import Receipt
from audit import log
from fhir.content.compartments import Compartment
from referrals.masks import mask_of
from referrals.models import Disclosure
from referrals.policy.bases import Basis

from . import attesting, chain, clients, consented, keeping, ledger, listening, releasing, restriction, wrapping
from .facts import purpose_for
from .rows import insert, update
from .work import Work

Received = dict[UUID, list[DataKey]]
MOVES = (
    "status", "business_status", "reason", "version", "changed_at", "cancel_asked_at", "coarse_version", "coarse_at"
)  # fmt: skip
PLACE = (
    "task_id", "mask", "status", "basis", "purpose", "consent", "consent_until", "helpers_until", "outcome_until",
    "client_id", "was_client", "since", "until", "ended_as", "inbox_at"
)  # fmt: skip


def finish(work: Work) -> None:
    """Write everything: wraps, manifest, rows, ledger and one event per action, in the caller's transaction.

    Raises ``Denied`` if the acting agency's part is over, or a restriction keeps what it wrote from who is to be told;
    ``Invalid`` for a consent beside anything else.
    """
    work.require_part()
    restriction.require_told(work)
    releasing.call_off(work)
    received = _received(work)
    _write_tasks(work)
    _write_participations(work, received)
    if work.forgotten:
        clients.forget(work.forgotten)
    attesting.attest(work.sections, work.written, work.new_keys, work.shred_secret)
    insert(work.sections)
    insert(work.terms)
    digest = _sign(work, received)
    insert(work.steps)
    wrapping.write(
        folder_id=work.folder.id,
        received=received,
        author=work.agency.id,
        epoch=work.epoch,
        agencies={agency_id: row.agency for agency_id, row in work.participations.items()},
        delegated_by=work.delegated_by,
        at=work.now,
    )
    insert(_ledger(work, received))
    insert(work.notices)
    for row in work.rows:
        row.save(force_insert=True)
    _record(work, digest)
    listening.tell(work)


def _record(work: Work, digest: str) -> None:
    """One event for each thing that was done, with the manifest it came to."""
    for action, on in work.actions:
        log.record(
            action=action,
            code=on,
            target=chain.target(work.folder.id),
            actor=work.actor.name,
            agency=str(work.agency.id),
            purpose=work.mine.purpose,
            digest=digest,
        )


def _received(work: Work) -> Received:
    """Which agency gets which data keys in this work."""
    received: Received = defaultdict(list)
    if work.state.number:
        keeping.require_apart(work.sections, work.consents)
    for (compartment, audience), key in work.new_keys.items():
        added = [row for row in work.sections if (row.compartment, row.task_id) == (compartment, audience)]
        for agency in _audience(work, compartment, audience):
            if work.may_receive(agency, compartment) and keeping.lets(agency, added, work.consents):
                work.take_part(agency.id, audience, {compartment})
                received[agency.id].append(key)
    for agency_id, keys in work.handed.items():
        received[agency_id].extend(keys)
    return received


def _audience(work: Work, compartment: Compartment, task_id: UUID | None) -> list[Agency]:
    if task_id is not None:
        found = _sides(work, task_id) | {work.agency.id}
    else:
        parties = work.parties.items()
        found = {agency for (agency, audience), held in parties if audience is None and compartment in held}
    return [work.participations[agency_id].agency for agency_id in found]


def _sides(work: Work, task_id: UUID) -> set[UUID]:
    """Requester and owner of a task, of an older one only as far as they were signed to be that."""
    task = work.tasks[task_id]
    sides = {task.requester_id, task.owner_id}
    return sides if task_id in work.new_tasks else {side for side in sides if work.state.held(side, task_id)}


def _sign(work: Work, received: Received) -> str:
    """Write the manifest of what changed. Returns its digest, "" if nothing did that a manifest speaks of."""
    unchanged = chain.parties_of(work.state) == work.parties and chain.releases_of(work.state) == work.releases
    if unchanged and not (work.sections or work.closed or work.terms or received):
        return ""
    part = {agency_id for agency_id, _audience in work.parties}
    return chain.extend(
        work.state,
        act=work.actions[0][0],
        agency_id=work.agency.id,
        at=work.now,
        parties=work.parties,
        grounds=[chain.ground(place) for agency_id, place in work.participations.items() if agency_id in part],
        consents=consented.lines(work.consents),
        releases=work.releases,
        closed=work.closed,
        receipts=_receipts(work, received),
        sections=work.sections,
    )


def _receipts(work: Work, received: Received) -> Iterator[Receipt]:
    """What must be found wrapped from now on; to an agency off the network nothing is."""
    for agency_id, keys in received.items():
        if work.participations[agency_id].agency.connected:
            for key in keys:
                yield Receipt(agency_id=agency_id, compartment=key.compartment, audience=key.audience, epoch=key.epoch)


def _write_tasks(work: Work) -> None:
    insert(work.new_tasks.values())
    insert([work.tasks[task_id] for task_id in work.moved - work.new_tasks.keys()], otherwise=update("id", MOVES))


def _write_participations(work: Work, received: Received) -> None:
    for agency_id, keys in received.items():
        row = work.participations[agency_id]
        row.mask |= mask_of(key.compartment for key in keys)
    touched = [work.participations[agency_id] for agency_id in work.touched | received.keys()]
    insert(touched, otherwise=update("id", PLACE))


def _ledger(work: Work, received: Received) -> list[Disclosure]:
    """One row for each agency that received something of another's, and what an act disclosed without a key."""
    return work.disclosures + [
        _crossed(work, agency_id, {key.compartment for key in work.handed.get(agency_id, keys)})
        for agency_id, keys in received.items()
        if agency_id != work.delegated_by.get(agency_id, work.agency.id)
    ]


def _crossed(work: Work, agency_id: UUID, compartments: Set[Compartment]) -> Disclosure:
    """What was handed over stands on the recipient's own ground, what was written on the one that the gate asked."""
    place = work.participations[agency_id]
    ground = place if agency_id in work.handed else work.ground(place.agency)
    return ledger.row(
        work,
        place.agency,
        compartments,
        discloser_id=work.delegated_by.get(agency_id, work.agency.id),
        basis=Basis(ground.basis),
        purpose=purpose_for(Basis(ground.basis), place.agency),
        terms=work.consents.get(ground.consent) if ground.consent else None,
    )
