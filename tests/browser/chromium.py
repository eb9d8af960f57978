"""Debian's Chromium, and what reads the papers it prints: where they are, how tests start it, and ``make chromium``.

Knows nothing but the standard library: it runs before anything is installed.
"""

import os
import shutil
import subprocess
import sys

PACKAGE, READER = "chromium", "pdftotext"
PACKAGES = {PACKAGE: PACKAGE, READER: "poppler-utils"}
"""The programs, and the packages they are in."""

MISSING = "Browser tests need Chromium, and none is on this machine. Install it: make chromium"
FLAGS = (
    "--no-sandbox",  # its sandbox refuses to start as root, as in most containers; it opens our own pages only
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    # Nothing is to be asked of hosts outside.
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
BY_HAND = """\
What browser tests need is missing, and installing it needs apt-get and the rights of root.
On Debian or Ubuntu run:  sudo apt-get install {packages}
Elsewhere put programs called chromium and pdftotext on the PATH."""


def where() -> str | None:
    """The path of the program; None if there is none."""
    return shutil.which(PACKAGE)


def main() -> int:
    """Install what is not there. Answers 0, or 1 with what to do."""
    missing = [package for program, package in PACKAGES.items() if shutil.which(program) is None]
    if not missing:
        return 0
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        sys.stderr.write(BY_HAND.format(packages=" ".join(missing)) + "\n")
        return 1
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ("apt-get", "install", "--yes", "--quiet", "--no-install-recommends", *missing)
    for command in (("apt-get", "update", "--quiet"), install):
        code = subprocess.run(command, env=quiet, check=False).returncode
        if code:
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main())
