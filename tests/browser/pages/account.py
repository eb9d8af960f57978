"""Signing in, the lock, and what one does about one's own sign-in."""

from datetime import timedelta

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page

from agencies import inviting
from agencies.models import Agency, User
from agencies.roles import Role
from bhu.demo.county import DOMAIN
from bhu.signin.models import Sitting
from bhu.signin.sso import services as sso
from tests.browser.shown import Shown, Way, at
from tests.browser.site import Site
from tests.signin.conftest import PASSWORD, with_password
from tests.signin.ways import add_app, add_passkey, enter
from tests.web.signing import session_cookie

WHO = "clinician1.bhu"


def person(page: Page, site: Site, *, app: bool = False, passkey: bool = False) -> User:
    """Somebody with a password and these second factors, signed in in this browser."""
    user = with_password(site.user(WHO))
    client = enter(user)
    if passkey:
        add_passkey(client)
    if app:
        add_app(client)
    page.context.add_cookies([session_cookie(user, url=site.base)])  # type: ignore[list-item]  # a cookie as it is sent
    return user


def having(address: str, *, app: bool = False, passkey: bool = False) -> Way:
    """A page as somebody finds it who has this."""

    def go(page: Page, site: Site) -> None:
        person(page, site, app=app, passkey=passkey)
        page.goto(address)

    return go


def of_passkey(name: str) -> Way:
    """A page about one passkey."""

    def go(page: Page, site: Site) -> None:
        user = person(page, site, passkey=True)
        key = Authenticator.objects.get(user=user, type=Authenticator.Type.WEBAUTHN)
        page.goto(reverse(name, args=[key.pk]))

    return go


def typed(page: Page, user: User, password: str) -> None:
    """Sign in by password."""
    page.goto("/account/login/")
    page.get_by_label("Email").fill(user.email)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_load_state()


def wrong(page: Page, site: Site) -> None:
    """Sign in with a password that is not it."""
    typed(page, with_password(site.user(WHO)), "otter under the bridge")
    page.locator("main .faults").wait_for()


def lacking(page: Page, _site: Site) -> None:
    """Sign in as nobody."""
    page.goto("/account/login/")
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.locator("main .faults").wait_for()


def half_way(page: Page, site: Site) -> None:
    """Sign in as somebody who has an app, as far as its code is asked for."""
    user = with_password(site.user(WHO))
    add_app(enter(user))
    typed(page, user, PASSWORD)


def wrong_code(page: Page, site: Site) -> None:
    """Type another code than the app shows."""
    half_way(page, site)
    page.get_by_label("Code").fill("000000")
    page.get_by_role("button", name="Continue").click()
    page.locator("main .faults").wait_for()


def notice(page: Page, site: Site) -> None:
    """Sign in as somebody who has nothing set up yet."""
    typed(page, with_password(site.user(WHO)), PASSWORD)


def setup(page: Page, site: Site) -> None:
    """Go on after the notice."""
    notice(page, site)
    page.get_by_role("button", name="I have read this").click()
    page.wait_for_url("**/setup/**")


def forgotten(page: Page, site: Site) -> None:
    """Open the link that was mailed to somebody who forgot their password."""
    user = with_password(site.user(WHO))
    named = [user_pk_to_url_str(user), default_token_generator.make_token(user)]
    page.goto(reverse("account_reset_password_from_key", args=named))


def locked(page: Page, site: Site) -> None:
    """Come back to a session that nobody used for an hour."""
    person(page, site, app=True, passkey=True)
    Sitting.objects.update(seen_at=timezone.now() - timedelta(hours=1))
    page.goto("/list/")


def lock(page: Page, site: Site) -> None:
    """Lock it by hand."""
    person(page, site, app=True, passkey=True)
    page.goto("/list/")
    page.locator("details.me summary").click()
    page.get_by_role("button", name="Lock now").click()
    page.get_by_role("button", name="Unlock with your passkey").wait_for()


def signed_out(page: Page, site: Site) -> None:
    """Send a form after somebody has ended the session."""
    person(page, site, passkey=True)
    page.goto("/account/password/change/")
    Sitting.objects.all().delete()
    page.evaluate("document.querySelector('main form').submit()")
    page.get_by_role("heading", name="You are signed out").wait_for()


def unbelieved(page: Page, _site: Site) -> None:
    """Come back from one's agency's sign-in with nothing that can be believed."""
    unit = Agency.objects.get(slug="merrow-bhu")
    sso.set_up(agency=unit, issuer="https://login.example.org", client_id="bhu", secret="none")
    page.goto(reverse("openid_connect_callback", args=[unit.slug]) + "?error=access_denied&state=none")


def invitation(email: str) -> str:
    """The address behind the link of an invitation."""
    unit = Agency.objects.get(slug="merrow-bhu")
    _, token = inviting.invite_from_shell(agency=unit, email=email, name="Ada Elmsworth", role=Role.COACH)
    return reverse("signin:join", args=[token])


def invited(page: Page, _site: Site) -> None:
    """Open the link of an invitation."""
    page.goto(invitation(f"ada@{DOMAIN}"))


def known(page: Page, site: Site) -> None:
    """The same, of somebody who belongs elsewhere on the network."""
    page.goto(invitation(site.user("officer1.brindle").email))


def weak(page: Page, site: Site) -> None:
    """Choose a password that is too easily guessed."""
    invited(page, site)
    page.get_by_label("A new password").fill("password")
    page.get_by_label("The same again").fill("other")
    page.locator("main form button[type=submit]").last.click()
    page.locator("main .faults").wait_for()


MFA = "/account/2fa/"
PAGES = (
    Shown(name="account_login", go=at("/account/login/")),
    Shown(name="account_login", state="lacking", go=lacking),
    Shown(name="account_login", state="wrong", go=wrong),
    Shown(name="account_logout", user=WHO, go=at("/account/logout/")),
    Shown(name="account_inactive", go=at("/account/inactive/")),
    Shown(name="account_reauthenticate", go=having("/account/reauthenticate/")),
    Shown(name="account_change_password", go=having("/account/password/change/", passkey=True)),
    Shown(name="account_change_password", state="signed-out", go=signed_out),
    Shown(name="account_set_password", user=WHO, go=at("/account/password/set/")),
    Shown(name="account_reset_password", go=at("/account/password/reset/")),
    Shown(name="account_reset_password_done", go=at("/account/password/reset/done/")),
    Shown(name="account_reset_password_from_key", go=forgotten),
    Shown(name="account_reset_password_from_key", state="dead", go=at("/account/password/reset/key/1-abc-def/")),
    Shown(name="account_reset_password_from_key_done", go=at("/account/password/reset/key/done/")),
    Shown(name="openid_connect_callback", state="unbelieved", go=unbelieved),
    Shown(name="demo:people", go=at("/demo/")),
    Shown(name="signin:notice", go=notice),
    Shown(name="signin:setup", go=setup),
    Shown(name="signin:join", go=invited),
    Shown(name="signin:join", state="weak", go=weak),
    Shown(name="signin:join", state="dead", go=at("/account/join/none")),
    Shown(name="signin:join", state="known", go=known),
    Shown(name="referrals:work", state="lock", go=lock),
    Shown(name="referrals:work", state="locked", go=locked),
    Shown(name="mfa_index", state="none", user=WHO, go=at(MFA)),
    Shown(name="mfa_index", go=having(MFA, app=True, passkey=True)),
    Shown(name="mfa_authenticate", go=half_way),
    Shown(name="mfa_authenticate", state="wrong", go=wrong_code),
    Shown(name="mfa_reauthenticate", go=having(f"{MFA}reauthenticate/", app=True)),
    Shown(name="mfa_activate_totp", go=having(f"{MFA}totp/activate/")),
    Shown(name="mfa_deactivate_totp", go=having(f"{MFA}totp/deactivate/", app=True, passkey=True)),
    Shown(name="mfa_view_recovery_codes", go=having(f"{MFA}recovery-codes/", app=True)),
    Shown(name="mfa_generate_recovery_codes", go=having(f"{MFA}recovery-codes/generate/", app=True)),
    Shown(name="mfa_list_webauthn", go=having(f"{MFA}webauthn/", passkey=True)),
    Shown(name="mfa_add_webauthn", go=having(f"{MFA}webauthn/add/")),
    Shown(name="mfa_reauthenticate_webauthn", go=having(f"{MFA}webauthn/reauthenticate/", passkey=True)),
    Shown(name="mfa_edit_webauthn", go=of_passkey("mfa_edit_webauthn")),
    Shown(name="mfa_remove_webauthn", go=of_passkey("mfa_remove_webauthn")),
    Shown(name="usersessions_list", user=WHO, go=at("/account/sessions/")),
)
