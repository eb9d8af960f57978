"""What docs/fhir.md tells a partner's developer to type does what it says, and so does the example client."""

import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.databases import ROOT
from tests.partners.conftest import Served

PAGE = (ROOT / "docs" / "fhir.md").read_text("utf-8")
HOUR = PAGE.partition("## Your first hour\n")[2].partition("\n## ")[0]
BLOCKS = [textwrap.dedent(found) for found in re.findall(r"(?:    .*\n|\n(?=    ))+", HOUR)]
SHELL = "\n".join(block for block in BLOCKS if "import" not in block and "--check" not in block)
(PYTHON,) = (block for block in BLOCKS if "import" in block)


@pytest.fixture
def here(served: Served, tmp_path: Path) -> Path:
    """A folder like that of the installation, as the page takes it: its Python, its docs, its var."""
    (tmp_path / ".venv").symlink_to(sys.prefix)
    (tmp_path / "docs").symlink_to(ROOT / "docs")
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "sandbox").symlink_to(served.folder)
    return tmp_path


def run(words: list[str], folder: Path) -> list[str]:
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout.splitlines()


@pytest.mark.skipif(shutil.which("curl") is None or shutil.which("jq") is None, reason="curl and jq are not here")
def test_what_is_typed_in_a_shell_goes_the_whole_way(served: Served, here: Path) -> None:
    script = SHELL.replace("http://localhost:8000", served.base)
    said = run(["bash", "-euo", "pipefail", "-c", script], here)
    assert [line.split("/")[0] for line in said if line.startswith("201")] == [
        f"201 Created {type_}" for type_ in ("Patient", "ServiceRequest", "Task")
    ]
    assert "Sandfield" in said
    assert {"Patient", "ServiceRequest", "Task"} <= set(said)
    assert said[-3:] == ["accepted", "accepted", "requested"]


def test_the_lines_of_fhirpy_do_too(here: Path) -> None:
    assert run([sys.executable, "-c", PYTHON], here) == ["Sandfield", "accepted"]


def test_the_tour_tells_each_what_it_may_know(here: Path) -> None:
    said = run([sys.executable, "docs/examples/partner.py", "tour", "var/sandbox"], here)
    told = {line[:24].strip(): line[24:] for line in said}
    assert told["it reads:"] == told["and reads:"] == "Orla Sandfield"
    assert told["who it is, it is told:"].startswith("404")
    assert [line.split()[-1] for line in said if line.startswith("  ")] == [
        *("requested", "accepted", "completed"),
        *("requested", "accepted", "completed"),
    ]
