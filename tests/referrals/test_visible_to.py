"""What a list shows and what an item check answers come from the same data and agree, on random worlds."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agencies.actor import Actor
from agencies.capabilities import GRANTS, Capability
from agencies.kinds import AgencyKind
from agencies.models import Agency
from agencies.roles import Role
from audit.uuid7 import uuid7
from fhir.content.compartments import Compartment
from referrals.masks import ALL
from referrals.models import Folder, FolderKind, Participation, Referral
from referrals.services.gating import may

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
AGENCIES = 3
COUNT = 4

places = st.fixed_dictionaries(
    {
        "agency": st.integers(0, AGENCIES - 1),
        "referral": st.integers(0, COUNT - 1),
        "mask": st.integers(0, ALL),
        "since": st.sampled_from([-1, 0, 1]),
        "until": st.sampled_from([None, -1, 0, 1]),
    }
)
worlds = st.fixed_dictionaries(
    {
        "places": st.lists(places, max_size=10, unique_by=lambda row: (row["agency"], row["referral"])),
        "agency": st.integers(0, AGENCIES - 1),
        "role": st.sampled_from(list(Role)),
        "capabilities": st.one_of(st.none(), st.frozensets(st.sampled_from(list(Capability)))),
        "compartment": st.sampled_from(list(Compartment)),
    }
)


def build(world: dict) -> tuple[Actor, list[UUID]]:
    agencies = [Agency(id=uuid7(), slug=f"a{n}", name=f"A{n}", kind=AgencyKind.BHU.value) for n in range(AGENCIES)]
    Agency.objects.bulk_create(agencies)
    folders = [
        Folder(id=uuid7(), kind=FolderKind.REFERRAL.value, agency=agencies[0], patient_id=uuid4()) for _ in range(COUNT)
    ]
    Folder.objects.bulk_create(folders)
    Referral.objects.bulk_create(Referral(folder=folder, origin=agencies[0]) for folder in folders)
    Participation.objects.bulk_create(
        Participation(
            referral_id=folders[row["referral"]].id,
            agency=agencies[row["agency"]],
            mask=row["mask"],
            status="requested",
            basis="internal_unit",
            purpose="COC",
            since=NOW + timedelta(hours=row["since"]),
            until=None if row["until"] is None else NOW + timedelta(hours=row["until"]),
        )
        for row in world["places"]
    )
    actor = Actor(
        membership_id=uuid4(),
        agency_id=agencies[world["agency"]].id,
        kind=AgencyKind.BHU,
        role=world["role"],
        capabilities=GRANTS[world["role"]] if world["capabilities"] is None else world["capabilities"],
    )
    return actor, [folder.id for folder in folders]


@pytest.mark.django_db
@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(world=worlds)
def test_the_list_and_the_item_check_agree_on_every_referral_and_compartment(world):
    with transaction.atomic():
        actor, referral_ids = build(world)
        compartment = world["compartment"]
        listed = set(Referral.objects.visible_to(actor, compartment=compartment, at=NOW).values_list("pk", flat=True))
        rows = {
            row.referral_id: row
            for row in Participation.objects.filter(referral_id__in=referral_ids, agency_id=actor.agency_id)
        }
        allowed = {pk for pk in referral_ids if may(actor, rows.get(pk), compartment, at=NOW)}
        assert listed == allowed
        transaction.set_rollback(True)


@pytest.mark.django_db
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(world=worlds)
def test_an_empty_grant_sees_nothing_whatever_the_world(world):
    with transaction.atomic():
        actor, _referral_ids = build(world | {"capabilities": frozenset()})
        assert not Referral.objects.visible_to(actor, at=NOW).exists()
        assert not Referral.objects.visible_to(actor, compartment=world["compartment"], at=NOW).exists()
        transaction.set_rollback(True)
