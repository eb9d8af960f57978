"""The privacy officer's desk as pages: what she finds, what she sends, and that nobody else has it."""

import re
from datetime import timedelta
from http import HTTPStatus

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from agencies.models import Agency, Membership
from audit.entry_proofs import entry_proof
from audit.models import AuditEvent
from audit.witnesses import Standing
from fhir.content.compartments import Compartment
from referrals.desk.kinds import AlertKind, ComplaintWay, IncidentKind
from referrals.desk.models import Alert, Complaint, Incident
from referrals.desk.services import complaints, incidents, reviews
from referrals.errors import Denied, NotFound
from referrals.explaining import explain_member
from referrals.legal import services as legal
from referrals.models import Participation
from referrals.opening import open_referral
from referrals.policy.reviewing import Reason
from tests.county import CANARIES
from tests.desk.conftest import Office, privacy_officer
from tests.desk.test_timers import FACTORS
from tests.web.desk import Seat, user_of
from tests.web.signing import signed_in

pytestmark = pytest.mark.django_db

WORDS = "Left on the counter, said Ms. Quillfeather."


@pytest.fixture
def seat(office: Office) -> Seat:
    return Seat(office.officer)


@pytest.fixture
def client_id(office: Office):
    return Participation.objects.get(agency=office.county.bhu, referral=office.referral_id).client_id


@pytest.fixture
def rows(office: Office):
    """An alert, an incident and a complaint of the unit, by the names of their pages."""
    alert = Alert.objects.create(
        agency=office.county.bhu,
        kind=AlertKind.MASS_OPENING.value,
        who=office.county.clinician.name,
        key="x",
        at=timezone.now(),
    )
    incident = incidents.open_incident(
        office.officer, kind=IncidentKind.PAPER, discovered_at=timezone.now() - timedelta(hours=1), what=WORDS
    )
    complaint = complaints.receive(
        office.officer, way=ComplaintWay.SPOKEN, received_at=timezone.now() - timedelta(hours=1), who="", what=WORDS
    )
    review = reviews.ask(
        office.officer,
        office.referral_id,
        reason=Reason.COMPLAINT,
        parts=[Compartment.CONTACT],
        hours=1,
        words=WORDS,
    )
    return {
        "desk-alert": alert.id,
        "desk-incident": incident.id,
        "desk-complaint": complaint.id,
        "desk-review": review,
    }


@pytest.fixture
def pages(office: Office, rows, client_id):
    """Every page of the desk that is read, with its arguments."""
    return {
        "desk": (),
        "desk-alerts": (),
        "desk-weeks": (),
        "desk-log": (),
        "desk-why": (),
        "desk-file": (office.referral_id,),
        "desk-review-ask": (office.referral_id,),
        "desk-reviews": (),
        "desk-review": (rows["desk-review"],),
        "desk-disclosures": (office.referral_id,),
        "desk-client": (client_id,),
        "desk-client-disclosures": (client_id,),
        "desk-incidents": (),
        "desk-incident-new": (),
        "desk-incident": (rows["desk-incident"],),
        "desk-complaints": (),
        "desk-complaint-new": (),
        "desk-complaint": (rows["desk-complaint"],),
    }


def test_every_page_opens_names_no_client_and_leaves_its_event(seat: Seat, pages, caplog):
    for name, args in pages.items():
        before = AuditEvent.objects.count()
        page = seat.read(name, *args)
        assert AuditEvent.objects.count() > before, name
        assert [canary for canary in CANARIES if canary.lower() in page.lower()] == [], name
    assert WORDS not in caplog.text


def test_a_page_asks_the_database_twelve_times_at_most(seat: Seat, pages):
    counted = {}
    for name, args in pages.items():
        with CaptureQueriesContext(connection) as queries:
            seat.get(name, *args)
        said = [each["sql"].split(maxsplit=1)[0] for each in queries]
        counted[name] = len([word for word in said if word not in ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT")])
    assert {name: many for name, many in counted.items() if many > 12} == {}


def test_the_desk_is_the_own_agencys_privacy_officers_alone(office: Office, pages):
    for who in (office.county.clinician, office.county.admin, office.county.officer, office.county.outsider):
        other = Seat(who)
        for name, args in pages.items():
            if who is office.county.admin and name in ("desk-reviews", "desk-review"):
                continue  # the second person may be the agency's admin
            assert other.get(name, *args).status_code == HTTPStatus.NOT_FOUND, name
            theirs = reverse(f"referrals:{name}", args=["bhu", "privacy_officer", *args])
            assert other.client.get(theirs).status_code == HTTPStatus.NOT_FOUND
            assert Client().get(theirs).status_code == HTTPStatus.FOUND
    assert signed_in(office.county.superuser).get(theirs).status_code == HTTPStatus.NOT_FOUND


def test_another_agencys_privacy_officer_finds_none_of_it(office: Office, pages, rows):
    other = Seat(office.police_officer)
    for name in ("desk-incident", "desk-complaint", "desk-review", "desk-client", "desk-client-disclosures"):
        assert other.get(name, *pages[name]).status_code == HTTPStatus.NOT_FOUND, name
    assert other.post("desk-alert", rows["desk-alert"], look="yes").status_code == HTTPStatus.NOT_FOUND
    assert "Opened many" not in other.read("desk-alerts")
    assert office.county.clinician.name.partition("/")[2] not in other.read("desk-log")


def test_a_file_says_who_opened_it_and_nothing_of_other_agencies(office: Office, seat: Seat):
    open_referral(office.county.clinician, office.referral_id)
    open_referral(office.county.detox_intake, office.referral_id)
    page = seat.read("desk-file", office.referral_id)
    number = re.search(r"Who opened ([0-9A-Z]{4}-[0-9A-Z]{4})", page)
    assert number
    assert user_of(office.county.clinician).email in page
    assert user_of(office.county.detox_intake).email not in page
    assert "opened the referral" in page
    assert "started" not in page.lower()
    assert len(re.findall("<tr>", seat.read("desk-file", office.referral_id, all="1"))) > len(re.findall("<tr>", page))


def test_a_referral_that_never_was_the_agencys_is_no_file_of_its_privacy_officer(office: Office):
    stranger = privacy_officer(Agency.objects.get(pk=office.county.outsider.agency_id))
    seat = Seat(stranger)
    reference = Participation.objects.get(agency=office.county.bhu, referral=office.referral_id).referral.reference
    for name in ("desk-file", "desk-disclosures"):
        answer = seat.get(name, office.referral_id)
        assert answer.status_code == HTTPStatus.NOT_FOUND
        assert reference not in answer.content.decode()
    for typed in (reference, str(office.referral_id)):
        assert seat.post("desk-log", number=typed).status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    asked = {"member": office.county.outsider.membership_id, "number": reference, "part": "contact"}
    assert seat.post("desk-why", **asked).status_code == HTTPStatus.UNPROCESSABLE_ENTITY


def test_why_is_answered_of_ones_own_members_alone_and_to_nobody_else(office: Office):
    asked = (office.referral_id, Compartment.CONTACT)
    assert explain_member(office.officer, office.county.clinician.membership_id, *asked).permitted
    for member in (office.county.outsider, office.county.detox_intake):
        with pytest.raises(NotFound):
            explain_member(office.officer, member.membership_id, *asked)
    for who in (office.county.clinician, office.county.admin):
        with pytest.raises(Denied):
            explain_member(who, office.county.clinician.membership_id, *asked)


def test_a_number_leads_to_its_file_and_is_not_in_the_address(office: Office, seat: Seat, client_id):
    reference = Participation.objects.get(agency=office.county.bhu, referral=office.referral_id).referral.reference
    answer = seat.post("desk-log", number=reference.lower().replace("-", " "))
    assert answer.headers["Location"] == seat.address("desk-file", office.referral_id)
    assert seat.post("desk-log", number=str(client_id)).headers["Location"] == seat.address("desk-client", client_id)
    for typed in ("0000-0000", str(office.county.bhu.id), "Zwillinger"):
        wrong = seat.post("desk-log", number=typed)
        assert wrong.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
        assert "There is no such referral or client" in wrong.content.decode()
        assert typed in wrong.content.decode()


def test_the_log_is_narrowed_by_who_what_how_and_when(office: Office, seat: Seat):
    open_referral(office.county.clinician, office.referral_id)
    with pytest.raises(NotFound):
        open_referral(office.county.coordinator, office.county.bhu.id)
    clinician, coordinator = (user_of(who).email for who in (office.county.clinician, office.county.coordinator))

    def found(**asked: str) -> str:
        page = seat.read("desk-log", **asked)
        return page.partition("<tbody>")[2].partition("</tbody>")[0]

    assert clinician in found()
    assert clinician not in found(member=str(office.county.coordinator.membership_id))
    assert coordinator in found(member=str(office.county.coordinator.membership_id))
    assert coordinator not in found(question="opened", outcome="0")
    assert coordinator in found(outcome="4")
    assert found(until="2020-01-01") == ""
    assert found(since="2020-01-01", question="opened") != ""


@pytest.mark.parametrize("asked", [{"member": "x"}, {"since": "x"}, {"question": "x"}, {"outcome": "7"}])
def test_what_makes_no_sense_is_said_beside_its_field_and_stays(seat: Seat, asked):
    answer = seat.get("desk-log", **asked)
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "Please look at these again" in answer.content.decode()


def test_somebody_who_signed_in_is_found_as_the_member_they_are(office: Office, seat: Seat):
    from bhu.signin import events

    person = user_of(office.county.coordinator)
    events.done("signin.in", person, code="passkey")
    page = seat.read("desk-log", member=str(office.county.coordinator.membership_id), question="signin")
    assert "signed in" in page.partition("<tbody>")[2]
    assert person.email in page.partition("<tbody>")[2]


def test_an_alert_about_one_referral_leads_to_its_file(seat: Seat, office: Office):
    Alert.objects.create(
        agency=office.county.bhu,
        kind=AlertKind.EMERGENCY.value,
        who=office.county.clinician.name,
        about=f"Referral/{office.referral_id}",
        key="y",
        at=timezone.now(),
    )
    assert seat.address("desk-file", office.referral_id) in seat.read("desk-alerts")


def test_an_alert_is_looked_at_and_closed_with_a_reason(seat: Seat, rows):
    alert = rows["desk-alert"]
    assert "Opened many referrals" in seat.read("desk-alerts")
    assert seat.post("desk-alert", alert, look="yes").status_code == HTTPStatus.SEE_OTHER
    seat.post("desk-alert", alert, because="")
    assert Alert.objects.get(pk=alert).state == "looked"
    seat.post("desk-alert", alert, because="talked")
    assert Alert.objects.get(pk=alert).state == "closed"
    assert "Talked to them" in seat.read("desk-alerts")


def test_an_incident_goes_from_the_form_to_its_end(seat: Seat, office: Office):
    form = seat.read("desk-incident-new")
    key = re.search(r'name="key"[^>]*value="([^"]+)"', form)[1]
    typed = {"kind": "lost-device", "discovered_at": "2026-11-20T10:00", "what": WORDS, "affected": "3", "key": key}
    for _twice in range(2):
        assert seat.post("desk-incident-new", **typed).status_code == HTTPStatus.SEE_OTHER
    row = Incident.objects.get()
    page = seat.read("desk-incident", row.id)
    assert "Quillfeather" in page
    assert "late since" in page
    lacking = seat.post("desk-incident", row.id, assess="yes", **(FACTORS | {"nature": ""}), breach="no")
    assert lacking.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "About seen." in lacking.content.decode()
    assert seat.post("desk-incident", row.id, assess="yes", **FACTORS, breach="no").status_code == HTTPStatus.SEE_OTHER
    seat.post("desk-incident", row.id, close="yes")
    assert "Not yet done" in seat.read("desk-incident", row.id)
    seat.post("desk-incident", row.id, told="network")
    seat.post("desk-incident", row.id, close="yes")
    assert Incident.objects.get().state == "closed"
    assert "Assess it" not in seat.read("desk-incident", row.id)


@pytest.mark.parametrize(
    ("field", "typed"),
    [("discovered_at", "2099-01-01T10:00"), ("discovered_at", ""), ("what", " "), ("affected", "-1"), ("kind", "x")],
)
def test_a_field_that_is_wrong_is_named_and_what_was_typed_stays(seat: Seat, field, typed):
    good = {"kind": "other", "discovered_at": "2026-11-20T10:00", "what": WORDS, "affected": "3"}
    answer = seat.post("desk-incident-new", **(good | {field: typed, "key": "018f0000-0000-7000-8000-000000000000"}))
    page = answer.content.decode()
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert f'href="#id_{field}"' in page
    assert WORDS in page or field == "what"
    assert not Incident.objects.exists()


def test_a_complaint_is_written_down_and_answered_once(seat: Seat):
    form = seat.read("desk-complaint-new")
    key = re.search(r'name="key"[^>]*value="([^"]+)"', form)[1]
    seat.post("desk-complaint-new", way="written", received_at="2026-11-20T10:00", who="", what=WORDS, key=key)
    row = Complaint.objects.get()
    assert "no name was given" in seat.read("desk-complaint", row.id)
    for text in ("We found the sheet.", "Another answer."):
        seat.post("desk-complaint", row.id, answer=text)
    page = seat.read("desk-complaint", row.id)
    assert "We found the sheet." in page
    assert "Another answer." not in page
    assert b"Quillfeather" not in bytes(row.sealed)


def test_the_accounting_is_the_same_as_page_on_paper_and_as_a_table(seat: Seat, office: Office, client_id):
    page = seat.read("desk-disclosures", office.referral_id)
    paper = seat.read("desk-disclosures", office.referral_id, **{"as": "print"})
    answer = seat.get("desk-disclosures", office.referral_id, **{"as": "csv"})
    table = answer.content.decode()
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert "Detox" in page
    for shown in (page, paper, table):
        assert shown.count("Detox") == page.count("Detox")
    assert "data-prints" in paper
    assert "Kept from the client until" in seat.read("desk-disclosures", office.referral_id, whole="1")
    assert "Kept from the client until" not in page
    assert "Detox" in seat.read("desk-client-disclosures", client_id)
    out = AuditEvent.objects.filter(action="accounting.take-out").order_by("pk").values_list("code", "target")
    assert list(out) == [("print", f"Referral/{office.referral_id}"), ("csv", f"Referral/{office.referral_id}")]


def test_an_entry_of_ones_own_has_its_proof_and_nobody_elses_has(seat: Seat, office: Office):
    from audit.sequencer import sequence

    mine = AuditEvent.objects.filter(agency=str(office.county.bhu.id)).order_by("pk")[0]
    theirs = AuditEvent.objects.filter(agency=str(office.county.detox.id)).order_by("pk")[0]
    assert seat.get("desk-proof", mine.pk).status_code == HTTPStatus.SEE_OTHER
    sequence()
    answer = seat.get("desk-proof", mine.pk)
    assert answer.content.decode() == entry_proof(mine.pk)
    assert answer.headers["Content-Disposition"].endswith('.tlog-proof"')
    assert seat.get("desk-proof", theirs.pk).status_code == HTTPStatus.NOT_FOUND
    assert Seat(office.county.clinician).get("desk-proof", mine.pk).status_code == HTTPStatus.NOT_FOUND


def test_the_record_names_each_witness_and_what_it_vouches_for(office: Office, monkeypatch):
    good = Standing(name="alder", size=41, lag_s=120)
    bad = Standing(name="birch", size=7, lag_s=1, trouble="fork")
    monkeypatch.setattr("bhu.web.record.witnesses.standings", lambda: [good, bad])
    page = Seat(office.county.officer).client.get(reverse("record")).content.decode()
    assert "the first 41 entries" in page
    assert "the next have waited" in page
    assert page.count("it does not vouch for more") == 1
    assert "Not yet cosigned" not in page


def test_why_is_explained_gate_by_gate_and_recorded_as_the_officers_question(seat: Seat, office: Office):
    reference = Participation.objects.get(agency=office.county.bhu, referral=office.referral_id).referral.reference
    asked = {"number": reference, "part": "clinical"}
    yes = seat.post("desk-why", member=office.county.clinician.membership_id, **asked).content.decode()
    no = seat.post("desk-why", member=office.county.admin.membership_id, **asked).content.decode()
    assert "They may open this part now." in yes
    assert "They may open this part now." not in no
    assert "They are told" in no
    assert "basis" not in yes + no
    assert "By the table of roles, this role adds to it, reads it, corrects it." in yes
    assert "It works for: treatment." in yes
    assert "The agency did not give it." in no
    event = AuditEvent.objects.filter(action="gate.explain").order_by("-pk")[0]
    assert (event.actor, event.code) == (office.officer.name, "clinical:R")
    stranger = seat.post("desk-why", member=office.county.outsider.membership_id, **asked)
    assert stranger.status_code == HTTPStatus.UNPROCESSABLE_ENTITY


def test_a_week_is_shown_in_numbers(seat: Seat):
    assert "No week waits" in seat.read("desk-weeks")
    assert seat.post("desk-weeks", week="2026-11-17").status_code == HTTPStatus.SEE_OTHER
    assert seat.post("desk-weeks", week="x").status_code == HTTPStatus.SEE_OTHER


def test_the_menu_leads_to_the_desk_and_to_the_record(office: Office, seat: Seat):
    page = seat.client.get(reverse("referrals:work")).content.decode()
    assert seat.address("desk") in page
    assert reverse("record") in page
    assert "Privacy desk" not in Seat(office.county.clinician).client.get(reverse("record")).content.decode()


def test_the_record_says_how_long_it_is_and_that_no_other_town_signs_it_yet(office: Office):
    from audit.sequencer import sequence

    page = Seat(office.county.officer).client.get(reverse("record")).content.decode()
    assert "Not yet cosigned by another town." in page
    assert "not yet" in page
    sequence()
    page = Seat(office.county.officer).client.get(reverse("record")).content.decode()
    assert re.search(r"<dd>\s*\d+\s*</dd>", page)
    assert Client().get(reverse("record")).status_code == HTTPStatus.FOUND


def test_the_words_of_the_desk_stay_with_it(office: Office, rows):
    assert legal.requests(office.officer) == []
    assert b"Quillfeather" not in b"".join(bytes(event.body) for event in AuditEvent.objects.all())


CODES = re.compile(
    r"\b(?:own-only|matrix|consent|basis|purpose|limit|allowed)=|docs/|deny|compartment|\bCRU\b|HOPERAT|TREAT"
)


@pytest.mark.parametrize("side", ["bhu", "police"])
def test_why_is_said_in_peoples_words_of_every_part_and_everybody(office: Office, side):
    officer, agency = (
        (office.officer, office.county.bhu) if side == "bhu" else (office.police_officer, office.county.police)
    )
    reference = Participation.objects.get(agency=agency, referral=office.referral_id).referral.reference
    desk = Seat(officer)
    for member in Membership.objects.filter(agency=agency, user__isnull=False):
        for part in Compartment:
            answer = desk.post("desk-why", member=member.pk, number=reference, part=part.value)
            page = answer.content.decode()
            (shown,) = re.findall(r'<section class="panel".*?</section>', page, re.DOTALL)
            assert CODES.findall(shown) == []
            assert shown.count("<tr>") == 5
            assert re.findall(r"<td[^>]*>\s*</td>", shown) == []
