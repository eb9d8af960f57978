"""``manage.py coverage``: the same by the shell."""

from typing import Any

import pytest
from django.core.management import CommandError, call_command

from agencies.actor import Actor
from agencies.coverage.models import Coverage
from agencies.models import Membership
from audit.models import AuditEvent
from tests.coverage.conftest import Towns

pytestmark = pytest.mark.django_db
NIGHTS = ("--begins=20:00", "--ends=06:00", "--since=2026-03-01")


def run(actor: Actor, *arguments: str) -> None:
    call_command("coverage", *arguments, f"--as={Membership.objects.get(pk=actor.membership_id).user.email}")


def test_entered_listed_confirmed_and_ended(towns: Towns, clock: Any, capsys: pytest.CaptureFixture[str]) -> None:
    run(towns.unit, "enter", "clinic", *NIGHTS, "--days=sat,sun")
    row = Coverage.objects.get()
    assert (row.days, row.time_zone, row.agreement.title) == (0b1100000, "America/New_York", "County")
    run(towns.clinic, "confirm", str(row.pk))
    capsys.readouterr()
    run(towns.unit, "list")
    shown = capsys.readouterr().out
    assert "clinic covers bhu  sat,sun 20:00-06:00 America/New_York  from 2026-03-01 on  confirmed" in shown
    run(towns.clinic, "end", str(row.pk))
    capsys.readouterr()
    run(towns.clinic, "list")
    assert capsys.readouterr().out == "Nobody covers anybody.\n"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("enter", "clinic", *NIGHTS, "--until=2026-02-01"), "until: Must not be before the first day"),
        (("enter", "clinic", *NIGHTS, "--agreement=Another"), "agreement: must be one of: County"),
        (("enter", "stranger", *NIGHTS), "agreement: must be one of: none in force"),
        (("enter", "nowhere", *NIGHTS), "UNKNOWN_AGENCY"),
        (("confirm", "018f0000-0000-7000-8000-000000000000"), "COVERAGE"),
    ],
)  # fmt: skip
def test_what_is_refused_names_the_field_and_leaves_its_event(
    towns: Towns, clock: Any, arguments: tuple[str, ...], says: str
) -> None:
    with pytest.raises(CommandError, match=says):
        run(towns.unit, *arguments)
    newest = AuditEvent.objects.order_by("-pk")[0]
    assert (newest.outcome, newest.actor) == ("4", towns.unit.name)
    assert not Coverage.objects.exists()
