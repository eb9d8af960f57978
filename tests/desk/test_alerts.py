"""What the log is watched for: each rule by hand, each alert one row, shown once, closed with a reason."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from agencies.kinds import AgencyKind, Answer
from agencies.models import Membership, User
from agencies.roles import Role
from agencies.services import add_member, open_agency
from audit import log
from audit.models import AuditEvent, PendingEvent
from audit.outcome import Outcome
from audit.sequencer import sequence
from audit.uuid7 import uuid7_floor
from audit.witnesses import Standing
from referrals import finding
from referrals.blind import by_name
from referrals.desk import rules
from referrals.desk.kinds import AlertKind, Because, IncidentKind
from referrals.desk.models import Alert, Incident
from referrals.desk.rules import Known, Seen, find
from referrals.desk.services import alerts, incidents, searching, watching
from referrals.desk.services.searching import Asked
from referrals.errors import Denied, IllegalStep, NotFound
from referrals.models import Notice, Participation
from referrals.notices.models import Delivery
from referrals.notices.services.addressing import address_all
from referrals.notices.services.sending import WITH, message_of
from referrals.opening import open_referral
from tests.county import SETUP
from tests.desk.conftest import Office
from tests.web.desk import Seat, user_of

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
A, B = "agency-a", "agency-b"
MINUTE = timedelta(minutes=1)


def seen(minute: float, action: str, target: str = "Referral/1", *, who="Membership/1", agency=A, outcome="0", code=""):
    return Seen(NOW + minute * MINUTE, who, agency, action, target, outcome, code)


def kinds(events, foreign=frozenset(), **known) -> list[tuple[str, str]]:
    return [(found.kind, found.who) for found in find(events, Known(foreign=frozenset(foreign), **known))]


def refused(minute: float, target="Referral/9", **more):
    return seen(minute, "referral.open", target, outcome="4", code="NOT_FOUND", **more)


def test_three_tries_within_the_hour_at_what_is_not_theirs_are_one_alert():
    foreign = {(A, "Referral/9")}
    assert kinds([refused(0), refused(30), refused(59)], foreign) == [("not-theirs", "Membership/1")]
    assert kinds([refused(0), refused(30)], foreign) == []
    assert kinds([refused(0), refused(30), refused(60)], foreign) == []
    assert len(kinds([refused(minute) for minute in range(20)], foreign)) == 1


def test_what_is_not_there_what_is_ones_own_and_what_two_people_try_is_none():
    foreign = {(A, "Referral/9")}
    assert kinds([refused(minute) for minute in range(9)]) == []
    assert kinds([refused(minute, agency=B) for minute in range(9)], foreign) == []
    assert kinds([refused(minute, who=f"Membership/{minute}") for minute in range(9)], foreign) == []


def test_a_code_that_says_so_itself_needs_no_looking_up():
    rows = [seen(minute, "referral.open", outcome="4", code="NO_RELATIONSHIP") for minute in range(3)]
    assert kinds(rows) == [("not-theirs", "Membership/1")]


@pytest.mark.parametrize(
    ("action", "limit", "kind"),
    [("referral.open", rules.MANY_OPENED, "mass-opening"), ("referral.print", rules.MANY_TAKEN + 1, "mass-taking")],
)
def test_many_different_referrals_within_an_hour_are_one_alert_a_day(action, limit, kind):
    many = [seen(place / 2, action, f"Referral/{place}") for place in range(limit)]
    assert kinds(many) == [(kind, "Membership/1")]
    assert kinds(many[1:]) == []
    assert kinds([seen(place / 2, action) for place in range(90)]) == []
    slowly = [seen(place * 3, action, f"Referral/{place}") for place in range(limit)]
    assert kinds(slowly) == []
    twice = [seen(half * 180 + place / 2, action, f"Referral/{place}") for half in range(2) for place in range(limit)]
    assert len(kinds(twice)) == 1


def test_many_records_taken_out_are_an_incident_and_many_opened_are_not():
    taken = find([seen(n / 2, "referral.download", f"Referral/{n}") for n in range(26)], Known())
    assert [found.incident for found in taken] == [IncidentKind.MASS_TAKING]
    opened = find([seen(n / 2, "referral.open", f"Referral/{n}") for n in range(30)], Known())
    assert [found.incident for found in opened] == [None]


def test_each_emergency_is_one_and_one_that_was_not_justified_is_an_incident():
    rows = [seen(0, "emergency.open", "Referral/1"), seen(5, "emergency.open", "Referral/2")]
    assert kinds(rows) == [("emergency", "Membership/1")] * 2
    said = seen(9, "emergency.review", "EmergencyAccess/1", code="not-justified")
    assert [found.incident for found in find([said], Known())] == [IncidentKind.EMERGENCY]
    assert kinds([seen(9, "emergency.review", "EmergencyAccess/1", code="justified")]) == []
    assert kinds([seen(0, "emergency.open", outcome="4", code="ROLE")]) == []


def test_somebody_who_looks_up_their_own_family_name_is_one_a_day():
    rows = [seen(minute, "client.find", code="own-name") for minute in range(3)]
    assert kinds(rows) == [("own-name", "Membership/1")]
    assert kinds([seen(0, "client.find")]) == []


def watched(office: Office) -> list[Alert]:
    watching.watch(at=timezone.now() + timedelta(seconds=1))
    return list(Alert.objects.order_by("at", "id"))


def test_the_job_raises_what_real_people_did_once_however_often_it_runs(office: Office):
    for _try in range(3):
        with pytest.raises(NotFound):
            open_referral(office.county.outsider, office.referral_id)
    (alert,) = watched(office)
    assert (alert.kind, alert.who) == ("not-theirs", office.county.outsider.name)
    assert alert.agency_id == office.county.outsider.agency_id
    assert len(watched(office)) == 1
    assert AuditEvent.objects.filter(action="alert.raise", target=f"Alert/{alert.id}").count() == 1


def test_three_tries_at_what_was_never_there_raise_nothing(office: Office):
    for _try in range(3):
        with pytest.raises(NotFound):
            open_referral(office.county.outsider, uuid4())
    assert watched(office) == []


def test_an_event_that_was_written_just_before_the_last_run_is_still_counted(office: Office):
    for _try in range(2):
        with pytest.raises(NotFound):
            open_referral(office.county.outsider, office.referral_id)
    assert watched(office) == []
    with pytest.raises(NotFound):
        open_referral(office.county.outsider, office.referral_id)
    assert len(watched(office)) == 1


def test_a_look_up_of_ones_own_family_name_is_told_without_the_name(office: Office):
    member = Membership.objects.get(pk=office.county.clinician.membership_id)
    User.objects.filter(pk=member.user_id).update(name="Ada Van Zwillinger")
    for family, expected in (("Elmsworth", ""), ("Zwíllinger", "own-name")):
        finding.referrals_of_clients(office.county.clinician, by_name(family=family, given="Otto", born="2001-02-03"))
        newest = AuditEvent.objects.filter(action="client.find").order_by("-pk")[0]
        assert newest.code == expected
        assert b"zwillinger" not in bytes(newest.body).lower()
    assert [alert.kind for alert in watched(office)] == ["own-name"]


def test_a_log_that_is_behind_is_an_alert_of_every_agency_once_a_week(office: Office):
    old = log.record(action="referral.list", target="Agency/1", actor="System/tests")
    soon = timezone.now() + timedelta(minutes=6)
    assert PendingEvent.objects.filter(pk=old).exists()
    for _run in range(2):
        watching.watch(at=soon)
    found = Alert.objects.filter(kind=AlertKind.LOG.value)
    assert found.count() == len(set(found.values_list("agency_id", flat=True))) >= 2
    assert Incident.objects.count() == 0


def test_a_log_that_was_signed_just_now_is_not_behind_however_old_what_waits_says_it_is(office: Office):
    sequence()
    PendingEvent.objects.create(event_id=uuid7_floor(timezone.now() - timedelta(days=500)))
    watching.watch(at=timezone.now() + timedelta(seconds=1))
    assert not Alert.objects.filter(kind=AlertKind.LOG.value).exists()


@pytest.mark.parametrize(
    ("trouble", "lag", "raised", "opened"),
    [
        ("", 10, False, False),
        ("silent", 100, False, False),
        ("silent", 1000, True, False),
        ("nonsense", 1, True, False),
        ("fork", 1, True, True),
        ("ahead", 1, True, True),
    ],
)
def test_a_witness_somebody_should_look_at_is_an_alert_and_one_that_saw_another_log_an_incident(
    office: Office, monkeypatch, trouble, lag, raised, opened
):
    standing = Standing(name="alder", size=3, lag_s=lag, trouble=trouble)
    monkeypatch.setattr(watching.witnesses, "standings", lambda: [standing])
    for _run in range(2):
        watching.watch(at=timezone.now() + timedelta(seconds=1))
    mine = Alert.objects.filter(agency=office.county.bhu)
    assert [row.about for row in mine] == (["Witness/alder"] if raised else [])
    assert Incident.objects.filter(agency=office.county.bhu).count() == opened


def test_a_log_that_is_not_what_was_signed_is_an_alert_and_an_incident_of_every_agency(office: Office, monkeypatch):
    from audit.recompute import Fault
    from audit.verify import Bad, Report

    broken = Report(False, 9, "", 9, 0, Bad(4, Fault.HASH), 1)
    monkeypatch.setattr(watching, "verify", lambda **_key: broken)
    assert watching.check_log(at=timezone.now()) >= 2
    assert watching.check_log(at=timezone.now()) == 0
    mine = Incident.objects.get(agency=office.county.bhu)
    assert (mine.kind, mine.alert.kind, mine.alert.about) == ("log", "log", "Log/hash")
    assert incidents.read(office.officer, mine.id).what == ""


def test_a_log_that_is_whole_raises_nothing(office: Office):
    assert watching.check_log(at=timezone.now()) == 0


@pytest.fixture
def alert(office: Office) -> Alert:
    return Alert.objects.create(
        agency=office.county.bhu, kind=AlertKind.MASS_OPENING.value, who="Membership/1", key="x", at=timezone.now()
    )


def test_an_alert_goes_from_new_to_looked_at_to_closed_and_never_back(office: Office, alert: Alert):
    with pytest.raises(IllegalStep):
        alerts.close(office.officer, alert.id, because=Because.WORK)
    alerts.look(office.officer, alert.id)
    with pytest.raises(IllegalStep):
        alerts.look(office.officer, alert.id)
    alerts.close(office.officer, alert.id, because=Because.TALKED)
    with pytest.raises(IllegalStep):
        alerts.close(office.officer, alert.id, because=Because.WORK)
    alert.refresh_from_db()
    assert (alert.state, alert.reason, alert.closed_by) == ("closed", "talked", office.officer.membership_id)
    events = AuditEvent.objects.filter(target=f"Alert/{alert.id}").order_by("pk").values_list("action", "outcome")
    assert list(events) == [
        ("alert.close", "4"), ("alert.look", "0"), ("alert.look", "4"), ("alert.close", "0"), ("alert.close", "4"),
    ]  # fmt: skip


def test_an_alert_is_the_own_agencys_privacy_officers_alone(office: Office, alert: Alert):
    assert [row.id for row in alerts.all_of(office.officer)] == [alert.id]
    assert alerts.all_of(office.police_officer) == []
    with pytest.raises(NotFound):
        alerts.look(office.police_officer, alert.id)
    for who in (office.county.clinician, office.county.admin, office.county.outsider):
        with pytest.raises(Denied):
            alerts.all_of(who)
        with pytest.raises(Denied):
            alerts.look(who, alert.id)


def test_the_database_itself_closes_nothing_without_a_reason(office: Office, alert: Alert):
    with pytest.raises(IntegrityError), transaction.atomic():
        Alert.objects.filter(pk=alert.pk).update(state="closed")


def test_more_than_twenty_five_records_out_within_the_hour_open_the_register(office: Office):
    for _place in range(26):
        log.record(
            action="referral.download",
            target=f"Referral/{uuid4()}",
            actor=office.county.clinician.name,
            agency=str(office.county.bhu.id),
            outcome=Outcome.SUCCESS,
        )
    (alert,) = watched(office)
    (shown,) = incidents.register(office.officer)
    assert (alert.kind, shown.row.kind, shown.row.alert_id) == ("mass-taking", "mass-taking", alert.id)


def test_who_looked_a_client_up_is_among_what_was_done_about_that_client(office: Office):
    place = Participation.objects.get(agency=office.county.bhu, referral=office.referral_id)
    found = by_name(family="Zwillinger", given="Ottilie", born="2007-05-11")
    finding.referrals_of_clients(office.county.coordinator, found)
    finding.referrals_of_clients(office.county.coordinator, by_name(family="Nobody", given="Ann", born="2007-05-11"))
    lines = searching.search(office.officer, Asked(client=place.client_id, question="sought")).lines
    assert [(line.action, line.about) for line in lines] == [("client.find", "Client")]
    events = AuditEvent.objects.filter(action="client.find").order_by("pk").values_list("target", flat=True)
    assert list(events) == [f"Client/{place.client_id}", f"Agency/{office.county.bhu.id}"]


@pytest.mark.django_db
@pytest.mark.parametrize("kind", list(AlertKind))
def test_a_new_alert_is_told_once_to_the_privacy_officers_and_names_nobody(office: Office, kind):
    agency = office.county.bhu
    found = rules.Found(
        agency=str(agency.id), kind=kind, who=office.county.clinician.name, about="", at=timezone.now(), key="k"
    )
    for _time in range(2):
        watching.raise_all([found])
    told = [
        (row.code, row.role, row.referral_id) for row in Notice.objects.filter(agency=agency, code__startswith="alert-")
    ]
    once = [] if kind is AlertKind.EMERGENCY else [(f"alert-{kind.value}", "privacy_officer", None)]
    assert told == once
    address_all()
    rows = Delivery.objects.filter(notice__code__startswith="alert-")
    assert {row.membership_id for row in rows} == ({office.officer.membership_id} if once else set())
    for row in rows.select_related(*WITH):
        message = message_of(row)
        assert message.number == ""
        assert user_of(office.county.clinician).email not in message.text + message.subject
    page = Seat(office.officer).client.get(reverse("notices:list")).content.decode()
    assert ("An alert:" in page) == bool(once)
    assert not once or reverse("referrals:desk-alerts", args=["bhu", "privacy_officer"]) in page


@pytest.mark.django_db
def test_a_fault_of_the_log_is_told_to_network_admins_as_well(office: Office):
    operator = open_agency(
        by=SETUP, slug="county-net", name="County network", kind=AgencyKind.OPERATOR, state="MA", hipaa_status=Answer.NO
    )
    user = User.objects.create_user("net@county-net.example.org", name="Ines Roth")
    add_member(by=SETUP, agency=operator, role=Role.NETWORK_ADMIN, user=user)
    found = [
        rules.Found(agency=str(id_), kind=AlertKind.LOG, who="System/desk", about="Log/x", at=timezone.now(), key="k")
        for id_ in (office.county.bhu.id, operator.id)
    ]
    watching.raise_all(found)
    told = set(Notice.objects.filter(code="alert-log").values_list("agency__slug", "role"))
    assert told == {
        ("bhu", "privacy_officer"), ("county-net", "privacy_officer"), ("county-net", "network_admin"),
    }  # fmt: skip
    address_all()
    assert Delivery.objects.filter(notice__code="alert-log", membership__user=user, urgent=True).exists()
