"""Where the databases of a run are: on a server, under a prefix of the run's own, or as files in its folder."""

import os
from pathlib import Path

from tests.bench.suites import SQLITE
from tests.databases import Engine, Postgres, Sqlite

SERVER = "BHU_BENCH_SERVER"  # the address of a server on which we may create databases


def engine_of(name: str, folder: Path) -> Engine:
    """The engine of that name for the run that has this folder."""
    return Sqlite(folder) if name == SQLITE else Postgres(os.environ[SERVER], folder.name.replace("-", "_").lower())
