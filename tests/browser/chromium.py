"""Debian's Chromium: where it is, how tests start it, and ``make chromium``, which installs it.

Knows nothing but the standard library: it runs before anything is installed.
"""

import os
import shutil
import subprocess
import sys

PACKAGE = "chromium"
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
Chromium is missing, and installing it needs apt-get and the rights of root.
On Debian or Ubuntu run:  sudo apt-get install {package}
Elsewhere put a program called chromium on the PATH."""


def where() -> str | None:
    """The path of the program; None if there is none."""
    return shutil.which(PACKAGE)


def main() -> int:
    """Install it unless it is there. Answers 0, or 1 with what to do."""
    if where():
        return 0
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        sys.stderr.write(BY_HAND.format(package=PACKAGE) + "\n")
        return 1
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ("apt-get", "install", "--yes", "--quiet", "--no-install-recommends", PACKAGE)
    for command in (("apt-get", "update", "--quiet"), install):
        code = subprocess.run(command, env=quiet, check=False).returncode
        if code:
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main())
