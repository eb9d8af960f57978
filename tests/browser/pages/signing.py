"""The page behind a client's link, in each of its states."""

from playwright.sync_api import Page

from bhu.demo.cast import CLINICIAN, LOSER, WINNER
from referrals.signing import asking
from referrals.signing.asking import Link
from referrals.signing.papers import Wanted
from tests.browser.shown import Shown
from tests.browser.site import Site

WANTED = Wanted(paper="named", recipients=(WINNER.agency, LOSER.agency))


def link(site: Site, *, language: str = "en") -> Link:
    """A link to a paper, for the client of the main job."""
    stage = site.played("accept")
    return asking.ask_signature(CLINICIAN.actor(), stage.referral_id, WANTED, language=language)


def asked(page: Page, site: Site) -> None:
    """Open a link."""
    page.goto(link(site).path)


def asked_in_spanish(page: Page, site: Site) -> None:
    """Open a link made for somebody who reads Spanish."""
    page.goto(link(site, language="es").path)


def wrong(page: Page, site: Site) -> None:
    """Open a link, and type another number than was said."""
    made = link(site)
    page.goto(made.path)
    page.get_by_role("textbox").fill("000000" if made.code != "000000" else "111111")
    page.get_by_role("button", name="Open").click()


def read(page: Page, site: Site) -> None:
    """Open a link, and type the number that was said."""
    made = link(site)
    page.goto(made.path)
    page.get_by_role("textbox").fill(made.code)
    page.get_by_role("button", name="Open").click()


def lacking(page: Page, site: Site) -> None:
    """Sign with nothing filled in."""
    read(page, site)
    page.get_by_role("button", name="Sign").click()
    page.get_by_role("alert").wait_for()


def signed(page: Page, site: Site) -> None:
    """Fill in the paper, and sign."""
    read(page, site)
    for box in page.get_by_role("checkbox").all():
        box.check()
    page.get_by_role("textbox").fill("Ottilie Zwillinger")
    page.get_by_role("button", name="Sign").click()
    page.get_by_role("heading", name="You signed").wait_for()


def declined(page: Page, site: Site) -> None:
    """Say no."""
    read(page, site)
    page.get_by_role("button", name="I say no").click()


def dead(page: Page, site: Site) -> None:
    """Open a link again after it was used."""
    declined(page, site)
    page.goto(page.url)
    page.get_by_role("textbox").fill("123456")
    page.get_by_role("button", name="Open").click()


PAGES = tuple(
    Shown(name="signing:sign", state=go.__name__.replace("_", "-"), go=go)
    for go in (asked, asked_in_spanish, wrong, read, lacking, signed, declined, dead)
)
