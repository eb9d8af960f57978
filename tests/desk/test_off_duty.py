"""Who opens what is not theirs to work on, outside the agency's hours and their own turns, is an alert."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from agencies.coverage.covering import Cover
from agencies.hours import ALL_DAYS
from agencies.models import MachineClient, User
from agencies.roles import Role
from agencies.services import actor_for, add_member
from referrals.desk.duty import Duty, Rota
from referrals.desk.models import Alert
from referrals.desk.rules import Known, Seen, find
from referrals.desk.services import watching
from referrals.notices.models import Reach, Shift
from referrals.notices.oncall import Turn
from referrals.notices.working import Hours
from referrals.opening import open_referral
from tests.county import SETUP
from tests.desk.conftest import Office

A = "agency-a"
NIGHT = datetime(2026, 11, 27, 4, 0, tzinfo=UTC)  # 23:00 in Massachusetts, a Thursday and a holiday
WHO, OURS = uuid4(), uuid4()


def rota(*turns: Turn, covers=()) -> Rota:
    return Rota(agency_id=OURS, hours=Hours(), turns=turns, covers=covers)


def turn(**more) -> Turn:
    given = {"membership_id": WHO, "place": 1, "days": ALL_DAYS, "begins": time(20), "ends": time(6)}
    return Turn(**given | more)


def off_duty(at: datetime, *turns: Turn, works_on=frozenset(), before=NIGHT + timedelta(days=9), who=WHO):
    duty = Duty(before=before, rotas={A: rota(*turns)} if turns else {}, works_on=works_on)
    opening = Seen(at, f"Membership/{who}", A, "referral.open", "Referral/1", "0", "contact")
    return [found.kind for found in find([opening], Known(duty=duty))]


def test_who_opens_what_is_not_theirs_outside_their_hours_is_an_alert():
    other = turn(membership_id=uuid4())
    assert off_duty(NIGHT, other) == ["off-duty"]
    assert off_duty(NIGHT, turn()) == []  # in their turn
    assert off_duty(NIGHT + timedelta(hours=8), turn()) == ["off-duty"]  # 07:00, their turn ended, a Friday
    assert off_duty(NIGHT + timedelta(hours=11), turn()) == []  # 10:00 of a working day
    assert off_duty(NIGHT - timedelta(hours=12), turn()) == ["off-duty"]  # 11:00 of Thanksgiving
    assert off_duty(NIGHT) == []  # no rota, nobody said who is to be there


def test_what_somebody_works_on_they_open_at_any_hour():
    other = turn(membership_id=uuid4())
    assert off_duty(NIGHT, other, works_on=frozenset({(f"Membership/{WHO}", "Referral/1")})) == []
    assert off_duty(NIGHT, other, works_on=frozenset({(f"Membership/{WHO}", "Referral/2")})) == ["off-duty"]


def test_while_their_agency_covers_another_everybody_there_is_on_duty():
    cover = Cover(
        id=uuid4(), covered=uuid4(), covering=OURS, zone="America/New_York", days=ALL_DAYS, begins=time(20),
        ends=time(6), since=NIGHT.date() - timedelta(days=9),
    )  # fmt: skip
    ours, theirs = rota(turn(membership_id=uuid4()), covers=(cover,)), replace(cover, covered=OURS, covering=uuid4())
    assert ours.is_on(f"Membership/{WHO}", at=NIGHT)
    assert not ours.is_on(f"Membership/{WHO}", at=NIGHT + timedelta(hours=8))
    assert not rota(turn(membership_id=uuid4()), covers=(theirs,)).is_on(f"Membership/{WHO}", at=NIGHT)


def test_an_opening_is_judged_an_hour_later_and_once_a_week():
    other = turn(membership_id=uuid4())
    assert off_duty(NIGHT, other, before=NIGHT - timedelta(minutes=1)) == []
    rows = [
        Seen(NIGHT + timedelta(hours=n), f"Membership/{WHO}", A, "referral.open", f"Referral/{n}", "0", "")
        for n in range(3)
    ]
    duty = Duty(before=NIGHT + timedelta(days=9), rotas={A: rota(other)})
    assert [found.kind for found in find(rows, Known(duty=duty))] == ["off-duty"]


@pytest.mark.django_db
def test_the_work_of_a_member_is_read_from_the_rows(office: Office):
    """The clinician accepted it; a colleague of the same unit has nothing to do with it."""
    county = office.county
    colleague = clinician(county.bhu)
    later = timezone.now() + timedelta(hours=2)
    Reach.objects.update_or_create(agency=county.bhu, defaults={"days": 0})
    assert raised(later, county.clinician, colleague, office) == []  # no rota yet
    Shift.objects.create(
        agency=county.bhu, membership_id=county.admin.membership_id, place=1, begins=time(0), ends=time(0)
    )
    assert raised(later, county.clinician, colleague, office) == [colleague.name]


@pytest.mark.django_db
def test_a_system_has_no_hours(office: Office):
    """A partner's system asks all night, and nobody has to look at that; a colleague who does is an alert."""
    county, later = office.county, timezone.now() + timedelta(hours=2)
    machine = MachineClient.objects.create(name="Records")
    system = actor_for(add_member(by=SETUP, agency=county.bhu, role=Role.CLINICIAN, client=machine))
    colleague = clinician(county.bhu)
    Reach.objects.update_or_create(agency=county.bhu, defaults={"days": 0})
    Shift.objects.create(
        agency=county.bhu, membership_id=county.admin.membership_id, place=1, begins=time(0), ends=time(0)
    )
    assert raised(later, system, colleague, office) == [colleague.name]


def clinician(agency):
    user = User.objects.create_user("night@bhu.example.org", name="Odile Rand")
    return actor_for(add_member(by=SETUP, agency=agency, role=Role.CLINICIAN, user=user))


def raised(at, *who_and_office):
    *people, office = who_and_office
    for who in people:
        open_referral(who, office.referral_id)
    watching.watch(at=at)
    return list(Alert.objects.filter(kind="off-duty").values_list("who", flat=True))
