"""Pictures of pages."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, Page

from audit import door
from bhu.demo import history
from bhu.demo.progress import Progress, silent
from tests.browser.browsing import device, launched
from tests.browser.screens import DESKTOP, PHONE, SCHEMES, TABLET, Screen
from tests.browser.shown import Shown, Way
from tests.browser.site import Site, county, serving
from tests.databases import Sqlite, connected

SCREENS = (PHONE, TABLET, DESKTOP)
HANDS = 2


@dataclass(frozen=True, slots=True)
class Camera:
    """A browser before a site."""

    browser: Browser
    site: Site

    @contextmanager
    def brought(self, user: str, go: Way, screen: Screen, *, dark: bool = False) -> Iterator[Page]:
        """A page brought into its state on a device of its own, the county being as it was loaded."""
        self.site.restore()
        with device(self.browser, self.site, screen, user or None, dark=dark) as context:
            page = context.new_page()
            go(page, self.site)
            yield page


@contextmanager
def standing(program: str, folder: Path, *, size: int = 0) -> Iterator[Camera]:
    """A camera before the county with so many referrals of its history, until the block ends.

    ``folder`` holds the databases and keys of this run.
    """
    if size:
        _remember(folder, size)
    with (
        TemporaryDirectory(prefix="bhu-site-") as place,
        launched(program) as browser,
        serving(folder, Path(place), "camera") as site,
        connected(site.database.pair),
    ):
        yield Camera(browser, site)


def take(program: str, folder: Path, pages: Iterable[Shown], *, into: Path, size: int = 0) -> Iterator[Path]:
    """Bring every page into its state and take its pictures; the path of each, once it is written."""
    with standing(program, folder, size=size) as camera:
        for shown, screen in product(pages, SCREENS):
            with camera.brought(shown.user, shown.go, screen) as page:
                yield from pictures(page, into / f"{shown}-{screen.width}")


def pictures(page: Page, stem: Path) -> Iterator[Path]:
    """The open page, whole, by day and by night: ``<stem>-light.png`` and ``<stem>-dark.png``."""
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        path = stem.with_name(f"{stem.name}-{scheme}.png")
        page.screenshot(path=path, full_page=True)
        yield path


def _remember(folder: Path, size: int) -> None:
    """Play the county's history into the databases that every page begins with."""
    with connected(county(Sqlite(folder))), door.opened(door="cli"):
        history.load(Progress(silent), size=size, hands=HANDS)
