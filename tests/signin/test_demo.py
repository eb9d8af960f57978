"""One click signs in as somebody invented: with the demo's mark, on this machine, and nowhere else."""

from typing import Any

import pytest
from django.test import Client

from agencies.models import User
from audit.models import AuditEvent
from bhu import checks
from bhu.models import DemoMark
from tests.signin.ways import browser, read_notice

pytestmark = pytest.mark.django_db


@pytest.fixture
def marked(user: User) -> User:
    DemoMark().save(force_insert=True)
    return user


def click(client: Client, user: User, **more: Any) -> Any:
    return client.post(f"/demo/{user.pk}", **more)


def test_one_click_signs_in_and_the_log_says_how(marked: User) -> None:
    client = browser()
    page = client.get("/demo/").content.decode()
    assert f"/demo/{marked.pk}" in page
    assert "DEMO – not real people" in page
    assert click(client, marked).headers["Location"] == "/list/"
    read_notice(client)
    work = client.get("/list/")
    assert work.status_code == 200
    assert "DEMO – not real people" in work.content.decode()
    event = AuditEvent.objects.get(action="signin.in")
    assert (event.code, event.target) == ("demo", f"Person/{marked.pk}")


def test_every_page_says_how_much_of_the_history_is_still_to_come(marked: User) -> None:
    client = browser()
    DemoMark.objects.update(planned=1150, begun=312)
    assert "838 referrals to come" in client.get("/demo/").content.decode()
    click(client, marked)
    read_notice(client)
    assert "838 referrals to come" in client.get("/list/").content.decode()
    DemoMark.objects.update(begun=1150)
    assert "to come" not in client.get("/list/").content.decode()


def test_without_the_mark_there_is_no_such_page(user: User) -> None:
    assert browser().get("/demo/").status_code == 404
    assert click(browser(), user).status_code == 404
    assert "DEMO" not in browser().get("/").content.decode()


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"REMOTE_ADDR": "192.0.2.7"},
        {"SERVER_NAME": "bhu.example.org", "headers": {}},
        {"headers": {"X-Forwarded-For": "192.0.2.7"}},
        {"headers": {"Forwarded": "for=192.0.2.7"}},
    ],
)
def test_from_another_machine_there_is_no_such_page(marked: User, settings: Any, elsewhere: dict[str, Any]) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    assert browser().get("/demo/", **elsewhere).status_code == 404
    assert click(browser(), marked, **elsewhere).status_code == 404


def test_a_session_begun_by_the_demo_counts_nowhere_else(marked: User) -> None:
    client = browser()
    click(client, marked)
    read_notice(client)
    assert (
        client.get("/list/", headers={"X-Forwarded-For": "192.0.2.7"}).headers["Location"].startswith("/account/login/")
    )


def test_a_session_begun_by_the_demo_ends_with_the_mark(marked: User) -> None:
    client = browser()
    click(client, marked)
    read_notice(client)
    DemoMark.objects.all().delete()
    assert client.get("/list/").headers["Location"].startswith("/account/login/")


def test_in_production_it_is_closed_and_the_check_says_why(marked: User, settings: Any) -> None:
    assert [error.id for error in checks.people_are_real()] == ["bhu.E002"]
    settings.PRODUCTION = True
    assert browser().get("/demo/").status_code == 404
    DemoMark.objects.all().delete()
    assert checks.people_are_real() == []


def test_a_demo_session_locks_and_one_click_opens_it(marked: User) -> None:
    client = browser()
    click(client, marked)
    read_notice(client)
    client.post("/account/lock/")
    assert client.get("/list/").status_code == 423
    client.post("/account/unlock/", {})
    assert client.get("/list/").status_code == 200
