"""The virtual environment of this folder: made once, filled from the hash-pinned locks, entered by every command.

Runs before anything is installed, so only the standard library may be imported here.
"""

import fcntl
import hashlib
import importlib.util
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"

RUN = "requirements.lock"
DEVELOP = "requirements-dev.lock"  # holds everything of RUN as well
# "setup" does nothing else: `make` asks it for the tools of development.
DEVELOPING = frozenset({"bench", "drill", "setup", "test"})

NO_VENV = """\
This Python cannot make virtual environments: its part "ensurepip" is missing.
On Debian or Ubuntu run:  sudo apt install python3-venv
Then run the same command again."""

NO_INSTALL = """\
The parts listed in {lock} could not be installed; what pip said stands above.
The first start needs the internet, or your own package mirror named in PIP_INDEX_URL.
Once that works, run the same command again: it goes on where it stopped."""


class CannotSetUp(Exception):
    """The environment cannot be made; the text says what the person at the keyboard can do."""


def lock_for(command: str) -> str:
    """The lock that a command needs."""
    return DEVELOP if command in DEVELOPING else RUN


def digest(lock: str, root: Path = ROOT) -> str:
    """SHA-256 of a lock file, in hex."""
    return hashlib.sha256((root / lock).read_bytes()).hexdigest()


def stamp(lock: str, root: Path = ROOT) -> dict[str, str]:
    """What an environment filled from ``lock`` by this Python says of itself: Python version, lock digests."""
    locks = (RUN, DEVELOP) if lock == DEVELOP else (RUN,)
    return {"python": platform.python_version(), **{name: digest(name, root) for name in locks}}


def read_stamp(folder: Path) -> dict[str, str]:
    """The stamp an environment carries, empty when it has none or an unreadable one."""
    try:
        found = json.loads((folder / "bhu-stamp.json").read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def matches(found: Mapping[str, str], wanted: Mapping[str, str]) -> bool:
    """Whether an environment with the stamp ``found`` serves a command that wants ``wanted``."""
    return all(found.get(key) == value for key, value in wanted.items())


def enter(command: str) -> None:
    """Return when the running Python has what ``command`` needs; otherwise set up and start again inside.

    Ends the process with a plain sentence when that is impossible.
    """
    inside = Path(sys.prefix)
    wanted = stamp(lock_for(command))
    if matches(read_stamp(inside), wanted):
        return
    try:
        with locked():
            if not matches(read_stamp(VENV), wanted):
                fill(lock_for(command), wanted)
    except CannotSetUp as error:
        sys.exit(str(error))
    if inside.resolve() != VENV.resolve():
        os.execv(PYTHON, [str(PYTHON), str(ROOT / "manage.py"), *sys.argv[1:]])


@contextmanager
def locked() -> Iterator[None]:
    """Hold the folder's lock, so that two commands started at once do not both install."""
    with (ROOT / ".venv.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Waiting for another command that is setting up this folder ...")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def fill(lock: str, wanted: Mapping[str, str]) -> None:
    """Make the environment if it is not there or of another Python, install the lock, write the stamp last."""
    began = time.monotonic()
    if not usable(wanted["python"]):
        say("Setting up .venv (once; about a minute) ...")
        make()
    say(f"Installing {lock} ...")
    install(lock)
    (VENV / "bhu-stamp.json").write_text(json.dumps(wanted), "utf-8")
    say(f"Ready after {time.monotonic() - began:.0f} s.")


def usable(version: str) -> bool:
    """Whether .venv holds a working Python of this version with pip."""
    program = "import platform, pip; print(platform.python_version())"
    try:
        done = subprocess.run([PYTHON, "-c", program], capture_output=True, text=True, check=False)
    except OSError:
        return False
    return done.stdout.strip() == version


def make() -> None:
    """A fresh .venv in place of whatever was there."""
    if importlib.util.find_spec("ensurepip") is None or importlib.util.find_spec("venv") is None:
        raise CannotSetUp(NO_VENV)
    done = subprocess.run([sys.executable, "-m", "venv", "--clear", VENV], check=False, stdout=sys.stderr)
    if done.returncode:
        raise CannotSetUp(f"The folder {VENV} could not be made; the reason stands above.")


def install(lock: str) -> None:
    """Exactly what the lock lists, every file checked against its hash; nothing pip would add by itself."""
    pip = (PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input")
    exactly = ("--require-hashes", "--no-deps", "-r", ROOT / lock)
    done = subprocess.run((*pip, *exactly), check=False, stdout=sys.stderr)
    if done.returncode:
        raise CannotSetUp(NO_INSTALL.format(lock=lock))


def say(text: str) -> None:
    """One line for the person who waits; not on standard output, which may be a command's answer."""
    sys.stderr.write(text + "\n")
