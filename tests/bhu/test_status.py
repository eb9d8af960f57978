"""``manage.py status``: whether it is well, and what wants somebody; nothing of a client in it."""

import json
from datetime import timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.utils import timezone

from agencies.models import Agency, Membership
from agencies.roles import Role
from bhu.web import readiness
from referrals.acts import OpenInEmergency, Send, TakeStep
from referrals.emergencies.models import EmergencyAccess
from referrals.emergencies.natures import Nature
from referrals.perform import perform
from tests.anyone import member
from tests.county import CANARIES, SCREEN, County, bundle_of, make_county

pytestmark = pytest.mark.django_db


@pytest.fixture
def opened() -> EmergencyAccess:
    """An emergency at the BHU, whose agencies all have a privacy officer."""
    county = make_county()
    for agency in (county.police, county.other_police, county.bhu, county.detox, county.clinic):
        member(agency, Role.PRIVACY_OFFICER, "privacy")
    member(county_outsider(county), Role.PRIVACY_OFFICER, "privacy")
    done = perform(county.officer, [Send(data=bundle_of(SCREEN), to=(county.bhu.id,))])
    (task,) = done.tasks
    perform(county.clinician, [TakeStep(task_id=task, step="accept")])
    act = OpenInEmergency(referral_id=done.referral_id, agency_id=county.detox.id, nature=Nature.SEIZURE)
    perform(county.clinician, [act])
    return EmergencyAccess.objects.get()


def county_outsider(county: County) -> Agency:
    return Agency.objects.get(pk=county.outsider.agency_id)


def said(capsys: pytest.CaptureFixture[str], *options: str) -> tuple[str, int]:
    try:
        call_command("status", *options)
    except SystemExit as end:
        return capsys.readouterr().out, int(str(end.code))
    return capsys.readouterr().out, 0


def test_all_is_well_and_nothing_waits(opened: EmergencyAccess, capsys: pytest.CaptureFixture[str]) -> None:
    text, code = said(capsys)
    assert code == 0
    assert "databases   ok" in text
    assert text.endswith("Nothing wants anybody.\n")


def test_a_late_review_and_late_words_are_shown_until_they_are_done(
    opened: EmergencyAccess, capsys: pytest.CaptureFixture[str]
) -> None:
    with time_machine.travel(opened.review_due + timedelta(minutes=1), tick=False):
        text, code = said(capsys)
        as_json, _code = said(capsys, "--json")
    assert code == 1
    assert f"bhu  emergency {opened.id}: review overdue since" in text
    assert f"bhu  emergency {opened.id}: words overdue since" in text
    wants = json.loads(as_json)["wants"]
    assert [(row["agency"], row["what"], row["id"]) for row in wants] == [
        ("bhu", "words overdue", str(opened.id)),
        ("bhu", "review overdue", str(opened.id)),
    ]
    assert not [word for word in CANARIES if word in text + as_json]


def test_an_agency_without_a_privacy_officer_is_named(
    opened: EmergencyAccess, capsys: pytest.CaptureFixture[str]
) -> None:
    Membership.objects.filter(agency__slug="clinic", role="privacy_officer").update(until=timezone.now())
    text, code = said(capsys)
    assert code == 1
    assert "clinic  no privacy officer" in text
    assert "detox  no privacy officer" not in text


def test_what_is_not_well_is_shown_first(
    opened: EmergencyAccess, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(readiness.CHECKS, "sequencer", lambda: "behind by 70 s")
    text, code = said(capsys)
    assert code == 1
    assert "sequencer   behind by 70 s" in text


def test_where_the_tables_do_not_fit_it_says_that_it_did_not_ask(
    opened: EmergencyAccess, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(readiness.CHECKS, "migrations", lambda: "not migrated: default")
    text, code = said(capsys)
    assert code == 1
    assert text.endswith("What wants somebody could not be asked.\n")
