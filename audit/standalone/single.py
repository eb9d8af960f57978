"""Makes one file of a program and the modules it stands on, in their order: nothing of it is written twice."""

import re
from collections.abc import Mapping
from pathlib import Path

VERIFIED = ("faults", "events", "tree", "notes", "policy", "reading", "verify")
PROGRAMS: Mapping[str, tuple[str, ...]] = {
    "verify": VERIFIED,
    "witness": ("faults", "tree", "notes", "judging", "witness"),
}
OWN_IMPORT = re.compile(r"^from audit\.standalone\.\w+ import (?:\([^)]*\)|[^\n]*)\n", re.MULTILINE)


def file_of(program: str) -> str:
    """Return the text of a program's one file; raises KeyError for a name that is none."""
    parts = [(Path(__file__).parent / f"{name}.py").read_text("utf-8") for name in PROGRAMS[program]]
    # What the program itself says comes first: it is what --help and a reader begin with.
    docstring = re.match(r'""".*?"""\n', parts[-1], re.DOTALL)
    body = "\n\n".join(OWN_IMPORT.sub("", part).strip("\n") for part in parts)
    return f"#!/usr/bin/env python3\n{docstring[0] if docstring else ''}\n{body}\n"
