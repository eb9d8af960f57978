"""What is committed: no package index, no path of somebody's machine, locks that agree with pyproject.toml."""

import re
import subprocess
import tomllib
from itertools import chain

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.databases import ROOT

LOCKS = ("requirements.lock", "requirements-dev.lock")
# Written in two parts, or this file would be its own finding.
INDEXES = [host + ".org" for host in ("pypi", "files.pythonhosted", "test.pypi")] + [
    "--index" + "-url",
    "--find" + "-links",
]
PATHS = re.compile(r"/(?:home|Users|root|work|tmp/[a-z])" + r"/[\w.-]+")


def tracked() -> list[str]:
    """Every committed file, by its path from the root."""
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [name for name in done.stdout.split("\0") if name and (ROOT / name).is_file()]


def texts() -> dict[str, str]:
    return {name: (ROOT / name).read_text("utf-8", errors="replace") for name in tracked()}


def pins(lock: str) -> dict[str, str]:
    """Name and version of everything in a lock."""
    return dict(re.findall(r"^([a-z0-9-]+)==([^ ;\\]+)", (ROOT / lock).read_text(), re.MULTILINE))


def wanted(*, develop: bool) -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]["dev"] if develop else []
    return [Requirement(line) for line in chain(project["dependencies"], extras)]


def test_no_committed_file_names_a_package_index() -> None:
    found = {(name, index) for name, text in texts().items() for index in INDEXES if index in text}
    assert not found


def test_no_committed_file_names_a_path_of_one_machine() -> None:
    found = {name: PATHS.findall(text) for name, text in texts().items() if PATHS.search(text)}
    assert not found


@pytest.mark.parametrize("lock", LOCKS)
def test_every_line_of_a_lock_is_a_pin_or_a_hash(lock: str) -> None:
    pin = re.compile(r"[a-z0-9-]+==\S+(?: ; [^\\]+)? \\")
    hashed = re.compile(r"    --hash=sha256:[0-9a-f]{64}(?: \\)?")
    odd = [
        line for line in (ROOT / lock).read_text().splitlines() if not (pin.fullmatch(line) or hashed.fullmatch(line))
    ]
    assert not odd


@pytest.mark.parametrize(("lock", "develop"), [(LOCKS[0], False), (LOCKS[1], True)])
def test_a_lock_holds_what_pyproject_asks_for(lock: str, develop: bool) -> None:
    versions = pins(lock)
    for requirement in wanted(develop=develop):
        assert versions[canonicalize_name(requirement.name)] in requirement.specifier, requirement


def test_both_locks_agree() -> None:
    run, develop = pins(LOCKS[0]), pins(LOCKS[1])
    assert run.items() <= develop.items()
