"""``manage.py outbox``: what waits and what reached nobody, from the shell."""

import json
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from audit.models import AuditEvent
from referrals.notices.kinds import Status
from referrals.notices.models import Delivery
from tests.county import CANARIES, County
from tests.notices.test_pages import dead, sent

pytestmark = pytest.mark.django_db


def outbox(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    call_command("outbox", *arguments)
    return capsys.readouterr().out


def test_the_list_shows_queues_and_deliveries_and_no_number(county: County, capsys: pytest.CaptureFixture[str]) -> None:
    row = dead(county)
    text = outbox(capsys, "list")
    assert str(row.pk) in text
    assert "1 reached nobody" in text
    assert row.notice.referral.reference not in text
    assert not [canary for canary in CANARIES if canary in text]


def test_it_is_json_for_a_program(county: County, capsys: pytest.CaptureFixture[str]) -> None:
    sent(county)
    said = json.loads(outbox(capsys, "list", "--json"))
    assert {queue["name"]: queue["waiting"] for queue in said["queues"]} == {
        "addressing": 0, "mail": 2, "text": 0, "webhook": 0
    }  # fmt: skip
    assert [row["status"] for row in said["deliveries"]] == ["waiting", "waiting"]


def test_one_is_sent_again(county: County, capsys: pytest.CaptureFixture[str]) -> None:
    row = dead(county)
    outbox(capsys, "retry", str(row.pk))
    row.refresh_from_db()
    assert row.status == Status.WAITING.value
    assert AuditEvent.objects.filter(action="notice.resend", actor="System/cli").exists()


def test_one_is_let_be_for_a_reason(county: County, capsys: pytest.CaptureFixture[str]) -> None:
    row = dead(county)
    with pytest.raises(CommandError):
        call_command("outbox", "drop", str(row.pk))
    outbox(capsys, "drop", str(row.pk), "--reason=address-gone")
    row.refresh_from_db()
    assert row.status == Status.DROPPED.value
    assert AuditEvent.objects.get(action="notice.drop").code == "address-gone"


def test_what_is_not_there_or_was_sent_is_named(county: County) -> None:
    sent(county)
    gone = Delivery.objects.filter(channel="page")[0]
    gone.ended_at = timezone.now()
    for id_ in (uuid4(), gone.pk):
        with pytest.raises(CommandError, match="Nothing of that id"):
            call_command("outbox", "retry", str(id_))
