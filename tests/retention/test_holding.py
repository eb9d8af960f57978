"""A hold stops deletion for a referral, a client, an agency and a period; lifted, it goes on."""

import json
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from agencies.actor import Actor
from agencies.roles import Role
from audit.models import AuditEvent
from audit.uuid7 import uuid7
from referrals.acts import AddSection, WithdrawAgency
from referrals.errors import Denied, Invalid, NotFound, Refused
from referrals.models import Participation
from referrals.opening import open_referral
from referrals.perform import perform
from referrals.retention.errors import NoSuchHold, Purged
from referrals.retention.models import Certificate, Hold, HoldKind
from referrals.retention.schedule import Period, Scope
from referrals.retention.services import shredding
from referrals.retention.services.holds import hashed, lift_hold, place_hold
from referrals.retention.services.listing import ELSEWHERE, due_list
from referrals.retention.services.shredding import purge, purge_own, shred
from tests.county import SCREEN
from tests.integrity.stage import member
from tests.retention.archive import BORN, Archive, approve_all, closed, deleted, export_of
from tests.retention.conftest import Later

pytestmark = pytest.mark.django_db
CASE = "2033-CV-0117"


def hold(actor: Actor, **on: Any) -> Hold:
    return place_hold(actor, kind=HoldKind.LITIGATION, case=CASE, **on)


def client_of(actor: Actor, referral_id: UUID) -> UUID:
    client = Participation.objects.get(referral_id=referral_id, agency_id=actor.agency_id).client_id
    assert client is not None
    return client


def around(day: date) -> dict[str, date]:
    return {"first": day - timedelta(days=2), "last": day + timedelta(days=2)}


@pytest.mark.parametrize("scope", list(Scope))
@pytest.mark.parametrize("who", ["privacy", "bhu_privacy"])
def test_a_hold_of_any_agency_that_takes_part_stops_it_and_lifting_lets_it_go_on(
    archive: Archive, later: Later, scope: Scope, who: str
) -> None:
    referral, made = closed(archive), timezone.now().date()
    approve_all(archive)
    later()
    digest, _file = export_of(archive, referral)
    actor = getattr(archive, who)
    on = {
        Scope.REFERRAL: {"referral_id": referral},
        Scope.CLIENT: {"client_id": client_of(actor, referral)},
        Scope.AGENCY: {},
        Scope.PERIOD: around(made),
    }[scope]
    placed = hold(actor, scope=scope, **on)
    with pytest.raises(Denied) as refusal:
        shred(archive.privacy, referral_id=referral, digest=digest, born=BORN)
    assert refusal.value.code == "LEGAL_HOLD"
    assert [left.code for left in purge_own(archive.privacy, born={referral: BORN}).left] == ["LEGAL_HOLD"]
    (row,) = due_list(archive.privacy, born={referral: BORN}).due
    assert row.holds == (str(placed.id) if who == "privacy" else ELSEWHERE,)
    assert not Certificate.objects.exists()
    assert open_referral(archive.county.clinician, referral).sections
    lift_hold(actor, hold_id=placed.id)
    assert shred(archive.privacy, referral_id=referral, digest=digest, born=BORN).finished_at


def test_a_held_client_is_untouched_while_the_neighbour_goes(archive: Archive, later: Later) -> None:
    theirs, neighbours = closed(archive), closed(archive, case="2")
    approve_all(archive)
    later()
    for referral in (theirs, neighbours):
        export_of(archive, referral)
    hold(archive.privacy, scope=Scope.CLIENT, client_id=client_of(archive.privacy, theirs))
    run = purge_own(archive.privacy, born={theirs: BORN, neighbours: BORN})
    assert [row.folder_id for row in run.deleted] == [neighbours]
    assert [left.referral_id for left in run.left] == [theirs]
    assert open_referral(archive.county.clinician, theirs).sections
    with pytest.raises(Denied):
        open_referral(archive.county.clinician, neighbours)


def test_a_hold_on_a_client_outlives_the_place_of_the_agency_that_placed_it(archive: Archive, later: Later) -> None:
    referral = closed(archive)
    hold(archive.bhu_privacy, scope=Scope.CLIENT, client_id=client_of(archive.bhu_privacy, referral))
    perform(archive.county.clinician, [WithdrawAgency(referral_id=referral, agency_id=archive.county.bhu.id)])
    approve_all(archive)
    later()
    digest, _file = export_of(archive, referral)
    with pytest.raises(Denied) as refusal:
        shred(archive.privacy, referral_id=referral, digest=digest, born=BORN)
    assert refusal.value.code == "LEGAL_HOLD"


def test_the_job_leaves_what_is_held(archive: Archive, later: Later) -> None:
    referral = closed(archive)
    approve_all(archive)
    later(days=40 * 365)  # the job is told no birth year
    export_of(archive, referral)
    placed = hold(archive.bhu_privacy, scope=Scope.AGENCY)
    assert [left.code for left in purge(at=timezone.now()).left] == ["LEGAL_HOLD"]
    lift_hold(archive.bhu_privacy, hold_id=placed.id)
    assert [row.folder_id for row in purge(at=timezone.now()).deleted] == [referral]


def between(monkeypatch: pytest.MonkeyPatch, deed: Callable[[], object]) -> None:
    """Let ``deed`` happen after the order and before it is carried out."""
    carry_out = shredding._carry_out

    def later(*given: Any) -> Certificate:
        deed()
        return carry_out(*given)

    monkeypatch.setattr(shredding, "_carry_out", later)


@pytest.mark.parametrize("change", ["hold", "section", "schedule"])
def test_what_changes_between_the_order_and_the_deletion_stops_it(
    archive: Archive, later: Later, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    referral = closed(archive)
    approve_all(archive)
    later()
    digest, _file = export_of(archive, referral)
    screen = AddSection(referral_id=referral, data=json.dumps(SCREEN).encode())
    deeds: dict[str, tuple[Callable[[], object], str]] = {
        "hold": (lambda: hold(archive.bhu_privacy, scope=Scope.AGENCY), "LEGAL_HOLD"),
        "section": (lambda: perform(archive.county.clinician, [screen]), "NOT_DUE"),
        "schedule": (lambda: approve_all(archive, contact_incident=Period(years=6)), "STALE"),
    }
    deed, code = deeds[change]
    between(monkeypatch, deed)
    with pytest.raises(Refused) as refusal:
        shred(archive.privacy, referral_id=referral, digest=digest, born=BORN)
    assert refusal.value.code == code
    assert not Certificate.objects.exists()
    assert open_referral(archive.county.clinician, referral).sections


def test_of_two_holds_each_must_be_lifted(archive: Archive, later: Later) -> None:
    referral = closed(archive)
    approve_all(archive)
    later()
    digest, _file = export_of(archive, referral)
    one, _two = (hold(archive.privacy, scope=Scope.REFERRAL, referral_id=referral) for _ in range(2))
    lift_hold(archive.privacy, hold_id=one.id)
    with pytest.raises(Denied):
        shred(archive.privacy, referral_id=referral, digest=digest, born=BORN)


def test_a_period_before_the_referral_holds_nothing(archive: Archive, later: Later) -> None:
    referral, made = closed(archive), timezone.now().date()
    approve_all(archive)
    later()
    hold(archive.privacy, scope=Scope.PERIOD, **around(made - timedelta(days=10)))
    assert deleted(archive, referral).finished_at


def test_an_agency_that_never_took_part_holds_nothing_and_learns_nothing(archive: Archive, later: Later) -> None:
    referral = closed(archive)
    approve_all(archive)
    later()
    for unknown in (referral, uuid7()):
        with pytest.raises(NotFound) as refusal:
            hold(archive.detox_privacy, scope=Scope.REFERRAL, referral_id=unknown)
        assert str(refusal.value) == "There is no such referral for you."
    with pytest.raises(NotFound):
        hold(archive.detox_privacy, scope=Scope.CLIENT, client_id=client_of(archive.privacy, referral))
    hold(archive.detox_privacy, scope=Scope.AGENCY)
    assert deleted(archive, referral).finished_at


def test_a_hold_keeps_no_words_and_not_the_number_of_the_case(archive: Archive) -> None:
    placed = hold(archive.privacy, scope=Scope.AGENCY)
    assert len(bytes(placed.case)) == 32
    assert hashed(archive.privacy.agency_id, " 2033-cv-0117 ") == bytes(placed.case)
    assert hashed(archive.bhu_privacy.agency_id, CASE) != bytes(placed.case)
    event = AuditEvent.objects.get(action="retention.hold")
    assert (event.target, event.code, event.outcome) == (f"Hold/{placed.id}", "litigation:agency", "0")


@pytest.mark.parametrize("case", ["", "  ", "9" * 129])
def test_a_hold_names_its_case(archive: Archive, case: str) -> None:
    with pytest.raises(Invalid, match="number of the case"):
        place_hold(archive.privacy, kind=HoldKind.PUBLIC_RECORDS, case=case, scope=Scope.AGENCY)


def test_a_hold_on_too_much_or_too_little_is_refused(archive: Archive) -> None:
    for wrong in ({"scope": Scope.REFERRAL}, {"scope": Scope.AGENCY, "client_id": uuid7()}, {"scope": Scope.PERIOD}):
        with pytest.raises(Invalid, match="A hold on a"):
            hold(archive.privacy, **wrong)
    assert AuditEvent.objects.filter(action="retention.hold", outcome="4", code="INVALID").count() == 3


def test_the_database_itself_wants_one_scope_and_an_end_after_the_beginning(archive: Archive) -> None:
    placed = hold(archive.privacy, scope=Scope.AGENCY)
    rows = Hold.objects.filter(pk=placed.pk)
    for name, wrong in {
        "hold_names_what_it_is_on": {"client_id": uuid7()},
        "hold_kind_known": {"kind": "because"},
        "hold_lifted_after_it_was_placed": {"lifted_by": uuid7()},
    }.items():
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            rows.update(**wrong)


def test_a_hold_is_lifted_once_and_by_its_own_agency(archive: Archive) -> None:
    placed = hold(archive.privacy, scope=Scope.AGENCY)
    with pytest.raises(NoSuchHold):
        lift_hold(archive.bhu_privacy, hold_id=placed.id)
    lifted = lift_hold(archive.privacy, hold_id=placed.id)
    assert lifted.lifted_by == archive.privacy.membership_id
    with pytest.raises(NoSuchHold):
        lift_hold(archive.privacy, hold_id=placed.id)


def test_what_is_gone_cannot_be_held(archive: Archive, later: Later) -> None:
    referral = closed(archive)
    approve_all(archive)
    later()
    deleted(archive, referral)
    with pytest.raises(Purged):
        hold(archive.privacy, scope=Scope.REFERRAL, referral_id=referral)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.PRIVACY_OFFICER])
def test_no_other_role_places_or_lifts_a_hold(archive: Archive, role: Role) -> None:
    placed = hold(archive.bhu_privacy, scope=Scope.AGENCY)
    somebody = member(archive.county.bhu, role)
    for deed in (lambda: hold(somebody, scope=Scope.AGENCY), lambda: lift_hold(somebody, hold_id=placed.id)):
        with pytest.raises(Denied) as refusal:
            deed()
        assert refusal.value.code == "ROLE"
    refused = AuditEvent.objects.filter(actor=somebody.name, outcome="4", code="ROLE").order_by("id")
    assert list(refused.values_list("action", flat=True)) == ["retention.hold", "retention.lift"]
    assert Hold.objects.filter(lifted_at=None).count() == 1
