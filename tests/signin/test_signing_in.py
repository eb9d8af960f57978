"""Signing in: a password alone opens nothing, a passkey or an app does, an administrator needs the passkey."""

import re

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.sessions.models import Session

from agencies.models import User
from audit.models import AuditEvent
from tests.signin.ways import (
    add_app,
    add_passkey,
    browser,
    code_of,
    enter,
    read_notice,
    seed_of,
    show_passkey,
    type_password,
)

pytestmark = pytest.mark.django_db
WORK, SETUP = "/list/", "/account/setup/"


def heard() -> list[tuple[str, str, str]]:
    """What the log was told of signing in, oldest first."""
    rows = AuditEvent.objects.filter(action__startswith="signin.").order_by("id")
    return [(row.action, row.outcome, row.code) for row in rows]


def test_a_password_alone_leads_to_the_notice_and_then_to_the_second_factor_only(user: User) -> None:
    client = browser()
    type_password(client, user)
    assert client.get(WORK).headers["Location"].startswith("/account/notice/")
    read_notice(client)
    assert client.get(WORK).headers["Location"].startswith(SETUP)
    page = client.get(SETUP).content.decode()
    assert page.index("Add a passkey") < page.index("Set an app up")


def test_the_notice_is_read_once_for_each_time_one_signs_in(user: User) -> None:
    client = enter(user)
    passkey = add_passkey(client)
    assert client.get(WORK).status_code == 200
    client.post("/account/logout/")
    show_passkey(client, passkey)
    assert client.get(WORK).headers["Location"].startswith("/account/notice/")


def test_who_made_a_passkey_is_in_and_next_time_needs_no_password(user: User) -> None:
    passkey = add_passkey(enter(user))
    later = browser()
    assert show_passkey(later, passkey).headers["Location"] == WORK
    read_notice(later)
    assert later.get(WORK).status_code == 200
    assert heard()[-1] == ("signin.in", "0", "passkey")


def test_a_passkey_after_the_password_is_the_second_step(user: User) -> None:
    passkey = add_passkey(enter(user))
    client = browser()
    assert type_password(client, user).headers["Location"] == "/account/2fa/authenticate/"
    assert client.get(WORK).headers["Location"].startswith("/account/login/")
    from tests.signin.ways import data_in

    options = data_in(client.get("/account/2fa/authenticate/"))["request_options"]
    client.post("/account/2fa/authenticate/", {"credential": passkey.get(options)})
    read_notice(client)
    assert client.get(WORK).status_code == 200


def test_a_passkey_that_was_only_touched_signs_nobody_in(user: User) -> None:
    passkey = add_passkey(enter(user))
    client = browser()
    options = client.get("/account/2fa/webauthn/login/", headers={"Accept": "application/json"}).json()
    credential = passkey.get(options["request_options"], touched_only=True)
    client.post("/account/2fa/webauthn/login/", {"credential": credential})
    assert client.get(WORK).status_code == 302
    assert heard()[-1] == ("signin.refuse", "4", "passkey")


def test_a_passkey_shown_to_another_site_is_worth_nothing_here(user: User) -> None:
    passkey = add_passkey(enter(user))
    passkey.origin = "http://localhost.example.org"
    client = browser()
    show_passkey(client, passkey)
    assert client.get(WORK).status_code == 302


def test_an_app_is_enough_for_who_decides_about_nobody(user: User) -> None:
    seed = add_app(enter(user))
    client = browser()
    type_password(client, user)
    client.post("/account/2fa/authenticate/", {"code": code_of(seed)})
    read_notice(client)
    assert client.get(WORK).status_code == 200


def test_a_code_works_once(user: User) -> None:
    seed = add_app(enter(user))
    first, second = browser(), browser()
    for client in (first, second):
        type_password(client, user)
        client.post("/account/2fa/authenticate/", {"code": code_of(seed)})
    assert first.get(WORK).headers["Location"].startswith("/account/notice/")
    assert second.get(WORK).headers["Location"].startswith("/account/login/")


def test_an_administrator_with_an_app_alone_is_asked_for_a_passkey(admin: User) -> None:
    client = enter(admin)
    assert "Set an app up" not in client.get(SETUP).content.decode()
    add_app(client)
    assert client.get(WORK).headers["Location"].startswith(SETUP)
    add_passkey(client)
    assert client.get(WORK).status_code == 200


def test_technical_staff_need_a_passkey_too(user: User) -> None:
    user.is_staff = True
    user.save()
    client = enter(user)
    add_app(client)
    assert client.get(WORK).headers["Location"].startswith(SETUP)


def test_recovery_codes_are_shown_once_and_each_lets_in_once(user: User) -> None:
    client = enter(user)
    add_passkey(client)
    shown = re.findall(r"<code>(\d{8})</code>", client.get("/account/2fa/recovery-codes/").content.decode())
    assert len(shown) == 10
    assert shown[0] not in client.get("/account/2fa/recovery-codes/").content.decode()
    first, second = browser(), browser()
    for each in (first, second):
        type_password(each, user)
        each.post("/account/2fa/authenticate/", {"code": shown[0]})
    assert first.get(WORK).headers["Location"].startswith("/account/notice/")
    assert second.get(WORK).headers["Location"].startswith("/account/login/")
    assert ("signin.in", "0", "recovery-code") in heard()


def test_a_session_from_before_a_second_factor_was_set_up_is_not_left_standing(user: User) -> None:
    old, new = enter(user), enter(user)
    add_passkey(new)
    assert old.get(SETUP).headers["Location"].startswith("/account/login/")
    assert old.get(WORK).headers["Location"].startswith("/account/login/")


def test_seeds_are_sealed_in_the_row_and_while_they_wait_in_the_session(user: User) -> None:
    client = enter(user)
    page = client.get("/account/2fa/totp/activate/").content.decode()
    waiting = re.findall(r'class="seed">([A-Z2-7]+)<', page)[0]
    assert waiting not in str(Session.objects.get(pk=client.session.session_key).get_decoded())
    seed = add_app(client)
    rows = Authenticator.objects.filter(user=user)
    assert {row.type for row in rows} == {"totp", "recovery_codes"}
    assert seed not in str([row.data for row in rows])
    assert seed_of(user) == seed


def test_a_seed_moved_to_another_person_opens_for_neither(user: User, admin: User) -> None:
    add_app(enter(user))
    Authenticator.objects.filter(user=user, type="totp").update(user=admin)
    from agencies.vault.errors import CannotOpen

    with pytest.raises(CannotOpen):
        seed_of(admin)


def test_the_picture_to_scan_is_in_the_page_and_needs_no_style(user: User) -> None:
    page = enter(user).get("/account/2fa/totp/activate/").content.decode()
    picture = re.search(r"<svg.*?</svg>", page, re.S)
    assert picture
    assert "style=" not in picture[0]
    assert "data:" not in page


def test_signing_in_and_out_is_in_the_log_without_the_address(user: User) -> None:
    client = enter(user)
    add_passkey(client)
    client.post("/account/logout/")
    assert heard() == [
        ("signin.in", "0", "password"),
        ("signin.add", "0", "passkey"),
        ("signin.add", "0", "recovery-code"),
        ("signin.out", "0", ""),
    ]
    bodies = b"".join(bytes(row.body) for row in AuditEvent.objects.all())
    assert user.email.encode() not in bodies
    assert f"Person/{user.pk}".encode() in bodies


def test_nobody_makes_an_account_or_changes_their_address(user: User) -> None:
    for address in ("/account/signup/", "/account/email/", "/account/login/code/"):
        assert browser().get(address).status_code == 404
