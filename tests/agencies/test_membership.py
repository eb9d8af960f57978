"""Who belongs, what a role is given, and that rank gives nothing."""

import pickle
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from agencies import access
from agencies.capabilities import GRANTS, OPEN, Capability
from agencies.errors import NotAMember, UnknownAgency
from agencies.kinds import HELPING, AgencyKind, Answer
from agencies.models import Agency, MachineClient, Membership, RoleGroup, User
from agencies.roles import FITTING, Role, fits
from agencies.services import (
    actor_for,
    actors_of,
    add_member,
    agency_called,
    change_grants,
    end_membership,
    membership_of,
    misfits,
    open_agency,
)
from agencies.vault.models import AgencyKey
from audit.models import AuditEvent
from fhir.content.compartments import Compartment
from tests.anyone import granted

SETUP = "System/setup"
pytestmark = pytest.mark.django_db


@pytest.fixture
def bhu():
    return open_agency(by=SETUP, slug="bhu", name="BHU", kind=AgencyKind.BHU.value)


@pytest.fixture
def clinician(bhu):
    user = User.objects.create_user("Clinician@Example.org", name="A. Clinician")
    return add_member(by=SETUP, agency=bhu, role=Role.CLINICIAN, user=user)


def test_an_actor_carries_the_grants_of_its_role_at_its_agency(bhu, clinician):
    actor = actor_for(clinician)
    assert actor.agency_id == bhu.id
    assert actor.role is Role.CLINICIAN
    assert actor.capabilities == GRANTS[Role.CLINICIAN]
    assert actor.may(Capability.OPEN_CLINICAL)
    assert not actor.may(Capability.MANAGE_MEMBERS)


@pytest.mark.parametrize("role", list(Role))
def test_every_role_starts_with_the_grants_of_the_table(bhu, role):
    assert granted(bhu, role) == GRANTS[role]


def test_who_manages_an_agency_opens_nothing_of_its_clients():
    desk = {Role.AGENCY_ADMIN, Role.PRIVACY_OFFICER, Role.NETWORK_ADMIN, Role.CHIEF, Role.ANALYST, Role.LIAISON}
    opening = set(OPEN.values()) | {Capability.VIEW_INBOX, Capability.FIND_CLIENTS}
    assert all(not GRANTS[role] & opening for role in desk)
    assert set(OPEN) == set(Compartment)


def test_a_superuser_holds_nothing_by_rank(bhu):
    boss = User.objects.create_superuser("boss@example.org")
    with pytest.raises(NotAMember):
        membership_of(email=boss.email)
    admin = add_member(by=SETUP, agency=bhu, role=Role.AGENCY_ADMIN, user=boss)
    assert actor_for(admin).capabilities == GRANTS[Role.AGENCY_ADMIN]


def test_a_model_wide_permission_opens_nothing(bhu, clinician):
    group = RoleGroup.objects.get(agency=bhu, role=Role.CLINICIAN.value).group
    group.permissions.add(Permission.objects.get(codename=Capability.MANAGE_MEMBERS.value))
    assert actor_for(clinician).capabilities == GRANTS[Role.CLINICIAN]
    assert not access.agencies_for(group=group, capability=Capability.MANAGE_MEMBERS).exists()


def test_a_role_whose_last_grant_was_taken_is_still_a_member(bhu, clinician):
    change_grants(by=SETUP, agency=bhu, role=Role.CLINICIAN, take=GRANTS[Role.CLINICIAN])
    assert actor_for(clinician).capabilities == frozenset()


def test_grants_of_one_agency_are_not_grants_of_another(bhu, clinician):
    other = open_agency(by=SETUP, slug="other", name="Other", kind=AgencyKind.BHU.value)
    group = RoleGroup.objects.get(agency=bhu, role=Role.CLINICIAN.value).group
    access.give({group: [Capability.MANAGE_MEMBERS]}, agency=other)
    there = add_member(by=SETUP, agency=other, role=Role.CLINICIAN, user=User.objects.create_user("c@example.org"))
    assert actor_for(clinician).capabilities == actor_for(there).capabilities == GRANTS[Role.CLINICIAN]
    assert list(access.agencies_for(group=group, capability=Capability.OPEN_CLINICAL)) == [bhu]


def test_a_grant_can_be_taken_and_given_and_each_change_is_logged(bhu, clinician):
    change_grants(by=SETUP, agency=bhu, role=Role.CLINICIAN, take=[Capability.OPEN_SUD])
    assert not actor_for(clinician).may(Capability.OPEN_SUD)
    change_grants(by=SETUP, agency=bhu, role=Role.CLINICIAN, give=[Capability.OPEN_SUD])
    assert actor_for(clinician).may(Capability.OPEN_SUD)
    assert AuditEvent.objects.filter(action="role.change").count() == 2


def test_a_membership_that_ended_makes_no_actor(clinician):
    end_membership(by=SETUP, membership_id=clinician.id, at=clinician.since + timedelta(microseconds=1))
    with pytest.raises(NotAMember):
        actor_for(clinician)


@pytest.mark.parametrize("what", ["user", "agency"])
def test_somebody_or_an_agency_switched_off_makes_no_actor(clinician, what):
    row = getattr(clinician, what)
    row.is_active = False
    row.save()
    with pytest.raises(NotAMember):
        actor_for(clinician)


def test_a_machine_is_a_member_like_a_person(bhu):
    machine = MachineClient.objects.create(name="EHR of Example")
    member = add_member(by=SETUP, agency=bhu, role=Role.MACHINE, client=machine)
    assert actor_for(member).capabilities == frozenset()
    machine.is_active = False
    machine.save()
    with pytest.raises(NotAMember):
        actor_for(member)


def test_who_belongs_to_two_agencies_must_say_which(bhu, clinician):
    other = open_agency(by=SETUP, slug="other", name="Other", kind=AgencyKind.PROVIDER.value)
    add_member(by=SETUP, agency=other, role=Role.INTAKE, user=clinician.user)
    with pytest.raises(NotAMember, match="several"):
        membership_of(email="clinician@example.org")
    assert membership_of(email="CLINICIAN@example.org", agency="bhu") == clinician


def test_an_actor_is_never_serialised(clinician):
    with pytest.raises(TypeError, match="never serialised"):
        pickle.dumps(actor_for(clinician))


def test_a_membership_belongs_to_a_person_or_a_machine_and_never_to_both(bhu, clinician):
    machine = MachineClient.objects.create(name="EHR")
    role = Role.COORDINATOR.value  # not the clinician's own, which would be refused for being there already
    for who in ({}, {"user": clinician.user, "client": machine}):
        with transaction.atomic(), pytest.raises(IntegrityError):
            Membership.objects.create(agency=bhu, role=role, **who)


# Domain rules, section 2: who works where. Written out by hand, not from the code.
STAFF = {
    AgencyKind.POLICE: "officer bhu_officer dispatcher liaison chief",
    AgencyKind.BHU: "bhu_officer clinician coordinator coach intake driver client liaison wellness",
    AgencyKind.CRISIS_TEAM: "clinician coordinator coach intake driver client",
    AgencyKind.PROVIDER: "clinician coordinator coach intake driver client",
    AgencyKind.HOSPITAL: "clinician coordinator coach intake driver client",
    AgencyKind.SHELTER: "coordinator coach intake driver client",
    AgencyKind.SOCIAL_SERVICE: "coordinator coach intake driver client",
    AgencyKind.TRANSPORT: "driver",
    AgencyKind.OPERATOR: "network_admin wellness",
}
EVERYWHERE = {Role.AGENCY_ADMIN, Role.PRIVACY_OFFICER, Role.ANALYST, Role.MACHINE}


@pytest.mark.parametrize("kind", AgencyKind)
def test_an_agency_has_the_roles_of_its_kind_and_no_other(kind):
    assert FITTING[kind] == EVERYWHERE | {Role(name) for name in STAFF[kind].split()}


def test_no_role_that_reads_screens_is_a_police_units():
    assert not {role for role in FITTING[AgencyKind.POLICE] if {Capability.OPEN_CLINICAL} & GRANTS[role]}


def test_only_the_operator_has_administrators_of_the_network():
    assert [kind for kind in AgencyKind if fits(kind, Role.NETWORK_ADMIN)] == [AgencyKind.OPERATOR]


@pytest.fixture
def department():
    return open_agency(by=SETUP, slug="pd", name="PD", kind=AgencyKind.POLICE.value)


@pytest.mark.parametrize("who", ["person", "machine"])
def test_nobody_is_taken_on_in_a_role_that_does_not_fit_and_the_refusal_names_those_that_do(department, who):
    made = {"user": User.objects.create_user("new@example.org")} if who == "person" else {}
    made = made or {"client": MachineClient.objects.create(name="EHR")}
    with pytest.raises(ValidationError) as refusal:
        add_member(by=SETUP, agency=department, role=Role.CLINICIAN, **made)
    allowed = "agency_admin, analyst, bhu_officer, chief, dispatcher, liaison, machine, officer, privacy_officer"
    assert refusal.value.message_dict == {"role": [f"An agency of the kind police may have: {allowed}."]}
    assert not Membership.objects.filter(agency=department).exists()


def test_who_was_written_past_the_service_is_nobody_and_is_found(department, clinician):
    assert misfits() == []
    forged = Membership.objects.create(agency=department, role=Role.CLINICIAN.value, user=clinician.user)
    with pytest.raises(NotAMember, match="kind"):
        actor_for(forged)
    assert misfits() == [forged]


def test_who_no_longer_fits_after_the_agency_became_another_kind_is_nobody(bhu, clinician, django_assert_num_queries):
    with django_assert_num_queries(1):
        actor_for(clinician)
    Agency.objects.filter(pk=bhu.pk).update(kind=AgencyKind.POLICE.value)
    with django_assert_num_queries(1), pytest.raises(NotAMember, match="kind"):
        actor_for(clinician)


def test_every_place_of_a_person_is_one_question_and_makes_the_actor_that_each_makes_alone(
    bhu, clinician, department, django_assert_num_queries
):
    add_member(by=SETUP, agency=bhu, role=Role.AGENCY_ADMIN, user=clinician.user)
    add_member(by=SETUP, agency=department, role=Role.OFFICER, user=clinician.user)
    Membership.objects.create(agency=department, role=Role.COACH.value, user=clinician.user)  # fits no police
    with django_assert_num_queries(1):
        found = actors_of(clinician.user)
        assert [row.agency for row, _actor in found] == [bhu, bhu, department]
    assert [actor for _row, actor in found] == [actor_for(row) for row, _actor in found]
    assert all(actor.capabilities for _row, actor in found)


def test_a_unit_whose_part_2_status_is_unknown_counts_as_a_program(bhu):
    assert bhu.part2_status == Answer.UNKNOWN
    assert bhu.part2
    assert not bhu.covered
    assert not Agency(part2_status=Answer.NO.value).part2


def test_only_a_connected_agency_has_keys(bhu):
    paper = open_agency(by=SETUP, slug="paper", name="Paper", kind=AgencyKind.PROVIDER.value, connected=False)
    assert AgencyKey.objects.filter(agency=bhu).exists()
    assert not AgencyKey.objects.filter(agency=paper).exists()


@pytest.mark.parametrize(
    ("field", "value"), [("time_zone", "Mars/Olympus"), ("slug", "no blanks"), ("kind", "castle"), ("email", "nobody")]
)
def test_a_bad_field_of_a_new_agency_is_named(field, value):
    fields = {"slug": "x", "name": "X", "kind": AgencyKind.BHU.value} | {field: value}
    with pytest.raises(ValidationError) as refusal:
        open_agency(by=SETUP, **fields)
    assert field in refusal.value.message_dict


def test_an_unknown_handle_is_no_agency(bhu):
    assert agency_called("bhu") == bhu
    with pytest.raises(UnknownAgency, match="'nowhere'"):
        agency_called("nowhere")


def test_a_unit_inherits_nothing_from_the_department_it_is_part_of(bhu):
    unit = open_agency(by=SETUP, slug="desk", name="Desk", kind=AgencyKind.BHU.value, part_of=bhu)
    group = RoleGroup.objects.get(agency=bhu, role=Role.CLINICIAN.value).group
    assert list(access.agencies_for(group=group, capability=Capability.OPEN_CLINICAL)) == [bhu]
    assert unit.part_of == bhu


def test_police_drivers_and_the_operator_are_not_helping_units():
    assert set(AgencyKind) - HELPING == {AgencyKind.POLICE, AgencyKind.TRANSPORT, AgencyKind.OPERATOR}


def test_opening_an_agency_and_taking_somebody_on_is_logged(clinician):
    end_membership(by=SETUP, membership_id=clinician.id, at=timezone.now())
    actions = list(AuditEvent.objects.order_by("id").values_list("action", flat=True))
    assert actions == ["agency.open", "membership.add", "membership.end"]
