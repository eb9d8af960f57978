"""The pages of signing in and of members: no fault that axe finds, none wider than its screen, light and dark."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page

from agencies import inviting
from agencies.models import Agency
from agencies.roles import Role
from bhu.signin.models import Sitting
from tests.browser.conftest import PageFor
from tests.browser.looks import axe, sticking_out
from tests.browser.screens import DESKTOP, PHONE, Screen
from tests.browser.site import Site
from tests.browser.test_signin import by_password, press, with_authenticator
from tests.browser.watch import Watch
from tests.signin.ways import code_of

PASSWORD = "heron over the millrace"
SHOTS = os.environ.get("BHU_SHOTS", "")  # a folder: there the pages are kept as pictures, to be looked at
LOOKS = [(PHONE, False), (PHONE, True), (DESKTOP, False), (DESKTOP, True)]
Judge = Callable[[Page, str], None]


@pytest.fixture(params=LOOKS, ids=["phone", "phone-dark", "desktop", "desktop-dark"])
def look(request: pytest.FixtureRequest) -> tuple[Screen, bool]:
    found: tuple[Screen, bool] = request.param
    return found


@pytest.fixture
def judge(request: pytest.FixtureRequest, look: tuple[Screen, bool]) -> Iterator[Judge]:
    """Look at a page and go on; what was wrong with any of them is said at the end."""
    wrong: list[str] = []

    def judged(page: Page, name: str) -> None:
        if SHOTS:
            which = request.node.callspec.id
            page.screenshot(path=Path(SHOTS) / f"{name}-{which}.png", full_page=True)
        wrong.extend(f"{name}: {fault}" for fault in (*axe(page), *sticking_out(page)))

    yield judged
    assert wrong == []


def test_the_way_in(page_for: PageFor, site: Site, look: tuple[Screen, bool], judge: Judge, watch: Watch) -> None:
    user = site.user("admin1.bhu")
    user.set_password(PASSWORD)
    user.save()
    page = with_authenticator(page_for(screen=look[0], dark=look[1]))
    page.goto("/account/login/")
    judge(page, "sign-in")
    page.get_by_role("button", name="Sign in", exact=True).click()
    judge(page, "sign-in-error")
    by_password(page, user)
    judge(page, "notice")
    press(page, "I have read this. Go on")
    judge(page, "set-up-admin")
    press(page, "Add a passkey")
    judge(page, "add-passkey")
    press(page, "Add a passkey")
    page.get_by_role("heading", name="Recovery codes").wait_for()
    judge(page, "recovery-codes")
    for name, address in (
        ("own", "/account/2fa/"),
        ("passkeys", "/account/2fa/webauthn/"),
        ("remove-passkey", "/account/2fa/webauthn/keys/1/remove/"),
        ("sessions", "/account/sessions/"),
        ("password", "/account/password/change/"),
        ("new-codes", "/account/2fa/recovery-codes/generate/"),
        ("sign-out", "/account/logout/"),
        ("again", "/account/reauthenticate/"),
    ):
        page.goto(address)
        judge(page, name)
    page.goto("/list/")
    page.locator("details.me summary").click()
    judge(page, "menu")
    press(page, "Lock now")
    page.get_by_role("button", name="Unlock with your passkey").wait_for()
    judge(page, "lock")
    page.goto("/list/")
    judge(page, "locked")


def test_the_app_and_the_second_step(page_for: PageFor, site: Site, look: tuple[Screen, bool], judge: Judge) -> None:
    user = site.user("clinician1.bhu")
    user.set_password(PASSWORD)
    user.save()
    page = page_for(screen=look[0], dark=look[1])
    by_password(page, user)
    press(page, "I have read this. Go on")
    judge(page, "set-up")
    press(page, "Set an app up")
    judge(page, "app")
    page.get_by_text("I cannot scan").click()
    page.get_by_label("Authenticator code").fill(code_of(page.locator(".seed").inner_text()))
    press(page, "Set it up")
    page.get_by_role("heading", name="Recovery codes").wait_for()
    page.context.clear_cookies()
    by_password(page, user)
    judge(page, "second-step")
    page.get_by_label("Code").fill("000000")
    press(page, "Continue")
    judge(page, "second-step-error")


def test_lost_ways(page_for: PageFor, site: Site, look: tuple[Screen, bool], judge: Judge) -> None:
    page = page_for("clinician1.bhu", look[0], dark=look[1])
    page.goto("/account/password/change/")
    page.locator("input[type=password]").first.fill("x")
    Sitting.objects.all().delete()
    page.evaluate("document.querySelector('main form').submit()")
    page.get_by_role("heading", name="You are signed out").wait_for()
    judge(page, "signed-out")
    page.context.clear_cookies()
    press(page, "I am signed in again. Go on")
    judge(page, "too-old")
    for name, address in (
        ("forgot", "/account/password/reset/"),
        ("forgot-done", "/account/password/reset/done/"),
        ("inactive", "/account/inactive/"),
        ("reset-link-dead", "/account/password/reset/key/1-x/"),
        ("dead-link", "/account/join/nothing"),
        ("demo", "/demo/"),
        ("front", "/"),
    ):
        page.goto(address)
        judge(page, name)


def test_members(page_for: PageFor, site: Site, look: tuple[Screen, bool], judge: Judge) -> None:
    unit = Agency.objects.get(slug="merrow-bhu")
    _row, token = inviting.invite_from_shell(agency=unit, email="ada@example.org", name="Ada", role=Role.CLINICIAN)
    _row, known = inviting.invite_from_shell(
        agency=unit, email=site.user("officer1.brindle").email, name="Officer", role=Role.COACH
    )
    page = page_for("admin1.bhu", look[0], dark=look[1])
    page.goto("/at/merrow-bhu/agency_admin/members/")
    judge(page, "members")
    page.get_by_role("link", name="End").first.click()
    judge(page, "end-membership")
    page.goto("/at/merrow-bhu/agency_admin/members/")
    page.get_by_role("link", name="New sign-in").first.click()
    judge(page, "new-sign-in")
    page.goto("/at/merrow-bhu/agency_admin/members/invite/")
    judge(page, "invite")
    press(page, "Send the invitation")
    judge(page, "invite-error")
    for name, link in (("join", token), ("join-known", known)):
        page.goto(f"/account/join/{link}")
        judge(page, name)


def test_the_clock_of_the_lock_is_the_servers_own(site: Site, page_for: PageFor) -> None:
    page = page_for("clinician1.bhu", PHONE)
    page.goto("/list/")
    row = Sitting.objects.get(user=site.user("clinician1.bhu"))
    assert page.locator("#lock").get_attribute("data-idle") == str(row.idle_seconds)
    assert row.seen_at <= timezone.now()
