"""Putting a backup back, and trying whether one could be."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import DatabaseError, connection, connections
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from agencies.vault import keyfiles, keyring, roots
from agencies.vault.models import InstallationMark
from agencies.vault.shred.models import ShredSecret
from agencies.vault.shred.router import ALIAS as SHRED
from audit import log, signer, witnesses
from audit.models import AuditCheckpoint, AuditEvent
from audit.outcome import Outcome
from audit.signer import Signer
from audit.verify import Report, verify
from bhu.setup.up import Hindrance, alone
from fhir.subscriptions.kinds import Problem
from fhir.subscriptions.models import Subscription
from fhir.subscriptions.services import keeping

from .bundle import Kind, Label, digest_of, unpacked
from .dumping import engine_of
from .errors import CannotRestore
from .making import SYSTEM

TRIED = "backup.try-keys"
MADE_AT_START = "django-secret"
"""The key file that settings without a SECRET_KEY make when anything starts, this too. Alone it protects nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What was put back: of when it is, how many events the log has that verified, and who vouches for how many.

    A backup is made by whoever has the public half of the backup key. That the log is the one that was kept here only
    others can say: the witnesses, whose keys stand in ``BHU_WITNESSES``, outside of all that is put back.
    """

    made_at: datetime
    events: int
    vouched: Mapping[str, int]


def restore_database(source: Path, identity: Path, *, replace: bool = False) -> Restored:
    """Put a backup of the main database in the place of what is there, and verify its log.

    Everybody is signed out, and partners' systems must ask again to be told. The shred store stays as it is: what was
    deleted since stays closed. Raises ``CannotRestore``: while the server runs, without the keys, for a database with
    rows in it unless ``replace``, and for a log that is not the one that was backed up.
    """
    with _standing_still(), unpacked(source, identity, kind=Kind.DATABASE) as (label, folder):
        _require_fitting(label, connection.vendor)
        _log_key()  # asked before anything is put back
        _require_empty(_holds_an_installation, replace=replace)
        (name,) = label.files
        engine_of(connection).load(connection, folder / name)
        keyring.forget()
        _require_known_migrations()
        Session.objects.all().delete()
        _stop_subscriptions()
        report = _verified(label)
        log.record(action="backup.restore", target=f"Installation/{label.mark}", actor=SYSTEM, code=label.kind)
    vouched = {each.name: each.size for each in report.witnesses if each.size}
    return Restored(made_at=label.made_at, events=report.events, vouched=vouched)


def restore_keys(source: Path, identity: Path) -> Label:
    """Put the key files back; none that is there is overwritten. Raises ``CannotRestore``.

    Whoever has the public half of the backup key can seal a backup to it. So where the network's root is pinned,
    which is outside of all that is restored, a root among the keys must be that one.
    """
    with _standing_still(), unpacked(source, identity, kind=Kind.KEYS) as (label, folder):
        _require_pinned_root(folder)
        _forget_what_starting_made()
        there = [name for name in label.files if (keyfiles.folder() / name).exists()]
        if there:
            raise CannotRestore(
                f"{', '.join(there)} in {keyfiles.folder()} would be overwritten. Move them away first."
            )
        for name in label.files:
            mode = keyfiles.PUBLIC if name.endswith(".pub") else keyfiles.PRIVATE
            keyfiles.create(keyfiles.folder() / name, (folder / name).read_bytes(), mode=mode)
    keyring.forget()
    roots.forget()
    return label


def restore_shred_store(source: Path, identity: Path) -> Label:
    """Put the copy of the shred store back, where there is none any more. Raises ``CannotRestore``.

    One that holds secrets is never replaced: an older copy would open what was deleted since.
    """
    with _standing_still(), unpacked(source, identity, kind=Kind.SHRED) as (label, folder):
        _require_fitting(label, connections[SHRED].vendor)
        _require_empty(_holds_secrets, replace=False)
        (name,) = label.files
        engine_of(connections[SHRED]).load(connections[SHRED], folder / name)
    return label


def try_keys(source: Path, identity: Path) -> datetime:
    """See whether a backup of the keys would bring this installation's keys back. Nothing is changed.

    Every key file in use must be in it, as it is. Returns of when it is; the trial is recorded, and so is one that
    fails. Raises ``CannotRestore``.
    """
    mark = f"Installation/{InstallationMark.objects.get().mark}"
    try:
        with unpacked(source, identity, kind=Kind.KEYS) as (label, _folder):
            _require_ours(label)
            _require_in_use(label)
    except CannotRestore:
        log.record(action=TRIED, target=mark, actor=SYSTEM, outcome=Outcome.REFUSED, code=Kind.KEYS)
        raise
    log.record(action=TRIED, target=mark, actor=SYSTEM, code=label.kind)
    return label.made_at


def tried_since(at: datetime) -> bool:
    """Whether a backup of the keys was tried with success since then."""
    return AuditEvent.objects.filter(action=TRIED, outcome=Outcome.SUCCESS.value, at__gte=at).exists()


@contextmanager
def _standing_still() -> Iterator[None]:
    """Nothing serves this installation meanwhile."""
    try:
        with alone(settings.VAR_DIR):
            yield
    except Hindrance as serving:
        raise CannotRestore(str(serving)) from None


def _require_fitting(label: Label, vendor: str) -> None:
    if label.engine != vendor:
        raise CannotRestore(f"This is a backup of {label.engine}, and the address here is of {vendor}.")


def _require_empty(holds: Callable[[], bool], *, replace: bool) -> None:
    try:
        full = holds()
    except DatabaseError:  # it has no tables yet
        return
    if full and not replace:
        raise CannotRestore("There is something here already, and nothing was changed.")


def _holds_an_installation() -> bool:
    return AuditEvent.objects.exists()


def _holds_secrets() -> bool:
    return ShredSecret.objects.exists()


def _require_ours(label: Label) -> None:
    if label.mark != str(InstallationMark.objects.get().mark):
        raise CannotRestore("This is a backup of another installation.")


def _require_pinned_root(folder: Path) -> None:
    root = folder / "network-root.pub"
    pinned = settings.BHU_NETWORK_ROOT
    if pinned and root.is_file() and root.read_text("ascii", "replace").strip() != pinned:
        raise CannotRestore("These keys are of another network: their root is not the one in BHU_NETWORK_ROOT.")


def _forget_what_starting_made() -> None:
    """Where no other key file is, the secret of sessions was made for this start and gives way to the one that was."""
    made = keyfiles.folder() / MADE_AT_START
    if {path.name for path in keyfiles.folder().glob("[!.]*")} == {MADE_AT_START}:
        made.unlink()


def _log_key() -> Signer:
    try:
        return signer.load()
    except keyfiles.KeyFileMissing:
        raise CannotRestore(
            "The keys of the log are not here, and new ones would not fit it. "
            "First: python3 manage.py restore --keys BACKUP --identity FILE"
        ) from None


def _require_known_migrations() -> None:
    loader = MigrationLoader(None)
    unknown = {key for key in MigrationRecorder(connection).applied_migrations() if key not in loader.disk_migrations}
    ours = sorted(f"{app}.{name}" for app, name in unknown if app in loader.migrated_apps)
    if ours:
        raise CannotRestore(f"It is back, but of a newer version of BHU: {ours[0]} is not known to this one.")


def _stop_subscriptions() -> None:
    """What was counted since the backup is counted again, under the same numbers for other events."""
    if Subscription._meta.db_table in connection.introspection.table_names():  # a backup may be older than they are
        keeping.stop_all(Problem.RESTORED, at=timezone.now())


def _verified(label: Label) -> Report:
    """What there is to say of the log that was put back, which must be the one that was backed up, and verify."""
    key, named = _log_key(), witnesses.rules().witnesses
    report = verify(name=key.name, public=key.public, witnesses={name: each.key for name, each in named.items()})
    if not report.ok:
        raise CannotRestore("It is back, but its log does not verify: python3 manage.py audit_verify says where.")
    root = bytes.fromhex(label.root)
    if label.size and not AuditCheckpoint.objects.filter(size=label.size, root=root).exists():
        raise CannotRestore("It is back, but its log is not the one that was backed up.")
    return report


def _require_in_use(label: Label) -> None:
    """Every key file of this installation is in the backup, as it is."""
    for path in keyfiles.folder().iterdir():
        if path.is_file() and not path.name.startswith("."):
            if path.name not in label.files:
                raise CannotRestore(f"{path.name} is not in this backup: make a new one.")
            if digest_of(path) != label.files[path.name]:
                raise CannotRestore(f"{path.name} has changed since this backup: make a new one.")
