"""The receipt book, in each of its states."""

from playwright.sync_api import Page

from bhu.demo.cast import CLINICIAN, WINNER
from referrals.receipts import slips
from referrals.receipts.slips import Printed
from tests.browser.shown import Shown, at
from tests.browser.site import Site


def slip(site: Site) -> Printed:
    """A slip for the client of the main job, once a provider has taken up the offer."""
    stage = site.played("accept", by=WINNER)
    return slips.make_slip(CLINICIAN.actor(), stage.referral_id, safe_to_message=True)


def typed(page: Page, code: str, pin: str) -> None:
    """Type what stands on a slip."""
    page.goto("/r/")
    page.locator("#code").fill(code)
    page.locator("#pin").fill(pin)
    page.get_by_role("button", name="Open").click()


def wrong(page: Page, _site: Site) -> None:
    """Type a code that is on no slip."""
    typed(page, "BCDFGHJK", "123456")
    page.get_by_role("alert").wait_for()


def read(page: Page, site: Site) -> None:
    """Type what stands on the slip."""
    made = slip(site)
    typed(page, made.code, made.pin)
    page.get_by_role("heading", name="Who was told about you").wait_for()


def stopped(page: Page, site: Site) -> None:
    """Stop what a paper shares."""
    read(page, site)
    page.get_by_role("button", name="Stop sharing").first.click()
    page.get_by_role("status").wait_for()


PAGES = (
    Shown(name="receipts:book", state="asked", go=at("/r/")),
    Shown(name="receipts:book", state="asked-in-spanish", go=at("/r/?lang=es")),
    *(Shown(name="receipts:book", state=go.__name__, go=go) for go in (wrong, read, stopped)),
)
