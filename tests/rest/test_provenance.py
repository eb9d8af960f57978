"""Who wrote what, over HTTP: through the gates of what it is about, with a signature that another library checks."""

import json
from base64 import b64decode, urlsafe_b64encode
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from joserfc import jws
from joserfc.jwk import KeySet

from agencies.vault import keyring
from agencies.vault.models import AgencyKey
from agencies.vault.purposes import KeyPurpose
from audit.models import AuditEvent
from fhir.content import exact, jcs
from fhir.content.notices import PART2
from fhir.content.validate import check
from referrals.acts import CorrectSection, StopConsent, TakeStep, WithdrawAgency
from referrals.models import Section
from referrals.perform import perform
from tests.rest import calling
from tests.rest.calling import Known, get
from tests.rest.conftest import ALCOHOL, Way

NOBODYS = "019a0000-0000-7000-8000-000000000000"
REGISTRY = jws.JWSRegistry(algorithms=["ES256"], strict_check_header=False)


def keys_of(who: str, agency: object) -> KeySet:
    """The keys as a partner finds them: by the Organization."""
    (extension,) = get(who, f"Organization/{agency}").tree["extension"]
    answer = Client().get(extension["valueUrl"].removeprefix("http://testserver"))
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/jwk-set+json")
    return KeySet.import_key_set(json.loads(answer.content))


def checked(provenance: dict[str, Any], resource: bytes, keys: KeySet) -> dict[str, Any]:
    """The protected header, once joserfc found the signature good over the resource as it was read."""
    (signature,) = provenance["signature"]
    header, nothing, signed = b64decode(signature["data"]).decode().split(".")
    assert nothing == ""
    payload = urlsafe_b64encode(jcs.document(exact.parse(resource))).rstrip(b"=").decode()  # type: ignore[arg-type]
    return dict(jws.deserialize_compact(f"{header}.{payload}.{signed}", keys, registry=REGISTRY).headers())


@pytest.mark.parametrize(("type_", "part", "author"), [("Patient", "contact", "police"), ("Consent", "contact", "bhu"),
    ("Observation", "sud", "bhu"), ("QuestionnaireResponse", "clinical", "police")])  # fmt: skip
def test_another_library_finds_the_authors_signature_good(way: Way, type_: str, part: str, author: str) -> None:
    id_, agency = way.section(type_, part), getattr(way.county, author)
    resource = get("clinician", f"{type_}/{id_}")
    provenance = get("clinician", f"Provenance/{id_}.1")
    assert provenance.status == 200
    header = checked(provenance.tree, resource.body, keys_of("clinician", agency.id))
    labels = [row["code"] for row in resource.tree["meta"]["security"]]
    assert header["bhu_target"] == f"{type_}/{id_}/_history/1"
    assert header["bhu_labels"] == labels
    assert provenance.tree["meta"]["security"] == resource.tree["meta"]["security"]
    (signature,) = provenance.tree["signature"]
    assert signature["who"] == {"reference": f"Organization/{agency.id}"}
    assert header["sigT"] == signature["when"]
    changed = resource.body.replace(b'"resourceType"', b'"language":"en","resourceType"')
    with pytest.raises(Exception, match="bad_signature"):
        checked(provenance.tree, changed, keys_of("clinician", agency.id))


def test_a_number_lexeme_may_be_any_that_means_the_same(way: Way) -> None:
    id_ = way.section("Observation", "sud")
    data = json.dumps(ALCOHOL).replace("1.1", "1.10").encode()
    perform(way.county.clinician, [CorrectSection(referral_id=way.id, resource_id=id_, data=data)])
    newest, first = get("clinician", f"Provenance?target=Observation/{id_}").entries()[::-1]
    keys = keys_of("clinician", way.county.bhu.id)
    assert checked(newest, get("clinician", f"Observation/{id_}").body, keys)["bhu_target"].endswith("/_history/2")
    assert checked(first, get("clinician", f"Observation/{id_}/_history/1").body, keys)["bhu_target"].endswith("/1")
    assert newest["activity"]["coding"][0]["code"] == "UPDATE"
    assert newest["entity"] == [{"role": "revision", "what": {"reference": f"Observation/{id_}/_history/1"}}]
    assert first["activity"]["coding"][0]["code"] == "CREATE"
    assert "entity" not in first


def test_a_member_is_named_to_its_own_agency_alone(way: Way) -> None:
    id_, bhu, clinician = way.section("Consent", "contact"), way.county.bhu, way.county.clinician
    (mine,) = get("coordinator", f"Provenance/{id_}.1").tree["agent"]
    assert mine["who"] == {"reference": f"PractitionerRole/{clinician.membership_id}"}
    assert mine["onBehalfOf"] == {"reference": f"Organization/{bhu.id}"}
    (theirs,) = get("detox_intake", f"Provenance/{id_}.1").tree["agent"]
    assert theirs["who"] == {"reference": f"Organization/{bhu.id}"}
    assert "onBehalfOf" not in theirs


def test_who_is_not_told_of_an_agency_gets_neither_its_name_nor_its_signature(way: Way) -> None:
    heard = get("detox_intake", f"Provenance/{way.patient}.1")  # the police wrote it
    assert heard.tree["agent"][0]["who"] == {"display": "Not told to you"}
    assert "signature" not in heard.tree
    for id_ in (way.county.police.id, way.county.officer.membership_id):
        assert str(id_).encode() not in heard.body
    signer = AgencyKey.objects.get(agency=way.county.police, purpose=KeyPurpose.SYSTEM.value)
    assert str(signer.id).encode() not in heard.body


def test_who_is_not_shown_all_of_a_resource_gets_no_signature_to_try_the_rest_by(way: Way) -> None:
    from datetime import timedelta

    import time_machine
    from django.utils import timezone

    assert "signature" in get("officer", f"Provenance/{way.patient}.1").tree
    with time_machine.travel(timezone.now() + timedelta(hours=13), tick=True):
        heard = get("officer", f"Provenance/{way.patient}.1")
        assert heard.status == 200
        assert "signature" not in heard.tree


# Written by hand: the gates of the resource are those of its Provenance.
PEOPLE = ("officer", "clinician", "coordinator", "detox_intake", "clinic_intake", "outsider", "admin", "")
STATUS = {
    "Patient contact": (200, 200, 200, 200, 403, 404, 404, 401),
    "QuestionnaireResponse clinical": (403, 200, 403, 200, 403, 404, 404, 401),
    "Observation sud": (404, 200, 200, 404, 403, 404, 404, 401),
}


@pytest.mark.parametrize("what", STATUS)
def test_everybody_is_answered_as_of_the_resource_itself(way: Way, what: str) -> None:
    type_, part = what.split()
    id_ = way.section(type_, part)
    assert tuple(get(who, f"Provenance/{id_}.1").status for who in PEOPLE) == STATUS[what]
    found = tuple(get(who, f"Provenance?target={type_}/{id_}&_total=accurate") for who in PEOPLE[:-1])
    assert tuple(each.tree["total"] for each in found) == tuple(int(status == 200) for status in STATUS[what][:-1])


def test_foreign_absent_and_nonsense_are_one_answer(way: Way) -> None:
    said = {
        (heard.status, heard.body)
        for heard in (get("outsider", f"Provenance/{id_}")
            for id_ in (f"{way.patient}.1", f"{NOBODYS}.1", f"{way.patient}.9", str(way.patient), "Zwillinger", "x.1"))
    }  # fmt: skip
    assert len(said) == 1
    assert said.pop()[0] == 404
    assert get("clinician", f"Provenance/{way.patient}.9").status == 404
    assert not AuditEvent.objects.filter(target__contains="Zwillinger").exists()


def test_foreign_and_absent_are_one_look_up_and_one_event(way: Way, django_assert_max_num_queries) -> None:
    for id_ in (way.patient, NOBODYS):
        get("outsider", f"Provenance/{id_}.1")
        before = AuditEvent.objects.count()
        with django_assert_max_num_queries(3):  # the look-up, and the event in two statements or one
            get("outsider", f"Provenance/{id_}.1")
        assert AuditEvent.objects.count() == before + 1


def test_an_officer_sees_the_same_tasks_beside_his_requests_whatever_the_team_does(way: Way) -> None:
    perform(way.county.clinician, [TakeStep(task_id=way.sent, step="start")])
    asked = ("ServiceRequest?_revinclude=Task:focus", "ServiceRequest?_revinclude=Task:focus&_total=accurate")
    before = [get("officer", path).body for path in asked]
    for step, reason in (("schedule", ""), ("hold", "client-left"), ("resume", ""), ("attend", "")):
        perform(way.county.clinician, [TakeStep(task_id=way.sent, step=step, reason=reason)])
        assert [get("officer", path).body for path in asked] == before, step


def test_a_provenance_read_is_one_event_of_the_referral(way: Way) -> None:
    before = AuditEvent.objects.count()
    get("clinician", f"Provenance/{way.patient}.1")
    assert AuditEvent.objects.count() == before + 1
    event = AuditEvent.objects.order_by("-id").first()
    assert (event.action, event.target, event.code) == (
        "resource.provenance", f"Referral/{way.id}", f"Patient/{way.patient}",
    )  # fmt: skip


def test_a_withdrawn_agency_learns_nothing_more(way: Way) -> None:
    perform(way.county.clinician, [WithdrawAgency(referral_id=way.id, agency_id=way.county.detox.id)])
    heard = get("detox_intake", f"Provenance/{way.patient}.1")
    assert (heard.status, heard.refusal) == (403, "WITHDRAWN")
    for query in (f"target=Patient/{way.patient}", f"patient={way.patient}", f"_id={way.patient}.1"):
        assert get("detox_intake", f"Provenance?{query}").entries() == []


def test_each_step_of_a_task_says_who_took_it(way: Way) -> None:
    rows = get("clinician", f"Provenance?target=Task/{way.taken}").entries()
    said = [row["agent"][0].get("onBehalfOf", row["agent"][0]["who"])["reference"] for row in rows]
    assert said == [f"Organization/{way.county.bhu.id}", f"Organization/{way.county.detox.id}"]
    assert all("signature" not in row for row in rows)
    (one,) = get("clinician", f"Provenance?target=Task/{way.taken}/_history/2").entries()
    assert one["id"] == f"{way.taken}.2"
    lost = get("clinic_intake", f"Provenance?target=Task/{way.lost}").entries()  # that another was quicker is nobody's
    assert lost[-1]["agent"][0]["who"] == {"display": "Not told to you"}


def test_an_officer_learns_by_provenance_what_his_view_says_and_no_more(way: Way) -> None:
    asked = (f"Provenance?target=Task/{way.sent}", f"Provenance/{way.sent}.3", f"Provenance?patient={way.patient}",
             f"Provenance?target=Task/{way.sent}&recorded=gt2020", f"Provenance/{way.sent}.4")  # fmt: skip
    perform(way.county.clinician, [TakeStep(task_id=way.sent, step="start")])
    before = [get("officer", path).body for path in asked]
    for step, reason in (("schedule", ""), ("hold", "client-left"), ("resume", ""), ("attend", "")):
        perform(way.county.clinician, [TakeStep(task_id=way.sent, step=step, reason=reason)])
        assert [get("officer", path).body for path in asked] == before, step
    last = json.loads(before[0])["entry"][-1]["resource"]
    assert last["recorded"].endswith((":00:00.000Z",))
    assert str(way.county.detox.id).encode() not in b"".join(before)


def test_a_consent_that_was_stopped_has_a_version_without_a_signature(way: Way) -> None:
    id_ = way.section("Consent", "contact")
    perform(way.county.clinician, [StopConsent(referral_id=way.id, consent_id=id_)])
    first, stopped = get("clinician", f"Provenance?target=Consent/{id_}").entries()
    assert "signature" in first
    assert "signature" not in stopped


def test_the_anonymous_ask_is_signed_by_nobody(way: Way) -> None:
    ask = Section.objects.get(folder_id=way.id, type="ServiceRequest", compartment="request")
    assert bytes(ask.attested) == b""
    heard = get("detox_intake", f"Provenance/{ask.resource_id}.1")
    assert heard.tree["agent"][0]["who"] == {"display": "Not told to you"}


def test_what_is_found_may_bring_its_provenance_along(way: Way) -> None:
    heard = get("clinician", f"Observation?patient={way.patient}&_revinclude=Provenance:target&_total=accurate")
    found = {row["id"] for row in heard.entries()}
    along = heard.entries("include")
    assert {row["target"][0]["reference"].split("/")[1] for row in along} == found
    assert heard.tree["total"] == len(found) == len(along) == 2
    assert all("signature" in row for row in along)
    calling.PEOPLE["narrow"] = Known(way.county.clinician, never=frozenset({"Provenance"}))
    path = f"Observation?patient={way.patient}&_revinclude=Provenance:target"
    assert get("narrow", path).entries("include") == []
    assert get("outsider", path).entries("include") == []


def test_a_token_that_does_not_cover_a_type_does_not_cover_who_wrote_it(way: Way) -> None:
    calling.PEOPLE["narrow"] = Known(way.county.clinician, never=frozenset({"Consent"}))
    id_ = way.section("Consent", "contact")
    assert get("narrow", f"Provenance/{id_}.1").status == 404
    assert get("narrow", f"Provenance?target=Consent/{id_}").entries() == []
    targets = [row["target"][0]["reference"] for row in get("narrow", f"Provenance?patient={way.patient}").entries()]
    assert targets
    assert not any(target.startswith("Consent") for target in targets)


def test_the_notice_of_the_law_stands_on_who_wrote_substance_use_records_too(way: Way) -> None:
    heard = get("clinician", f"Provenance/{way.section('Observation', 'sud')}.1")
    (extension,) = heard.tree["meta"]["extension"]
    assert extension["valueAnnotation"]["text"].startswith(PART2.text)


def test_what_of_a_client_opens_says_who_wrote_it(way: Way) -> None:
    bhu = way.county.bhu.id
    rows = get("clinician", f"Provenance?patient={way.patient}").entries()
    assert {row["target"][0]["reference"].split("/")[0] for row in rows} >= {
        "Patient",
        "Consent",
        "Task",
        "Observation",
    }
    for row in rows:
        assert get("clinician", f"Provenance/{row['id']}").tree == row
        tree = exact.parse(json.dumps(row).encode())
        assert isinstance(tree, dict)
        check(tree)
    ours = get("clinician", f"Provenance?patient={way.patient}&agent=Organization/{way.county.police.id}").entries()
    assert {row["agent"][0]["who"]["reference"] for row in ours} == {f"Organization/{way.county.police.id}"}
    assert get("clinician", f"Provenance?patient={way.patient}&recorded=lt2020").entries() == []
    assert get("clinician", f"Provenance?agent={bhu}").status == 400
    assert get("clinician", f"Provenance?patient={way.patient}&target=Patient/{way.patient}").status == 400
    assert get("clinician", "Provenance?target=nonsense").status == 400


@pytest.mark.parametrize("fault", ["swapped", "garbled"])
def test_a_signature_that_is_not_the_versions_own_is_an_alarm(way: Way, fault: str) -> None:
    patient, consent = (Section.objects.get(folder_id=way.id, type=type_) for type_ in ("Patient", "Consent"))
    wrong = bytes(consent.attested) if fault == "swapped" else bytes(patient.attested)[:-1] + b"\0"
    Section.objects.filter(pk=patient.pk).update(attested=wrong)
    heard = get("clinician", f"Provenance/{way.patient}.1")
    assert (heard.status, heard.refusal) == (500, "SEAL_BROKEN")
    assert get("clinician", f"Patient/{way.patient}").status == 200


def test_keys_that_signed_stay_published_after_they_are_replaced(way: Way) -> None:
    bhu = way.county.bhu.id
    before = {key.kid for key in keys_of("clinician", bhu).keys}
    keyring.rotate(bhu, KeyPurpose.SYSTEM)
    assert {key.kid for key in keys_of("clinician", bhu).keys} > before
    id_ = way.section("Consent", "contact")
    checked(
        get("clinician", f"Provenance/{id_}.1").tree, get("clinician", f"Consent/{id_}").body, keys_of("officer", bhu)
    )
    nobody = Client().get(f"/fhir/.well-known/keys/{uuid4()}.json")
    assert (nobody.status_code, json.loads(nobody.content)) == (200, {"keys": []})
    assert Client().post(f"/fhir/.well-known/keys/{bhu}.json").status_code == 405


def test_the_requests_of_a_list_bring_their_tasks_along(way: Way) -> None:
    def along(who: str) -> set[str]:
        return {row["id"] for row in get(who, "ServiceRequest?_revinclude=Task:focus").entries("include")}

    assert along("clinician") == {str(way.sent), str(way.taken), str(way.lost)}
    assert along("detox_intake") == {str(way.taken)}
    assert along("officer") == {str(way.sent)}
    assert along("outsider") == set()
