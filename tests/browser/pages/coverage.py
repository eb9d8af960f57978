"""Who covers whom, and what somebody sees who sends to an agency that is covered now."""

from datetime import date, time, timedelta

from django.utils import timezone
from playwright.sync_api import Page

from agencies import agreements
from agencies.actor import Actor
from agencies.coverage import services
from agencies.coverage.services import Hours
from agencies.kinds import Purpose
from agencies.models import AgreementParty
from agencies.services import actor_for, agency_called, membership_of
from bhu.demo.cast import OFFICER, WINNER
from referrals.notices.services import addressing, coverages
from tests.browser.pages.sending import draft
from tests.browser.shown import Shown, at, handle
from tests.browser.site import Site

ADMIN, OTHER = "admin1.bhu", "admin1.northfield"
PAGE, OTHERS_PAGE = (f"/at/{slug}/agency_admin/coverage/" for slug in ("merrow-bhu", WINNER.agency))


def _actor(site: Site, who: str, slug: str) -> Actor:
    return actor_for(membership_of(email=site.user(who).email, agency=slug))


def arranged(site: Site, *, confirmed: bool = True) -> None:
    """Northfield covers the unit, all day, so that it does whenever this is run."""
    ours, other = _actor(site, ADMIN, "merrow-bhu"), agency_called(WINNER.agency)
    (paper,) = agreements.shared(ids=[ours.agency_id, other.pk], on=timezone.localdate())
    always = Hours(days=0b1111111, begins=time(0), ends=time(0), since=date(2026, 1, 1))
    row = services.enter(ours, covering_id=other.pk, agreement_id=paper.pk, hours=always)
    if confirmed:
        services.confirm(_actor(site, OTHER, WINNER.agency), row.pk)


def both(page: Page, site: Site) -> None:
    """The page of the agency that is covered."""
    arranged(site)
    page.goto(PAGE)


def waits(page: Page, site: Site) -> None:
    """The page of the agency that has yet to say yes."""
    arranged(site, confirmed=False)
    page.goto(OTHERS_PAGE)


def told(page: Page, site: Site) -> None:
    """The notices of the administrator who is asked."""
    arranged(site, confirmed=False)
    coverages.ask(at=timezone.now())
    addressing.address_all()
    page.goto("/notices/")


def lacking(page: Page, _site: Site) -> None:
    """Enter nothing."""
    page.goto(PAGE)
    page.get_by_role("button", name="Enter it").click()
    page.locator("main .faults").wait_for()


def looked_at(page: Page, site: Site) -> None:
    """Come to the preview of what goes to who covers."""
    arranged(site)
    draft("new-preview")(page, site)


def itself(page: Page, site: Site) -> None:
    """Choose the covered one itself."""
    looked_at(page, site)
    page.get_by_role("button", name="itself").click()
    page.get_by_text("all the same").wait_for()


def not_there(page: Page, site: Site) -> None:
    """It may not go to who covers: the police and the unit are left with an agreement of their own."""
    arranged(site)
    police, unit = agency_called(OFFICER.agency), agency_called("merrow-bhu")
    yesterday = timezone.localdate() - timedelta(days=1)
    AgreementParty.objects.filter(agency=police).update(left_on=yesterday)
    agreements.sign(
        by="System/setup",
        title="Alder Falls and the unit",
        document_sha256="1" * 64,
        parties=[police, unit],
        purposes=[Purpose.COORDINATION],
        effective_on=yesterday,
    )
    draft("new-preview")(page, site)


PAGES = (
    Shown(name="agencies:coverage", state="none", user=ADMIN, go=at(PAGE)),
    Shown(name="agencies:coverage", user=ADMIN, go=both),
    Shown(name="agencies:coverage", state="waits", user=OTHER, go=waits),
    Shown(name="notices:list", state="cover-asked", user=OTHER, go=told),
    Shown(name="agencies:coverage", state="lacking", user=ADMIN, go=lacking),
    Shown(name="referrals:new-preview", state="covered", user=handle(OFFICER), go=looked_at),
    Shown(name="referrals:new-preview", state="itself", user=handle(OFFICER), go=itself),
    Shown(name="referrals:new-preview", state="not-there", user=handle(OFFICER), go=not_there),
)
