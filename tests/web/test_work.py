"""The list of what is before me, as a page."""

from http import HTTPStatus

import pytest
from django.test import Client
from django.urls import reverse

from agencies.models import Membership
from tests.county import make_county
from tests.web.signing import signed_in

pytestmark = pytest.mark.django_db


def test_who_is_not_signed_in_is_asked_to() -> None:
    answer = Client().get(reverse("referrals:work"))
    assert answer.status_code == HTTPStatus.FOUND
    assert answer.headers["Location"].startswith(reverse("account_login"))
    assert "Sign in" in Client().get(answer.headers["Location"]).content.decode()


def test_an_empty_list_says_so() -> None:
    county = make_county()
    client = signed_in(Membership.objects.get(pk=county.officer.membership_id).user)
    answer = client.get(reverse("referrals:work"))
    assert answer.status_code == HTTPStatus.OK
    assert "Nothing is before you." in answer.content.decode()
