#!/usr/bin/env python3
"""The one way in: sets itself up in ``.venv``, then runs the command. Needs nothing but Python."""

import sys

# Must stand before any line that an older Python could not read, and must itself be readable to it.
if sys.version_info < (3, 11):  # noqa: UP036 - the reader of this message does not have 3.11
    sys.exit(
        f"BHU needs Python 3.11 or newer, and this is Python {sys.version_info[0]}.{sys.version_info[1]}.\n"
        "Install a newer Python (on Debian or Ubuntu: sudo apt install python3.11 python3.11-venv)\n"
        "and start with it, for example: python3.11 manage.py up"
    )

from importlib import import_module

from bhu.setup import venv

# Commands that start other processes and so must not load Django themselves.
RUNNERS = {"up": "bhu.setup.up", "test": "tests.run", "bench": "tests.bench.run", "drill": "tests.drill.run"}

OWN = """\
[start here]
    up        set up, start and look after everything: http://localhost:8000
    test      run the tests on SQLite and PostgreSQL; what follows goes to pytest
    bench     measure what the budgets name
    drill     kill processes under load, and count what is lost: 0
    setup     make .venv with the tools of development

"""


def main(arguments: list[str]) -> int:
    """Run one command and answer its exit code; 2 for a bad setting."""
    command = arguments[0] if arguments else "help"
    if command == "help" and arguments[1:2] and arguments[1] in RUNNERS:
        return main([arguments[1], "--help"])
    if command == "setup" and len(arguments) > 1:
        sys.stdout.write("manage.py setup: make .venv with the tools of development, and nothing else.\n")
        return 0
    venv.enter(command)
    if command == "setup":
        return 0
    if command in ("help", "--help", "-h") and len(arguments) < 2:
        sys.stdout.write(OWN)
    if command in RUNNERS:
        code: int = import_module(RUNNERS[command]).main(arguments[1:])
        return code
    return django(arguments)


def django(arguments: list[str]) -> int:
    """Hand the command to Django; its commands end the process with their own code when they fail."""
    import os

    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bhu.settings")
    try:
        import_module("bhu.settings")
    except ImproperlyConfigured as error:
        sys.stderr.write(f"The settings are not right:\n{error}\nEach is explained in docs/operations.md.\n")
        return 2
    execute_from_command_line(["manage.py", *arguments])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
