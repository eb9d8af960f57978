"""Pictures of pages."""

from collections.abc import Iterable, Iterator
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Page

from tests.browser.browsing import device, launched
from tests.browser.screens import DESKTOP, PHONE, SCHEMES, TABLET
from tests.browser.shown import Shown
from tests.browser.site import serving
from tests.databases import connected

SCREENS = (PHONE, TABLET, DESKTOP)


def take(program: str, folder: Path, pages: Iterable[Shown], *, into: Path) -> Iterator[Path]:
    """Bring every page into its state and take its pictures; the path of each, once it is written.

    ``folder`` holds the databases and keys of this run.
    """
    with (
        TemporaryDirectory(prefix="bhu-site-") as place,
        launched(program) as browser,
        serving(folder, Path(place), "camera") as site,
        connected(site.database.pair),
    ):
        for shown, screen in product(pages, SCREENS):
            site.restore()
            with device(browser, site, screen, shown.user or None) as context:
                page = context.new_page()
                shown.go(page, site)
                yield from pictures(page, into / f"{shown}-{screen.width}")


def pictures(page: Page, stem: Path) -> Iterator[Path]:
    """The open page, whole, by day and by night: ``<stem>-light.png`` and ``<stem>-dark.png``."""
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        path = stem.with_name(f"{stem.name}-{scheme}.png")
        page.screenshot(path=path, full_page=True)
        yield path
