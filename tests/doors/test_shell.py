"""Every command of the shell and every job in the background leaves its event: done, refused, or broken."""

import io
from datetime import timedelta
from importlib import import_module

import pytest
from django.core.management import BaseCommand, CommandError, call_command, get_commands
from django.utils import timezone

import bhu.celery
from agencies.models import Membership
from audit.models import AuditEvent
from audit.work import RecordedCommand, job
from bhu.celery import CLOCK
from referrals.jobs import JobCommand
from tests.county import County
from tests.web.conftest import county, shared_county

__all__ = ["county", "shared_county"]
pytestmark = pytest.mark.django_db

ROOMS = ("agencies", "audit", "bhu", "fhir", "referrals")
NONE = {
    "audit_sequence": "gives events their places; its own trace is the tree and the checkpoints",
    "audit_verify": "reads what anybody with the database can read, and must work on one that refuses writing",
    "demo": "plays the main job in databases of its own, through the acts of the house, which leave theirs",
    "demo_load": "loads invented people through the services, which leave theirs",
    "demo_once": "the same",
    "demo_part": "the same",
    "demo_reset": "drops the demo's whole database, its log with it; refuses any other",
    "keys_init": "runs before there is a log: it makes the log's key",
    "leak_matrix": "works in databases of its own",
    "prepare": "runs before the tables of the log are there, as the role that owns them",
    "restore": "puts another database here: what it did stands in the log of that one (backup.restore)",
    "sandbox": "works in databases of its own",
    "standalone": "prints a program, the same for everybody",
    "witness": "works for other towns' logs, in a folder of its own and without a database",
    "upgrade": "may put the database back as it was; done, it leaves installation.upgrade",
    "status": "asked by a monitor every minute; names no client and no referral",
}
"""Commands that leave none of their own, and why."""


def commands() -> dict[str, BaseCommand]:
    ours = {name: app for name, app in get_commands().items() if app.partition(".")[0] in ROOMS}
    return {name: import_module(f"{app}.management.commands.{name}").Command() for name, app in ours.items()}


COMMANDS = commands()
JOBS = [
    pytest.param(name, each, id=f"{name}-{each}")
    for name, command in sorted(COMMANDS.items())
    if isinstance(command, JobCommand)
    for each in command.jobs
]


def newest() -> AuditEvent:
    return AuditEvent.objects.order_by("-pk")[0]


def test_every_command_leaves_its_event_or_says_why_none():
    recorded = {name for name, each in COMMANDS.items() if isinstance(each, JobCommand | RecordedCommand)}
    assert sorted(set(COMMANDS) - recorded - set(NONE)) == []
    assert sorted(set(NONE) & recorded) == []
    assert sorted(set(NONE) - set(COMMANDS)) == []


@pytest.mark.parametrize(("command", "name"), JOBS)
def test_a_job_of_a_command_leaves_its_event_whatever_it_calls(county: County, command, name, record_property):
    about, arguments, _run = COMMANDS[command].jobs[name]
    quiet = type("Command", (type(COMMANDS[command]),), {"jobs": {name: (about, arguments, lambda *_: None)}})
    email = Membership.objects.get(pk=county.clinician.membership_id).user.email
    asked = {"job": name, "agency": None, "json": True}
    for who, expected in ((email, (f"cli.{name}", "0")), ("nobody@example.org", ("door.refuse", "4"))):
        made = quiet(stdout=io.StringIO())
        if expected[1] == "4":
            with pytest.raises(SystemExit):
                made.handle(email=who, **asked)
        else:
            made.handle(email=who, **asked)
        assert (newest().action, newest().outcome) == expected
    record_property("doors", 1)
    record_property("events", 2)


def test_a_job_that_is_refused_before_it_records_anything_is_recorded_with_its_code(county: County):
    email = Membership.objects.get(pk=county.clinician.membership_id).user.email
    with pytest.raises(CommandError):
        call_command("referral", "offer", "K7QF-2M9D", "--to=detox", "--release=nonsense", f"--as={email}")
    assert (newest().outcome, newest().actor) == ("4", county.clinician.name)


REFUSED = {
    "audit_export": ["--start=-1"],
    "backup": ["--database=/nowhere"],
    "explain": ["--as=nobody@example.org", "--referral=K7QF-2M9D", "--compartment=contact"],
    "init": ["--name=County IT", "--admin=Ada", "--keys=/nowhere", "--identity=/nowhere"],
    "invite": ["somebody@example.org", "--agency=nowhere", "--name=Somebody"],
    "keys_rotate": ["nowhere", "general"],
    "outbox": ["retry", "018f0000-0000-7000-8000-000000000000"],
    "sso": ["nowhere", "--off"],
}
DONE = {
    "audit_export": (["--policy"], "cli.run"),
    "invite": (["somebody@example.org", "--agency=bhu", "--name=Somebody"], "invitation.make"),
    "keys_rotate": (["bhu", "general"], "keys.rotate"),
    "outbox": (["list"], "cli.run"),
    "sso": (["bhu", "--off"], "cli.run"),
}


def test_the_commands_of_the_host_are_all_tried():
    assert set(REFUSED) == {name for name, each in COMMANDS.items() if isinstance(each, RecordedCommand)}


@pytest.mark.parametrize(("name", "arguments"), REFUSED.items())
def test_a_command_of_the_host_that_is_refused_leaves_its_event(county: County, name, arguments):
    with pytest.raises(Exception, match=r".+"):
        call_command(name, *arguments)
    assert (newest().action, newest().outcome, newest().target) == ("cli.run", "4", f"Command/{name}")


@pytest.mark.parametrize(("name", "row"), DONE.items())
def test_a_command_of_the_host_that_is_done_leaves_its_event(county: County, name, row):
    arguments, action = row
    call_command(name, *arguments, stdout=io.StringIO())
    assert (newest().action, newest().outcome, newest().door) == (action, "0", "cli")


TASKS = sorted(name for name in bhu.celery.app.tasks if not name.startswith("celery."))


def test_every_task_is_rung_for_by_the_clock():
    bhu.celery.app.loader.import_default_modules()
    tasks = {name for name in bhu.celery.app.tasks if not name.startswith("celery.")}
    assert tasks == set(CLOCK)


@pytest.mark.parametrize("name", sorted(CLOCK))
def test_a_job_in_the_background_that_breaks_leaves_its_event_and_one_with_nothing_to_do_leaves_none(
    county: County, name, monkeypatch, record_property
):
    before = AuditEvent.objects.count()
    run = getattr(import_module(name.rpartition(".")[0]), name.rpartition(".")[2])
    run()
    assert AuditEvent.objects.count() == before

    def broken(*_args, **_kwargs):
        raise OSError("the disk is full, said somebody by name")

    monkeypatch.setattr(f"{name.rpartition('.')[0]}.{CALLED[name]}", broken)
    with pytest.raises(OSError, match="full"):
        run()
    event = newest()
    assert (event.action, event.outcome, event.code, event.door) == ("job.run", "8", "OSError", "worker")
    assert event.actor.startswith("System/")
    record_property("doors", 1)
    record_property("events", 1)


CALLED = {
    "referrals.onward.tasks.ask_next": "services.ask_next",
    "referrals.tasks.rewrap": "rewrapping.rewrap_all",
    "referrals.tasks.do_due": "later.do_due",
    "referrals.tasks.escalate": "emergencies.escalate",
    "referrals.tasks.press": "emergencies.press",
    "referrals.tasks.sweep": "idempotency.forget",
    "referrals.drafts.tasks.expire": "services.expire",
    "referrals.signing.tasks.sweep": "links.forget_expired",
    "referrals.receipts.tasks.sweep": "tries.forget_over",
    "fhir.smart.tasks.sweep": "forget_spent",
    "fhir.subscriptions.tasks.send": "sending.send_due",
    "fhir.subscriptions.tasks.sweep": "counting.forget",
    "bhu.signin.tasks.sweep": "tries.forget_over",
    "referrals.retention.tasks.purge": "shredding.purge",
    "bhu.tasks.cosign": "ask_all",
    "referrals.notices.tasks.address": "addressing.address_all",
    "referrals.notices.tasks.mail": "sending.send_due",
    "referrals.notices.tasks.text": "sending.send_due",
    "referrals.notices.tasks.webhooks": "sending.send_due",
    "referrals.notices.tasks.climb": "climbing.climb",
    "referrals.desk.tasks.watch": "watching.watch",
    "referrals.desk.tasks.check_log": "watching.check_log",
}
"""What each job calls first."""


def test_a_job_that_changed_rows_and_recorded_none_of_it_says_how_many():
    with job("tests.sweep") as work:
        work.did(2)
        work.did(1)
    event = newest()
    assert (event.action, event.target, event.actor, event.outcome, event.code) == (
        "job.run", "Job/tests.sweep", "System/tests.sweep", "0", "3"
    )  # fmt: skip


def test_a_job_that_recorded_what_it_did_leaves_nothing_more(county: County):
    from audit import log

    with job("tests.sweep") as work:
        log.record(action="draft.expire", target="Draft/1", actor="System/tests")
        work.did(1)
    assert newest().action == "draft.expire"


def test_a_real_sweep_leaves_one_event_with_the_number_of_rows(county: County):
    from referrals.receipts.models import PinTries
    from referrals.receipts.tasks import sweep

    PinTries.objects.create(code_hash="b", tries=1, until=timezone.now() - timedelta(hours=2))
    sweep()
    assert (newest().target, newest().code) == ("Job/referrals.receipts.sweep", "1")
