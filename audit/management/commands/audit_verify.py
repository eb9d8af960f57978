"""Verify the log and say so, to a person or as JSON; exit 1 when it is not what was signed."""

import json
import sys
import time
from argparse import ArgumentParser
from dataclasses import asdict

from django.core.management.base import BaseCommand

from audit import signer
from audit.verify import Progress, Report, verify


class Command(BaseCommand):
    help = "Recompute the log from its stored bytes and compare it with every signed checkpoint."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the report as one JSON object")

    def handle(self, *, json: bool, **_options: object) -> None:
        key = signer.load()
        report = verify(name=key.name, public=key.public, progress=self._progress())
        self.stdout.write(as_json(report) if json else as_text(report))
        if not report.ok:
            sys.exit(1)

    def _progress(self) -> Progress:
        """Tell a person at a terminal how far we are, once it takes longer than a second."""
        began = time.monotonic()

        def tell(done: int, total: int) -> None:
            if self.stderr.isatty() and time.monotonic() - began > 1:
                self.stderr.write(f"\r{done:,} of {total:,} events", ending="" if done < total else "\n")
                self.stderr.flush()

        return tell


def as_json(report: Report) -> str:
    """Return the report as a JSON object; the fault of ``first_bad`` is its ``class``."""
    bad = report.first_bad and {"seq": report.first_bad.seq, "class": report.first_bad.fault}
    return json.dumps({**asdict(report), "first_bad": bad})


def as_text(report: Report) -> str:
    """Return the report as a sentence for a person."""
    if report.first_bad:
        place = "" if report.first_bad.seq is None else f" at position {report.first_bad.seq}"
        return f"NOT OK: {report.first_bad.fault}{place}. {report.events} events, {report.size} signed for."
    rest = f", {report.unsequenced} not yet sequenced" if report.unsequenced else ""
    return f"OK: {report.size} events, root {report.root}{rest}."
