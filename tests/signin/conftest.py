"""A person who signs in, and a fast hash for their password."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache

from agencies.models import Membership, User
from tests.county import County, make_county

PASSWORD = "heron over the millrace"


@pytest.fixture(autouse=True)
def _quick(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    cache.clear()


@pytest.fixture(scope="module")
def county(build_once: Callable[[Callable[[], County]], County]) -> County:
    return build_once(make_county)


@pytest.fixture
def user(county: County, db: None) -> User:
    """The county's clinician, with a password and no second factor."""
    return with_password(Membership.objects.get(pk=county.clinician.membership_id).user)


@pytest.fixture
def admin(county: County, db: None) -> User:
    """An administrator of an agency."""
    return with_password(Membership.objects.get(pk=county.admin.membership_id).user)


def with_password(user: User | None) -> User:
    assert user is not None
    user.set_password(PASSWORD)
    user.save()
    return user
