"""Checks what somebody took out of a BHU log: a whole export, an agency's slice, the proof of one event.

    python3 verify.py --policy POLICY [--kept CHECKPOINT] [--json] FILE

POLICY is a C2SP tlog-policy file: the log's key, its witnesses' keys, how many of them must have cosigned. ``--kept``
is a checkpoint from another day or another town: the log must have grown out of it. Exit 0: sound. 2: nothing could be
verified. Every fault has a number of its own.
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from audit.standalone.faults import EXITS, MEANS, UNREADABLE, Fault, Unusable
from audit.standalone.notes import BadNote, Checkpoint, checkpoint, opened
from audit.standalone.policy import Policy, policy
from audit.standalone.reading import Progress, Report, verify


def in_words(report: Report) -> str:
    """Say to a person what was found."""
    if report.first_bad:
        place = "" if report.first_bad["seq"] is None else f" at position {report.first_bad['seq']}"
        fault = Fault(report.first_bad["class"])
        return f"NOT OK: {fault}{place}: {MEANS[fault]}."
    lines = [f"OK: {report.events:,} events of {report.origin}, of {report.size:,} under the checkpoint."]
    lines += [f"  {name}: {value}" for name, value in (report.event or {}).items() if value]
    lines += [
        f"{each['name']} vouches for the first {each['size']:,} events, on {each['at']}." for each in report.witnesses
    ]
    return "\n".join(lines)


def _progress(path: Path) -> Progress:
    total, began = max(path.stat().st_size, 1), time.monotonic()

    def tell(done: int) -> None:
        if sys.stderr.isatty() and time.monotonic() - began > 1:
            filled = 40 * done // total
            print(
                f"\r[{'#' * filled}{'.' * (40 - filled)}] {100 * done // total}%", end="", file=sys.stderr, flush=True
            )
            if done == total:
                print(file=sys.stderr)

    return tell


def main(arguments: Sequence[str] | None = None) -> int:
    """Verify one file from the command line; return what to exit with."""
    parser = argparse.ArgumentParser(prog="verify.py", description="Check an export, a slice or a proof of a BHU log.")
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument(
        "--policy", type=Path, required=True, metavar="FILE", help="whose signatures count (tlog-policy)"
    )
    parser.add_argument("--kept", type=Path, metavar="FILE", help="an older checkpoint, kept elsewhere")
    parser.add_argument("--json", action="store_true", help="print the report as one JSON object")
    given = parser.parse_args(arguments)
    try:
        rules = policy(given.policy.read_text("utf-8"))
        kept = given.kept and kept_checkpoint(given.kept.read_text("utf-8"), rules)
        report = verify(given.file, rules, kept, _progress(given.file))
    except (Unusable, OSError, UnicodeDecodeError) as problem:
        print(f"Nothing was verified. {problem}", file=sys.stderr)
        return UNREADABLE
    print(json.dumps(asdict(report)) if given.json else in_words(report))
    return EXITS[Fault(report.first_bad["class"])] if report.first_bad else 0


def kept_checkpoint(note: str, rules: Policy) -> Checkpoint:
    """Return the tree head of a kept checkpoint that one of the policy's logs signed. Raises Unusable."""
    for log in rules.logs.values():
        try:
            return checkpoint(opened(note, log))
        except BadNote:
            continue
    raise Unusable("The kept checkpoint is not signed by a log of the policy.")


if __name__ == "__main__":
    sys.exit(main())
