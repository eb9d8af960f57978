"""A session nobody uses locks; the same person opens it again, and nothing typed is lost."""

import html
import re
import time
from datetime import timedelta

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from agencies.models import User
from audit.models import AuditEvent
from bhu.signin import sittings
from bhu.signin.held import release
from bhu.signin.models import Sitting
from tests.signin.authenticator import Passkey
from tests.signin.conftest import PASSWORD
from tests.signin.ways import SCRIPT, add_app, add_passkey, code_of, enter, read_notice, type_password

pytestmark = pytest.mark.django_db
WORK = "/list/"
MINUTE = 60


def idle(client: Client, minutes: float) -> None:
    """Nobody was at work in this session for so long."""
    since = timezone.now() - timedelta(minutes=minutes)
    Sitting.objects.filter(pk=client.session.session_key).update(seen_at=since)


def held_in(answer: HttpResponse) -> str:
    found = re.search(r'name="held" value="([^"]+)"', answer.content.decode())
    assert found, answer.content.decode()
    return html.unescape(found[1])


def unlock_by(client: Client, passkey: Passkey, **more: str) -> HttpResponse:
    options = client.get("/account/unlock/", headers=SCRIPT).json()
    return client.post("/account/unlock/", {"credential": passkey.get(options), **more})


@pytest.fixture
def desk(user: User) -> tuple[Client, Passkey]:
    """A browser signed in, and the passkey of who sits at it."""
    client = enter(user)
    return client, add_passkey(client)


def test_after_fifteen_minutes_it_is_locked_and_shows_nothing(desk: tuple[Client, Passkey]) -> None:
    client, _ = desk
    idle(client, 14.9)
    assert client.get(WORK).status_code == 200
    idle(client, 15)
    answer = client.get(WORK)
    assert (answer.status_code, answer.headers["BHU-Refused"]) == (423, "locked")
    assert "Nothing is before you" not in answer.content.decode()


def test_a_shared_device_locks_after_five_minutes_and_is_remembered(user: User) -> None:
    client = enter(user, shared="on")
    add_passkey(client)
    idle(client, 5)
    assert client.get(WORK).status_code == 423
    client.post("/account/logout/")
    assert re.search(r'name="shared"[^>]*checked', client.get("/account/login/").content.decode())


def test_work_puts_the_lock_off_and_a_page_that_refreshes_itself_does_not(desk: tuple[Client, Passkey]) -> None:
    client, _ = desk
    for headers, method, status in (
        ({"HX-Request": "true"}, client.get, 423),
        (SCRIPT, client.get, 423),
        ({}, client.get, 200),
        (SCRIPT, client.post, 200),
    ):
        idle(client, 10)
        method(WORK if method == client.get else "/account/active/", headers=headers)
        row = Sitting.objects.get(pk=client.session.session_key)
        Sitting.objects.filter(pk=row.pk).update(seen_at=row.seen_at - timedelta(minutes=6))
        assert client.get(WORK).status_code == status, headers
        sittings.unlock(row)


def test_nothing_done_late_opens_a_locked_session(desk: tuple[Client, Passkey]) -> None:
    client, _ = desk
    row = Sitting.objects.get(pk=client.session.session_key)
    sittings.lock(row)
    row.seen_at -= timedelta(minutes=1)
    sittings.touch(row)  # by a request that had read the row before
    assert client.get(WORK).status_code == 423
    idle(client, 20)
    row.refresh_from_db()
    sittings.touch(row)
    assert client.get(WORK).status_code == 423


def test_the_passkey_opens_it_again_and_leads_back(desk: tuple[Client, Passkey]) -> None:
    client, passkey = desk
    client.post("/account/lock/", headers=SCRIPT)
    assert client.get(WORK).status_code == 423
    assert unlock_by(client, passkey, next=WORK).headers["Location"] == WORK
    assert client.get(WORK).status_code == 200
    told = AuditEvent.objects.filter(action__in=["signin.lock", "signin.unlock"]).order_by("id")
    assert [(row.action, row.code) for row in told] == [("signin.lock", ""), ("signin.unlock", "passkey")]


def test_password_and_code_open_it_too_but_neither_alone(user: User) -> None:
    client = enter(user)
    seed = add_app(client)
    client.post("/account/lock/")
    for wrong in ({"password": PASSWORD}, {"code": code_of(seed, later=1)}, {"password": "no", "code": code_of(seed)}):
        answer = client.post("/account/unlock/", wrong, headers=SCRIPT)
        assert (answer.status_code, answer.json()) == (422, {"errors": ["Password or code is wrong."]})
    right = {"password": PASSWORD, "code": code_of(seed, later=1)}
    assert client.post("/account/unlock/", right, headers=SCRIPT).status_code == 204
    assert client.get(WORK).status_code == 200


def test_somebody_elses_passkey_does_not_open_it(desk: tuple[Client, Passkey], admin: User) -> None:
    client, _ = desk
    other = add_passkey(enter(admin))
    client.post("/account/lock/")
    assert unlock_by(client, other).status_code == 423
    assert client.get(WORK).status_code == 423


def test_what_was_typed_comes_back_after_the_lock(desk: tuple[Client, Passkey]) -> None:
    client, passkey = desk
    client.post("/account/lock/")
    typed = {"narrative": "She said “leave me”.\nTwice.", "tick": ["a", "b"], "password1": "secret"}
    page = client.post("/list/?tab=two", typed)
    assert page.status_code == 423
    assert "is kept in this page" in page.content.decode()
    assert "is not kept" in page.content.decode()
    back = unlock_by(client, passkey, held=held_in(page))
    text = html.unescape(back.content.decode())
    assert 'action="/list/?tab=two"' in text
    assert 'name="narrative" value="She said “leave me”.\nTwice."' in text
    assert [each in text for each in ('name="tick" value="a"', 'name="tick" value="b"', "secret")] == [
        True,
        True,
        False,
    ]


def test_what_was_typed_survives_a_wrong_try_to_unlock(desk: tuple[Client, Passkey]) -> None:
    client, passkey = desk
    client.post("/account/lock/")
    first = held_in(client.post(WORK, {"narrative": "by the river"}))
    again = client.post("/account/unlock/", {"password": "no", "code": "1", "held": first})
    assert held_in(again) == first
    assert "by the river" in unlock_by(client, passkey, held=held_in(again)).content.decode()


def test_what_was_typed_survives_the_end_of_the_session(desk: tuple[Client, Passkey], user: User) -> None:
    client, passkey = desk
    Sitting.objects.update(began_at=timezone.now() - timedelta(hours=12, seconds=1))
    page = client.post(WORK, {"narrative": "by the river"})
    assert (page.status_code, page.headers["BHU-Refused"]) == (401, "signed-out")
    held = held_in(page)
    assert held_in(client.post("/account/again/", {"held": held})) == held
    type_password(client, user)
    from tests.signin.ways import data_in

    options = data_in(client.get("/account/2fa/authenticate/"))["request_options"]
    client.post("/account/2fa/authenticate/", {"credential": passkey.get(options)})
    read_notice(client)
    assert "by the river" in client.post("/account/again/", {"held": held}).content.decode()


def test_what_one_person_typed_is_not_sent_by_another(desk: tuple[Client, Passkey], admin: User) -> None:
    client, _ = desk
    client.post("/account/lock/")
    held = held_in(client.post(WORK, {"narrative": "by the river"}))
    other = enter(admin)
    add_passkey(other)
    answer = other.post("/account/again/", {"held": held})
    assert answer.status_code == 410
    assert "by the river" not in answer.content.decode()


def test_nor_when_the_first_ones_session_is_gone_altogether(
    desk: tuple[Client, Passkey], user: User, admin: User
) -> None:
    client, _ = desk
    client.get(WORK)
    Session.objects.all().delete()
    held = held_in(client.post(WORK, {"narrative": "by the river"}))
    kept = release(held)
    assert kept is not None
    assert kept["whose"] == str(user.pk)
    type_password(client, admin)
    read_notice(client)
    add_passkey(client)
    answer = client.post("/account/again/", {"held": held})
    assert answer.status_code == 410
    assert "by the river" not in answer.content.decode()


def test_a_form_that_is_too_old_keeps_what_was_typed_and_one_from_elsewhere_does_not(user: User) -> None:
    client = Client(SERVER_NAME="localhost", enforce_csrf_checks=True)
    ours = client.post(WORK, {"narrative": "by the river"}, headers={"Origin": "http://localhost"})
    assert ours.status_code == 403
    assert "This was not sent" in ours.content.decode()
    assert held_in(ours)
    for foreign in ({"Origin": "http://evil.example.org"}, {"Origin": "null"}, {}):
        answer = client.post(WORK, {"narrative": "by the river"}, headers=foreign)
        assert answer.status_code == 403
        assert 'name="held"' not in answer.content.decode()


def test_a_held_text_that_was_changed_or_made_elsewhere_is_nothing(desk: tuple[Client, Passkey]) -> None:
    client, _ = desk
    for forged in ("x", "eyJ0byI6Ii8ifQ:1:2"):
        assert client.post("/account/again/", {"held": forged}).status_code == 410


def test_another_person_takes_the_desk_over_and_the_first_is_signed_out(desk: tuple[Client, Passkey]) -> None:
    client, _ = desk
    first = client.session.session_key
    client.post("/account/lock/")
    answer = client.post("/account/logout/", {"next": "/account/login/"})
    assert answer.headers["Location"] == "/account/login/"
    assert not Sitting.objects.filter(pk=first).exists()


def test_the_lock_lets_nobody_be_sent_to_another_site(desk: tuple[Client, Passkey]) -> None:
    client, passkey = desk
    client.post("/account/lock/")
    assert unlock_by(client, passkey, next="https://evil.example.org/").headers["Location"] == WORK


def test_it_all_ends_after_twelve_hours_however_busy(user: User) -> None:
    with time_machine.travel(time.time(), tick=False) as clock:
        client = enter(user)
        add_passkey(client)
        for _ in range(12 * 6):
            clock.shift(10 * MINUTE - 1)
            assert client.get(WORK).status_code == 200
        clock.shift(2 * MINUTE)
        assert client.get(WORK).headers["Location"].startswith("/account/login/")


def test_over_sittings_are_swept(desk: tuple[Client, Passkey]) -> None:
    assert sittings.forget_over(at=timezone.now() + timedelta(hours=11)) == 0
    assert sittings.forget_over(at=timezone.now() + timedelta(hours=13)) == 1
