"""One backup as one sealed file: what it is, whose and of when, and beside it the bytes, with their digest."""

import json
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import file_digest
from pathlib import Path
from typing import Any, Self

from django.conf import settings

from . import sealing
from .errors import CannotRestore

FORMAT = 1
LABEL = "backup.json"


class Kind(StrEnum):
    """What a backup holds. Database and keys are never in one file: the two together read everything."""

    DATABASE = "database"
    KEYS = "keys"
    SHRED = "shred-store"


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What a backup says of itself. ``mark`` is the installation's; ``size`` and ``root`` are those of the log then.

    ``files`` maps each file to the hex of its SHA-256.
    """

    kind: Kind
    made_at: datetime
    mark: str
    files: dict[str, str]
    engine: str = ""
    size: int = 0
    root: str = ""

    def as_json(self) -> str:
        """As it lies in the backup."""
        return json.dumps({"format": FORMAT, **asdict(self), "made_at": self.made_at.isoformat()}, indent=1)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """What ``as_json`` gave. Raises ``CannotRestore``."""
        try:
            said: dict[str, Any] = json.loads(text)
            number = said.pop("format")
            made = datetime.fromisoformat(said.pop("made_at"))
            label = cls(**{**said, "kind": Kind(said["kind"]), "made_at": made})
            plain = all(Path(name).name == name and name not in ("", "..") for name in label.files)
            fits = plain and (label.kind is Kind.KEYS or len(label.files) == 1)
        except (AttributeError, KeyError, TypeError, ValueError):
            raise CannotRestore("This is no backup of ours: its label cannot be read.") from None
        if number != FORMAT:
            raise CannotRestore(f"This backup has format {number}, and this version reads format {FORMAT}.")
        if not fits:
            raise CannotRestore("This is no backup of ours: its label names files that are none.")
        return label


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder for what is being packed, on the disk of the databases, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="backup-", dir=settings.VAR_DIR) as folder:
        yield Path(folder)


def pack(folder: Path, label: Label, target: Path) -> None:
    """Seal the files of ``folder`` that the label names into ``target``. Raises ``NoBackup``."""
    with scratch() as place:
        whole = place / "whole.tar"
        (place / LABEL).write_text(label.as_json(), "utf-8")
        with tarfile.open(whole, "w") as tar:
            tar.add(place / LABEL, LABEL)
            for name in label.files:
                tar.add(folder / name, name)
        sealing.seal(whole, target)


@contextmanager
def unpacked(source: Path, identity: Path, *, kind: Kind) -> Iterator[tuple[Label, Path]]:
    """The label of a backup and the folder of its files, each compared with its digest. Raises ``CannotRestore``."""
    with scratch() as place:
        whole = place / "whole.tar"
        sealing.open_sealed(source, whole, identity)
        try:
            with tarfile.open(whole) as tar:
                tar.extractall(place, filter="data")
            label = Label.from_json((place / LABEL).read_text("utf-8"))
        except (tarfile.TarError, OSError, UnicodeDecodeError):
            raise CannotRestore(f"{source} holds no backup of ours.") from None
        if label.kind is not kind:
            raise CannotRestore(f"{source} is a backup of the {label.kind}, not of the {kind}.")
        for name, digest in label.files.items():
            if not (place / name).is_file() or digest_of(place / name) != digest:
                raise CannotRestore(f"{name} in {source} is not what was backed up.")
        yield label, place


def digest_of(path: Path) -> str:
    """The SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()
