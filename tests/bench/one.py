"""``python -m tests.bench.one SUITE ENGINE FOLDER KEPT [--quick]``: one suite in a process of its own.

``tests.bench.run`` starts it, with settings that point at a migrated pair. Figures go to standard output as JSON.
"""

import argparse
import sys
from pathlib import Path

import django

from tests.bench.figures import as_json
from tests.bench.places import engine_of
from tests.bench.suites import SUITES, Run
from tests.databases import Pair


def main() -> None:
    """Measure and write the figures, each as soon as it is known."""
    parser = argparse.ArgumentParser()
    parser.add_argument("suite", choices=SUITES)
    parser.add_argument("engine")
    parser.add_argument("folder", type=Path)
    parser.add_argument("kept", type=Path)
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    django.setup()
    pair = Pair(engine_of(options.engine, options.folder), options.suite)
    run = Run(pair=pair, quick=options.quick, kept=options.kept, say=say)
    for figure in SUITES[options.suite].measure(run):
        print(as_json(figure, database=options.engine), flush=True)


def say(text: str) -> None:
    """Progress, for the person who waits."""
    print(f"  {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
