"""The CPU of PostgreSQL's processes that serve one pair of databases, where this host's /proc shows them."""

from contextlib import closing
from pathlib import Path

import psycopg

from tests.databases import Pair, Postgres

PIDS = "SELECT pid FROM pg_stat_activity WHERE datname = ANY(%s) ORDER BY pid"


class Backends:
    """Asks the server which processes serve the pair, once, and /proc what they have used."""

    def __init__(self, pair: Pair) -> None:
        self._pair = pair
        self._pids: list[int] | None = None

    def cpu(self) -> float | None:
        """Seconds of CPU used so far; ``None`` on SQLite, or if the server is elsewhere.

        Call it first when the connections to be watched are open.
        """
        if not isinstance(self._pair.engine, Postgres):
            return None
        if self._pids is None:
            self._pids = self._found(self._pair.engine)
        try:
            return sum(_cpu(pid) for pid in self._pids) if self._pids else None
        except OSError:
            return None

    def _found(self, engine: Postgres) -> list[int]:
        names = [f"{engine.prefix}_{name}" for name in self._pair.names]
        with closing(psycopg.connect(engine.server, autocommit=True)) as connection:
            return [pid for (pid,) in connection.execute(PIDS, [names])]


def _cpu(pid: int) -> float:
    process = Path("/proc", str(pid))
    if (process / "comm").read_text().strip() != "postgres":
        raise ProcessLookupError(pid)
    # The first word is nanoseconds on a CPU; /proc/PID/stat counts in hundredths of a second.
    return int((process / "schedstat").read_text().split()[0]) / 1e9
