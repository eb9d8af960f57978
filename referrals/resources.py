"""Single resources of referrals, read through the gates: one of them, its versions, or those of one client.

The order is that of an opening: fetch and gate, one short transaction that gates again and records, and only then
decrypt. A Task and the request itself are told from columns to whoever may know of them but open nothing.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import replace
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from agencies.actor import Actor
from agencies.compiled import columns, records
from agencies.vault import keyring
from fhir.content.compartments import Compartment
from referrals.errors import Denied, NotFound
from referrals.masks import BIT
from referrals.models import Participation, ReferralTask, Section
from referrals.policy.codes import DenyCode, denied
from referrals.policy.gate import Permit
from referrals.services import chain, fetching, recording, seeing, showing, versions
from referrals.services.gating import answer, lapsed, place_of
from referrals.services.rows import select
from referrals.services.versions import Stored, Version

READ, HISTORY, SEARCH, EVERYTHING = "resource.read", "resource.history", "resource.search", "resource.everything"
UPDATE = "resource.update"
"""Opened to be compared with what was sent in its place."""
PROVENANCE = "resource.provenance"

# One look-up, whether the resource is yours, another's or nobody's: a stranger's time tells nothing. Materialized, so
# that no planner without statistics begins with all the referrals of an agency.
STORED = """
WITH found AS MATERIALIZED (SELECT * FROM referrals_section WHERE resource_id = %s)
SELECT {columns} FROM found s
JOIN referrals_participation p ON p.referral_id = s.folder_id AND p.agency_id = %s
WHERE %s IN (s.type, '') ORDER BY s.version
"""


def read(actor: Actor, type_: str, spoken: str, *, version: str | None = None, action: str = READ) -> Version:
    """The resource called ``type_``/``spoken`` as it is now, or one version of it; ``action`` is what the log says.

    Raises ``NotFound``, ``Denied`` and ``Broken``, each recorded.
    """
    found = _versions(actor, type_, spoken, action=action, every=version is not None)
    if version is None:
        return found[-1]
    asked = next((each for each in found if str(each.number) == version), None)
    if asked is None:
        recording.refuse(actor, action, target=f"{type_}/{spoken}", code=NotFound.code)
        raise NotFound
    return asked


def moved(actor: Actor, before: Version) -> Version:
    """A task after a step of the actor's own: the new state, laid over what was opened for that step.

    Read anew wherever it may open otherwise than before. Raises what ``read`` raises.
    """
    task = fetching.task(before.id)
    view = showing.show(task, actor.agency_id, told=False)
    if view is None or before.tree is None or not _opens_as_before(actor, before, task):
        return read(actor, before.type, str(before.id))
    if "statusReason" in before.tree and not view.reason:  # what was written before the reason that goes is not known
        return read(actor, before.type, str(before.id))
    state = {"status": view.status, "business_status": view.business_status, "reason": view.reason}
    tree = seeing.task_as(before.tree, at=view.changed_at, **state)
    return replace(before, number=view.version, at=view.changed_at, tree=tree)


def _opens_as_before(actor: Actor, before: Version, task: ReferralTask) -> bool:
    if before.compartment is None or before.cut or before.notices:
        return False
    try:
        mine = place_of(actor, task.referral_id)
    except (Denied, NotFound):
        return False
    return isinstance(answer(actor, mine, before.compartment, at=timezone.now()), Permit)


def history(actor: Actor, type_: str, spoken: str) -> list[Version]:
    """Every version the actor may see, newest first. Raises ``NotFound``, ``Denied`` and ``Broken``, each recorded."""
    return _versions(actor, type_, spoken, action=HISTORY, every=True)[::-1]


def provenance(actor: Actor, type_: str, spoken: str) -> list[Version]:
    """Every version of ``type_``/``spoken`` the actor may see, oldest first, with author and signature.

    ``type_`` may be "", for whatever goes by that id. Raises ``NotFound``, ``Denied`` and ``Broken``, each recorded.
    """
    return _versions(actor, type_, spoken, action=PROVENANCE, every=True, signed=True)


def everything(actor: Actor, spoken: str, *, types: Collection[str]) -> list[Version]:
    """What this actor may open of the referral in which the client goes by the id ``spoken``, as it is now.

    Raises ``NotFound``, ``Denied`` and ``Broken``, each recorded.
    """
    with recording.refusals(actor, EVERYTHING, target=_name(actor, "Patient", spoken)):
        folder_id = _stored(actor, "Patient", spoken).newest.folder_id
    return opened_in(actor, folder_id, types=types, action=EVERYTHING)


def opened_in(
    actor: Actor,
    folder_id: UUID,
    *,
    types: Collection[str],
    action: str,
    ids: Collection[UUID] | None = None,
    signed: bool = False,
) -> list[Version]:
    """The resources of these types in one referral that open to this actor, as they are now, oldest first.

    Raises ``NotFound``, ``Denied`` and ``Broken``, each recorded.
    """
    target = chain.target(folder_id)
    with recording.refusals(actor, action, target=target):
        mine = place_of(actor, folder_id)
        with transaction.atomic():
            wanted = _parts(actor, place_of(actor, folder_id))
            recording.record(actor, action, target=target, purpose=mine.purpose, code="+".join(sorted(wanted)))
        return seeing.undisturbed(actor, mine, lambda place: _several(actor, place, types, ids, signed=signed))


def home_of(actor: Actor, type_: str, spoken: str) -> UUID | None:
    """The referral a resource lies in, if the actor's agency has or had a place there; nothing of it is opened."""
    try:
        return _stored(actor, type_, spoken).newest.folder_id
    except NotFound:
        return None


def _versions(
    actor: Actor, type_: str, spoken: str, *, action: str, every: bool, signed: bool = False
) -> list[Version]:
    target = _name(actor, type_, spoken)
    with recording.refusals(actor, action, target=target):
        stored = _stored(actor, type_, spoken)
        mine = _require(actor, stored)
        with transaction.atomic():
            _require(actor, stored)
            recording.record(
                actor,
                action,
                target=chain.target(mine.referral_id),
                purpose=mine.purpose,
                code=f"{stored.newest.type}/{spoken}",
            )
        return seeing.undisturbed(
            actor,
            mine,
            lambda place: _all(
                actor, place, stored if place is mine else _again(actor, stored), every=every, signed=signed
            ),
        )


def _name(actor: Actor, type_: str, spoken: str) -> str:
    """The log's name for what was asked for: its id, or a keyed hash of what is no id."""
    return f"{type_ or 'Resource'}/{spoken if _id(spoken) else keyring.mac(actor.agency_id, spoken.encode()).hex()}"


def _id(spoken: str) -> UUID | None:
    try:
        found = UUID(spoken)
    except ValueError:
        return None
    return found if str(found) == spoken else None


def _stored(actor: Actor, type_: str, spoken: str) -> Stored:
    """The resource, if the actor's agency has or had a place where it lies, and is a side of the task it is for.

    Raises ``NotFound``.
    """
    id_ = _id(spoken)
    rows = _rows(actor, type_, id_) if id_ else []
    if not rows:
        raise NotFound
    return _with_task(actor, rows, _tasks(rows))


def _rows(actor: Actor, type_: str, id_: UUID) -> list[Section]:
    return records(Section, STORED.format(columns=columns(Section, "s")), [id_, actor.agency_id, type_])


def _tasks(rows: Iterable[Section]) -> dict[UUID, ReferralTask]:
    wanted = {row.resource_id if row.type == "Task" else row.task_id for row in rows} - {None}
    return {task.id: task for task in select(ReferralTask, id=wanted)}


def _with_task(actor: Actor, rows: list[Section], tasks: dict[UUID, ReferralTask]) -> Stored:
    task_id = rows[-1].resource_id if rows[-1].type == "Task" else rows[-1].task_id
    if task_id is None:
        return Stored(rows, None)
    task = tasks.get(task_id)
    if task is None or showing.side_of(task, actor.agency_id) is None:
        raise NotFound
    return Stored(rows, task)


def _again(actor: Actor, stored: Stored) -> Stored:
    return _stored(actor, stored.newest.type, str(stored.newest.resource_id))


def _require(actor: Actor, stored: Stored) -> Participation:
    """The place by which this actor may know of the resource. Raises ``NotFound`` and ``Denied``."""
    mine, now = place_of(actor, stored.newest.folder_id), timezone.now()
    said = answer(actor, mine, stored.compartment, at=now)
    if isinstance(said, Permit) or stored.newest.type == "Task":
        return mine
    ended = lapsed(mine, at=now) or (DenyCode.WITHDRAWN if not mine.mask and not stored.told else None)
    if ended is not None:
        raise denied(ended)
    if stored.told:
        return mine
    if not mine.mask & BIT[stored.compartment]:
        raise NotFound
    raise denied(said.code)


def _opens(actor: Actor, mine: Participation, stored: Stored) -> bool:
    return isinstance(answer(actor, mine, stored.compartment, at=timezone.now()), Permit)


def _parts(actor: Actor, mine: Participation) -> list[Compartment]:
    now = timezone.now()
    return [part for part in Compartment if isinstance(answer(actor, mine, part, at=now), Permit)]


def _all(actor: Actor, mine: Participation, stored: Stored, *, every: bool, signed: bool) -> list[Version]:
    """The versions of one resource, oldest first, or the newest alone.

    Raises ``Denied`` if none is shown, ``NotFound`` for a consent that names others.
    """
    found: list[Version] = []
    if _opens(actor, mine, stored):
        sight = seeing.look(actor, mine)
        if not seeing.is_shown(sight, stored.newest):
            raise NotFound
        found = next(versions.opened(actor, sight, [stored], every=every, signed=signed))
    if not found and stored.told:
        found = versions.told(mine, stored, every=every)
    if not found:
        raise denied(DenyCode.COMPARTMENT)
    return found if every else found[-1:]


def _several(
    actor: Actor, mine: Participation, types: Collection[str], ids: Collection[UUID] | None, *, signed: bool
) -> list[Version]:
    """The newest versions of what is open in one referral, and what columns tell of its tasks and of itself."""
    sight = seeing.look(actor, mine)
    asked = {} if ids is None else {"resource_id": list(ids)}
    known = _known(actor, select(Section, folder_id=mine.referral_id, type=list(types), **asked))
    wanted = [stored for stored in known if _opens(actor, mine, stored)]
    opened = dict(
        zip(
            (each.newest.id for each in wanted),
            versions.opened(actor, sight, wanted, every=False, signed=signed),
            strict=True,
        )
    )
    found = []
    for stored in known:
        shown = opened.get(stored.newest.id) or (versions.told(mine, stored, every=signed) if stored.told else [])
        found += shown[-1:]
    return found


def _known(actor: Actor, rows: Iterable[Section]) -> list[Stored]:
    """What these rows are versions of, without what is between two other agencies."""
    groups: dict[UUID, list[Section]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: row.id):
        groups[row.resource_id].append(row)
    tasks = _tasks(row for group in groups.values() for row in group)
    found = []
    for group in groups.values():
        try:
            found.append(_with_task(actor, group, tasks))
        except NotFound:
            continue
    return found
