"""Node's side of the tests: the packages of the lock beside this file, installed once, and scripts run with them."""

import fcntl
import json
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
PACKAGES = ("package.json", "package-lock.json", ".npmrc")
HOME = HERE.parent.parent / ".venv" / "partners"
"""Beside the Python packages that only tests need. One folder per lock: a new lock is another folder."""


def run(script: str, said: Any = None, *, env: Mapping[str, str] | None = None) -> Any:
    """Run one of the ``.mjs`` files here with the packages; ``said`` is its input, its answer the last line, as JSON.

    Skips the test where there is no Node.
    """
    done = subprocess.run(
        command(script),
        cwd=packages(),
        input=json.dumps(said),
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@contextmanager
def kept(script: str) -> Iterator[Callable[[Any], Any]]:
    """One process of a script that answers each line with a line: reading the definitions of FHIR takes seconds."""
    with tempfile.TemporaryFile("w+") as errors:
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": errors}
        with subprocess.Popen(command(script), cwd=packages(), text=True, encoding="utf-8", **pipes) as process:

            def ask(said: Any) -> Any:
                assert process.stdin is not None
                assert process.stdout is not None
                process.stdin.write(f"{json.dumps(said)}\n")
                process.stdin.flush()
                answer = process.stdout.readline()
                if not answer:
                    errors.seek(0)
                    raise AssertionError(errors.read())
                return json.loads(answer)

            yield ask


def command(script: str) -> list[str]:
    """A program given so finds packages by the folder it is started in."""
    return ["node", "--input-type=module", "--eval", (HERE / script).read_text("utf-8")]


def packages() -> Path:
    """The folder in which the packages of the lock are. Whoever is first installs them; the others wait."""
    if shutil.which("npm") is None:
        pytest.skip("Node and npm are not on this machine")
    HOME.mkdir(parents=True, exist_ok=True)
    lock = sha256(b"".join((HERE / name).read_bytes() for name in PACKAGES)).hexdigest()[:16]
    folder = HOME / lock
    with (HOME / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        if not (folder / "done").exists():
            _install(folder)
    return folder


def _install(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    for name in PACKAGES:
        shutil.copy(HERE / name, folder)
    # The lock holds every file's hash and no address; scripts of packages are not run.
    subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=folder, check=True)
    (folder / "done").touch()
