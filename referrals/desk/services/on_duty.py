"""Who was to be there, and who works on what anyway, of the openings that nobody was on duty for."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from agencies.coverage.models import Coverage
from agencies.coverage.services import cover_of
from agencies.models import Agency, Membership
from referrals.desk import rules
from referrals.desk.duty import MEMBERSHIP, Duty, Rota
from referrals.desk.rules import Seen
from referrals.models import Participation, Section, StepTaken
from referrals.notices.models import Acknowledgement, Call, Reach, Shift
from referrals.notices.oncall import Turn
from referrals.notices.working import Hours
from referrals.policy.bases import Basis

REFERRAL = "Referral/"
Pairs = set[tuple[UUID | None, UUID]]


def of(seen: Iterable[Seen], *, before: datetime) -> Duty:
    """The rotas as they are now, and the work of whoever opened something off duty; few queries, one without rotas."""
    rotas = _rotas()
    if not rotas:
        return Duty(before=before)
    duty = Duty(before=before, rotas=rotas, systems=_systems(rotas))
    off = {
        (row.actor, row.target)
        for row in rules.openings(seen)
        if row.target.startswith(REFERRAL) and duty.is_off(row.agency, row.actor, row.target, at=row.at)
    }
    return replace(duty, works_on=_works_on(off))


def _systems(agencies: Iterable[str]) -> frozenset[str]:
    """The machines of these agencies, as the log names them."""
    rows = Membership.objects.filter(agency_id__in=list(agencies), client__isnull=False)
    return frozenset(f"{MEMBERSHIP}{pk}" for pk in rows.values_list("pk", flat=True))


def _rotas() -> Mapping[str, Rota]:
    live = Membership.objects.live(timezone.now())
    turns: dict[UUID, list[Turn]] = defaultdict(list)
    for row in Shift.objects.filter(membership__in=live):
        turns[row.agency_id].append(
            Turn(membership_id=row.membership_id, place=row.place, days=row.days, begins=row.begins, ends=row.ends)
        )
    reaches = {row.agency_id: row for row in Reach.objects.filter(agency__in=turns)}
    standing_in = Coverage.objects.filter(covering__in=turns, confirmed_at__isnull=False, ended_at=None)
    covers = tuple(map(cover_of, standing_in))
    return {
        str(agency.pk): Rota(
            agency_id=agency.pk,
            hours=_hours(agency, reaches.get(agency.pk)),
            turns=tuple(turns[agency.pk]),
            covers=covers,
        )
        for agency in Agency.objects.filter(pk__in=turns)
    }


def _hours(agency: Agency, reach: Reach | None) -> Hours:
    row = reach or Reach(agency=agency)
    return Hours(zone=agency.time_zone, state=agency.state, days=row.days, opens=row.opens, closes=row.closes)


def _works_on(off: set[tuple[str, str]]) -> frozenset[tuple[str, str]]:
    """Those of these members and referrals that belong together; what an emergency opened is an alert of its own."""
    asked = {(UUID(actor.removeprefix(MEMBERSHIP)), UUID(target.removeprefix(REFERRAL))) for actor, target in off}
    members, referrals = {who for who, _each in asked}, {each for _who, each in asked}
    found: Pairs = set()
    for model in (StepTaken, Acknowledgement, Call):
        rows = model.objects.filter(membership_id__in=members, task__referral_id__in=referrals)
        found.update(rows.values_list("membership_id", "task__referral_id"))
    wrote = Section.objects.filter(membership_id__in=members, folder_id__in=referrals)
    began = Participation.objects.filter(member_id__in=members, referral_id__in=referrals)
    found.update(wrote.values_list("membership_id", "folder_id"), began.values_list("member_id", "referral_id"))
    homes = dict(Membership.objects.filter(pk__in=members).values_list("pk", "agency_id"))
    urgent = Participation.objects.filter(referral_id__in=referrals, basis=Basis.MEDICAL_EMERGENCY.value)
    hours = set(urgent.values_list("agency_id", "referral_id"))
    found.update(pair for pair in asked if (homes.get(pair[0]), pair[1]) in hours)
    return frozenset((f"{MEMBERSHIP}{who}", f"{REFERRAL}{each}") for who, each in found)
