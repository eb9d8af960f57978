"""An agency's administrator: who belongs, and inviting somebody."""

from django.urls import reverse
from playwright.sync_api import Page

from agencies.services import membership_of
from tests.browser.shown import Shown, Way, at
from tests.browser.site import Site

ADMIN = "admin1.bhu"
MEMBERS = "/at/merrow-bhu/agency_admin/members/"


def lacking(page: Page, _site: Site) -> None:
    """Invite nobody."""
    page.goto(f"{MEMBERS}invite/")
    page.locator("main form button[type=submit]").last.click()
    page.locator("main .faults").wait_for()


def about(name: str) -> Way:
    """A page about one member."""

    def go(page: Page, site: Site) -> None:
        member = membership_of(email=site.user("clinician1.bhu").email, agency="merrow-bhu")
        page.goto(reverse(name, args=["merrow-bhu", "agency_admin", member.pk]))

    return go


PAGES = (
    Shown(name="agencies:members", user=ADMIN, go=at(MEMBERS)),
    Shown(name="agencies:end-membership", user=ADMIN, go=about("agencies:end-membership")),
    Shown(name="agencies:renew", user=ADMIN, go=about("agencies:renew")),
    Shown(name="agencies:invite", user=ADMIN, go=at(f"{MEMBERS}invite/")),
    Shown(name="agencies:invite", state="lacking", user=ADMIN, go=lacking),
)
