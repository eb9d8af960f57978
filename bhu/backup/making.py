"""Backing up: the main database as often as you like, the keys apart from it, the shred store in one copy alone."""

from collections.abc import Iterable
from pathlib import Path

from django.db import connection, connections
from django.utils import timezone

from agencies.vault import keyfiles
from agencies.vault.models import InstallationMark
from agencies.vault.shred.router import ALIAS as SHRED
from audit import log
from audit.models import AuditCheckpoint

from .bundle import Kind, Label, digest_of, pack, scratch
from .dumping import engine_of
from .errors import NoBackup

SYSTEM = "System/backup"
STAMP = "%Y%m%dT%H%M%SZ"


def back_up_database(folder: Path) -> Path:
    """Write a sealed backup of the main database into ``folder``. Returns its path; raises ``NoBackup``.

    What it holds of clients is ciphertext already. It is sealed all the same: it says who sent to whom.
    """
    engine, name = engine_of(connection), f"main.{engine_of(connection).suffix}"
    newest = AuditCheckpoint.objects.order_by("-size").first()
    with scratch() as place:
        engine.dump(connection, place / name)
        label = _label(
            Kind.DATABASE,
            place,
            [name],
            engine=connection.vendor,
            size=newest.size if newest else 0,
            root=bytes(newest.root).hex() if newest else "",
        )
        return _write(place, label, _new(folder, label))


def back_up_keys(folder: Path) -> Path:
    """Write a sealed backup of the installation's key files into ``folder``. Returns its path; raises ``NoBackup``."""
    kept = keyfiles.folder()
    names = sorted(path.name for path in kept.iterdir() if path.is_file() and not path.name.startswith("."))
    label = _label(Kind.KEYS, kept, names)
    return _write(kept, label, _new(folder, label))


def back_up_shred_store(target: Path) -> Path:
    """Write the sealed copy of the shred store over the one before it. Returns its path; raises ``NoBackup``.

    There is one copy and no older one: an older one would open what was deleted since.
    """
    engine = engine_of(connections[SHRED])
    name = f"shred.{engine.suffix}"
    with scratch() as place:
        engine.dump(connections[SHRED], place / name)
        label = _label(Kind.SHRED, place, [name], engine=connections[SHRED].vendor)
        return _write(place, label, target)


def _label(kind: Kind, folder: Path, names: Iterable[str], *, engine: str = "", size: int = 0, root: str = "") -> Label:
    mark = InstallationMark.objects.values_list("mark", flat=True).first()
    if mark is None:
        raise NoBackup("This installation was never prepared: python3 manage.py prepare")
    files = {name: digest_of(folder / name) for name in names}
    return Label(kind=kind, made_at=timezone.now(), mark=str(mark), files=files, engine=engine, size=size, root=root)


def _new(folder: Path, label: Label) -> Path:
    """The path of a backup of this moment. A folder holds backups of one kind: the two must not be stolen together."""
    others = {kind for kind in Kind if kind is not label.kind and any(folder.glob(f"bhu-{kind}-*.age"))}
    if others:
        raise NoBackup(f"{folder} holds backups of the {min(others)}: keep the {label.kind} somewhere else.")
    require_folder(folder)
    return folder / f"bhu-{label.kind}-{label.made_at.strftime(STAMP)}.age"


def require_folder(folder: Path) -> None:
    """Raise ``NoBackup`` for a folder that is not there. None is made: a missing disk would go unnoticed."""
    if not folder.is_dir():
        raise NoBackup(f"{folder} is no folder. Make it, or mount the disk it is on.")


def _write(folder: Path, label: Label, target: Path) -> Path:
    pack(folder, label, target)
    log.record(action="backup.make", target=f"Installation/{label.mark}", actor=SYSTEM, code=label.kind)
    return target
