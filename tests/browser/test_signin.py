"""Signing in with a real browser: passkey, app, and the lock over a half-typed form."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from agencies.models import User
from bhu.signin.models import Sitting
from tests.browser.conftest import PageFor
from tests.browser.site import Site
from tests.signin.ways import code_of

PASSWORD = "heron over the millrace"
HANDLE = "clinician1.bhu"


@pytest.fixture
def person(site: Site) -> User:
    user = site.user(HANDLE)
    user.set_password(PASSWORD)
    user.save()
    return user


def with_authenticator(page: Page) -> Page:
    """The device has a fingerprint reader, and the right finger is on it."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return page


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name).or_(page.get_by_role("link", name=name)).click()


def by_password(page: Page, user: User) -> None:
    page.goto("/account/login/")
    page.get_by_label("Email").fill(user.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def set_up(page: Page, user: User) -> None:
    by_password(page, user)
    press(page, "I have read this. Go on")
    press(page, "Add a passkey")
    page.get_by_label("Name of the passkey").fill("This phone")
    press(page, "Add a passkey")
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    press(page, "I have kept them. Go on")
    expect(page).to_have_url(re.compile(r"/list/$"))


def test_a_passkey_is_made_and_signs_in_by_itself(page_for: PageFor, person: User) -> None:
    page = with_authenticator(page_for())
    set_up(page, person)
    page.locator("details.me summary").click()
    press(page, "Sign out")
    page.goto("/account/login/")
    press(page, "Sign in with a passkey")
    press(page, "I have read this. Go on")
    expect(page).to_have_url(re.compile(r"/list/$"))


def test_an_app_is_set_up_by_its_code(page_for: PageFor, person: User) -> None:
    page = page_for()
    by_password(page, person)
    press(page, "I have read this. Go on")
    press(page, "Set an app up")
    expect(page.locator(".scan svg")).to_be_visible()
    page.get_by_text("I cannot scan").click()
    page.get_by_label("Authenticator code").fill(code_of(page.locator(".seed").inner_text()))
    press(page, "Set it up")
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()


def test_the_lock_covers_a_half_typed_form_and_gives_it_back(page_for: PageFor, person: User) -> None:
    page = with_authenticator(page_for())
    set_up(page, person)
    page.clock.install()
    page.goto("/account/2fa/webauthn/add/")
    page.get_by_label("Name of the passkey").fill("half a na")
    page.clock.fast_forward(14 * 60 * 1000)
    expect(page.locator("#lock")).not_to_be_visible()
    page.clock.fast_forward(60 * 1000)
    expect(page.locator("#lock")).to_be_visible()
    expect(page.get_by_label("Name of the passkey")).not_to_be_visible()
    expect(page.get_by_role("button", name="Unlock with your passkey")).to_be_visible()  # asked after the server locked
    assert Sitting.objects.get(user=person).locked
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(page.locator("#lock")).to_be_visible()
    press(page, "Unlock with your passkey")
    expect(page.locator("#lock")).not_to_be_visible()
    expect(page.get_by_label("Name of the passkey")).to_have_value("half a na")
    assert not Sitting.objects.get(user=person).locked


def test_a_form_sent_into_a_locked_session_is_kept_and_sent_after(page_for: PageFor, person: User) -> None:
    page = with_authenticator(page_for())
    set_up(page, person)
    page.goto("/account/2fa/webauthn/")
    press(page, "Rename This phone")
    page.get_by_role("textbox").fill("The phone of the unit")
    Sitting.objects.update(seen_at=timezone.now() - timedelta(minutes=16))
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Locked")).to_be_visible()
    press(page, "Unlock with your passkey")
    press(page, "Send it now")
    expect(page.get_by_text("The phone of the unit").first).to_be_visible()


def test_a_page_told_by_another_window_covers_itself(page_for: PageFor, person: User) -> None:
    page = with_authenticator(page_for())
    set_up(page, person)
    other = page.context.new_page()
    other.goto("/list/")
    page.locator("details.me summary").click()
    press(page, "Lock now")
    expect(other.locator("#lock")).to_be_visible()
    press(page, "Unlock with your passkey")
    expect(other.locator("#lock")).not_to_be_visible()
