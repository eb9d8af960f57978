"""Starting the browser, and opening contexts in it: each a device with a screen, stores and cookies of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from tests.browser.chromium import FLAGS
from tests.browser.screens import Screen
from tests.browser.site import Site
from tests.web.signing import session_cookie

TIMEOUT = 10_000  # ms to wait for what a page should show


@contextmanager
def launched(program: str) -> Iterator[Browser]:
    """The browser whose program lies there, until the block ends."""
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright's loop runs in our thread between its calls; Django would refuse to ask the database there.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        yield browser
        browser.close()


def device(
    browser: Browser, site: Site, screen: Screen, handle: str | None = None, *, dark: bool = False, **more: Any
) -> BrowserContext:
    """A new device on the site, on which ``handle`` is signed in; ``more`` are options of ``Browser.new_context``."""
    context = browser.new_context(
        base_url=site.base,
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",
        timezone_id="America/New_York",
        **screen.context,
        **more,
    )
    context.set_default_timeout(TIMEOUT)
    if handle:
        cookie: Any = session_cookie(site.user(handle), url=site.base)
        context.add_cookies([cookie])
    return context
