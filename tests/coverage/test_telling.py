"""The agency that is asked to cover another hears of it: once, its administrators alone, while it waits."""

from collections.abc import Callable
from datetime import time
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from agencies.actor import Actor
from agencies.coverage import services
from agencies.models import Agency
from agencies.roles import Role
from referrals.models import Notice
from referrals.notices.kinds import Channel, Status
from referrals.notices.models import Delivery
from referrals.notices.saying import COVER_ASKED
from referrals.notices.services import coverages, reading
from referrals.notices.services.reaching import set_reach
from referrals.notices.tasks import address
from referrals.notices.tasks import mail as send_mails
from referrals.services import telling
from tests.anyone import member
from tests.coverage.conftest import Towns, entered
from tests.coverage.test_pages import at, browser, words

pytestmark = pytest.mark.django_db

ASKS = "Bhu asks you to cover them: confirm or refuse."
BOTH = (Channel.PAGE, Channel.MAIL)
Answer = Callable[[Towns, Any], None]
ANSWERS = pytest.mark.parametrize(
    "answer",
    [
        pytest.param(lambda towns, row: services.confirm(towns.clinic, row.pk), id="confirmed"),
        pytest.param(lambda towns, row: services.end(towns.clinic, row.pk), id="refused"),
        pytest.param(lambda towns, row: services.end(towns.unit, row.pk), id="taken-back"),
    ],
)


def told() -> list[tuple[str, str]]:
    """Who was told or will be, by which channel."""
    rows = Delivery.objects.exclude(status__in=[Status.VOID.value, Status.DEAD.value])
    return sorted((row.channel, f"Membership/{row.to}") for row in rows)


def both(*actors: Actor) -> list[tuple[str, str]]:
    return sorted((channel.value, actor.name) for actor in actors for channel in BOTH)


def test_the_administrators_of_the_agency_that_is_asked_are_told_once_and_nobody_else(towns: Towns, clock: Any) -> None:
    another = member(Agency.objects.get(pk=towns.clinic.agency_id), Role.AGENCY_ADMIN, "second-admin")
    set_reach(towns.clinic, mailbox="desk@clinic.example.org", days=0b11111, opens=time(8), closes=time(17))
    entered(towns, towns.unit, towns.clinic)
    for _again in range(2):
        address()
        send_mails()
    assert told() == both(towns.clinic, another)
    assert len(mail.outbox) == len({to for sent in mail.outbox for to in sent.to}) == 2


def test_each_coverage_is_told_of_for_itself(towns: Towns, clock: Any) -> None:
    entered(towns, towns.unit, towns.clinic)
    address()
    entered(towns, towns.unit, towns.detox)
    address()
    assert told() == both(towns.clinic, towns.detox)


def test_the_list_says_who_asks_and_leads_to_the_page_and_a_mail_says_neither(towns: Towns, clock: Any) -> None:
    entered(towns, towns.unit, towns.clinic)
    address()
    send_mails()
    page = browser(towns.clinic).get(reverse("notices:list"))
    assert ASKS in words(page)
    assert f'href="{reverse("agencies:coverage", args=at(towns.clinic))}"' in page.content.decode()
    (sent,) = mail.outbox
    assert "Bhu" not in f"{sent.subject}{sent.body}".replace("BHU", "")
    assert "cover" not in sent.body


@ANSWERS
def test_what_was_answered_before_it_is_told_of_is_not_told(towns: Towns, clock: Any, answer: Answer) -> None:
    answer(towns, entered(towns, towns.unit, towns.clinic))
    address()
    assert not Notice.objects.filter(code="cover-asked").exists()
    assert told() == []


@ANSWERS
def test_what_is_answered_before_a_mail_goes_is_not_sent_nor_listed_nor_counted(
    towns: Towns, clock: Any, answer: Answer
) -> None:
    row = entered(towns, towns.unit, towns.clinic)
    address()
    assert reading.unseen([towns.clinic]) == len(reading.lines([towns.clinic])) == 1
    answer(towns, row)
    send_mails()
    assert (mail.outbox, reading.unseen([towns.clinic]), reading.lines([towns.clinic])) == ([], 0, [])
    assert Delivery.objects.get(channel=Channel.MAIL.value).status == Status.VOID


@ANSWERS
def test_what_is_answered_before_it_is_addressed_reaches_nobody_and_is_no_fault(
    towns: Towns, clock: Any, answer: Answer
) -> None:
    row = entered(towns, towns.unit, towns.clinic)
    assert coverages.ask(at=timezone.now()) == 1
    answer(towns, row)
    address()
    assert told() == []
    assert [each.status for each in Delivery.objects.all()] == [Status.VOID]


def test_a_notice_of_no_coverage_asks_nobody(towns: Towns, clock: Any) -> None:
    telling.tell([towns.clinic.agency_id], None, COVER_ASKED, at=timezone.now(), role=Role.AGENCY_ADMIN)
    address()
    assert told() == []


def test_how_many_ask_costs_no_query_more(towns: Towns, clock: Any) -> None:
    entered(towns, towns.unit, towns.clinic)
    address()
    with CaptureQueriesContext(connection) as one:
        assert len(reading.lines([towns.clinic])) == 1
    entered(towns, towns.detox, towns.clinic)
    address()
    with CaptureQueriesContext(connection) as two:
        assert {line.covered for line in reading.lines([towns.clinic])} == {"Bhu", "Detox"}
    assert len(one) == len(two)
