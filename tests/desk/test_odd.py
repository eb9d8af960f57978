"""Odd input at the desk: a clear answer beside its field, and never a fault of our own."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from agencies.models import Agency
from agencies.roles import Role
from audit.models import AuditEvent
from referrals.desk.kinds import ComplaintWay, IncidentKind
from referrals.desk.models import Complaint, Incident
from referrals.desk.services import incidents, once
from referrals.errors import Invalid
from tests.anyone import member
from tests.desk.conftest import Office
from tests.web.desk import Seat

pytestmark = pytest.mark.django_db

SENT_OR_SAID = (303, 422)


@pytest.fixture
def seat(office: Office) -> Seat:
    found = Seat(office.officer)
    found.client.raise_request_exception = False
    return found


def incident(**more: Any) -> dict[str, Any]:
    said = {"key": str(uuid4()), "kind": IncidentKind.PAPER.value, "discovered_at": "2026-01-02T10:00", "what": "x"}
    return said | more


def complaint(**more: Any) -> dict[str, Any]:
    said = {"key": str(uuid4()), "way": ComplaintWay.SPOKEN.value, "received_at": "2026-01-02T10:00", "what": "x"}
    return said | more


@pytest.mark.parametrize("field", ["since", "until"])
@pytest.mark.parametrize("day", ["0001-01-01", "1600-01-01", "1969-12-31", "9999-12-31"])
def test_a_day_far_from_ours_is_an_error_of_its_field(seat: Seat, field: str, day: str) -> None:
    answer = seat.get("desk-log", **{field: day})
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]


@pytest.mark.parametrize("mark", ["\x00", "ffffffff-ffff-ffff-ffff-ffffffffffff", "é", "x" * 4000])
def test_a_mark_that_is_none_begins_at_the_first_line(seat: Seat, mark: str) -> None:
    assert seat.get("desk-log", after=mark).status_code == 200


@pytest.mark.parametrize("week", ["9999-12-27", "9999-12-31", "x\x00", ""])
def test_a_week_that_cannot_be_is_not_marked(seat: Seat, week: str) -> None:
    assert seat.post("desk-weeks", week=week).status_code == 303
    assert not AuditEvent.objects.filter(action="week.review", outcome="0").exists()


@pytest.mark.parametrize(
    "said",
    [
        {"affected": "99999999999999999999"},
        {"affected": "-1"},
        {"discovered_at": "0001-01-01T00:00"},
        {"discovered_at": "9999-12-31T23:59"},
        {"delayed_until": "9999-12-31T23:59"},
        {"delayed_until": "2026-01-02T10:00"},
        {"what": "\x00"},
        {"kind": "\x00"},
    ],
)
def test_what_an_incident_cannot_be_is_an_error_of_its_field(seat: Seat, said: dict[str, str]) -> None:
    answer = seat.post("desk-incident-new", **incident(**said))
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == list(said)
    assert not Incident.objects.exists()


@pytest.mark.parametrize(
    ("page", "said", "rows"), [("incident", incident, Incident), ("complaint", complaint, Complaint)]
)
def test_the_key_of_another_agencys_row_writes_nothing_and_tells_nothing(
    office: Office, seat: Seat, page: str, said: Any, rows: Any
) -> None:
    typed = said()
    assert Seat(office.police_officer).post(f"desk-{page}-new", **typed).status_code == 303
    assert seat.post(f"desk-{page}-new", **typed).status_code == 422
    assert [row.agency_id for row in rows.objects.all()] == [office.county.police.id]


def test_what_the_same_form_saved_meanwhile_is_given_back(office: Office) -> None:
    said = {"kind": IncidentKind.PAPER, "discovered_at": timezone.now() - timedelta(hours=1), "what": "x"}
    row = incidents.open_incident(office.officer, **said)
    twin = Incident.objects.get(pk=row.pk)
    assert once.save(office.officer, twin) is not twin
    with pytest.raises(Invalid):
        once.save(office.police_officer, twin)


@pytest.mark.parametrize("told", ["\x00", "x" * 5000, "é"])
def test_a_duty_nobody_knows_is_not_written_down(office: Office, seat: Seat, told: str) -> None:
    row = incidents.open_incident(
        office.officer, kind=IncidentKind.PAPER, discovered_at=timezone.now() - timedelta(hours=1), what="x"
    )
    assert seat.post("desk-incident", row.id, told=told).status_code == 303
    assert not row.done.exists()


@pytest.mark.parametrize("number", ["\x00", "é" * 40, "{}", "K7QF-2M9D", "x" * 41, "²" * 8])
def test_a_number_that_is_none_finds_nothing(seat: Seat, number: str) -> None:
    assert seat.post("desk-log", number=number).status_code == 422
    assert seat.post("desk-why", number=number, member="\x00", part="x").status_code == 422


@pytest.mark.parametrize(
    "url",
    [
        "https://x\x00y/",
        "https://[/",
        "https://ex\u00e4mple.org/",
        "https://example.org:99999/",
        "https://example.org/\x7f",
        "https://u@example.org/",
        "https://example.org/\u00e4",
        "https://[fe80::1%25eth0]/",
        "//example.org/",
        "http://example.org/",
    ],
)
def test_an_odd_address_of_a_system_is_refused(office: Office, url: str) -> None:
    seat = Seat(member(Agency.objects.get(pk=office.officer.agency_id), Role.AGENCY_ADMIN, "odd"))
    assert seat.client.post(reverse("notices:add-webhook", args=seat.at), {"url": url}).status_code == 422
