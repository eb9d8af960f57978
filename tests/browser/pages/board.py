"""The list of what is before me, and finding."""

from typing import Any

from playwright.sync_api import Page

from bhu.demo.cast import CLINICIAN
from tests.browser.shown import Shown, Way, at
from tests.browser.site import Site


def waiting(address: str) -> Way:
    """A list with the main job in it, sent and not answered."""

    def go(page: Page, site: Site) -> None:
        site.played("send")
        page.goto(address)

    return go


def accepted(page: Page, site: Site) -> None:
    """Accept by one tap: the row is gone, and a line says so."""
    site.played("send")
    page.goto("/list/")
    page.get_by_role("button", name="Accept").first.click()
    page.get_by_text("is accepted").wait_for()


def no_number(page: Page, _site: Site) -> None:
    """Look for a number that is nobody's."""
    page.goto("/find/")
    page.get_by_label("Number of the referral").fill("0000-0000")
    page.get_by_role("button", name="Open").click()
    page.get_by_role("alert").wait_for()


def found(page: Page, site: Site) -> None:
    """Look for the client of the main job, and find her."""
    sections = site.played("send").open(CLINICIAN.actor()).sections
    patient: Any = next(section.tree for section in sections if section.type == "Patient")
    page.goto("/find/")
    page.get_by_label("Family name").fill(str(patient["name"][0]["family"]))
    page.get_by_label("First name").fill(str(patient["name"][0]["given"][0]))
    page.get_by_label("Date of birth").fill(str(patient["birthDate"]))
    page.get_by_role("button", name="Search").click()
    page.get_by_role("heading", name="1 found").wait_for()


PAGES = (
    Shown(name="referrals:work", state="empty", user="officer1.brindle", go=at("/list/")),
    Shown(name="referrals:work", state="no-list", user="chief1.brindle", go=at("/list/")),
    Shown(name="referrals:work", state="to-answer", user="clinician1.bhu", go=waiting("/list/")),
    Shown(
        name="referrals:work", state="narrowed", user="clinician1.bhu", go=waiting("/list/?urgency=stat&urgency=urgent")
    ),
    Shown(name="referrals:work", state="sent", user="officer1.alder-falls", go=waiting("/list/")),
    Shown(name="referrals:work", state="accepted", user="clinician1.bhu", go=accepted),
    Shown(name="referrals:find", user="clinician1.bhu", go=at("/find/")),
    Shown(name="referrals:find", state="no-number", user="officer1.brindle", go=no_number),
    Shown(name="referrals:find", state="found", user="clinician1.bhu", go=found),
)
