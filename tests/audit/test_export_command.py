"""What goes out by the shell: to whom, what of it, and that it is in the log."""

import io
import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from agencies.models import Membership
from agencies.roles import Role
from audit import witnesses
from audit.models import AuditCheckpoint, AuditEvent
from audit.sequencer import sequence
from audit.standalone.policy import policy
from audit.standalone.reading import verify
from fhir.content import exact
from fhir.content.validate import check
from referrals.acts import Send
from referrals.perform import perform
from tests.anyone import member
from tests.audit.conftest import Town
from tests.county import CANARIES, County, bundle_of, make_county

pytestmark = pytest.mark.django_db
OFFICER = "privacy"


@pytest.fixture
def county(town: Town) -> County:
    """A referral on its way; the agencies' own log under one checkpoint, cosigned."""
    made = make_county()
    perform(made.officer, [Send(data=bundle_of(), to=(made.bhu.id,))])
    member(made.bhu, Role.PRIVACY_OFFICER, OFFICER)
    while sequence():
        pass
    town.cosign()
    return made


def taken(*arguments: Any, tmp_path: Path | None = None) -> str:
    out = io.StringIO()
    call_command("audit_export", *arguments, stdout=out)
    if tmp_path:
        (tmp_path / "taken").write_text(out.getvalue(), "utf-8")
    return out.getvalue()


def newest() -> AuditEvent:
    return AuditEvent.objects.order_by("-pk")[0]


def email(county: County) -> str:
    found = Membership.objects.get(agency=county.bhu, role=Role.PRIVACY_OFFICER)
    assert found.user is not None
    return found.user.email


def test_all_of_it_goes_to_whoever_has_the_shell_and_names_no_client(
    county: County, town: Town, tmp_path: Path
) -> None:
    text = taken(tmp_path=tmp_path)
    report = verify(tmp_path / "taken", town.policy)
    assert report.ok
    assert report.size == AuditCheckpoint.objects.order_by("-size")[0].size
    assert not [canary for canary in CANARIES if canary in text]
    assert (newest().action, newest().target, newest().door) == ("audit.export", "Log/whole", "cli")


def test_only_what_is_new(county: County, town: Town, tmp_path: Path) -> None:
    size = AuditCheckpoint.objects.order_by("-size")[0].size
    sequence()
    taken("--start", size - 1, tmp_path=tmp_path)
    assert verify(tmp_path / "taken", town.policy).events >= 1
    with pytest.raises(CommandError, match="no checkpoint of that size"):
        taken("--start", 10_000)


def test_its_own_part_goes_to_an_agencys_privacy_officer(county: County, town: Town, tmp_path: Path) -> None:
    text = taken("--agency", "bhu", "--as", email(county), tmp_path=tmp_path)
    assert verify(tmp_path / "taken", town.policy).ok
    agencies = {json.loads(line)["body"].split("\n")[6] for line in text.splitlines()[1:]}
    assert agencies == {str(county.bhu.id)}
    assert (newest().action, newest().agency, newest().outcome) == ("audit.export", str(county.bhu.id), "0")


def test_a_period_is_of_whole_days_of_the_agencys_zone(county: County) -> None:
    def lines(since: date, until: date) -> int:
        return len(taken("--agency", "bhu", "--as", email(county), "--from", since, "--to", until).splitlines())

    today = timezone.now().date()
    assert lines(today - timedelta(days=1), today + timedelta(days=1)) > 1
    assert lines(today + timedelta(days=2), today + timedelta(days=3)) == 1
    with pytest.raises(CommandError, match="must not be after"):
        lines(today, today - timedelta(days=1))


def test_as_fhir_it_is_audit_events_one_a_line_and_each_is_valid(county: County) -> None:
    text = taken("--agency", "bhu", "--as", email(county), "--fhir")
    trees = [exact.parse(line.encode()) for line in text.splitlines()]
    assert len(trees) > 1
    for tree in trees:
        assert isinstance(tree, dict)
        assert tree["resourceType"] == "AuditEvent"
        check(tree)  # raises what is wrong with it


@pytest.mark.parametrize("who", ["clinician", "nobody@example.org"])
def test_nobody_else_gets_it_and_that_is_recorded(county: County, who: str) -> None:
    if who == "clinician":
        found = Membership.objects.get(pk=county.clinician.membership_id)
        assert found.user is not None
        who = found.user.email
    with pytest.raises(CommandError):
        taken("--agency", "bhu", "--as", who)
    assert newest().outcome == "4"
    assert newest().action in ("audit.export", "door.refuse")


def test_an_agencys_part_asks_who_wants_it(county: County) -> None:
    with pytest.raises(CommandError, match="--as"):
        taken("--agency", "bhu")


def test_a_proof_and_the_policy_to_check_it_by(county: County, tmp_path: Path) -> None:
    event = AuditEvent.objects.filter(agency=str(county.bhu.id)).order_by("pk")[0]
    taken("--proof", event.pk, tmp_path=tmp_path)
    report = verify(tmp_path / "taken", policy(taken("--policy")))
    assert report.ok
    assert report.event is not None
    assert report.event["id"] == str(event.pk)
    with pytest.raises(CommandError, match="no place in the log yet"):
        taken("--proof", newest().pk)
    assert witnesses.as_policy() == taken("--policy")
