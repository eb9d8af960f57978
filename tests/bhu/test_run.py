"""The test command itself: what counts as passed, and what it says at the end."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import run
from tests.order import HERE, LONG, in_order
from tests.run import Half


def half(code: int, **outcomes: int) -> Half:
    return Half("SQLite", code, 1.5, outcomes, {"drill": 2})


@pytest.mark.parametrize(
    ("codes", "answer"),
    [((0, 0), 0), ((0, 5), 0), ((5, 5), 1), ((0, 1), 1), ((1, 0), 1), ((2, 0), 1), ((0, -9), 1)],
)
def test_only_two_halves_without_failure_pass_and_nothing_run_is_a_failure(codes: tuple[int, int], answer: int) -> None:
    assert run.verdict([half(code) for code in codes]) == answer


def test_the_last_line_is_the_total_in_pytests_form(capsys: pytest.CaptureFixture[str]) -> None:
    run.report([half(0, passed=3), half(1, passed=2, failed=1)])
    assert capsys.readouterr().out.splitlines()[-1] == "== 1 failed, 5 passed in 3.00s =="


def test_totals_go_on_from_the_run_before(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    kept = tmp_path / "totals"
    kept.touch()
    monkeypatch.setenv("BHU_TEST_TOTALS", str(kept))
    run.report([half(0, passed=3)])
    run.report([half(0, passed=4, skipped=1)])
    lines = capsys.readouterr().out.splitlines()
    assert "  drill: 2 passed" in lines
    assert lines[-1] == "== 7 passed, 1 skipped in 3.00s =="
    assert json.loads(kept.read_text())["passed"] == 7


def test_ci_does_not_run_without_a_server_or_a_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "1")
    monkeypatch.setattr(run, "may_create", lambda _url: False)
    with pytest.raises(run.Missing, match="No PostgreSQL"), run.postgres():
        pass
    with pytest.raises(run.Missing, match=r"No RabbitMQ at 127\.0\.0\.1:9"):
        run.require_broker("amqp://127.0.0.1:9//")


def test_a_server_that_does_not_answer_is_not_used() -> None:
    assert not run.may_create("postgresql://127.0.0.1:9/postgres")


def test_whoever_wants_no_bytecode_in_the_tree_gets_none_there_and_nothing_is_compiled_twice() -> None:
    given = {"PATH": "/bin", "BHU_TEST_REPORT": "x"}
    assert run.environment(given) == {"PATH": "/bin"}
    asked = run.environment(given | {"PYTHONDONTWRITEBYTECODE": "1"})
    assert asked == {"PATH": "/bin", "PYTHONPYCACHEPREFIX": str(run.ROOT / ".venv" / "bytecode")}
    own = {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPYCACHEPREFIX": "/elsewhere"}
    assert run.environment(own) == {"PYTHONPYCACHEPREFIX": "/elsewhere"}


@dataclass(frozen=True)
class Item:
    path: Path
    name: str = ""


def test_the_long_files_begin_first_then_those_of_many_tests_each_in_its_own_order() -> None:
    one, few, many, long = Item(HERE / "one"), Item(HERE / "few"), Item(HERE / "many"), Item(HERE / LONG[1])
    named = [Item(HERE / "many", name) for name in "zab"]
    assert in_order([one, *named, few, few, long, many]) == [long, *named, many, few, few, one]


@pytest.mark.parametrize("name", LONG)
def test_every_file_that_is_called_long_is_there(name: str) -> None:
    assert (HERE / name).is_file()
