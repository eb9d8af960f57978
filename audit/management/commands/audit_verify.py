"""Verify the log and say so, to a person or as JSON; exit 1 when it is not what was signed."""

import json
import sys
import time
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from audit import witnesses
from audit.standalone.faults import MEANS
from audit.standalone.notes import BadNote, Checkpoint, Key, checkpoint, opened
from audit.verify import Progress, Report, verify

NOT_YET = "Not yet cosigned by another town."


class Command(BaseCommand):
    help = "Recompute the log from its stored bytes and compare it with every signed checkpoint."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the report as one JSON object")
        parser.add_argument("--kept", type=Path, metavar="FILE", help="a checkpoint kept elsewhere, or by a witness")

    def handle(self, *, json: bool, kept: Path | None, **_options: object) -> None:
        key = witnesses.log_key()
        report = verify(
            name=key.name,
            public=key.public,
            witnesses={name: each.key for name, each in witnesses.rules().witnesses.items()},
            kept=_kept(kept, key) if kept else None,
            progress=self._progress(),
        )
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


def _kept(path: Path, key: Key) -> Checkpoint:
    try:
        return checkpoint(opened(path.read_text("utf-8"), key))
    except (BadNote, OSError, UnicodeDecodeError) as problem:
        raise CommandError(f"{path} is not a checkpoint that this log's key signed: {problem}.", returncode=2) from None


def as_json(report: Report) -> str:
    """Return the report as a JSON object; the fault of ``first_bad`` is its ``class``."""
    bad = report.first_bad and {"seq": report.first_bad.seq, "class": report.first_bad.fault}
    vouched = [each._asdict() for each in report.witnesses]
    return json.dumps({**asdict(report), "first_bad": bad, "witnesses": vouched})


def as_text(report: Report) -> str:
    """Return the report as a sentence for a person."""
    if report.first_bad:
        place = "" if report.first_bad.seq is None else f" at position {report.first_bad.seq}"
        said = MEANS[report.first_bad.fault]
        return f"NOT OK: {report.first_bad.fault}{place}. {report.events} events, {report.size} signed for: {said}."
    rest = f", {report.unsequenced} not yet sequenced" if report.unsequenced else ""
    lines = [f"OK: {report.size} events, root {report.root}{rest}."]
    lines += [f"{each.name} vouches for {each.size}; the next have waited {each.lag_s} s." for each in report.witnesses]
    return "\n".join(lines if report.witnesses else [*lines, NOT_YET])
