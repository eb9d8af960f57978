"""One resource over HTTP, by everybody who may ask: what it is, whose it is, and what is said to whom it is not."""

import json
from uuid import uuid4

import pytest

from audit.models import AuditEvent
from fhir.content.notices import PART2
from referrals.acts import CorrectSection, StopConsent, TakeStep, WithdrawAgency
from referrals.models import ReferralTask, Section
from referrals.perform import perform
from referrals.policy import outbound
from tests.rest.calling import get
from tests.rest.conftest import ALCOHOL, Way

NOBODYS = "019a0000-0000-7000-8000-000000000000"
PEOPLE = ("officer", "clinician", "coordinator", "detox_intake", "clinic_intake", "outsider", "admin", "")

# Written by hand. Rows: what is asked for; columns: the people above. 404 says nothing, 403 says why, 401 who?
STATUS = {
    "Task sent": (200, 200, 200, 404, 404, 404, 404, 401),
    "Task taken": (404, 200, 200, 200, 404, 404, 404, 401),
    "Task lost": (404, 200, 200, 404, 200, 404, 404, 401),
    "ServiceRequest": (200, 200, 200, 200, 200, 404, 404, 401),
    "Patient": (200, 200, 200, 200, 403, 404, 404, 401),
    "QuestionnaireResponse": (403, 200, 403, 200, 403, 404, 404, 401),
    "Observation of alcohol": (404, 200, 200, 404, 403, 404, 404, 401),
}


def paths(way: Way) -> dict[str, str]:
    return {
        "Task sent": f"Task/{way.sent}",
        "Task taken": f"Task/{way.taken}",
        "Task lost": f"Task/{way.lost}",
        "ServiceRequest": f"ServiceRequest/{way.id}",
        "Patient": f"Patient/{way.patient}",
        "QuestionnaireResponse": f"QuestionnaireResponse/{way.section('QuestionnaireResponse', 'clinical')}",
        "Observation of alcohol": f"Observation/{way.section('Observation', 'sud')}",
    }


@pytest.mark.parametrize("suffix", ["", "/_history", "/_history/1"])
@pytest.mark.parametrize("what", STATUS)
def test_everybody_is_answered_what_the_gates_say(way: Way, what: str, suffix: str) -> None:
    found = tuple(get(who, paths(way)[what] + suffix).status for who in PEOPLE)
    assert found == STATUS[what]


@pytest.mark.parametrize("suffix", ["", "/_history", "/_history/1"])
def test_another_agencys_and_nobodys_are_one_answer_one_look_up_and_one_event(
    way: Way, suffix: str, django_assert_max_num_queries
) -> None:
    said = []
    for path in (f"Patient/{way.patient}", f"Patient/{NOBODYS}"):
        get("outsider", f"{path}{suffix}")
        before = AuditEvent.objects.count()
        with django_assert_max_num_queries(3):  # the look-up, and the event in two statements or one
            heard = get("outsider", f"{path}{suffix}")
        assert AuditEvent.objects.count() == before + 1
        event = AuditEvent.objects.order_by("-id").first()
        assert (event.target, event.code, event.outcome, event.door) == (path, "NOT_FOUND", "4", "fhir")
        headers = {name: value for name, value in heard.headers.items() if name != "X-Request-ID"}
        said.append((heard.status, heard.body, headers))
    assert said[0] == said[1]


def test_what_is_no_id_of_ours_stands_in_the_log_as_a_commitment_alone(way: Way) -> None:
    assert get("outsider", "Patient/Zwillinger-1990").status == 404
    event = AuditEvent.objects.order_by("-id").first()
    assert event.target.startswith("Patient/")
    assert len(event.target) == len("Patient/") + 64
    assert b"Zwillinger" not in bytes(event.body)


def test_a_read_is_one_event_that_says_what_was_read_of_which_referral(way: Way) -> None:
    before = AuditEvent.objects.count()
    assert get("clinician", f"Patient/{way.patient}").status == 200
    assert AuditEvent.objects.count() == before + 1
    event = AuditEvent.objects.order_by("-id").first()
    assert (event.action, event.target, event.code) == (
        "resource.read",
        f"Referral/{way.id}",
        f"Patient/{way.patient}",
    )


def test_a_withdrawn_agency_is_told_so_and_nothing_else(way: Way) -> None:
    perform(way.county.clinician, [WithdrawAgency(referral_id=way.id, agency_id=way.county.detox.id)])
    for path in (*paths(way).values(), f"Patient/{way.patient}/$everything"):
        for suffix in ("", "/_history", "/_history/1") if "$" not in path else ("",):
            heard = get("detox_intake", path + suffix)
            assert heard.status in (403, 404)
            assert heard.status == 404 or heard.refusal == "WITHDRAWN"
    assert get("detox_intake", f"Task/{way.taken}/_history").refusal == "WITHDRAWN"
    assert get("detox_intake", "Task").entries() == []
    assert get("detox_intake", f"Patient?_id={way.patient}").entries() == []


def test_who_stands_on_a_consent_that_was_stopped_is_told_so(way: Way) -> None:
    consent = way.section("Consent", "contact")
    perform(way.county.clinician, [StopConsent(referral_id=way.id, consent_id=consent)])
    heard = get("detox_intake", f"Patient/{way.patient}")
    assert (heard.status, heard.refusal, heard.issue["code"]) == (403, "CONSENT_REVOKED", "suppressed")
    shown = get("clinician", f"Consent/{consent}")
    assert (shown.tree["status"], shown.headers["ETag"]) == ("inactive", 'W/"2"')
    assert get("clinician", f"Consent/{consent}/_history/1").tree["status"] == "active"


def test_a_place_of_an_emergency_that_is_over_says_so(way: Way) -> None:
    from django.utils import timezone

    from referrals.models import Participation

    place = Participation.objects.filter(referral_id=way.id, agency_id=way.county.detox.id)
    place.update(until=timezone.now(), ended_as="EMERGENCY_OVER")
    assert get("detox_intake", f"Patient/{way.patient}").refusal == "EMERGENCY_OVER"


def test_the_notice_of_the_law_travels_with_substance_use_records(way: Way) -> None:
    path = paths(way)["Observation of alcohol"]
    for tree in (
        get("clinician", path).tree,
        get("clinician", f"{path}/_history").tree["entry"][0]["resource"],
        *(each for each in get("clinician", f"Observation?patient={way.patient}").entries() if each["id"] in path),
    ):
        (extension,) = [each for each in tree["meta"]["extension"] if each["url"].endswith("extension-display")]
        assert extension["valueAnnotation"]["text"].startswith(PART2.text)
    assert "extension" not in get("clinician", f"Patient/{way.patient}").tree["meta"]


def test_without_the_notice_nothing_is_answered(way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbound, "notices_for", lambda _compartments: ())
    heard = get("clinician", paths(way)["Observation of alcohol"])
    assert (heard.status, heard.refusal) == (500, "NOTICE_MISSING")
    assert b"Last drink" not in heard.body
    searched = get("clinician", f"Observation?patient={way.patient}")
    assert searched.status == 500
    assert b"Last drink" not in searched.body


def test_numbers_come_as_they_were_written(way: Way) -> None:
    assert b'"value":1.1,' in get("clinician", paths(way)["Observation of alcohol"]).body
    corrected = json.dumps(ALCOHOL).replace("1.1", "1.10")
    id_ = way.section("Observation", "sud")
    perform(way.county.clinician, [CorrectSection(referral_id=way.id, resource_id=id_, data=corrected.encode())])
    newest, first = (get("clinician", f"Observation/{id_}{suffix}") for suffix in ("", "/_history/1"))
    assert b'"value":1.10,' in newest.body
    assert b'"value":1.1,' in first.body
    assert (newest.headers["ETag"], first.headers["ETag"]) == ('W/"2"', 'W/"1"')
    past = get("clinician", f"Observation/{id_}/_history").tree
    assert [row["response"]["etag"] for row in past["entry"]] == ['W/"2"', 'W/"1"']
    assert [row["request"]["method"] for row in past["entry"]] == ["PUT", "POST"]


def test_a_version_that_is_known_is_not_sent_again_but_recorded(way: Way) -> None:
    before = AuditEvent.objects.count()
    heard = get("clinician", f"Task/{way.sent}", If_None_Match='W/"1", W/"2"')
    assert (heard.status, heard.body) == (304, b"")
    assert AuditEvent.objects.count() == before + 1
    assert get("clinician", f"Task/{way.sent}", If_None_Match='W/"1"').status == 200


@pytest.mark.parametrize("version", ["0", "9", "x", "1.0", "-1"])
def test_a_version_that_is_not_there_is_not_found(way: Way, version: str) -> None:
    assert get("clinician", f"Task/{way.sent}/_history/{version}").status == 404


SEEN = [
    lambda way: get("officer", f"Task/{way.sent}"),
    lambda way: get("officer", f"Task/{way.sent}/_history"),
    lambda way: get("officer", f"Task/{way.sent}/_history/3"),
    lambda way: get("officer", "Task?_sort=_lastUpdated"),
    lambda way: get("officer", "Task?status=in-progress&_summary=count"),
    lambda way: get("officer", "Task?status=on-hold&_summary=count"),
    lambda way: get("officer", "Task?business-status=5.1.4&_summary=count"),
    lambda way: get("officer", f"ServiceRequest/{way.id}"),
    lambda way: get("officer", "ServiceRequest"),
    lambda way: get("officer", f"Patient/{way.patient}/$everything"),
]


def seen(way: Way) -> list[tuple[int, str | None, str | None, bytes]]:
    heard = [ask(way) for ask in SEEN]
    return [(each.status, each.headers.get("ETag"), each.headers.get("Last-Modified"), each.body) for each in heard]


def test_an_officer_sees_the_same_whatever_the_team_does_next(way: Way) -> None:
    clinician = way.county.clinician
    perform(clinician, [TakeStep(task_id=way.sent, step="start")])
    before = seen(way)
    for step, reason in (("schedule", ""), ("no-show", ""), ("hold", "client-left"), ("resume", ""), ("attend", "")):
        perform(clinician, [TakeStep(task_id=way.sent, step=step, reason=reason)])
        assert seen(way) == before, step
    assert before[0][1] == 'W/"3"'
    assert before[0][2].endswith(("04:00:00 GMT", "05:00:00 GMT"))  # the start of his day
    assert json.loads(before[4][3])["total"] == 1
    assert json.loads(before[5][3])["total"] == json.loads(before[6][3])["total"] == 0


@pytest.mark.parametrize("end", ["complete", "fail"])
def test_an_officer_does_not_learn_how_it_ended(way: Way, end: str) -> None:
    perform(way.county.clinician, [TakeStep(task_id=way.sent, step=end, reason="client-left" if end == "fail" else "")])
    tree = get("officer", f"Task/{way.sent}").tree
    assert (tree["status"], tree["meta"]["versionId"]) == ("completed", "3")
    assert "statusReason" not in tree
    assert [each["id"] for each in get("officer", "Task?status=completed").entries()] == [str(way.sent)]
    assert get("officer", "Task?status=failed").entries() == []


def test_the_team_itself_sees_each_step(way: Way) -> None:
    perform(way.county.clinician, [TakeStep(task_id=way.sent, step="start")])
    perform(way.county.clinician, [TakeStep(task_id=way.sent, step="hold", reason="no-capacity")])
    rows = get("clinician", f"Task/{way.sent}/_history").tree["entry"]
    assert [row["resource"]["status"] for row in rows] == ["on-hold", "in-progress", "accepted", "requested"]
    assert get("clinician", f"Task/{way.sent}").tree == rows[0]["resource"]
    assert rows[0]["resource"]["statusReason"]["coding"][0]["code"] == "no-capacity"
    assert ReferralTask.objects.get(pk=way.sent).version == 4


def test_an_officer_after_his_hours_still_learns_where_it_stands(way: Way) -> None:
    from datetime import timedelta

    import time_machine
    from django.utils import timezone

    with time_machine.travel(timezone.now() + timedelta(hours=13), tick=True):
        task = get("officer", f"Task/{way.sent}")
        assert task.tree["status"] == "accepted"
        assert task.tree["meta"]["tag"][0]["code"] == "SUBSETTED"
        request = get("officer", f"ServiceRequest/{way.id}").tree
        assert "note" not in request
        patient = get("officer", f"Patient/{way.patient}").tree
        assert set(patient) == {"resourceType", "id", "meta", "name"}
        assert get("officer", f"Observation/{way.section('Observation', 'incident')}").status == 403


def test_everything_is_what_opens_and_no_more(way: Way) -> None:
    # By hand: Patient, consent, request and anonymous ask, three tasks, screen, pathway, alcohol, the note to the task.
    types = sorted(row["resourceType"] for row in get("clinician", f"Patient/{way.patient}/$everything").entries())
    assert types == [
        "Communication", "Consent", "Observation", "Observation", "Patient", "QuestionnaireResponse",
        "ServiceRequest", "ServiceRequest", "Task", "Task", "Task",
    ]  # fmt: skip
    lost = get("clinic_intake", f"Patient/{way.patient}/$everything").tree
    assert lost.get("issue") or {row["resource"]["resourceType"] for row in lost["entry"]} <= {"Task", "ServiceRequest"}
    some = get("clinician", f"Patient/{way.patient}/$everything?_type=Consent,Patient").entries()
    assert sorted(row["resourceType"] for row in some) == ["Consent", "Patient"]
    assert get("outsider", f"Patient/{way.patient}/$everything").status == 404


def test_the_directory_is_everybodys_and_members_are_their_own_agencys(way: Way) -> None:
    bhu, clinician = way.county.bhu, way.county.clinician
    assert get("outsider", f"Organization/{bhu.id}").tree["name"] == "Bhu"
    assert get("outsider", f"Organization/{uuid4()}").status == 404
    role = f"PractitionerRole/{clinician.membership_id}"
    assert get("coordinator", role).tree["organization"] == {"reference": f"Organization/{bhu.id}"}
    assert get("officer", role).body == get("officer", f"PractitionerRole/{NOBODYS}").body
    assert get("officer", "Questionnaire/93373-9").tree["url"] == "http://loinc.org/q/93373-9"
    assert get("officer", "Questionnaire/none").status == 404


def test_a_read_asks_the_database_so_often(way: Way, django_assert_max_num_queries) -> None:
    get("clinician", f"Patient/{way.patient}")
    with django_assert_max_num_queries(20):
        get("clinician", f"Patient/{way.patient}")


@pytest.mark.parametrize("gone", [1, 2])
def test_a_version_that_is_gone_is_an_alarm_and_not_an_older_one(way: Way, gone: int) -> None:
    id_ = way.section("Observation", "sud")
    act = CorrectSection(referral_id=way.id, resource_id=id_, data=json.dumps(ALCOHOL).encode())
    perform(way.county.clinician, [act])
    Section.objects.filter(resource_id=id_, version=gone).delete()
    heard = get("clinician", f"Observation/{id_}")
    assert (heard.status, heard.refusal) == (500, "SEAL_BROKEN")
    assert b"Last drink" not in heard.body
    assert AuditEvent.objects.filter(action="resource.read", code="SEAL_BROKEN", outcome="8").count() == 1


def test_an_officers_history_counts_and_says_his_own_view_alone(way: Way) -> None:
    for step, reason in (("start", ""), ("hold", "client-left"), ("resume", ""), ("complete", "")):
        perform(way.county.clinician, [TakeStep(task_id=way.sent, step=step, reason=reason)])
    rows = [row["resource"] for row in get("officer", f"Task/{way.sent}/_history").tree["entry"]]
    assert [(row["meta"]["versionId"], row["status"]) for row in rows] == [
        ("4", "completed"),
        ("3", "in-progress"),
        ("2", "accepted"),
        ("1", "requested"),
    ]
    assert {row["businessStatus"]["coding"][0]["code"] for row in rows} == {"2.0"}  # as it was sent
