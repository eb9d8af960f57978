"""A backup is sealed to a key that is elsewhere, and brings everything back but what was deleted."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import connection, connections
from django.test import Client

from agencies.models import Membership, User
from agencies.vault import installation, keyfiles, keyring, roots
from audit import log, signer
from audit.models import AuditEvent
from audit.sequencer import sequence
from audit.witnesses import log_key
from bhu import environment
from bhu.backup import making, restoring, sealing
from bhu.backup.errors import CannotRestore, NoBackup
from fhir.subscriptions.models import Subscription
from referrals.errors import Refused
from referrals.opening import open_referral
from referrals.retention.services.shredding import shred
from tests.audit.conftest import Town
from tests.audit.signing import WitnessKey
from tests.county import make_county
from tests.databases import ROOT, OwnDatabase
from tests.retention.archive import BORN, Archive, approve_all, closed, eight_years_on, export_of, make_archive
from tests.web.signing import signed_in


@dataclass
class Safe:
    """Three places apart from each other and from the installation, and the private half of the backup key."""

    database: Path
    keys: Path
    shred: Path
    identity: Path


@pytest.fixture
def safe(own_database: OwnDatabase, tmp_path: Path, settings: Any) -> Iterator[Safe]:
    settings.VAR_DIR = own_database.var
    keyring.forget()
    roots.forget()
    installation.settle()
    kept = Safe(tmp_path / "a", tmp_path / "b", tmp_path / "c", tmp_path / "backup.key")
    for folder in (kept.database, kept.keys, kept.shred):
        folder.mkdir()
    settings.BHU_BACKUP_KEY = [sealing.make_key(kept.identity)]
    yield kept
    connections.close_all()
    keyring.forget()
    roots.forget()


def sequenced() -> None:
    sequence()


def something() -> None:
    """An event in the log, for tests that need no more of an installation."""
    log.record(action="agency.open", target="Agency/none", actor="System/setup")


def wiped(own: OwnDatabase) -> None:
    """The disk is lost: keys and main database. The shred store is elsewhere."""
    shutil.rmtree(own.var / "keys")
    connections.close_all()
    own.pair.engine.drop(own.pair.name)
    own.pair.engine.create(own.pair.name)
    keyring.forget()
    roots.forget()


def test_all_is_lost_put_back_verified_and_opened_again(own_database: OwnDatabase, safe: Safe) -> None:
    archive = make_archive()
    referral = closed(archive)
    officer = Membership.objects.get(pk=archive.county.officer.membership_id).user
    sequenced()
    keys, database = making.back_up_keys(safe.keys), making.back_up_database(safe.database)
    wiped(own_database)
    restoring.restore_keys(keys, safe.identity)
    done = restoring.restore_database(database, safe.identity)
    assert done.events > 10
    assert open_referral(archive.county.clinician, referral).sections
    assert signed_in(officer).get("/list/", follow=True).status_code == 200
    sequenced()


def test_what_was_deleted_since_the_backup_stays_closed(own_database: OwnDatabase, safe: Safe) -> None:
    archive = make_archive()
    referral, neighbour = closed(archive), closed(archive, case="2")
    approve_all(archive)
    sequenced()
    keys, database = making.back_up_keys(safe.keys), making.back_up_database(safe.database)
    deleted(archive, referral)
    wiped(own_database)
    restoring.restore_keys(keys, safe.identity)
    restoring.restore_database(database, safe.identity)
    assert open_referral(archive.county.clinician, neighbour).sections
    with pytest.raises(Refused):
        open_referral(archive.county.clinician, referral)


def deleted(archive: Archive, referral: Any) -> None:
    with eight_years_on():
        digest, _file = export_of(archive, referral)
        shred(archive.privacy, referral_id=referral, digest=digest, born=BORN)


def test_who_was_signed_in_then_is_signed_out(safe: Safe) -> None:
    client: Client = signed_in(User.objects.create_user("officer@pd.example.org"))
    assert Session.objects.exists()
    database = making.back_up_database(safe.database)
    restoring.restore_database(database, safe.identity, replace=True)
    assert not Session.objects.exists()
    assert client.get("/list/").status_code == 302


def test_nothing_of_a_backup_can_be_read_without_the_private_half(safe: Safe, tmp_path: Path) -> None:
    User.objects.create_user("officer@pd.example.org")
    for made in (making.back_up_database(safe.database), making.back_up_keys(safe.keys)):
        content = made.read_bytes()
        assert content.startswith(b"age-encryption.org/v1")
        assert b"officer@pd" not in content
        assert made.stat().st_mode & 0o077 == 0
    other = tmp_path / "other.key"
    sealing.make_key(other)
    with pytest.raises(CannotRestore, match="does not open with this key"):
        restoring.try_keys(made, other)


@pytest.mark.parametrize("place", [0.0, 0.5, 0.999])
def test_a_damaged_backup_is_refused_and_nothing_is_changed(safe: Safe, place: float) -> None:
    something()
    made = making.back_up_database(safe.database)
    content = bytearray(made.read_bytes())
    content[int(len(content) * place)] ^= 1
    made.write_bytes(content)
    before = AuditEvent.objects.count()
    with pytest.raises(CannotRestore):
        restoring.restore_database(made, safe.identity, replace=True)
    assert AuditEvent.objects.count() == before


def test_a_database_with_rows_is_replaced_only_when_told_to(safe: Safe) -> None:
    something()
    made = making.back_up_database(safe.database)
    with pytest.raises(CannotRestore, match="something here already"):
        restoring.restore_database(made, safe.identity)


def test_keys_and_database_are_not_kept_in_one_folder(safe: Safe) -> None:
    making.back_up_database(safe.database)
    with pytest.raises(NoBackup, match="somewhere else"):
        making.back_up_keys(safe.database)


def test_a_backup_of_one_thing_is_not_put_back_as_another(safe: Safe) -> None:
    with pytest.raises(CannotRestore, match="a backup of the database, not of the keys"):
        restoring.restore_keys(making.back_up_database(safe.database), safe.identity)


def test_key_files_are_never_overwritten(safe: Safe) -> None:
    with pytest.raises(CannotRestore, match="would be overwritten"):
        restoring.restore_keys(making.back_up_keys(safe.keys), safe.identity)


def test_a_secret_that_starting_made_gives_way_to_the_one_of_the_backup(safe: Safe, own_database: OwnDatabase) -> None:
    secret = own_database.var / "keys" / restoring.MADE_AT_START
    keyfiles.create(secret, b"the secret that slips and sessions hang on", mode=keyfiles.PRIVATE)
    made = making.back_up_keys(safe.keys)
    wiped(own_database)
    environment.development_secret(secret)
    restoring.restore_keys(made, safe.identity)
    assert secret.read_bytes() == b"the secret that slips and sessions hang on"


def test_a_database_is_not_put_back_before_its_keys(
    safe: Safe, own_database: OwnDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    sequenced()
    made = making.back_up_database(safe.database)
    something()
    before = AuditEvent.objects.count()
    (own_database.var / "keys" / "audit-log.key").unlink()
    monkeypatch.setattr(signer, "load", roots.log_signer)  # as in a process that has signed nothing yet
    with pytest.raises(CannotRestore, match="restore --keys BACKUP"):
        restoring.restore_database(made, safe.identity, replace=True)
    assert AuditEvent.objects.count() == before


def test_keys_of_another_root_than_the_pinned_one_are_refused(
    safe: Safe, own_database: OwnDatabase, settings: Any
) -> None:
    made = making.back_up_keys(safe.keys)
    pinned = (own_database.var / "keys" / "network-root.pub").read_text("ascii").strip()
    wiped(own_database)
    settings.BHU_NETWORK_ROOT = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE"
    with pytest.raises(CannotRestore, match="BHU_NETWORK_ROOT"):
        restoring.restore_keys(made, safe.identity)
    assert not (own_database.var / "keys").exists()
    settings.BHU_NETWORK_ROOT = pinned
    assert "network-root.pub" in restoring.restore_keys(made, safe.identity).files


def test_what_is_put_back_says_who_vouches_for_it_and_that_nobody_does(
    safe: Safe, settings: Any, tmp_path: Path
) -> None:
    something()
    sequenced()
    alone = making.back_up_database(safe.shred)
    town = Town(tmp_path, log_key())
    settings.BHU_WITNESSES = str(town.path)
    size = town.cosign().size
    vouched = making.back_up_database(safe.database)

    def said(backup: Path) -> str:
        out = StringIO()
        call_command("restore", database=backup, identity=safe.identity, replace=True, stdout=out)
        return out.getvalue()

    assert f"town vouches for {size} of them." in said(vouched)
    assert "No other town vouches for any of them" in said(alone)


def test_a_backup_whose_witness_is_another_than_the_named_one_is_not_believed(
    safe: Safe, settings: Any, tmp_path: Path
) -> None:
    something()
    sequenced()
    town = Town(tmp_path, log_key())
    settings.BHU_WITNESSES = str(town.path)
    town.cosign()
    made = making.back_up_database(safe.database)
    stranger = WitnessKey(seed=b"s" * 32).verifier.text()
    town.path.write_text(town.text.replace(town.key.verifier.text(), stranger))
    with pytest.raises(CannotRestore, match="does not verify"):
        restoring.restore_database(made, safe.identity, replace=True)


def test_partners_systems_must_ask_again_to_be_told_since_numbers_since_the_backup_come_again(safe: Safe) -> None:
    county = make_county()
    row = Subscription.objects.create(
        agency=county.bhu, membership_id=county.clinician.membership_id, topic="t", query={}, content="empty",
        endpoint="https://ehr.example.org/", body="{}", most=1, status="active", counted=7, told=7,
    )  # fmt: skip
    sequenced()
    made = making.back_up_database(safe.database)
    restoring.restore_database(made, safe.identity, replace=True)
    row.refresh_from_db()
    assert (row.status, row.problem, row.counted, row.due_at) == ("error", "restored", 7, None)


def test_the_shred_store_is_put_back_only_where_it_is_lost(own_database: OwnDatabase, safe: Safe) -> None:
    archive = make_archive()
    referral = closed(archive)
    copy = making.back_up_shred_store(safe.shred / "shred.age")
    with pytest.raises(CannotRestore, match="something here already"):
        restoring.restore_shred_store(copy, safe.identity)
    connections.close_all()
    shred_name = own_database.pair.names[1]
    own_database.pair.engine.drop(shred_name)
    own_database.pair.engine.create(shred_name)
    restoring.restore_shred_store(copy, safe.identity)
    assert open_referral(archive.county.clinician, referral).sections


def test_the_shred_store_has_one_copy_which_the_next_replaces(safe: Safe) -> None:
    for _ in range(2):
        making.back_up_shred_store(safe.shred / "shred.age")
    assert [path.name for path in safe.shred.iterdir()] == ["shred.age"]


def test_nothing_is_put_back_while_the_server_runs(safe: Safe, own_database: OwnDatabase) -> None:
    from bhu.setup.up import alone

    made = making.back_up_database(safe.database)
    with alone(own_database.var), pytest.raises(CannotRestore, match="End it first"):
        restoring.restore_database(made, safe.identity, replace=True)


def test_a_trial_of_the_keys_is_recorded_well_or_badly(safe: Safe, own_database: OwnDatabase) -> None:
    made = making.back_up_keys(safe.keys)
    restoring.try_keys(made, safe.identity)
    (own_database.var / "keys" / "audit-log.key").write_bytes(b"another")
    with pytest.raises(CannotRestore, match=r"audit-log\.key has changed"):
        restoring.try_keys(made, safe.identity)
    assert list(AuditEvent.objects.filter(action=restoring.TRIED).order_by("id").values_list("outcome", flat=True)) == [
        "0",
        "4",
    ]


def test_a_key_file_made_since_is_missed(safe: Safe, own_database: OwnDatabase) -> None:
    made = making.back_up_keys(safe.keys)
    (own_database.var / "keys" / "new.key").write_bytes(b"new")
    with pytest.raises(CannotRestore, match=r"new\.key is not in this backup"):
        restoring.try_keys(made, safe.identity)


def test_a_log_that_is_not_the_one_backed_up_is_told(safe: Safe, monkeypatch: pytest.MonkeyPatch) -> None:
    something()
    sequenced()
    real = making._label
    monkeypatch.setattr(making, "_label", lambda *given, **more: real(*given, **{**more, "root": "00" * 32}))
    made = making.back_up_database(safe.database)
    with pytest.raises(CannotRestore, match="not the one that was backed up"):
        restoring.restore_database(made, safe.identity, replace=True)


def test_the_command_says_what_is_missing(safe: Safe, settings: Any, capsys: pytest.CaptureFixture[str]) -> None:
    settings.BHU_BACKUP_KEY = []
    with pytest.raises(CommandError, match="--new-key"):
        call_command("backup", database=safe.database)
    settings.BHU_BACKUP_KEY = ["age1nothing"]
    with pytest.raises(CommandError, match="public halves"):
        call_command("backup", database=safe.database)
    with pytest.raises(CommandError, match="is there already"):
        call_command("backup", new_key=safe.identity)
    assert connection.vendor  # nothing of this needed the database


def test_before_anything_is_prepared_a_command_says_so(tmp_path: Path) -> None:
    env = {**os.environ, "BHU_VAR": str(tmp_path / "var"), "DATABASE_URL": f"sqlite:///{tmp_path}/empty.sqlite3"}
    command = [sys.executable, "manage.py", "backup", "--new-key", str(tmp_path / "backup.key")]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "Nothing is prepared here yet" in done.stderr
    assert "Traceback" not in done.stderr
