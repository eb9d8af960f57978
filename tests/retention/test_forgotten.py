"""Killed between the two databases, or raced with, a referral is whole and due, or deleted and certified."""

import multiprocessing
import os
import random
import signal
import threading
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.db import connections

from agencies.vault import keyring
from agencies.vault.shred import secrets as shred_secrets
from agencies.vault.shred.models import ShredSecret
from referrals.errors import Denied, Refused, Stale
from referrals.opening import OpenReferral, open_referral
from referrals.retention.errors import Purged
from referrals.retention.models import Certificate, Hold, HoldKind
from referrals.retention.schedule import Scope
from referrals.retention.services import shredding
from referrals.retention.services.holds import lift_hold, place_hold
from referrals.retention.services.listing import due_list
from referrals.retention.services.shredding import certificate_of, purge_own, shred
from referrals.services import chain
from tests.databases import together
from tests.integrity.alarms import alarms
from tests.retention.archive import AUTHORITY, BORN, Archive, closed, eight_years_on, export_of, log_verifies

FORK = multiprocessing.get_context("fork")
Deed = Callable[[], Any]

# What is called where, and what a kill there leaves.
PLACES = {
    "_order": "whole",  # nothing was written
    "_code": "whole",  # inside the order's own transaction
    "_carry_out": "whole",  # the order stands
    "shred": "whole",  # all is checked once more, the secret is next
    "_scrub": "deleted",  # the secret is gone by a hair
    "tidy": "deleted",  # the rows are next
}


def kill(*_args: object, **_kwargs: object) -> Any:
    os.kill(os.getpid(), signal.SIGKILL)


def killed(deed: Deed, place: str = "", after: float = 0) -> None:
    """Do ``deed`` in a process that is killed where ``place`` is called, or so many seconds later."""
    connections.close_all()

    def run() -> None:
        if place:
            setattr(shred_secrets if place in {"shred", "_scrub"} else shredding, place, kill)
        deed()

    process = FORK.Process(target=run)
    process.start()
    if after:
        time.sleep(after)
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
    process.join()
    assert process.exitcode == -signal.SIGKILL or not place


def stands(archive: Archive, referral: UUID) -> str:
    """``whole``: it opens and is due. ``deleted``: it opens nowhere and a certificate stands. Anything else fails."""
    keyring.forget()
    due = [row.referral_id for row in due_list(archive.privacy, born={referral: BORN}).due if row.standing == "due"]
    if ShredSecret.objects.filter(pk=referral).exists():
        assert open_referral(archive.county.clinician, referral).sections
        assert referral in due
        with pytest.raises(Refused):
            certificate_of(archive.privacy, referral_id=referral)
        return "whole"
    with pytest.raises(Refused):
        open_referral(archive.county.clinician, referral)
    assert referral not in due
    assert certificate_of(archive.privacy, referral_id=referral).authority == AUTHORITY
    return "deleted"


def deleting(archive: Archive, referral: UUID) -> Deed:
    """The deed of deleting it, exported already."""
    digest, _file = export_of(archive, referral)
    return lambda: shred(archive.privacy, referral_id=referral, digest=digest, born=BORN)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("by", ["person", "job"])
def test_killed_between_the_two_databases_it_is_whole_and_due_or_deleted_and_certified(
    town: Archive, place: str, by: str
) -> None:
    referral = closed(town)
    with eight_years_on():
        delete = deleting(town, referral)
        deed = delete if by == "person" else lambda: purge_own(town.privacy, born={referral: BORN})
        killed(deed, place)
        assert stands(town, referral) == PLACES[place]
        deed()
        assert stands(town, referral) == "deleted"
        row = Certificate.objects.get(folder_id=referral)
        assert (row.finished_at is not None, len(row.export_digest)) == (True, 64)
        with pytest.raises(Denied):
            open_referral(town.county.clinician, referral)
        assert chain.load(referral).number
        assert log_verifies()


def test_what_a_kill_left_half_way_is_listed_as_such_and_a_hold_comes_too_late_for_it(town: Archive) -> None:
    referral = closed(town)
    with eight_years_on():
        killed(deleting(town, referral), "tidy")
        standing = {row.referral_id: row.standing for row in due_list(town.privacy, born={referral: BORN}).due}
        assert standing[referral] == "unfinished"
        placed = place_hold(town.privacy, kind=HoldKind.LITIGATION, case="1", scope=Scope.AGENCY)
        assert [row.folder_id for row in purge_own(town.privacy, born={}).deleted] == [referral]
        lift_hold(town.privacy, hold_id=placed.id)


def test_an_order_that_was_stopped_is_not_carried_out_on_what_is_held_by_now(town: Archive) -> None:
    referral = closed(town)
    with eight_years_on():
        delete = deleting(town, referral)
        killed(delete, "shred")
        assert Certificate.objects.filter(folder_id=referral, finished_at=None).exists()
        place_hold(town.privacy, kind=HoldKind.LITIGATION, case="1", scope=Scope.REFERRAL, referral_id=referral)
        assert purge_own(town.privacy, born={referral: BORN}).deleted == ()
        with pytest.raises(Denied):
            delete()
        assert not Certificate.objects.filter(folder_id=referral).exists()
        assert stands(town, referral) == "whole"


def test_killed_at_any_moment_each_is_one_or_the_other_and_the_next_run_ends_it(town: Archive) -> None:
    referrals, chance = [closed(town) for _ in range(8)], random.Random(20261122)
    with eight_years_on():
        for referral in referrals:
            killed(deleting(town, referral), after=chance.uniform(0.005, 0.06))
        assert {stands(town, referral) for referral in referrals} <= {"whole", "deleted"}
        purge_own(town.privacy, born=dict.fromkeys(referrals, BORN))
        assert {stands(town, referral) for referral in referrals} == {"deleted"}
        assert not Certificate.objects.filter(folder_id__in=referrals, finished_at=None).exists()


@pytest.mark.parametrize("scope", [Scope.REFERRAL, Scope.AGENCY])
def test_a_hold_waits_for_a_deletion_that_has_looked_for_holds(
    town: Archive, monkeypatch: pytest.MonkeyPatch, scope: Scope
) -> None:
    """It is placed while the secret is about to go: too late, and its own time says so."""
    referral, looked, shred_secret = closed(town), threading.Event(), shred_secrets.shred

    def slowly(folder_id: UUID) -> None:
        looked.set()
        time.sleep(0.5)
        shred_secret(folder_id)

    def hold() -> Hold:
        looked.wait(30)
        on = {"referral_id": referral} if scope is Scope.REFERRAL else {}
        return place_hold(town.bhu_privacy, kind=HoldKind.LITIGATION, case="1", scope=scope, **on)

    monkeypatch.setattr(shred_secrets, "shred", slowly)
    with eight_years_on():
        gone, placed = together([deleting(town, referral), hold])
        assert isinstance(gone, Certificate), gone
        if scope is Scope.REFERRAL:
            assert isinstance(placed, Purged), placed
            return
        assert isinstance(placed, Hold), placed
        assert gone.finished_at is not None
        assert placed.placed_at > gone.finished_at
        lift_hold(town.bhu_privacy, hold_id=placed.id)


def test_of_two_who_delete_at_once_one_certificate_comes(town: Archive) -> None:
    referrals = [closed(town) for _ in range(4)]
    with eight_years_on():
        for referral in referrals:
            done = together([deleting(town, referral)] * 2)
            assert any(isinstance(each, Certificate) for each in done), done
            assert all(isinstance(each, Certificate | Purged | Stale) for each in done), done
            assert stands(town, referral) == "deleted"
            assert Certificate.objects.get(folder_id=referral).finished_at


def test_who_reads_while_it_is_deleted_reads_it_or_is_refused_and_no_alarm_is_raised(town: Archive) -> None:
    referrals, before = [closed(town) for _ in range(4)], alarms()
    with eight_years_on():
        for referral in referrals:

            def read(referral: UUID = referral) -> list[object]:
                return [opened_or_refused(town, referral) for _ in range(6)]

            gone, *reads = together([deleting(town, referral), read, read])
            assert isinstance(gone, Certificate), gone
            for each in (one for reader in reads for one in reader):
                assert isinstance(each, OpenReferral | Denied), each
    assert alarms() == before


def opened_or_refused(archive: Archive, referral: UUID) -> object:
    try:
        return open_referral(archive.county.clinician, referral)
    except Refused as refusal:
        return refusal
