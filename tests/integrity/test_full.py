"""The database is full or too slow in the middle of a send: said plainly, nothing half written, and later it works."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections

from referrals.models import Referral
from tests.county import SCREEN, bundle_of, make_county
from tests.databases import OwnDatabase
from tests.integrity.whole import counts, require_whole

FILLED = (
    "referrals_folder", "referrals_section", "referrals_manifest", "referrals_wrap", "referrals_disclosure",
    "audit_event", "audit_pending",
)  # fmt: skip
FULL = """
CREATE OR REPLACE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$
"""
SLOW = """
CREATE OR REPLACE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM pg_sleep(10); RETURN NEW; END $$
"""


@pytest.fixture
def bundle(own_database: OwnDatabase, tmp_path: Path) -> Path:
    """A file to send, in a county where it may be sent."""
    path = tmp_path / "bundle.json"
    path.write_bytes(bundle_of(SCREEN))
    return path


def send(bundle: Path, key: str, *more: str) -> str:
    told = StringIO()
    command = ["referral", "send", str(bundle), "--as", "officer@police.example.org", "--to", "bhu", "--key", key]
    call_command(*command, *more, stdout=told)
    return told.getvalue()


@contextmanager
def sqlite_full(alias: str, spare: int) -> Iterator[None]:
    """The database may grow by so many pages and no more."""
    with connections[alias].cursor() as cursor:
        cursor.execute("PRAGMA page_count")
        (pages,) = cursor.fetchone()
        cursor.execute(f"PRAGMA max_page_count = {pages + spare}")
        yield
        cursor.execute("PRAGMA max_page_count = 1073741823")


@contextmanager
def postgres_full(table: str, function: str) -> Iterator[None]:
    """Nothing more can be put into ``table``."""
    with connection.cursor() as cursor:
        cursor.execute(function)
        cursor.execute(f"CREATE TRIGGER full_disk BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION full_disk()")
        cursor.execute("SET statement_timeout = '300ms'")
        yield
        cursor.execute("SET statement_timeout = 0")
        cursor.execute(f"DROP TRIGGER full_disk ON {table}")


def full_places() -> list[Callable[[], object]]:
    """Every way this engine's test fills the disk."""
    if connection.vendor == "sqlite":
        main = [lambda spare=spare: sqlite_full("default", spare) for spare in (0, 1, 2, 4, 8)]
        return [*main, lambda: sqlite_full("shred", 0)]
    tables = [lambda table=table: postgres_full(table, FULL) for table in FILLED]
    return [*tables, lambda: postgres_full("referrals_wrap", SLOW)]


def test_a_send_into_a_full_disk_is_all_or_nothing(bundle: Path) -> None:
    county = make_county()
    send(bundle, "first")
    tried = 1
    for full in full_places():
        with full():  # type: ignore[attr-defined] # context managers
            tried += send_until_full(bundle, tried)
        send(bundle, f"key-{tried}")  # what did not fit fits now, under the same key
        tried += 1
    assert Referral.objects.count() == tried
    require_whole(county, keys=tried)


def send_until_full(bundle: Path, number: int) -> int:
    """Send under new keys until one is refused; how many went through. What was refused changed no table."""
    for done in range(200):
        before = counts()
        problem = problem_of(lambda done=done: send(bundle, f"key-{number + done}"))
        if problem is not None:
            assert problem.returncode == 1
            assert str(problem).startswith("UNAVAILABLE: The database did not do it: ")
            assert any(word in str(problem) for word in ("full", "No space left", "statement timeout"))
            assert "Nothing was written" in str(problem)
            assert {model.__name__ for model, count in counts().items() if count != before[model]} <= {"ShredSecret"}
            return done
    raise AssertionError("it never filled up")


def problem_of(call: Callable[[], object]) -> CommandError | None:
    try:
        call()
    except CommandError as problem:
        return problem
    return None


def test_a_full_disk_is_told_as_json_too(bundle: Path) -> None:
    make_county()
    told = StringIO()
    command = ["referral", "send", str(bundle), "--as", "officer@police.example.org", "--to", "bhu", "--json"]
    full = sqlite_full("shred", 0) if connection.vendor == "sqlite" else postgres_full("referrals_folder", FULL)
    with full:
        while problem_of(lambda: send(bundle, uuid4().hex)) is None:
            pass
        with pytest.raises(SystemExit) as ended:
            call_command(*command, stdout=told)
    assert ended.value.code == 1
    outcome = json.loads(told.getvalue())
    (issue,) = outcome["issue"]
    assert (outcome["resourceType"], outcome["id"], issue["code"]) == ("OperationOutcome", "unavailable", "no-store")
