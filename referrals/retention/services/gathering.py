"""What of stored referrals decides how long they are kept, read in a few queries for many; nothing is opened."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import NamedTuple, TypeVar
from uuid import UUID

from django.db.models import Exists, Max, OuterRef, Q

from agencies.days import local_day
from agencies.vault.manifests import State as Chain
from agencies.vault.shred.models import ShredSecret
from fhir.content.compartments import Compartment
from referrals.consents.models import ConsentTerms
from referrals.masks import compartments_in
from referrals.models import Participation, Referral, ReferralTask, Section, StepTaken
from referrals.retention.models import Certificate
from referrals.retention.schedule import ANSWER, Facts
from referrals.services import consented
from referrals.workflow import FINAL, State

Row = TypeVar("Row")
Part = tuple[UUID, str, UUID, datetime]
Born = Mapping[UUID, int]
"""Birth years that somebody told, by referral: they are sealed, and no column has them."""

BATCH = 500
FIRST = UUID(int=0)


class Rows(NamedTuple):
    """What some queries brought, by referral. ``parts`` are folder, compartment, who wrote, the time of the newest."""

    places: Mapping[UUID, list[Participation]]
    tasks: Mapping[UUID, list[ReferralTask]]
    parts: Mapping[UUID, list[Part]]
    steps: Mapping[UUID, datetime]
    accepted: Collection[UUID]
    consents: Collection[UUID]
    terms: Mapping[UUID, list[ConsentTerms]]


def batches(agency_ids: Collection[UUID], *, made_before: datetime) -> Iterator[list[Referral]]:
    """Referrals that began with these agencies, were not deleted and may be due, oldest first, so many at a time.

    That is those made before then, and of the younger ones those that nobody took or that have no name in them.
    """
    finished = Certificate.objects.exclude(finished_at=None).filter(folder_id=OuterRef("pk"))
    accepted = StepTaken.objects.filter(task__referral_id=OuterRef("pk"), name="accept")
    named = Section.objects.filter(folder_id=OuterRef("pk")).exclude(compartment=Compartment.REQUEST.value)
    left = Referral.objects.filter(
        Q(created_at__lt=made_before) | ~Exists(accepted) | ~Exists(named), ~Exists(finished), origin_id__in=agency_ids
    ).select_related("origin")
    after = FIRST
    while batch := list(left.filter(pk__gt=after).order_by("pk")[:BATCH]):
        yield batch
        after = batch[-1].pk


def gather(referrals: Sequence[Referral], born: Born) -> list[Facts]:
    """The facts of these referrals, in their order."""
    rows = _rows([referral.pk for referral in referrals])
    return [_facts(referral, rows, born.get(referral.pk)) for referral in referrals]


def signed(facts: Facts, chain: Chain, referral: Referral) -> Facts:
    """The same, not trusting rows where the verified chain says more: parts and who wrote them, consents, a later one.

    Who can write rows but not sign could else make a referral look older than it is. Raises ``CannotOpen`` for terms
    of a consent that are not what was signed.
    """
    untils = [terms.until for terms in consented.load(chain).values()]
    written = (day(entry.at, referral) for entry in chain.added_by.values())
    lines = chain.sections.values()
    wrote = ((line.compartment, chain.added_by[id_].agency_id) for id_, line in chain.sections.items())
    last = max([facts.last, *written])
    return replace(
        facts,
        parts=facts.parts | {line.compartment for line in lines},
        recorders=facts.recorders | _recorders(wrote, facts.origin),
        last=last,
        consent=facts.consent or any(line.resource_type == "Consent" for line in lines),
        consents_end=_last_end(untils, last, referral),
    )


def _recorders(parts: Iterable[tuple[Compartment, UUID]], origin: UUID) -> frozenset[UUID]:
    """The agencies, but the one it began with, that wrote more than an answer."""
    return frozenset(agency for part, agency in parts if part not in ANSWER) - {origin}


def _last_end(untils: Iterable[datetime | None], last: date, referral: Referral) -> date | None:
    """The day the last of these consents ends; one without an end goes on to the last service."""
    return max((day(until, referral) if until else last for until in untils), default=None)


def day(at: datetime, referral: Referral) -> date:
    """The day it was where the referral began."""
    return local_day(referral.origin, at)


def with_secret(folder_ids: Iterable[UUID]) -> set[UUID]:
    """Those of these folders whose shred secret is there: rows are asked for, and no secret is opened."""
    found = ShredSecret.objects.filter(pk__in=set(folder_ids))
    return set(found.values_list("folder_id", flat=True))


def _rows(ids: list[UUID]) -> Rows:
    sections = Section.objects.filter(folder_id__in=ids)
    steps = StepTaken.objects.filter(task__referral_id__in=ids)
    parts = sections.order_by().values("folder_id", "compartment", "agency_id").annotate(last=Max("created_at"))
    return Rows(
        places=_grouped(Participation.objects.filter(referral_id__in=ids), lambda row: row.referral_id),
        tasks=_grouped(ReferralTask.objects.filter(referral_id__in=ids), lambda row: row.referral_id),
        parts=_grouped(parts.values_list("folder_id", "compartment", "agency_id", "last"), lambda row: row[0]),
        steps=dict(steps.order_by().values_list("task__referral_id").annotate(Max("at"))),
        accepted=set(steps.filter(name="accept").values_list("task__referral_id", flat=True)),
        consents=set(sections.filter(type="Consent").values_list("folder_id", flat=True)),
        terms=_grouped(ConsentTerms.objects.filter(folder_id__in=ids), lambda row: row.folder_id),
    )


def _grouped(rows: Iterable[Row], name: Callable[[Row], UUID]) -> dict[UUID, list[Row]]:
    found: dict[UUID, list[Row]] = defaultdict(list)
    for row in rows:
        found[name(row)].append(row)
    return found


def _facts(referral: Referral, rows: Rows, birth_year: int | None) -> Facts:
    id_, origin = referral.pk, referral.origin_id
    places, tasks, parts = rows.places[id_], rows.tasks[id_], rows.parts[id_]
    ended = [task.changed_at for task in tasks]
    over = bool(tasks) and all(State(task.status) in FINAL for task in tasks)
    step = [rows.steps[id_]] if id_ in rows.steps else []
    times = [referral.created_at, *ended, *step, *(place.since for place in places), *(at for *_, at in parts)]
    last = day(max(times), referral)
    return Facts(
        folder_id=id_,
        origin=origin,
        made=day(referral.created_at, referral),
        last=last,
        closed=day(max(ended), referral) if over else None,
        parts=frozenset(Compartment(part) for _id, part, _agency, _at in parts),
        recorders=_recorders(((Compartment(part), agency) for _id, part, agency, _at in parts), origin),
        own=next((compartments_in(place.mask) for place in places if place.agency_id == origin), frozenset()),
        answered=id_ in rows.accepted or any(place.task_id is None and place.agency_id != origin for place in places),
        consent=id_ in rows.consents or any(place.consent for place in places),
        agencies=frozenset({origin, *(place.agency_id for place in places)}),
        holders=frozenset(place.agency_id for place in places if place.mask and place.until is None) - {origin},
        clients=frozenset(
            (place.agency_id, client) for place in places for client in (place.client_id, place.was_client) if client
        ),
        consents_end=_last_end((row.until for row in rows.terms[id_]), last, referral),
        birth_year=birth_year,
    )
