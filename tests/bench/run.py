"""``manage.py bench [suite ...] [--quick]``: measure what the budgets name, and print the figures beside them.

Each suite runs in a process of its own, on databases made for it and dropped after. A budget missed is not a
failure, since machines differ and neighbours disturb: exit code 1 means that a suite could not be measured.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.bench.figures import table
from tests.bench.places import SERVER, engine_of
from tests.bench.suites import BOTH, SUITES
from tests.databases import ROOT, Pair, template
from tests.run import postgres

KEPT = ROOT / "var" / "bench"
Line = dict[str, Any]


class NotMeasured(Exception):
    """A suite ended with an error; what it said stands above."""


def main(arguments: list[str]) -> int:
    """Run the suites named, or all; the figures stay in ``var/bench/<suite>.json``."""
    parser = argparse.ArgumentParser(prog="manage.py bench", description="Measure speed and size beside the budgets.")
    parser.add_argument("suite", nargs="*", help=f"one or more of: {', '.join(SUITES)} (default: all)")
    parser.add_argument("--quick", action="store_true", help="fewer repetitions, a tenth of the rows")
    options = parser.parse_args(arguments)
    if not set(options.suite) <= SUITES.keys():
        parser.error(f"a suite is one of: {', '.join(SUITES)}")
    lines, failed = list[Line](), list[str]()
    with postgres() as server, tempfile.TemporaryDirectory(prefix="bhu-bench-") as folder:
        os.environ.pop("CELERY_BROKER_URL", None)
        os.environ |= surroundings(server, Path(folder))
        try:
            for suite in options.suite or SUITES:
                try:
                    lines += measured(suite, Path(folder), quick=options.quick)
                except NotMeasured as error:
                    failed.append(str(error))
        finally:
            for engine in BOTH:
                Pair(engine_of(engine, Path(folder)), "template").drop()
    print(table(lines))
    print(f"\nKept in {KEPT.relative_to(ROOT)}/.", *(f"NOT MEASURED: {each}" for each in failed), sep="\n")
    return 1 if failed else 0


def surroundings(server: str, folder: Path) -> dict[str, str]:
    """The environment of everything a run starts: nothing of the developer's own installation."""
    (folder / "var" / "static").mkdir(parents=True)
    return {
        SERVER: server,
        "DJANGO_SETTINGS_MODULE": "bhu.settings",
        "BHU_MODE": "development",
        "BHU_LOG_LEVEL": "WARNING",
        "BHU_VAR": str(folder / "var"),
        "SECRET_KEY": "bench-only-" + "k" * 50,
    }


def measured(suite: str, folder: Path, *, quick: bool) -> list[Line]:
    """Run one suite on each of its engines and keep its lines."""
    KEPT.mkdir(parents=True, exist_ok=True)
    lines = [line for engine in SUITES[suite].engines for line in one(suite, engine, folder, quick=quick)]
    (KEPT / f"{suite}.json").write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    return lines


def one(suite: str, engine: str, folder: Path, *, quick: bool) -> Iterator[Line]:
    """The figures of one suite on one engine."""
    print(f"== {suite} on {engine}", file=sys.stderr, flush=True)
    place = folder / engine.lower()  # a template per engine
    place.mkdir(exist_ok=True)
    made = Pair(engine_of(engine, folder), suite)
    try:
        template(made.engine, place).copy(suite)
        command = [sys.executable, "-m", "tests.bench.one", suite, engine, str(folder), str(KEPT)]
        done = subprocess.run(
            [*command, *(["--quick"] if quick else [])],
            cwd=ROOT,
            env={**os.environ, **made.addresses},
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
    finally:
        made.drop()
    if done.returncode:
        raise NotMeasured(f"{suite} on {engine}")
    yield from map(json.loads, done.stdout.splitlines())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
