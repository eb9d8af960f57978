"""The two programs that need no hub: each is one file, made from its parts, that runs where nothing of ours is."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from audit import exporting
from audit.standalone import single
from audit.standalone.single import PROGRAMS, file_of
from tests.audit.conftest import Town, Write
from tests.audit.neighbours import NOTHING

HOME = Path(single.__file__).parent


def top_level(text: str) -> list[str]:
    """Every name that a file gives to something, but imports."""
    names = []
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.append(node.name)
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        names += [name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)]
    return names


@pytest.mark.parametrize("program", PROGRAMS)
def test_no_part_of_a_program_hides_a_name_of_another(program: str) -> None:
    names = top_level(file_of(program))
    assert sorted(names) == sorted(set(names))
    assert "main" in names


@pytest.mark.parametrize("path", sorted(HOME.glob("*.py")), ids=lambda path: path.name)
def test_a_part_needs_the_standard_library_and_cryptography_alone(path: Path) -> None:
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    roots = {name.partition(".")[0] for name in found if not name.startswith("audit.standalone")}
    assert roots - {"cryptography"} <= set(sys.stdlib_module_names)


@pytest.mark.parametrize("program", PROGRAMS)
def test_one_file_has_no_import_of_ours_left_and_runs_alone(program: str, tmp_path: Path) -> None:
    path = tmp_path / f"{program}.py"
    path.write_text(file_of(program), "utf-8")
    assert "audit.standalone" not in file_of(program).replace("audit/standalone", "")
    done = run(path, "--help")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"usage: {program}.py")
    assert ast.get_docstring(ast.parse(file_of(program)))


def run(path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Isolated, in a folder where nothing of ours is."""
    return subprocess.run(
        [sys.executable, "-I", str(path), *arguments],
        env=NOTHING,
        cwd=path.parent,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.django_db
def test_the_one_file_verifies_an_export_and_names_what_is_wrong_with_another(
    grow: Write, town: Town, tmp_path: Path
) -> None:
    grow(300)
    town.cosign()
    program, export = tmp_path / "verify.py", tmp_path / "log.jsonl"
    program.write_text(file_of("verify"), "utf-8")
    export.write_bytes(b"".join(exporting.whole()))
    done = run(program, "--policy", str(town.path), str(export))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("OK: 300 events")
    export.write_bytes(export.read_bytes().replace(b"Referral/77\\n", b"Referral/78\\n"))
    done = run(program, "--policy", str(town.path), str(export), "--json")
    assert done.returncode == 12
    assert '"first_bad": {"seq": 77, "class": "hash"}' in done.stdout
