"""Notices: one's own list, what reached nobody, and how people and agencies are reached."""

from django.utils import timezone
from playwright.sync_api import Page

from agencies.services import membership_of
from bhu.demo.cast import CLINICIAN
from referrals.models import Notice
from referrals.notices.kinds import Problem, Status
from referrals.notices.models import Delivery
from referrals.notices.services import addressing
from tests.browser.shown import Shown, Way, at
from tests.browser.site import Site

WHO, ADMIN = "clinician1.bhu", "admin1.bhu"
BHU = f"/at/{CLINICIAN.agency}/clinician/notices/"
REACH = f"/at/{CLINICIAN.agency}/agency_admin/notices/reach/"


def told(address: str, *, undelivered: bool = False) -> Way:
    """A page as it is after the main job was sent and everybody was told of it, or nobody."""

    def go(page: Page, site: Site) -> None:
        site.played("send")
        Notice.objects.update(addressed_at=None)
        addressing.address_all()
        if undelivered:
            mails = Delivery.objects.filter(channel="mail", status=Status.WAITING.value)
            mails.update(status=Status.DEAD.value, problem=Problem.REFUSED.value, ended_at=timezone.now())
        page.goto(address)

    return go


def wrong(page: Page, _site: Site) -> None:
    """Want text messages, and name no number."""
    page.goto("/notices/settings/")
    page.get_by_label("Text message", exact=True).select_option("all")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("alert").wait_for()


def on_call(page: Page, site: Site) -> None:
    """Put somebody on the rota."""
    member = membership_of(email=site.user(WHO).email, agency=CLINICIAN.agency)
    page.goto(REACH)
    page.locator("#id_shift_membership_id").select_option(str(member.pk))
    for day in ("Saturday", "Sunday"):
        page.get_by_label(day).last.check()
    page.locator("#id_shift_begins").fill("20:00")
    page.locator("#id_shift_ends").fill("06:00")
    page.get_by_role("button", name="Put on the list").click()
    page.get_by_text("Saturday, Sunday").first.wait_for()


def in_the_clear(page: Page, _site: Site) -> None:
    """Name an address that is not https."""
    page.goto(REACH)
    page.get_by_label("Address").fill("http://ehr.example.org/")
    page.get_by_role("button", name="Send notices there").click()
    page.get_by_role("alert").wait_for()


def secret(page: Page, _site: Site) -> None:
    """Name an address, and be shown the secret once."""
    page.goto(REACH)
    page.get_by_label("Address").fill("https://ehr.example.org/bhu")
    page.get_by_role("button", name="Send notices there").click()
    page.get_by_text("It is shown this once").wait_for()


PAGES = (
    Shown(name="notices:list", state="empty", user="chief1.brindle", go=at("/notices/")),
    Shown(name="notices:list", state="told", user=WHO, go=told("/notices/")),
    Shown(name="notices:list", state="undelivered", user=WHO, go=told("/notices/", undelivered=True)),
    Shown(name="notices:settings", user=WHO, go=at("/notices/settings/")),
    Shown(name="notices:settings", state="lacking", user=WHO, go=wrong),
    Shown(name="notices:undelivered", state="empty", user=WHO, go=at(f"{BHU}undelivered/")),
    Shown(name="notices:undelivered", user=WHO, go=told(f"{BHU}undelivered/", undelivered=True)),
    Shown(name="notices:times", user=WHO, go=told(f"{BHU}times/")),
    Shown(name="notices:queue", user="admin1.network", go=told("/at/merrow-network/network_admin/notices/queue/")),
    Shown(name="notices:reach", user=ADMIN, go=at(REACH)),
    Shown(name="notices:reach", state="on-call", user=ADMIN, go=on_call),
    Shown(name="notices:add-webhook", state="lacking", user=ADMIN, go=in_the_clear),
    Shown(name="notices:add-webhook", state="secret", user=ADMIN, go=secret),
)
