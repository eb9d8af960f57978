"""Five wrong tries lock for fifteen minutes, whoever is meant, in all processes together."""

import time

import pytest
import time_machine

from agencies.models import User
from audit.models import AuditEvent
from bhu.signin import tries
from bhu.signin.models import Spent, Tries
from tests.signin.conftest import PASSWORD
from tests.signin.ways import add_app, add_passkey, browser, code_of, enter, show_passkey, type_password

pytestmark = pytest.mark.django_db
LOCKED = "too many wrong tries"


def wrong(user: User, times: int) -> str:
    client = browser()
    pages = [type_password(client, user, "not the password").content.decode() for _ in range(times)]
    return pages[-1]


def test_the_sixth_try_is_refused_even_when_it_is_right(user: User) -> None:
    assert LOCKED not in wrong(user, 5)
    client = browser()
    assert LOCKED in type_password(client, user).content.decode()
    assert client.get("/list/").status_code == 302


def test_the_lock_lasts_fifteen_minutes_from_the_fifth(user: User) -> None:
    with time_machine.travel(time.time(), tick=False) as clock:
        wrong(user, 4)
        clock.shift(10 * 60)
        wrong(user, 1)
        clock.shift(14 * 60)
        assert LOCKED in type_password(browser(), user).content.decode()
        clock.shift(61)
        assert type_password(browser(), user).status_code == 302


def test_an_address_that_is_nobodys_locks_the_same_way(user: User) -> None:
    nobody = User(email="nobody@example.org")
    known, unknown = wrong(user, 6), wrong(nobody, 6)
    assert (
        known.replace(user.email, "X").split("<main")[1].split("csrf")[0]
        == (unknown.replace(nobody.email, "X").split("<main")[1].split("csrf")[0])
    )
    assert LOCKED in unknown


def test_a_passkey_still_lets_in_who_was_locked_out_by_others(user: User) -> None:
    passkey = add_passkey(enter(user))
    wrong(user, 6)
    assert show_passkey(browser(), passkey).headers["Location"] == "/list/"


def test_codes_lock_too(user: User) -> None:
    seed = add_app(enter(user))
    client = browser()
    type_password(client, user)
    for _ in range(5):
        assert LOCKED not in client.post("/account/2fa/authenticate/", {"code": "000000"}).content.decode()
    assert LOCKED in client.post("/account/2fa/authenticate/", {"code": code_of(seed)}).content.decode()


def test_one_network_address_may_not_try_everybody(county: object) -> None:
    for number in range(tries.MOST[tries.ADDRESS]):
        type_password(browser(), User(email=f"somebody{number}@example.org"))
    answer = type_password(browser(), User(email="one.more@example.org"))
    assert LOCKED in answer.content.decode()


def test_each_wrong_try_and_one_lock_are_written_down_and_no_address(user: User) -> None:
    wrong(user, 8)
    wrong(User(email="mistyped.password@example.org"), 1)
    rows = AuditEvent.objects.filter(action__in=["signin.refuse", "signin.lock-out"]).order_by("id")
    told = [(row.action, row.actor, row.target.split("/")[0], row.code) for row in rows]
    assert told == [
        *[("signin.refuse", "Person/unknown", "Person", "password")] * 5,
        ("signin.lock-out", "Person/unknown", "Person", "account"),
        ("signin.refuse", "Person/unknown", "Address", "password"),
    ]
    assert not [row for row in rows if b"example.org" in bytes(row.body)]
    assert not Tries.objects.filter(bucket__contains="@")


def test_who_signs_in_does_not_use_tries_up(user: User) -> None:
    for _ in range(tries.MOST[tries.ACCOUNT] + 2):
        assert type_password(browser(), user, PASSWORD).status_code == 302


def test_what_is_over_is_forgotten(db: None) -> None:
    tries.take(tries.ACCOUNT, "ada@example.org")
    assert tries.spend("123456", whose="ada", seconds=60)
    assert not tries.spend("123456", whose="ada", seconds=60)
    assert tries.spend("123456", whose="ben", seconds=60)
    assert tries.forget_over(now=int(time.time()) + tries.PERIOD) == 3
    assert (Tries.objects.count(), Spent.objects.count()) == (0, 0)
