"""The tests' own way in makes the session that signing in makes."""

import pytest
from allauth.account.authentication import get_authentication_records
from django.test import RequestFactory
from django.urls import reverse

from agencies.models import User
from tests.web.signing import TOTP, session_cookie, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def user() -> User:
    return User.objects.create_user("ada@example.org", name="Ada Elmsworth")


def test_its_session_is_of_that_person_and_says_how_they_signed_in(user: User) -> None:
    client = signed_in(user, TOTP)
    request = RequestFactory().get("/")
    request.session = client.session
    assert [record["type"] for record in get_authentication_records(request, user)] == ["totp"]
    assert client.get(reverse("referrals:work")).status_code == 200


def test_its_cookie_is_one_a_browser_takes(user: User) -> None:
    cookie = session_cookie(user, url="http://localhost:8123")
    assert cookie["name"] == "sessionid"
    assert cookie["value"]
