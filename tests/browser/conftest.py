"""One browser and one site for each worker; for each test the county as loaded, and pages that are watched.

``page_for("officer1.brindle", PHONE)`` is a page of somebody who has signed in; ``page_for()`` of nobody.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from agencies.vault import keyring
from tests.browser import chromium
from tests.browser.browsing import device, launched
from tests.browser.screens import PHONE, Screen
from tests.browser.site import Site, serving
from tests.browser.watch import Watch
from tests.databases import IN_CI, connected

PageFor = Callable[..., Page]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever lies here drives a browser."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents and "browser" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Debian's Chromium. Without one the test is skipped, and in CI it fails."""
    program = chromium.where()
    if program is None:
        (pytest.fail if IN_CI else pytest.skip)(chromium.MISSING)
    with launched(program) as browser:
        yield browser


@pytest.fixture(scope="package")
def served(
    browser: Browser, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory, worker_id: str
) -> Iterator[Site]:
    """This worker's site. Comes after the browser, whose loop decides which connections Django finds."""
    with (
        django_db_blocker.unblock(),
        serving(Path(os.environ["BHU_TEST_FOLDER"]), tmp_path_factory.mktemp("site"), worker_id) as site,
    ):
        yield site


@pytest.fixture
def site(served: Site, settings: Any, django_db_blocker: Any) -> Iterator[Site]:
    """The site with the county as it was loaded; models and services of this process work on it, too."""
    served.restore()
    settings.VAR_DIR, settings.BHU_BASE_URL = served.database.var, served.base
    with django_db_blocker.unblock(), connected(served.database.pair):
        yield served
    keyring.forget()


@pytest.fixture
def working(site: Site) -> Iterator[Site]:
    """The site with its worker, beat and sequencer at work."""
    with site.working():
        yield site


@pytest.fixture
def watch(site: Site) -> Iterator[Watch]:
    """What goes wrong on any page of the test; it fails the test unless it said ``watch.expect(pattern)``."""
    watching = Watch(site.base)
    yield watching
    assert watching.unexpected() == []


@pytest.fixture
def page_for(browser: Browser, site: Site, watch: Watch) -> Iterator[PageFor]:
    """Opens pages, each with stores and cookies of its own, as on a device of its own."""
    contexts = []

    def open_page(handle: str | None = None, screen: Screen = PHONE, **more: Any) -> Page:
        context = device(browser, site, screen, handle, **more)
        contexts.append(context)
        watch.over(context)
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()
