"""Changing the password: whoever does it stays at work, and every other window is signed out."""

import pytest

from agencies.models import User
from tests.signin.conftest import PASSWORD
from tests.signin.ways import add_passkey, browser, enter, read_notice, show_passkey

pytestmark = pytest.mark.django_db
NEW = "otter under the weir"


def test_who_changes_the_password_stays_at_work_and_is_signed_out_everywhere_else(user: User) -> None:
    here, elsewhere = enter(user), browser()
    show_passkey(elsewhere, add_passkey(here))
    read_notice(elsewhere)
    assert elsewhere.get("/list/").status_code == 200
    here.post("/account/password/change/", {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW})
    assert here.get("/list/").status_code == 200
    assert elsewhere.get("/list/").headers["Location"].startswith("/account/login/")
