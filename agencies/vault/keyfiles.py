"""Files that hold keys: made whole or not at all, readable by their owner only, in a folder of their own."""

import fcntl
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

PRIVATE, PUBLIC = 0o600, 0o644
OTHERS = 0o077


class KeyFileRefused(ImproperlyConfigured):
    """A key file is missing or others can read it; the text says which and what to do."""


class KeyFileMissing(KeyFileRefused):
    """There is no such key file."""


def folder() -> Path:
    """Where this installation's key files are."""
    return Path(settings.VAR_DIR) / "keys"


def create(path: Path, content: bytes, *, mode: int = PRIVATE) -> None:
    """Write a new file, whole or not at all. Raises ``FileExistsError``; nothing is ever overwritten."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.parent.chmod(0o700)
    draft = _draft(path, content, mode)
    try:
        os.link(draft, path)
    finally:
        draft.unlink()
    _flush(path.parent)


def replace(path: Path, content: bytes) -> None:
    """Put new content in the place of a private file's, whole or not at all. Hold ``locked`` while reading for it."""
    _draft(path, content, PRIVATE).replace(path)
    _flush(path.parent)


def read_private(path: Path) -> bytes:
    """The content of a private file. Raises ``KeyFileRefused`` if it is missing or anyone else can read it."""
    try:
        with path.open("rb") as file:
            # The open file is asked, not the path: nobody can swap it in between.
            if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & OTHERS:
                raise KeyFileRefused(f"{path} can be read by others. Run: chmod 600 {path}")
            return file.read()
    except FileNotFoundError:
        raise KeyFileMissing(f"{path} is missing. Run: python3 manage.py keys_init") from None


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Only one process at a time changes ``path``."""
    descriptor = os.open(path.with_name(f".{path.name}.lock"), os.O_RDWR | os.O_CREAT, PRIVATE)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _draft(path: Path, content: bytes, mode: int) -> Path:
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)
    return draft


def _flush(directory: Path) -> None:
    """Make the new name survive a power cut."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
