"""What a list shows and what an item check answers come from the same data and agree, on random worlds."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import time_machine
from django.contrib.auth.models import Group, Permission
from django.db import transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from agencies.actor import Actor
from agencies.capabilities import GRANTS, Capability
from agencies.kinds import AgencyKind
from agencies.models import Agency, RoleGroup
from agencies.roles import Role
from audit.uuid7 import uuid7
from fhir.content.compartments import Compartment
from referrals.errors import Denied, NotFound
from referrals.masks import ALL
from referrals.models import OPEN_IN_EMERGENCY, Folder, FolderKind, Participation, Referral, ReferralGroupPermission
from referrals.policy.bases import Basis
from referrals.services.gating import may, place_of

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
AGENCIES = 3
COUNT = 4
MINUTE = timedelta(minutes=1)
AROUND = (None, -1, 0, 1)
"""Minutes from now at which something ends; never."""

places = st.fixed_dictionaries(
    {
        "agency": st.integers(0, AGENCIES - 1),
        "referral": st.integers(0, COUNT - 1),
        "mask": st.one_of(st.just(ALL), st.integers(0, ALL)),
        "basis": st.one_of(
            st.sampled_from([Basis.INTERNAL_UNIT, Basis.MEDICAL_EMERGENCY, Basis.CONSENT_NAMED]), st.sampled_from(Basis)
        ),
        # Minutes ago: not yet, now, and around an officer's twelve hours.
        "since": st.sampled_from([-1, 0, 60, 719, 720, 721]),
        "until": st.sampled_from(AROUND),
        "ended_as": st.sampled_from(["", "CONSENT_REVOKED", "CONSENT_EXPIRED", "WITHDRAWN", "EMERGENCY_OVER"]),
        "consent_until": st.sampled_from(AROUND),
        "helpers_until": st.sampled_from(AROUND),
        "began": st.sampled_from(["me", "colleague", "nobody"]),
    }
)
grants = st.fixed_dictionaries(
    {
        "agency": st.integers(0, AGENCIES - 1),
        "referral": st.integers(0, COUNT - 1),
        "role": st.one_of(st.none(), st.sampled_from(Role)),
        "until": st.sampled_from([-1, 0, 1]),
    }
)
worlds = st.fixed_dictionaries(
    {
        "places": st.lists(places, max_size=10, unique_by=lambda row: (row["agency"], row["referral"])),
        "grants": st.lists(grants, max_size=6, unique_by=lambda row: (row["agency"], row["referral"], row["role"])),
        "agency": st.integers(0, AGENCIES - 1),
        "role": st.sampled_from(list(Role)),
        "capabilities": st.one_of(st.none(), st.none(), st.frozensets(st.sampled_from(list(Capability)))),
        "compartment": st.sampled_from(list(Compartment)),
    }
)
World = dict[str, Any]


def build(world: World) -> tuple[Actor, list[UUID]]:
    """The rows of a world; who asks, and every referral there is."""
    agencies = [Agency(id=uuid7(), slug=f"a{n}", name=f"A{n}", kind=AgencyKind.BHU.value) for n in range(AGENCIES)]
    Agency.objects.bulk_create(agencies)
    folders = [
        Folder(id=uuid7(), kind=FolderKind.REFERRAL.value, agency=agencies[0], patient_id=uuid4()) for _ in range(COUNT)
    ]
    Folder.objects.bulk_create(folders)
    Referral.objects.bulk_create(Referral(folder=folder, origin=agencies[0]) for folder in folders)
    actor = Actor(
        membership_id=uuid4(),
        agency_id=agencies[world["agency"]].id,
        kind=AgencyKind.BHU,
        role=world["role"],
        capabilities=GRANTS[world["role"]] if world["capabilities"] is None else world["capabilities"],
    )
    Participation.objects.bulk_create(place(row, agencies, folders, actor) for row in world["places"])
    give(world, agencies, folders)
    return actor, [folder.id for folder in folders]


def place(row: World, agencies: list[Agency], folders: list[Folder], actor: Actor) -> Participation:
    return Participation(
        referral_id=folders[row["referral"]].id,
        agency=agencies[row["agency"]],
        mask=row["mask"],
        status="requested",
        basis=row["basis"].value,
        purpose="COC",
        member_id={"me": actor.membership_id, "colleague": uuid4(), "nobody": None}[row["began"]],
        since=NOW - row["since"] * MINUTE,
        until=around(row["until"]),
        ended_as=row["ended_as"],
        consent_until=around(row["consent_until"]),
        helpers_until=around(row["helpers_until"]),
    )


def around(minutes: int | None) -> datetime | None:
    return None if minutes is None else NOW + minutes * MINUTE


def give(world: World, agencies: list[Agency], folders: list[Folder]) -> None:
    """The emergency grants of a world; one without a role is for whoever asks."""
    if not world["grants"]:
        return
    permission = Permission.objects.get(codename=OPEN_IN_EMERGENCY)
    groups: dict[tuple[int, Role], Group] = {}
    for row in world["grants"]:
        key = (row["agency"], row["role"] or world["role"])
        if key not in groups:
            groups[key] = Group.objects.create(name=str(uuid4()))
            RoleGroup.objects.create(agency=agencies[key[0]], role=key[1].value, group=groups[key])
        ReferralGroupPermission.objects.get_or_create(
            group=groups[key],
            permission=permission,
            content_object_id=folders[row["referral"]].id,
            defaults={"until": around(row["until"])},
        )


def one_place(**changes: Any) -> World:
    """A world of one place that is open to whoever asks, changed in one thing."""
    row = {
        "agency": 0, "referral": 0, "mask": ALL, "basis": Basis.INTERNAL_UNIT, "since": 60, "until": None,
        "ended_as": "", "consent_until": None, "helpers_until": None, "began": "me",
    }  # fmt: skip
    asked = {"role": Role.OFFICER, "compartment": Compartment.CONTACT, "grants": [], "agency": 0, "capabilities": None}
    world = asked | {name: value for name, value in changes.items() if name in asked}
    return world | {"places": [row | {name: value for name, value in changes.items() if name in row}]}


def listed(actor: Actor, compartment: Compartment | None = None) -> set[UUID]:
    return set(Referral.objects.visible_to(actor, compartment=compartment, at=NOW).values_list("pk", flat=True))


EMERGENCY = {"basis": Basis.MEDICAL_EMERGENCY, "role": Role.INTAKE, "compartment": Compartment.SUD}
GRANT = {"agency": 0, "referral": 0, "role": None, "until": 1}


@pytest.mark.django_db
@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(world=worlds)
@example(world=one_place())
@example(world=one_place(since=720))
@example(world=one_place(since=720, compartment=Compartment.INCIDENT))
@example(world=one_place(began="colleague"))
@example(world=one_place(role=Role.COACH, compartment=Compartment.SUD, helpers_until=0))
@example(world=one_place(role=Role.COACH, compartment=Compartment.SUD, helpers_until=1))
@example(world=one_place(role=Role.CLINICIAN, consent_until=0))
@example(world=one_place(role=Role.CLINICIAN, consent_until=0, compartment=Compartment.REQUEST))
@example(world=one_place(role=Role.CLINICIAN, consent_until=0, compartment=Compartment.REQUEST, mask=1))
@example(world=one_place(**EMERGENCY))
@example(world=one_place(**EMERGENCY, grants=[GRANT]))
@example(world=one_place(**EMERGENCY, grants=[GRANT | {"until": 0}]))
@example(world=one_place(**EMERGENCY, grants=[GRANT | {"role": Role.CLINICIAN}]))
@example(world=one_place(**EMERGENCY, grants=[GRANT | {"referral": 1}]))
def test_the_list_and_the_item_check_agree_on_every_referral_and_compartment(world):
    with transaction.atomic():
        actor, referral_ids = build(world)
        compartment = world["compartment"]
        rows = {row.referral_id: row for row in Participation.objects.filter(agency_id=actor.agency_id)}
        allowed = {pk for pk in referral_ids if may(actor, rows.get(pk), compartment, at=NOW)}
        assert listed(actor, compartment) == allowed
        transaction.set_rollback(True)


@pytest.mark.django_db
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(world=worlds)
@example(world=one_place())
@example(world=one_place(began="colleague"))
@example(world=one_place(until=0))
@example(world=one_place(role=Role.CHIEF, capabilities=frozenset(Capability)))
@example(world=one_place(**EMERGENCY))
@example(world=one_place(**EMERGENCY, grants=[GRANT]))
def test_the_list_of_places_and_the_door_to_one_agree(world):
    with time_machine.travel(NOW, tick=False), transaction.atomic():
        actor, referral_ids = build(world)
        begun = Participation.objects.filter(agency_id=actor.agency_id, since__lte=NOW)
        entered = {pk for pk in begun.values_list("referral_id", flat=True) if enters(actor, pk)}
        assert listed(actor) == entered
        assert entered <= set(referral_ids)
        transaction.set_rollback(True)


def enters(actor: Actor, referral_id: UUID) -> bool:
    try:
        place_of(actor, referral_id)
    except (NotFound, Denied):
        return False
    return True


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("world", "sees"),
    [
        (one_place(), True),
        (one_place(began="colleague"), False),
        (one_place(began="nobody"), False),
        (one_place(role=Role.BHU_OFFICER, began="colleague"), True),
        (one_place(since=719, compartment=Compartment.INCIDENT), True),
        (one_place(since=720, compartment=Compartment.INCIDENT), False),
        (one_place(since=720), True),
        (one_place(role=Role.COACH, compartment=Compartment.SUD), False),
        (one_place(role=Role.COACH, compartment=Compartment.SUD, helpers_until=1), True),
        (one_place(role=Role.COACH, compartment=Compartment.SUD, helpers_until=0), False),
        (one_place(role=Role.CLINICIAN, consent_until=1), True),
        (one_place(role=Role.CLINICIAN, consent_until=0), False),
        (one_place(role=Role.CLINICIAN, consent_until=0, compartment=Compartment.REQUEST), False),
        (one_place(role=Role.CLINICIAN, consent_until=0, compartment=Compartment.REQUEST, mask=1), True),
        (one_place(**EMERGENCY), False),
        (one_place(**EMERGENCY, grants=[GRANT]), True),
        (one_place(**EMERGENCY, grants=[GRANT | {"until": 0}]), False),
        (one_place(**EMERGENCY, grants=[GRANT | {"referral": 1}]), False),
        (one_place(**EMERGENCY, grants=[GRANT | {"agency": 1}]), False),
        (one_place(**EMERGENCY, grants=[GRANT | {"role": Role.CLINICIAN}]), False),
        (one_place(role=Role.CHIEF), False),
        (one_place(role=Role.CHIEF, capabilities=frozenset(Capability)), False),
        (one_place(role=Role.PRIVACY_OFFICER), False),
        (one_place(role=Role.DRIVER), False),
    ],
)
def test_both_are_right_where_the_law_says_what_they_must_say(world, sees):
    actor, (referral_id, *_others) = build(world)
    row = Participation.objects.get(referral_id=referral_id)
    assert may(actor, row, world["compartment"], at=NOW) is sees
    assert (referral_id in listed(actor, world["compartment"])) is sees


@pytest.mark.django_db
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(world=worlds)
def test_an_empty_grant_sees_nothing_whatever_the_world(world):
    with transaction.atomic():
        actor, _referral_ids = build(world | {"capabilities": frozenset()})
        assert not listed(actor)
        assert not listed(actor, world["compartment"])
        transaction.set_rollback(True)
