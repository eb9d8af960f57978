"""``make screenshots INTO=folder [PAGES="front receipts-book-read"]``: pictures of the pages of the table.

Takes each, in each of its states, on three screens by day and by night, on an installation of its own.
"""

import argparse
import sys
from pathlib import Path

from tests import conftest  # makes that installation; what knows Django can only be loaded after it


def main(arguments: list[str]) -> int:
    """Write the pictures and print their paths. Answers 0, or 2 for a page that is not in the table."""
    from tests.browser import chromium
    from tests.browser.camera import take
    from tests.browser.table import PAGES

    parser = argparse.ArgumentParser(prog="make screenshots", description="Take pictures of pages.")
    parser.add_argument("folder", type=Path, help="where the pictures go")
    parser.add_argument("page", nargs="*", help=f"one or more of: {', '.join(map(str, PAGES))} (default: all)")
    options = parser.parse_args(arguments)
    if not set(options.page) <= {str(shown) for shown in PAGES}:
        parser.error(f"a page is one of: {', '.join(map(str, PAGES))}")
    program = chromium.where()
    if program is None:
        parser.error(chromium.MISSING)
    pages = [shown for shown in PAGES if not options.page or str(shown) in options.page]
    options.folder.mkdir(parents=True, exist_ok=True)
    for picture in take(program, conftest.FOLDER, pages, into=options.folder):
        sys.stdout.write(f"{picture}\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
