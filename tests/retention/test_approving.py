"""A schedule is in force when two people in two offices approved the very same, and not before."""

import pytest
from django.db import IntegrityError, transaction

from agencies.actor import Actor
from agencies.capabilities import Capability
from agencies.models import User
from agencies.roles import Role
from agencies.services import actor_for, add_member, change_grants, end_membership
from audit.models import AuditEvent
from referrals.errors import Denied, Invalid, Refused
from referrals.retention.errors import SamePerson
from referrals.retention.models import Schedule
from referrals.retention.schedule import ACTING, Category, Period
from referrals.retention.services.listing import due_list
from referrals.retention.services.schedules import approve_schedule, in_force
from tests.county import SETUP
from tests.integrity.stage import member
from tests.retention.archive import AUTHORITY, Archive, actor_again

pytestmark = pytest.mark.django_db
C = Category


def approve(actor: Actor, period: Period | None = None, authority: str = AUTHORITY) -> Schedule:
    return approve_schedule(actor, category=C.CONTACT_INCIDENT, authority=authority, period=period)


def standing(archive: Archive) -> Schedule | None:
    """The line in force for contact and incident at the police."""
    police = archive.county.police.id
    return in_force([police]).get(police, {}).get(C.CONTACT_INCIDENT)


def events(action: str) -> list[tuple[str, str, str]]:
    found = AuditEvent.objects.filter(action=action).order_by("id")
    return list(found.values_list("actor", "outcome", "code"))


def test_one_approval_is_none_and_the_second_by_another_person_in_the_other_office_is_both(archive: Archive) -> None:
    assert not approve(archive.records).privacy_by_id
    assert standing(archive) is None
    row = approve(archive.privacy)
    assert standing(archive) == row
    assert (row.period, row.authority) == (Period(years=7), AUTHORITY)
    assert None not in (row.records_by_id, row.records_at, row.privacy_by_id, row.privacy_at)
    assert events("retention.approve")[-2:] == [
        (archive.records.name, "0", "records:contact_incident"),
        (archive.privacy.name, "0", "privacy:contact_incident"),
    ]


def test_the_same_office_twice_is_one_approval(archive: Archive) -> None:
    second = member_named(archive, Role.PRIVACY_OFFICER, "second")
    approve(archive.privacy)
    approve(archive.privacy)
    approve(second)
    assert standing(archive) is None


def member_named(archive: Archive, role: Role, name: str) -> Actor:
    user = User.objects.create_user(f"{name}@police.example.org")
    return actor_for(add_member(by=SETUP, agency=archive.county.police, role=role, user=user))


def test_one_person_in_both_offices_approves_once(archive: Archive) -> None:
    person = User.objects.get(memberships=archive.privacy.membership_id)
    both = actor_for(add_member(by=SETUP, agency=archive.county.police, role=Role.AGENCY_ADMIN, user=person))
    approve(archive.privacy)
    with pytest.raises(SamePerson) as refusal:
        approve(both)
    assert refusal.value.code == "SAME_PERSON"
    assert standing(archive) is None
    assert events("retention.approve")[-1] == (both.name, "4", "SAME_PERSON")


def test_the_database_itself_wants_two_people(archive: Archive) -> None:
    row = approve(archive.privacy)
    with pytest.raises(IntegrityError, match="schedule_approved_by_two_people"), transaction.atomic():
        Schedule.objects.filter(pk=row.pk).update(records_by=row.privacy_by_id, records_at=row.privacy_at)
    with pytest.raises(IntegrityError, match="schedule_records_officer_and_time"), transaction.atomic():
        Schedule.objects.filter(pk=row.pk).update(records_at=row.privacy_at)
    with pytest.raises(IntegrityError, match="schedule_years_or_days"), transaction.atomic():
        Schedule.objects.filter(pk=row.pk).update(days=3)


@pytest.mark.parametrize(
    ("period", "authority"), [(Period(years=8), AUTHORITY), (Period(days=7), AUTHORITY), (None, "Another schedule")]
)
def test_who_approves_something_else_starts_anew(archive: Archive, period: Period | None, authority: str) -> None:
    approve(archive.records)
    approve(archive.privacy, period, authority)
    assert standing(archive) is None
    assert approve(archive.records, period, authority) == standing(archive)
    assert Schedule.objects.filter(replaced_at=None).count() == 1


def test_what_is_in_force_stays_so_until_the_next_is_approved_twice(archive: Archive) -> None:
    approve(archive.records)
    first = approve(archive.privacy)
    approve(archive.records, Period(years=10))
    assert standing(archive) == first
    second = approve(archive.privacy, Period(years=10))
    assert standing(archive) == second
    first.refresh_from_db()
    assert first.replaced_at is not None


@pytest.mark.parametrize("category", [each for each in C if each not in ACTING])
def test_what_nothing_acts_on_is_not_approved(archive: Archive, category: Category) -> None:
    with pytest.raises(Invalid, match="nothing is deleted of this kind yet"):
        approve_schedule(archive.privacy, category=category, authority=AUTHORITY)


@pytest.mark.parametrize("authority", ["", "   ", "x" * 161, "a\x00b"])
def test_an_approval_names_its_source(archive: Archive, authority: str) -> None:
    with pytest.raises(Invalid, match="authority"):
        approve(archive.privacy, authority=authority)
    assert not Schedule.objects.exists()


OTHER_ROLES = [role for role in Role if role not in {Role.PRIVACY_OFFICER, Role.AGENCY_ADMIN}]


@pytest.mark.parametrize("role", OTHER_ROLES)
def test_no_other_role_approves_or_sees_what_is_due_though_it_be_lent_the_grants(archive: Archive, role: Role) -> None:
    police = archive.county.police
    change_grants(by=SETUP, agency=police, role=role, give=[Capability.VIEW_AUDIT, Capability.MANAGE_MEMBERS])
    somebody = member(archive.county.police, role) if role is not Role.BHU_OFFICER else actor_again(archive.keeper)
    for deed in (lambda: approve(somebody), lambda: due_list(somebody)):
        with pytest.raises(Denied) as refusal:
            deed()
        assert refusal.value.code == "ROLE"
    assert events("retention.approve")[-1] == (somebody.name, "4", "ROLE")
    assert events("retention.list")[-1] == (somebody.name, "4", "ROLE")
    assert not Schedule.objects.exists()


@pytest.mark.parametrize("office", ["records", "privacy"])
def test_an_officer_without_the_grant_approves_nothing(archive: Archive, office: str) -> None:
    actor = getattr(archive, office)
    change_grants(by=SETUP, agency=archive.county.police, role=actor.role, take=list(actor.capabilities))
    with pytest.raises(Denied):
        approve(actor_again(actor))


def test_an_officer_whose_membership_ended_approves_nothing_with_an_actor_kept_from_before(archive: Archive) -> None:
    end_membership(by=SETUP, membership_id=archive.privacy.membership_id)
    with pytest.raises(Refused) as refusal:
        approve(archive.privacy)
    assert refusal.value.code == "NOT_UNIT_MEMBER"


def test_another_agencys_officers_approve_for_their_own_agency_only(archive: Archive) -> None:
    approve(archive.records)
    approve(archive.bhu_privacy)
    assert standing(archive) is None
