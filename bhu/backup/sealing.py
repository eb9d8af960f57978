"""Files sealed to the backup key in the age format (age-encryption.org/v1), which the tool of that name opens, too.

The private half is made once, leaves this machine and comes back to restore. So a backup that is stolen, or the machine
that makes it every night, opens nothing.
"""

from collections.abc import Sequence
from pathlib import Path

from django.conf import settings
from pyrage import DecryptError, IdentityError, RecipientError, decrypt_file, encrypt_file, x25519

from agencies.vault import keyfiles

from .errors import CannotRestore, NoBackup

SETTING = "BHU_BACKUP_KEY"


def make_key(path: Path) -> str:
    """Make a backup key: its private half into ``path``, which must not be there. Returns the public half.

    Raises ``NoBackup``.
    """
    identity = x25519.Identity.generate()
    try:
        keyfiles.create(path, f"{identity}\n".encode())
    except FileExistsError:
        raise NoBackup(f"{path} is there already, and no key is ever overwritten.") from None
    return str(identity.to_public())


def seal(source: Path, target: Path) -> None:
    """Seal one file to every public half that ``BHU_BACKUP_KEY`` names, whole or not at all. Raises ``NoBackup``."""
    draft = target.with_name(f".{target.name}.part")
    try:
        encrypt_file(str(source), str(draft), list(_recipients()))
        draft.chmod(keyfiles.PRIVATE)
        draft.replace(target)
    except OSError as problem:
        raise NoBackup(f"{target} could not be written: {problem.strerror}.") from None
    finally:
        draft.unlink(missing_ok=True)


def open_sealed(source: Path, target: Path, identity: Path) -> None:
    """Open a sealed file with the private half in the file ``identity``. Raises ``CannotRestore``."""
    try:
        decrypt_file(str(source), str(target), [_identity(identity)])
    except DecryptError:
        raise CannotRestore(f"{source} does not open with this key, or it is damaged.") from None
    except OSError as problem:
        raise CannotRestore(f"{source} could not be read: {problem.strerror}.") from None


def _recipients() -> Sequence[x25519.Recipient]:
    named = settings.BHU_BACKUP_KEY
    if not named:
        raise NoBackup(f"{SETTING} names no key. Make one: python3 manage.py backup --new-key FILE")
    try:
        return [x25519.Recipient.from_str(each) for each in named]
    except RecipientError:
        raise NoBackup(f"{SETTING} must be public halves of backup keys (age1…), separated by commas.") from None


def _identity(path: Path) -> x25519.Identity:
    try:
        lines = path.read_text("ascii").splitlines()
        return x25519.Identity.from_str(next(line for line in lines if line.startswith("AGE-SECRET-KEY-")))
    except OSError as problem:
        raise CannotRestore(f"{path} could not be read: {problem.strerror}.") from None
    except (StopIteration, UnicodeDecodeError, IdentityError):
        raise CannotRestore(f"{path} holds no private half of a backup key (AGE-SECRET-KEY-…).") from None
