"""``make screenshots [INTO=folder [PAGES="front receipts-book-read"] [WHOLE=yes]]``: pictures of pages.

Without a folder the six of the documentation. With one, the pages of the table: each, in each of its states, on three
screens by day and by night; ``--whole`` with the whole history of the county behind it. On an installation of its own.
"""

import argparse
import sys
from pathlib import Path

from tests import conftest  # makes that installation; what knows Django can only be loaded after it
from tests.databases import ROOT

IMAGES = ROOT / "docs" / "images"


def main(arguments: list[str]) -> int:
    """Write the pictures and print their paths. Answers 0, or 2 for a page that is not in the table."""
    from bhu.demo.history.shares import REFERRALS
    from tests.browser import chromium
    from tests.browser.camera import take
    from tests.browser.gallery import take_all
    from tests.browser.table import PAGES

    parser = argparse.ArgumentParser(prog="make screenshots", description="Take pictures of pages.")
    parser.add_argument("folder", type=Path, nargs="?", help="where the pictures go (default: those of docs/images)")
    parser.add_argument("page", nargs="*", help=f"one or more of: {', '.join(map(str, PAGES))} (default: all)")
    parser.add_argument("--whole", action="store_true", help="with the whole history of the county")
    options = parser.parse_args(arguments)
    if not set(options.page) <= {str(shown) for shown in PAGES}:
        parser.error(f"a page is one of: {', '.join(map(str, PAGES))}")
    program = chromium.where()
    if program is None:
        parser.error(chromium.MISSING)
    pages = [shown for shown in PAGES if not options.page or str(shown) in options.page]
    into = options.folder or IMAGES
    into.mkdir(parents=True, exist_ok=True)
    size = REFERRALS if options.whole else 0
    for picture in (
        take(program, conftest.FOLDER, pages, into=into, size=size)
        if options.folder
        else take_all(program, conftest.FOLDER, into=into)
    ):
        sys.stdout.write(f"{picture}\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
