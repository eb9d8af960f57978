"""What anybody sees: the first page, and the pages for what is not there or broke."""

from django.template.loader import render_to_string
from playwright.sync_api import Page

from tests.browser.shown import Shown, at
from tests.browser.site import Site


def broken(page: Page, _site: Site) -> None:
    """Nothing brings a healthy server to show this page, so it is put in the place of another."""
    page.goto("/")
    page.set_content(render_to_string("500.html"), wait_until="load")


PAGES = (
    Shown(name="front", go=at("/")),
    Shown(name="offline", go=at("/offline/")),
    Shown(name="", state="not-found", go=at("/nowhere")),
    Shown(name="", state="broken", go=broken),
)
