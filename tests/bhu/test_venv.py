"""The environment that manage.py makes: when it is made anew, when it is left alone, what it says when it cannot."""

import ast
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from bhu.setup import venv
from tests.databases import ROOT


@pytest.fixture
def locks(tmp_path: Path) -> Path:
    (tmp_path / venv.RUN).write_text("one==1")
    (tmp_path / venv.DEVELOP).write_text("one==1\ntwo==2")
    return tmp_path


def test_a_stamp_says_the_python_and_the_digest_of_each_lock_installed(locks: Path) -> None:
    assert venv.stamp(venv.RUN, locks) == {
        "python": platform.python_version(),
        "requirements.lock": "9e20f5e17326ded82d9bf0e36a1d59d6186d8aedc119a0104ba6498f110481ef",
    }


def test_an_environment_for_development_also_runs(locks: Path) -> None:
    assert venv.matches(venv.stamp(venv.DEVELOP, locks), venv.stamp(venv.RUN, locks))
    assert not venv.matches(venv.stamp(venv.RUN, locks), venv.stamp(venv.DEVELOP, locks))


def test_a_changed_lock_or_python_no_longer_matches(locks: Path) -> None:
    before = venv.stamp(venv.RUN, locks)
    (locks / venv.RUN).write_text("one==1.1")
    assert not venv.matches(before, venv.stamp(venv.RUN, locks))
    assert not venv.matches({**venv.stamp(venv.RUN, locks), "python": "3.10.0"}, venv.stamp(venv.RUN, locks))


@pytest.mark.parametrize("content", ["", "{", "[]", "null"])
def test_a_broken_stamp_counts_as_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "bhu-stamp.json").write_text(content)
    assert venv.read_stamp(tmp_path) == {}
    assert venv.read_stamp(tmp_path / "nowhere") == {}


@pytest.mark.parametrize(("command", "lock"), [("up", venv.RUN), ("referral", venv.RUN), ("test", venv.DEVELOP)])
def test_only_commands_of_development_need_its_tools(command: str, lock: str) -> None:
    assert venv.lock_for(command) == lock


def test_a_matching_environment_is_neither_filled_nor_entered_again(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[object] = []
    monkeypatch.setattr(venv, "read_stamp", lambda _folder: venv.stamp(venv.DEVELOP))
    monkeypatch.setattr(venv.os, "execv", lambda *arguments: started.append(arguments))
    monkeypatch.setattr(venv, "fill", lambda *arguments: started.append(arguments))
    venv.enter("test")
    assert started == []


def test_another_python_starts_again_inside_with_the_same_arguments(monkeypatch: pytest.MonkeyPatch) -> None:
    stamps = {venv.VENV: venv.stamp(venv.RUN)}
    started: list[list[str]] = []
    monkeypatch.setattr(venv, "read_stamp", lambda folder: stamps.get(folder, {}))
    monkeypatch.setattr(venv.sys, "prefix", "/usr")
    monkeypatch.setattr(venv.sys, "argv", ["manage.py", "inbox", "--as", "a b"])
    monkeypatch.setattr(venv.os, "execv", lambda program, arguments: started.append([str(program), *arguments]))
    venv.enter("inbox")
    python = str(venv.PYTHON)
    assert started == [[python, python, str(ROOT / "manage.py"), "inbox", "--as", "a b"]]


def test_a_python_without_venv_is_told_which_package_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(venv, "read_stamp", lambda _folder: {})
    monkeypatch.setattr(venv, "usable", lambda _version: False)
    monkeypatch.setattr(venv.importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(SystemExit, match="sudo apt install python3-venv"):
        venv.enter("up")


def test_a_failed_installation_is_explained_and_leaves_no_stamp(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(venv, "read_stamp", lambda _folder: {})
    monkeypatch.setattr(venv, "VENV", tmp_path)
    monkeypatch.setattr(venv, "PYTHON", "/bin/false")
    monkeypatch.setattr(venv, "usable", lambda _version: True)
    with pytest.raises(SystemExit, match="could not be installed"):
        venv.enter("up")
    assert not (tmp_path / "bhu-stamp.json").exists()


def test_set_up_needs_only_the_standard_library() -> None:
    program = "import sys; sys.path.insert(0, '.'); import manage; print(*{m.split('.')[0] for m in sys.modules})"
    done = subprocess.run([sys.executable, "-S", "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) <= set(sys.stdlib_module_names) | {"__main__", "manage", "bhu"}


def test_an_old_python_can_read_the_sentence_that_refuses_it() -> None:
    assert ast.parse((ROOT / "manage.py").read_text(), feature_version=(3, 6))
