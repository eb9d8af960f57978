"""``manage.py drill --minutes N [--engine sqlite] [--json]``: load, and ``kill -9`` at random; nothing may be lost.

A whole installation of its own: two web servers, two workers, beat, sequencer; PostgreSQL with a RabbitMQ of its own,
or what ``up`` takes when nothing else is named, SQLite and folders. Exit code 1 when anything was lost.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.databases import ROOT, Pair, Postgres, Sqlite, template
from tests.run import postgres

ENGINES = ("postgresql", "sqlite")


def main(arguments: list[str]) -> int:
    """Run one drill and print what came of it."""
    parser = argparse.ArgumentParser(prog="manage.py drill", description="Kill processes under load; lose nothing.")
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--engine", choices=ENGINES, default="postgresql")
    parser.add_argument("--every", type=float, default=4.0, help="seconds between two kills")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    with installation(options.engine) as (env, pair):
        seconds = 60 * options.minutes
        result = drilled(options.engine, env, pair, seconds=seconds, every=options.every, seed=options.seed)
    lines = [json.dumps(result)] if options.json else [f"{name:15} {value}" for name, value in result.items()]
    sys.stdout.write("\n".join([*lines, ""]))
    return 0 if result["ok"] else 1


@contextmanager
def installation(engine: str) -> Iterator[tuple[dict[str, str], Pair]]:
    """Databases, keys and folders of its own, as the environment that points at them; gone afterwards."""
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="bhu-drill-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        (folder / "var" / "static").mkdir(parents=True)
        ours = {
            "DJANGO_SETTINGS_MODULE": "bhu.settings",
            "BHU_MODE": "development",
            "BHU_LOG_LEVEL": "WARNING",
            "BHU_VAR": str(folder / "var"),
            "SECRET_KEY": "drill-only-" + "k" * 50,
            "BHU_REQUESTS_PER_MINUTE": "1000000",
            "PYTHONPATH": str(ROOT),
        }
        os.environ |= ours
        name = folder.name.replace("-", "_").lower()
        made = Sqlite(folder) if engine == "sqlite" else Postgres(stack.enter_context(postgres()), name)
        empty = template(made, folder)
        pair = empty.copy("drill")
        stack.callback(empty.drop)
        stack.callback(pair.drop)
        os.environ |= pair.addresses
        yield {**os.environ, **pair.addresses}, pair


def drilled(engine: str, env: dict[str, str], pair: Pair, **how: float) -> dict[str, object]:
    """Set Django up, which must know its databases first, and run the drill."""
    import django

    django.setup()
    from tests.drill.whole import drill

    return drill(engine, env, pair, **how).as_json()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
