"""Rank opens nothing: a superuser, and anybody without a grant, sees and does nothing, whichever function is asked."""

import inspect
import json
from collections.abc import Callable
from types import ModuleType
from uuid import UUID

import pytest
from django.contrib.auth.models import Permission
from django.db.models import QuerySet

from agencies.actor import Actor
from agencies.capabilities import Capability
from agencies.errors import AgencyError, NotAMember
from agencies.models import Agency, AgencyUserPermission, Membership, User
from agencies.roles import Role
from agencies.services import change_grants, membership_of
from fhir.content.compartments import Compartment
from referrals import listing, opening
from referrals.acts import AddAgency, AddSection, CorrectSection, Offer, Send, TakeStep, WithdrawAgency
from referrals.acts.base import Act
from referrals.blind import by_name
from referrals.errors import Refused
from referrals.models import Participation, Referral, Section
from referrals.perform import perform
from referrals.policy.bases import Basis
from referrals.services import clients
from tests.anyone import actor_now
from tests.county import SCREEN, SETUP, bundle_of
from tests.integrity.stage import Stage, member
from tests.integrity.whole import counts

Read = Callable[[Actor, Stage], object]
OTTILIE = by_name(family="Zwillinger", given="Ottilie", born="2007-05-11")

READS: dict[str, Read] = {
    "listing.inbox": lambda actor, _stage: listing.inbox(actor),
    "listing.history": lambda actor, stage: listing.history(actor, stage.taken),
    "listing.find_referral": lambda actor, stage: listing.history(actor, listing.find_referral(actor, number(stage))),
    "listing.glance": lambda actor, stage: listing.glance(actor, stage.taken),
    "opening.open_referral": lambda actor, stage: opening.open_referral(actor, stage.taken),
    "opening.open_own": lambda actor, stage: opening.open_own(actor, stage.taken),
    "clients.find": lambda actor, _stage: clients.find(actor, OTTILIE),
    "clients.referrals_of": lambda actor, stage: clients.referrals_of(actor, clients_of(actor, stage)),
}


def number(stage: Stage) -> str:
    return Referral.objects.get(pk=stage.taken).reference


def clients_of(actor: Actor, stage: Stage) -> list[UUID]:
    places = Participation.objects.filter(referral_id=stage.taken, agency_id=actor.agency_id, client__isnull=False)
    return [place.client_id for place in places if place.client_id]


def acts(stage: Stage) -> list[Act]:
    """Everything that can be done to a referral, each as somebody of the BHU with grants could."""
    county, data = stage.county, json.dumps(SCREEN).encode()
    written = Section.objects.get(folder_id=stage.taken, type="Consent").resource_id
    return [
        Send(data=bundle_of(), to=(county.detox.id,)),
        Offer(referral_id=stage.taken, to=(county.paper_clinic.id,)),
        TakeStep(task_id=stage.task(stage.taken, county.bhu), step="start"),
        AddSection(referral_id=stage.taken, data=data),
        CorrectSection(referral_id=stage.taken, resource_id=written, data=data),
        AddAgency(
            referral_id=stage.taken, agency_id=county.other_police.id, basis=Basis.POLICE_BUSINESS,
            compartments=frozenset({Compartment.CONTACT}),
        ),
        WithdrawAgency(referral_id=stage.taken, agency_id=county.detox.id),
    ]  # fmt: skip


def public(module: ModuleType) -> set[str]:
    """The functions of a module that act for an actor."""
    found = inspect.getmembers(module, inspect.isfunction)
    short = module.__name__.rpartition(".")[2]
    return {
        f"{short}.{name}"
        for name, function in found
        if function.__module__ == module.__name__
        and not name.startswith("_")
        and next(iter(inspect.signature(function).parameters), "") == "actor"
    }


def sees(read: Read, actor: Actor, stage: Stage) -> object:
    """What the function gives; nothing if it refuses."""
    try:
        return read(actor, stage)
    except (Refused, AgencyError):
        return None


def without_grants(stage: Stage, role: Role, agency: Agency) -> Actor:
    """Somebody of that role whose agency took every grant from it."""
    change_grants(by=SETUP, agency=agency, role=role, take=list(Capability))
    return actor_now(Membership.objects.get(pk=member(agency, role).membership_id))


def test_the_table_names_every_function_that_reads_for_an_actor() -> None:
    assert set(READS) == public(listing) | public(opening) | public(clients)


@pytest.mark.parametrize("name", READS)
def test_with_grants_the_clinician_sees_something_through_each(stage: Stage, name: str) -> None:
    assert sees(READS[name], stage.county.clinician, stage)


@pytest.mark.parametrize("role", Role)
def test_without_a_grant_no_role_sees_or_does_anything(stage: Stage, role: Role) -> None:
    actor = without_grants(stage, role, stage.county.bhu)
    assert {name for name, read in READS.items() if sees(read, actor, stage)} == set()
    assert not everything_visible(actor).exists()
    before = counts()
    done = [act.name for act in acts(stage) if sees(lambda who, _stage, act=act: perform(who, [act]), actor, stage)]
    assert done == []
    assert {model.__name__ for model, count in counts().items() if count != before[model]} == {
        "AuditEvent",
        "PendingEvent",
    }


def everything_visible(actor: Actor) -> QuerySet[Referral]:
    """Whatever any list could show this actor."""
    found = Referral.objects.visible_to(actor)
    for compartment in Compartment:
        found |= Referral.objects.visible_to(actor, compartment=compartment)
    return found


def test_a_superuser_without_a_place_is_nobody(stage: Stage) -> None:
    with pytest.raises(NotAMember):
        membership_of(email=stage.county.superuser.email)
    with pytest.raises(NotAMember):
        membership_of(email=stage.county.superuser.email, agency="bhu")


@pytest.mark.parametrize(
    "role", [Role.AGENCY_ADMIN, Role.NETWORK_ADMIN, Role.CHIEF, Role.ANALYST, Role.PRIVACY_OFFICER]
)
def test_a_superuser_with_a_place_has_what_the_place_gives_and_no_more(stage: Stage, role: Role) -> None:
    """Every permission Django and guardian know of, on the person, the model and the agency, adds nothing."""
    agency, root = stage.county.bhu, stage.county.superuser
    root.user_permissions.set(Permission.objects.all())
    own = Permission.objects.filter(content_type__app_label="agencies", content_type__model="agency")
    AgencyUserPermission.objects.bulk_create(
        AgencyUserPermission(user=root, permission=permission, content_object=agency) for permission in own
    )
    assert User.objects.get(pk=root.pk).has_perm("agencies.view_inbox")
    actor = actor_now(Membership.objects.create(agency=agency, user=root, role=role.value))
    assert {name for name, read in READS.items() if sees(read, actor, stage)} == set()
    assert not everything_visible(actor).exists()
