"""Signing in by the agency's own directory, against one that answers on a port of its own."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount
from django.core.management import CommandError, call_command
from django.test import Client
from joserfc.jwk import RSAKey

from agencies import inviting
from agencies.models import Membership, User
from agencies.roles import Role
from agencies.services import add_member
from audit.models import AuditEvent
from bhu.signin.models import SingleSignOn
from bhu.signin.sso import services
from tests.county import SETUP, County
from tests.signin.directory import CLIENT, SECRET, Directory, running
from tests.signin.ways import add_passkey, browser, enter, read_notice

pytestmark = pytest.mark.django_db
BEGIN = "/account/oidc/bhu/login/"


@pytest.fixture(scope="module")
def server() -> Iterator[Directory]:
    with running() as made:
        yield made


@pytest.fixture
def directory(server: Directory, county: County, user: User) -> Directory:
    """The unit's directory, which knows its clinician and asked for two factors."""
    services.set_up(agency=county.bhu, issuer=server.base, client_id=CLIENT, secret=SECRET)
    server.claims = {"email": user.email, "email_verified": True, "amr": ["pwd", "mfa"]}
    server.signing = None
    return server


def come_by(directory: Directory, client: Client | None = None, begin: str = BEGIN) -> tuple[Client, Any]:
    """To the directory and back."""
    client = client or browser()
    back = directory.sign_in(client.get(begin).headers["Location"])
    return client, client.get(back.removeprefix("http://localhost"))


def test_a_member_comes_in_by_two_factors_asked_there(directory: Directory) -> None:
    client, answer = come_by(directory)
    assert answer.headers["Location"] == "/list/"
    read_notice(client)
    assert client.get("/list/").status_code == 200
    assert AuditEvent.objects.get(action="signin.in").code == "directory"
    assert directory.asked["prompt"] == "login"
    assert directory.asked["code_challenge_method"] == "S256"


def test_the_page_of_sign_in_offers_it(directory: Directory, county: County) -> None:
    assert BEGIN in browser().get("/account/login/").content.decode()
    services.switch_off(agency=county.bhu)
    assert BEGIN not in browser().get("/account/login/").content.decode()
    assert browser().get(BEGIN).status_code == 404


def test_one_factor_there_is_one_factor_here(directory: Directory) -> None:
    directory.claims["amr"] = ["pwd"]
    client, _ = come_by(directory)
    read_notice(client)
    assert client.get("/list/").headers["Location"].startswith("/account/setup/")


def test_who_has_a_passkey_here_is_asked_for_it_unless_two_were_asked_there(directory: Directory, user: User) -> None:
    add_passkey(enter(user))
    directory.claims["amr"] = ["pwd"]
    assert come_by(directory)[1].headers["Location"] == "/account/2fa/authenticate/"
    directory.claims["amr"] = ["mfa"]
    assert come_by(directory)[1].headers["Location"] == "/list/"


def test_an_administrator_needs_a_passkey_of_their_own(directory: Directory, admin: User) -> None:
    directory.claims |= {"email": admin.email, "sub": "admin"}
    client, _ = come_by(directory)
    read_notice(client)
    assert client.get("/list/").headers["Location"].startswith("/account/setup/")


def test_who_is_invited_becomes_a_member_by_it_and_has_no_password(directory: Directory, county: County) -> None:
    inviting.invite_from_shell(agency=county.bhu, email="ada@example.org", name="Ada", role=Role.COACH)
    directory.claims |= {"email": "Ada@example.org", "sub": "ada"}
    client, _ = come_by(directory)
    read_notice(client)
    assert client.get("/list/").status_code == 200
    member = Membership.objects.get(user__email="ada@example.org")
    assert (member.agency, member.role) == (county.bhu, "coach")
    assert member.user is not None
    assert not member.user.has_usable_password()


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"email": "stranger@example.org"}, "sso-not-invited"),
        ({"email": ""}, "sso-no-address"),
        ({"email_verified": False}, "sso-no-address"),
        ({"email": "officer@police.example.org"}, "sso-not-invited"),
    ],
)
def test_nobody_else_comes_in_and_the_log_says_why(directory: Directory, claims: dict[str, Any], code: str) -> None:
    directory.claims |= claims
    client, answer = come_by(directory)
    assert answer.status_code == 403
    assert client.get("/list/").headers["Location"].startswith("/account/login/")
    assert AuditEvent.objects.get(action="signin.refuse").code == code
    assert not SocialAccount.objects.exists()


def test_a_directory_opens_nothing_of_another_agency(directory: Directory, county: County, user: User) -> None:
    come_by(directory)
    add_member(by=SETUP, agency=county.clinic, role=Role.CLINICIAN, user=user)
    assert come_by(directory)[1].status_code == 403
    assert AuditEvent.objects.filter(action="signin.refuse").get().code == "sso-elsewhere"


def test_it_vouches_for_no_technical_staff(directory: Directory, user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_staff=True)
    assert come_by(directory)[1].status_code == 403


@pytest.mark.parametrize(
    "wrong", [{"aud": "somebody-else"}, {"iss": "http://evil.example.org"}, {"exp": 1_700_000_000}, {"sub": None}]
)
def test_a_word_that_is_old_or_for_others_is_not_taken(directory: Directory, wrong: dict[str, Any]) -> None:
    directory.claims |= wrong
    client, answer = come_by(directory)
    assert answer.status_code == 401
    assert client.get("/list/").status_code == 302


def test_a_word_that_another_key_signed_is_not_taken(directory: Directory) -> None:
    directory.signing = RSAKey.generate_key(2048, {"kid": "one"})
    assert come_by(directory)[1].status_code == 401


def test_an_answer_nobody_asked_for_is_not_taken(directory: Directory) -> None:
    first = browser()
    back = directory.sign_in(first.get(BEGIN).headers["Location"]).removeprefix("http://localhost")
    assert browser().get(back).status_code == 401
    assert first.get(back).status_code == 302
    assert first.get(back).status_code == 401


def test_the_address_that_begins_it_is_not_believed_beyond_where_to_go(directory: Directory) -> None:
    client = browser()
    client.get(f"{BEGIN}?auth_params=prompt%3Dnone&scope=admin&process=connect&next=/list/")
    sent = client.get(f"{BEGIN}?auth_params=prompt%3Dnone&scope=admin").headers["Location"]
    assert "prompt=login" in sent
    assert "admin" not in sent


def test_a_directory_that_does_not_answer_is_said_plainly(directory: Directory) -> None:
    SingleSignOn.objects.update(issuer="http://127.0.0.1:9")
    answer = browser().get(BEGIN)
    assert answer.status_code == 503
    assert "did not answer" in answer.content.decode()


def test_little_is_kept_of_it_and_its_secret_is_sealed(directory: Directory, user: User) -> None:
    come_by(directory)
    row = SocialAccount.objects.get()
    assert (row.provider, row.uid, row.extra_data) == ("bhu", "person-1", {"id_token": {"sub": "person-1"}})
    assert SECRET.encode() not in bytes(SingleSignOn.objects.get().sealed)


def test_a_locked_session_is_opened_by_going_there_again(directory: Directory) -> None:
    client, _ = come_by(directory)
    read_notice(client)
    client.post("/account/lock/")
    page = client.get("/list/").content.decode()
    assert f"{BEGIN}?next=/list/" in page
    come_by(directory, client, f"{BEGIN}?next=/list/")
    read_notice(client)
    assert client.get("/list/").status_code == 200


def test_the_shell_sets_it_up(county: County, tmp_path: Path, capsys: Any) -> None:
    file = tmp_path / "secret"
    file.write_text(f"{SECRET}\n")
    call_command("sso", "bhu", issuer="https://login.example.org/", client_id=CLIENT, secret_file=file)
    assert "http://localhost:8000/account/oidc/bhu/login/callback/" in capsys.readouterr().out
    row = SingleSignOn.objects.get()
    assert (row.issuer, services.secret_of(row)) == ("https://login.example.org", SECRET)
    call_command("sso", "bhu", off=True)
    assert services.active() == []
    with pytest.raises(CommandError, match="go together"):
        call_command("sso", "bhu")
