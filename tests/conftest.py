"""The test run: which engine, a migrated database per worker, a database of its own for tests that commit.

Nothing here may touch the developer's own ``var/``: every run has a folder and keys of its own.
"""

import atexit
import json
import os
import shutil
import socket
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit
from uuid import uuid4

import django
import pytest

from tests import once
from tests.databases import ALIASES, IN_CI, Engine, OwnDatabase, Pair, Postgres, Sqlite, connected, template
from tests.order import in_order

T = TypeVar("T")
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "main")
POSTGRES = os.environ.get("BHU_TEST_POSTGRES", "")  # address of a server on which we may create databases
RABBITMQ = os.environ.get("BHU_TEST_RABBITMQ", "amqp://guest:guest@127.0.0.1:5672//")

if WORKER == "main":  # the workers it starts inherit the folder
    os.environ["BHU_TEST_FOLDER"] = tempfile.mkdtemp(prefix="bhu-test-")
    atexit.register(shutil.rmtree, os.environ["BHU_TEST_FOLDER"], ignore_errors=True)
FOLDER = Path(os.environ["BHU_TEST_FOLDER"])
RUN = FOLDER.name.replace("-", "_").lower()
ENGINE: Engine = Postgres(POSTGRES, RUN, waits=False) if POSTGRES else Sqlite(FOLDER)

os.environ.pop("CELERY_BROKER_URL", None)
os.environ.update(
    Pair(ENGINE, WORKER).addresses
    | {
        "DJANGO_SETTINGS_MODULE": "bhu.settings",
        "BHU_MODE": "development",
        "BHU_VAR": str(FOLDER / "var"),
        "SECRET_KEY": "tests-only-" + "k" * 50,
    }
)
(FOLDER / "var" / "static").mkdir(parents=True, exist_ok=True)
django.setup()  # here, because pytest-django would look for settings before this file has chosen the engine
once.share_static_files()
once.seek_cycles_seldom()


def pytest_configure() -> None:
    """A worker that inherited it would load the settings, with our database, before its own copy of this file ran."""
    os.environ.pop("DJANGO_SETTINGS_MODULE", None)  # now, since another folder's conftest may have set it again


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Give database tests both aliases, and leave out what belongs into the run on the other engine."""
    left_out = [
        item for item in items if (not uses_database(item) if POSTGRES else item.get_closest_marker("postgres"))
    ]
    config.hook.pytest_deselected(items=left_out)
    left = set(left_out)
    items[:] = [item for item in items if item not in left]
    if WORKER != "main":  # one process has no worker to wait for, and goes in the order of its arguments
        items[:] = in_order(items)
    for item in items:
        marker = item.get_closest_marker("django_db")
        if marker and marker.kwargs.get("transaction"):
            raise pytest.UsageError(f"{item.nodeid}: tests that commit take the own_database fixture")
        if (marker and "databases" not in marker.kwargs) or "db" in fixtures_of(item):
            item.add_marker(pytest.mark.django_db(databases=list(ALIASES)), append=False)


def pytest_collection_finish() -> None:
    once.pass_over_what_stays()


def fixtures_of(item: pytest.Item) -> list[str]:
    return getattr(item, "fixturenames", [])


def uses_database(item: pytest.Item) -> bool:
    """Whether a test can tell the engines apart; one that cannot runs once, on the default engine's turn."""
    marks = any(item.get_closest_marker(name) for name in ("django_db", "postgres"))
    return marks or not {"db", "new_pair"}.isdisjoint(fixtures_of(item))


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name bytes and long texts by their argument: random ones differ between workers, which compare their lists."""
    return argname if isinstance(val, bytes) or (isinstance(val, str) and len(val) > 30) else None


@pytest.fixture(scope="session")
def django_db_setup() -> Iterator[None]:
    """This worker's databases, copied from the template and dropped at the end."""
    from django.db import connections

    pair = template(ENGINE, FOLDER).copy(WORKER)
    yield
    for alias in ALIASES:
        connections[alias].close()
        if POSTGRES:
            connections[alias].close_pool()  # type: ignore[attr-defined] # only PostgreSQL's wrapper has one
    pair.drop()


@pytest.fixture(scope="session")
def new_pair() -> Callable[[], Pair]:
    """Makes migrated, empty pairs of databases; whoever takes one leaves it."""
    return lambda: template(ENGINE, FOLDER).copy(f"own_{uuid4().hex[:12]}")


@pytest.fixture(scope="module")
def build_once(django_db_setup: None, django_db_blocker: object) -> Iterator[Callable[[Callable[[], T]], T]]:
    """Write rows once for all tests of a module, which each start from them; rolled back after the last.

    ``build_once(make)`` answers what ``make()`` answers, in a transaction that every test's own is nested in.
    """
    from django.db import transaction

    def build(make: Callable[[], T]) -> T:
        with unblocked():
            return make()

    unblocked = django_db_blocker.unblock  # type: ignore[attr-defined] # its class is private
    blocks = [transaction.atomic(using=alias) for alias in ALIASES]
    with unblocked():
        for block in blocks:
            # As in Django's own TestCase: lets durable transactions open inside.
            block._from_testcase = True  # type: ignore[attr-defined] # Django sets it the same way, untyped
            block.__enter__()
    yield build
    with unblocked():
        for alias, block in zip(ALIASES, blocks, strict=True):
            transaction.set_rollback(True, using=alias)
            block.__exit__(None, None, None)


@pytest.fixture
def own_database(django_db_blocker: object, tmp_path: Path, new_pair: Callable[[], Pair]) -> Iterator[OwnDatabase]:
    """A throw-away copy for a test that commits, for this process, its threads and its subprocesses."""
    pair = new_pair()
    var = tmp_path / "var"
    shutil.copytree(FOLDER / "var", var)
    try:
        with django_db_blocker.unblock(), connected(pair):  # type: ignore[attr-defined] # its class is private
            yield OwnDatabase(pair, var)
    finally:
        pair.leave()


@pytest.fixture(scope="session")
def rabbitmq() -> str:
    """The address of a RabbitMQ broker that answers; without one the test is skipped, and in CI it fails."""
    address = urlsplit(RABBITMQ)
    try:
        socket.create_connection((address.hostname or "", address.port or 5672), timeout=2).close()
    except OSError as error:
        pytest.skip(f"no RabbitMQ at {address.hostname}:{address.port}: {error}")
    return RABBITMQ


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Write the counts for ``tests.run``: outcomes, and tests passed under each of our marks; print what tests made.

    That no browser was there is said loudly.
    """
    made = [dict(row.user_properties).get("requests", 0) for row in terminalreporter.stats.get("passed", [])]
    counted = [dict(row.user_properties) for row in terminalreporter.stats.get("passed", [])]
    if doors := sum(row.get("doors", 0) for row in counted):
        events = sum(row.get("events", 0) for row in counted)
        terminalreporter.write_line(f"doors: {doors:,} were tried, each left its event; {events:,} events")
    if sum(made):
        terminalreporter.write_line(f"fuzz: {sum(made):,} requests, none answered with a fault of ours")
    unseen = {row.longrepr[2] for row in terminalreporter.stats.get("skipped", []) if "browser" in row.keywords}
    for reason in unseen:
        terminalreporter.write_line(f"NO PAGE WAS LOOKED AT. {reason}", red=True, bold=True)
    report = os.environ.get("BHU_TEST_REPORT")
    if not report or WORKER != "main":
        return
    ours = {"postgres", "rabbitmq", "browser", "fuzz", "drill"}
    passed = terminalreporter.stats.get("passed", [])
    outcomes = {name: len(rows) for name, rows in terminalreporter.stats.items() if name and name != "warnings"}
    marks = Counter(mark for row in passed for mark in ours & set(row.keywords))
    Path(report).write_text(json.dumps({"outcomes": outcomes, "marks": marks}))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """In CI everything must have run: a skipped test fails the run. Databases that were left go, then the template."""
    ENGINE.sweep()
    if WORKER != "main":
        return
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if IN_CI and reporter is not None and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
    if (FOLDER / "template.lock").exists():
        Pair(ENGINE, "template").drop()
