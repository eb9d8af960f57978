"""A new referral: told, looked at, sent; its two screens, and the drafts."""

from http import HTTPStatus
from uuid import uuid4
from zoneinfo import ZoneInfo

from django.utils import timezone
from playwright.sync_api import Page

from agencies.services import agency_called
from bhu.demo.cast import CLINICIAN, COORDINATOR, OFFICER
from tests.browser.shown import Shown, Way, at, handle, page_of
from tests.browser.site import Site
from tests.web.signing import signed_in

TOWN = ZoneInfo("America/New_York")
TELL = "/at/alder-falls-pd/officer/new/"


def kept(site: Site, **changes: object) -> str:
    """Keep a draft in which everything is filled in; its id."""
    said = {
        "draft": str(uuid4()),
        "version": "0",
        "do": "keep",
        "occurred": timezone.localtime(timezone=TOWN).strftime("%Y-%m-%dT%H:%M"),
        "town": "Alder Falls",
        "to": [str(agency_called(CLINICIAN.agency).id)],
        "about": ["problem:suicidal"],
        "urgency": "urgent",
        "disposition": "left-with-family",
        "agreed": "yes",
        "given": "Wrenna",
        "family": "Castlemoor",
        "born": "3/14/2007",
        "phone": "555-0173",
        "narrative": "She has worked out what she would do tonight.",
        "service": "135",
    } | changes
    answer = signed_in(site.user(handle(OFFICER))).post(TELL, said, headers={"Host": "localhost"})
    assert answer.status_code == HTTPStatus.SEE_OTHER, answer.content.decode()
    return str(said["draft"])


def draft(name: str, query: str = "", **changes: object) -> Way:
    """A page of a draft."""

    def go(page: Page, site: Site) -> None:
        page.goto(page_of(OFFICER, f"referrals:{name}", kept(site, **changes)) + query)

    return go


def followed(page: Page, site: Site) -> None:
    """Say whom to ask if nobody answers."""
    draft("new-preview", then_first=str(agency_called("northfield-cbhc").id))(page, site)


def at_desk(page: Page, _site: Site) -> None:
    """Begin one without an officer."""
    page.goto(page_of(COORDINATOR, "referrals:new"))


def lacking(page: Page, _site: Site) -> None:
    """Go on with nothing filled in."""
    page.goto(TELL)
    page.get_by_role("button", name="Look before you send").first.click()
    page.locator("main .faults").wait_for()


def drafts(page: Page, site: Site) -> None:
    """Look for one's drafts."""
    kept(site)
    page.goto(f"{TELL}drafts/")


def stop(page: Page, site: Site) -> None:
    """Tick a red flag."""
    draft("new-medical")(page, site)
    page.locator("[name=red]").first.check(force=True)
    page.locator("main form button[type=submit]").last.click()
    page.wait_for_url("**/stop/")


def unanswered(page: Page, site: Site) -> None:
    """Go on from the medical check with nothing ticked."""
    draft("new-medical")(page, site)
    page.locator("main form button[type=submit]").last.click()
    page.locator("main .faults").wait_for()


def sent(name: str) -> Way:
    """A page of what was sent."""

    def go(page: Page, site: Site) -> None:
        page.goto(page_of(OFFICER, f"referrals:{name}", site.played("send").referral_id))

    return go


def _of(name: str, state: str, go: Way) -> Shown:
    return Shown(name=f"referrals:{name}", state=state, user=handle(OFFICER), go=go)


PAGES = (
    Shown(name="referrals:new-where", user="clinician3.bhu", go=at("/new/")),
    Shown(name="referrals:new", state="desk", user=handle(COORDINATOR), go=at_desk),
    _of("new", "officer", at(TELL)),
    _of("new", "lacking", lacking),
    _of("drafts", "", drafts),
    _of("drafts", "none", at(f"{TELL}drafts/")),
    _of("new-draft", "", draft("new-draft")),
    _of("new-draft", "checked", draft("new-draft", "?check", urgency="", born="tomorrow")),
    _of("new-suicide", "", draft("new-suicide")),
    _of("new-medical", "", draft("new-medical")),
    _of("new-medical", "lacking", unanswered),
    _of("new-stop", "", stop),
    _of("new-preview", "", draft("new-preview")),
    _of("new-preview", "followed", followed),
    _of("new-sent", "", sent("new-sent")),
)
