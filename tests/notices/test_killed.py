"""A process that is killed between taking a delivery and noting it: sent at least once, shown once."""

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta

import pytest
from django.utils import timezone

from referrals.acts import Send
from referrals.notices.kinds import Channel, Status
from referrals.notices.models import Attempt, Delivery
from referrals.notices.services import addressing, sending
from referrals.perform import perform
from tests.county import bundle_of, make_county
from tests.databases import OwnDatabase
from tests.notices.sinks import MailSink

SENDER = """
import os, sys, time
import django
django.setup()
from referrals.notices.channels import mail
from referrals.notices.kinds import Channel
from referrals.notices.services import sending
really = mail.send
def send(message, address):
    if sys.argv[1] == "after":
        really(message, address)
    print("now", flush=True)
    time.sleep(60)
mail.send = send
sending.send_due(Channel.MAIL)
"""


def kill_when_it_says_now(code: list[str], env: dict[str, str]) -> None:
    """Run Python until it prints "now", and kill it there."""
    with subprocess.Popen([sys.executable, "-c", *code], env=env, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"now\n"
        os.kill(process.pid, signal.SIGKILL)


@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_before_or_after_it_was_sent(own_database: OwnDatabase, settings: object, when: str) -> None:
    county = make_county()
    perform(county.officer, [Send(data=bundle_of(), to=(county.bhu.id,))])
    addressing.address_all()
    with MailSink() as sink:
        env = {
            **own_database.env,
            "DJANGO_SETTINGS_MODULE": "bhu.settings",
            "EMAIL_URL": f"smtp://127.0.0.1:{sink.port}",
        }
        kill_when_it_says_now([SENDER, when], env)
        left = Delivery.objects.filter(channel=Channel.MAIL.value)
        assert {row.status for row in left} == {Status.WAITING.value}
        assert sending.claim(Channel.MAIL, at=timezone.now()) == []
        left.update(leased_until=timezone.now() - timedelta(seconds=1))  # the lease runs out
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"  # type: ignore[attr-defined]
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", sink.port  # type: ignore[attr-defined]
        sending.send_due(Channel.MAIL)
        assert {row.status for row in left.all()} == {Status.SENT.value}
        by_person = [len(sink.to(f"{name}@bhu.example.org")) for name in ("clinician", "coordinator")]
        assert sorted(by_person) == ([1, 2] if when == "after" else [1, 1])
        ids = {message["Message-ID"] for _to, message in sink.received}
        assert len(ids) == 2  # a mail sent twice is one mail to whoever reads it
    shown = Delivery.objects.filter(channel=Channel.PAGE.value)
    assert shown.count() == len(set(shown.values_list("membership_id", flat=True))) == 2
    assert Attempt.objects.filter(ended_at=None).count() == 2


def test_killed_while_addressing_it_leaves_the_notice_for_the_next(own_database: OwnDatabase) -> None:
    county = make_county()
    perform(county.officer, [Send(data=bundle_of(), to=(county.bhu.id,))])
    code = """
import time
import django
django.setup()
from referrals.notices.services import addressing
def hang(*_):
    print("now", flush=True)
    time.sleep(60)
addressing._close = hang
addressing.address()
"""
    env = {**own_database.env, "DJANGO_SETTINGS_MODULE": "bhu.settings"}
    kill_when_it_says_now([code], env)
    assert not Delivery.objects.exists()
    until = time.monotonic() + 20
    while addressing.address_all() == 0 and time.monotonic() < until:
        time.sleep(0.1)  # the database notices that the killed one is gone
    assert Delivery.objects.filter(channel=Channel.PAGE.value).count() == 2


@pytest.mark.postgres
def test_four_at_once_send_each_once(own_database: OwnDatabase) -> None:
    county = make_county()
    for _ in range(10):
        perform(county.officer, [Send(data=bundle_of(), to=(county.bhu.id,))])
    code = """
import django
django.setup()
from referrals.notices.kinds import Channel
from referrals.notices.services import addressing, sending
addressing.address_all()
while sending.send_due(Channel.MAIL):
    pass
"""
    with MailSink() as sink:
        env = {
            **own_database.env,
            "DJANGO_SETTINGS_MODULE": "bhu.settings",
            "EMAIL_URL": f"smtp://127.0.0.1:{sink.port}",
        }
        running = [subprocess.Popen([sys.executable, "-c", code], env=env) for _ in range(4)]
        assert [process.wait(120) for process in running] == [0, 0, 0, 0]
        while sending.send_due(Channel.MAIL):
            continue
        sent = [message["Message-ID"] for _to, message in sink.received]
    assert len(sent) == len(set(sent)) == Delivery.objects.filter(channel="mail", status="sent").count() == 20
