import ast
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit import sequencer
from audit import verify as module
from audit.log import record
from audit.models import AuditCheckpoint, AuditDetail, AuditEvent
from audit.verify import Report, verify
from tests.audit.conftest import Write
from tests.audit.signing import LogKey

pytestmark = pytest.mark.django_db
Check = Callable[[], Report]


@pytest.fixture
def check(key: LogKey) -> Check:
    return lambda: verify(name=key.name, public=key.public)


@pytest.fixture
def log(grow: Write) -> list[UUID]:
    return [*grow(4), *grow(3), *grow(3)]


def test_an_empty_log_verifies(check: Check) -> None:
    report = check()
    assert (report.ok, report.size, report.events, report.first_bad) == (True, 0, 0, None)


def test_a_sound_log_verifies_and_says_what_it_saw(log: list[UUID], write: Write, check: Check) -> None:
    write(2)
    report = check()
    root = b64encode(bytes(AuditCheckpoint.objects.get(size=10).root)).decode()
    assert (report.ok, report.size, report.root, report.events) == (True, 10, root, 12)
    assert (report.unsequenced, report.witnesses, report.first_bad) == (2, [], None)
    assert report.rate_per_s > 0


def test_pages_of_any_length_see_the_same(log: list[UUID], check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = check().root
    for page in (1, 2, 3, 4, 5, 8, 10):
        monkeypatch.setattr(module, "PAGE", page)
        report = check()
        assert (report.ok, report.root) == (True, whole)


def test_blocks_of_any_length_see_the_same(log: list[UUID], check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = check().root
    for block in (1, 2, 3, 10):
        monkeypatch.setattr(module, "BLOCK", block)
        report = check()
        assert (report.ok, report.root) == (True, whole)


def test_progress_is_told_to_the_end(log: list[UUID], key: LogKey, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAGE", 4)
    told: list[tuple[int, int]] = []
    verify(name=key.name, public=key.public, progress=lambda done, total: told.append((done, total)))
    assert told == [(4, 10), (8, 10), (10, 10)]


def test_details_of_several_pages_are_read_to_the_end(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "DETAILS", 2)
    for number in range(5):
        record(action="referral.open", target="Referral/1", actor="Membership/1", detail=b"sealed %d" % number)
    assert check().ok
    last = AuditDetail.objects.order_by("pk").last()
    assert last is not None
    AuditDetail.objects.filter(pk=last.pk).update(sealed=b"forged")
    assert not check().ok


def test_a_shredded_detail_leaves_a_log_that_verifies(check: Check) -> None:
    record(action="referral.open", target="Referral/1", actor="Membership/1", detail=b"sealed")
    sequencer.sequence()
    assert check().ok
    AuditDetail.objects.all().delete()
    assert check().ok


def test_a_time_on_the_full_second_verifies(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite drops a fraction that is zero."""
    monkeypatch.setattr("audit.uuid7.clock", lambda: 1_800_000_000_000_000_000)
    monkeypatch.setattr("audit.uuid7._last", (0, 0))
    record(action="login", target="User/1", actor="User/1")
    assert AuditEvent.objects.get().at.microsecond == 0
    sequencer.sequence()
    assert check().ok


def test_verifying_writes_nothing(log: list[UUID], check: Check) -> None:
    with CaptureQueriesContext(connection) as queries:
        assert check().ok
    assert {query["sql"].split()[0] for query in queries} == {"SELECT"}


def test_verifying_needs_no_right_to_write(log: list[UUID], check: Check) -> None:
    """The database itself refuses: PostgreSQL until the test's transaction ends."""
    lite = connection.vendor == "sqlite"
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA query_only = ON" if lite else "SET TRANSACTION READ ONLY")
        try:
            assert check().ok
        finally:
            if lite:
                cursor.execute("PRAGMA query_only = OFF")


def test_the_verifier_uses_nothing_of_the_writing_side() -> None:
    allowed = {"verify": {"recompute", "standalone"}, "recompute": {"standalone"}}
    for name, own in allowed.items():
        tree = ast.parse((Path(module.__file__).parent / f"{name}.py").read_text())
        imported = {
            alias.name if node.module == "audit" else node.module.split(".")[1]
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("audit")
            for alias in node.names
        }
        assert imported == own, name
