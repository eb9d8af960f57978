"""The three commands on a real database: the story ends well, and nothing real is ever loaded over or dropped."""

import json
import subprocess
import sys
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connections
from django.utils import timezone

from agencies import agreements
from agencies.kinds import Purpose
from agencies.models import Agency, Membership, User
from agencies.services import agency_called, misfits
from bhu.demo import reset
from bhu.demo.cast import COORDINATOR
from bhu.demo.vignettes import bundle
from bhu.models import DemoMark
from bhu.setup.up import alone
from referrals.acts import Send
from referrals.perform import perform
from tests.databases import ROOT, OwnDatabase


def manage(database: OwnDatabase, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run one command in a process of its own, with that database's keys."""
    program = "import sys; from django.core.management import execute_from_command_line as run; run(sys.argv)"
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=ROOT,
        env=database.env,
        capture_output=True,
        text=True,
        check=False,
    )


REFUSED = {
    ("Officer, Alder Falls PD", "ROLE"),
    ("Chief, Alder Falls PD", "NOT_FOUND"),
    ("Intake, Merrow General", "COMPARTMENT"),
    ("Intake, Merrow General", "GONE"),
    ("Officer, Brindle PD", "NOT_FOUND"),
    ("Network admin, superuser", "ROLE"),
    ("Superuser as BHU staff", "NOT_UNIT_MEMBER"),
    ("Coordinator, Merrow BHU", "AGREEMENT_MISSING"),
    ("Somebody with SQL", "SEAL_BROKEN"),
    ("Somebody with SQL", "hash"),
}

PROVIDERS = {"northfield-cbhc", "merrow-general-ed"}


def test_the_demo_loads_its_network_and_ends_well(own_database: OwnDatabase) -> None:
    done = manage(own_database, "demo", "--json")
    assert done.stdout, done.stderr
    told = json.loads(done.stdout)
    assert (done.returncode, told["problems"], told["ok"]) == (0, [], True), done.stderr
    assert {(row["who"], row["code"]) for row in told["refusals"]} == REFUSED
    assert {row["agency"] for row in told["steps"]} == {"alder-falls-pd", "merrow-bhu", *PROVIDERS}
    assert [row["state"] for row in told["steps"] if row["agency"] == "merrow-general-ed"] == ["requested", "cancelled"]
    assert told["sections"] >= 10
    assert told["plaintext_hits"] == 0
    assert set(told["audit"]) == {"events", "size", "root", "verified"}
    assert told["audit"]["verified"]
    the_network_is_as_the_tables_say()
    the_other_vignettes_can_be_sent()


def the_network_is_as_the_tables_say() -> None:
    assert (Agency.objects.count(), User.objects.count(), Membership.objects.count()) == (22, 75, 79)
    assert misfits() == []
    assert not any(user.has_usable_password() for user in User.objects.all())
    assert set(Agency.objects.filter(keys=None).values_list("slug", flat=True)) == {
        "valley-counseling",
        "st-alban-shelter",
    }
    bhu = agency_called("merrow-bhu")
    everyone = Agency.objects.values_list("id", flat=True)
    partners = agreements.partners(agency_id=bhu.id, on=timezone.now().date())
    for purpose in (Purpose.TREATMENT, Purpose.COORDINATION):
        assert set(everyone) - set(partners[purpose]) - {bhu.id} == {
            agency_called("safe-ride-merrow").id,
            agency_called("merrow-network").id,
        }


def the_other_vignettes_can_be_sent() -> None:
    for name, to in (("vignette-01", "merrow-detox"), ("vignette-08", "riverside-bridge-clinic")):
        done = perform(COORDINATOR.actor(), [Send(data=bundle(name), to=(agency_called(to).id,))])
        assert set(done.tasks.values()) == {"requested"}


@pytest.mark.django_db
@pytest.mark.parametrize("command", ["demo", "demo_load"])
def test_nothing_is_loaded_over_real_people(command: str) -> None:
    User.objects.create_user("somebody@example.org")
    with pytest.raises(CommandError, match="already holds") as refusal:
        call_command(command)
    assert refusal.value.returncode == 2
    assert (User.objects.count(), Agency.objects.count(), DemoMark.objects.count()) == (1, 0, 0)


@pytest.mark.django_db
def test_demo_reset_refuses_a_database_without_the_mark() -> None:
    User.objects.create_user("somebody@example.org")
    with pytest.raises(CommandError, match="demo mark") as refusal:
        call_command("demo_reset")
    assert refusal.value.returncode == 2
    assert User.objects.exists()


def test_demo_reset_drops_what_carries_the_mark_once_nobody_is_served_and_begins_a_new_log(
    own_database: OwnDatabase, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.VAR_DIR = own_database.var
    monkeypatch.setattr(reset, "prepare", lambda: call_command("keys_init", verbosity=0))  # migrating takes seconds
    key = own_database.var / "keys" / "audit-log.key"
    before = key.read_bytes()
    DemoMark().save()
    with alone(own_database.var), pytest.raises(CommandError, match="serving"):
        call_command("demo_reset")
    assert DemoMark.objects.exists()
    call_command("demo_reset")
    assert [connections[alias].introspection.table_names() for alias in connections] == [[], []]
    assert key.read_bytes() != before


@pytest.mark.django_db
@pytest.mark.parametrize("command", ["demo", "demo_load", "demo_reset"])
def test_production_has_no_demo(command: str, settings: Any) -> None:
    settings.PRODUCTION = True
    DemoMark().save()
    with pytest.raises(CommandError, match="production"):
        call_command(command)
    assert DemoMark.objects.exists()
