"""``python -m bhu.setup.web HOST PORT``: the web server process that ``up`` keeps running."""

import sys

from granian import Granian
from granian.constants import Interfaces

from bhu import settings


def threads() -> int:
    """SQLite lets one thread of a process write at a time; a PostgreSQL pool serves a few."""
    return 1 if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3") else 4


def main(host: str, port: int) -> None:
    """Serve until told to stop. A worker that dies is replaced."""
    Granian(
        "bhu.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=settings.BHU_WEB_WORKERS,
        blocking_threads=threads(),
        websockets=False,
        respawn_failed_workers=True,
        workers_kill_timeout=5,
        log_dictconfig=settings.LOGGING,
        log_access=False,  # its line holds the path; our own line per request holds the route
    ).serve()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
