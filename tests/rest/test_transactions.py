"""Referrals begun, offered and added to over HTTP: one transaction is one act, or nothing."""

import json
import re
from base64 import b64encode
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest

from audit.models import AuditEvent
from referrals.models import Folder, Idempotency, Notice, Referral, ReferralTask, Section
from tests.county import CANARIES, PATIENT, consent, consent_in
from tests.rest import calling
from tests.rest.calling import Heard, get, send
from tests.rest.conftest import Way
from tests.rest.sending import Tree, begun, observation, posted, said, task, transaction

KEY = {"Idempotency_Key": "partner-1"}


def created(heard: Heard) -> list[str]:
    assert heard.status == 200, heard.body
    return [entry["response"]["location"].removesuffix("/_history/1") for entry in heard.tree["entry"]]


def rows() -> dict[str, int]:
    kinds = (Referral, Folder, ReferralTask, Section, Notice, Idempotency)
    return {kind.__name__: kind.objects.count() for kind in kinds}


def events(action: str, code: str = "") -> int:
    found = AuditEvent.objects.filter(action=action)
    return (found.filter(code=code) if code else found).count()


def refused(heard: Heard, status: int, code: str, expression: str) -> None:
    assert (heard.status, heard.tree["resourceType"]) == (status, "OperationOutcome"), heard.body
    issues = heard.tree["issue"]
    assert (code, [expression]) in [(each["code"], each["expression"]) for each in issues], heard.body
    for each in CANARIES:
        assert each.encode() not in heard.body


def test_a_transaction_begins_a_referral(way: Way) -> None:
    heard = send("POST", "officer", "", begun(task(way.county.bhu.id)))
    patient, request, put = created(heard)
    assert heard.tree["type"] == "transaction-response"
    for entry in heard.tree["entry"]:
        response = entry["response"]
        assert (response["status"], response["etag"]) == ("201 Created", 'W/"1"')
        assert entry["fullUrl"].endswith(response["location"].removesuffix("/_history/1"))
    shown = heard.tree["entry"][1]["resource"]
    assert shown["identifier"][0]["value"] == Referral.objects.get(pk=request.split("/")[1]).reference
    mine = get("officer", put).tree
    assert (mine["status"], mine["focus"]) == ("requested", {"reference": request})
    assert get("clinician", put).tree["owner"] == {"reference": f"Organization/{way.county.bhu.id}"}
    assert get("officer", patient).status == 200
    assert events("referral.send") == 2  # with the one of the fixture


def test_the_base_has_no_last_slash_either(way: Way) -> None:
    from django.test import Client

    data, headers = json.dumps(begun(task(way.county.bhu.id))), {"Authorization": "Bearer officer"}
    answer = Client().post("/fhir", data, content_type="application/json", headers=headers)
    assert answer.status_code == 200


def test_each_agency_is_put_its_own_task(way: Way) -> None:
    ours = {"description": "For you alone"}
    whole = begun(
        task("detox", **ours), task(way.county.clinic.id), more=(consent(patient=PATIENT, to=("detox", "clinic")),)
    )
    names = created(send("POST", "clinician", "", whole))
    detox, clinic = (name for name in names if name.startswith("Task/"))
    assert [name.split("/")[0] for name in names] == [each["resource"]["resourceType"] for each in whole["entry"]]
    assert get("detox_intake", detox).tree["description"] == "For you alone"
    assert get("detox_intake", clinic).status == 404
    assert get("clinic_intake", clinic).status == 200
    assert get("clinic_intake", detox).status == 404


def test_what_is_said_beside_a_task_reaches_the_act(way: Way) -> None:
    said_no = said(agreed="no", pathway="active_outreach", brought_by="family")
    patient, _request, put = created(send("POST", "officer", "", begun(task("bhu", input=said_no))))
    assert get("officer", f"Observation?patient={patient.split('/')[1]}").tree.get("total") != 0
    assert get("clinician", put).status == 200
    assert get("clinician", patient).status == 404  # who said no goes without a name


@pytest.mark.parametrize("answer", ["minimal", "OperationOutcome", "representation"])
def test_prefer_says_what_comes_back(way: Way, answer: str) -> None:
    heard = send("POST", "officer", "", begun(task("bhu")), Prefer=f"return={answer}")
    found = [entry.get("resource", {}).get("resourceType") for entry in heard.tree["entry"]]
    assert found == (["Patient", "ServiceRequest", "Task"] if answer == "representation" else [None] * 3)


def test_the_same_key_does_it_once(way: Way) -> None:
    whole = begun(task("bhu"))
    first = send("POST", "officer", "", whole, **KEY)
    before = rows()
    again = send("POST", "officer", "", whole, **KEY)
    assert again.tree == first.tree
    assert rows() == before
    other = send("POST", "officer", "", begun(task("bhu"), request={"priority": "routine"}), **KEY)
    refused(other, 409, "duplicate", "http")
    assert other.refusal == "KEY_REUSED"
    assert rows() == before


def test_one_s_key_is_nobody_else_s(way: Way) -> None:
    whole = begun(task("detox"), more=(consent(patient=PATIENT, to=("detox",)),))
    assert send("POST", "clinician", "", whole, **KEY).status == 200
    assert send("POST", "officer", "", begun(task("bhu")), **KEY).status == 200


def ask_of(way: Way) -> str:
    return f"ServiceRequest/{way.id}"


def fresh(way: Way) -> tuple[str, str]:
    """A referral the BHU has accepted and offered to nobody yet: its request and its client."""
    patient, request, put = created(send("POST", "officer", "", begun(task("bhu"))))
    from referrals.acts import TakeStep
    from referrals.perform import perform

    perform(way.county.clinician, [TakeStep(task_id=UUID(put.split("/")[1]), step="accept")])
    return request, patient


def test_tasks_about_a_request_that_is_there_are_one_offer(way: Way) -> None:
    request, patient = fresh(way)
    released = said(release=["contact"])
    signed = json.loads(consent_in(UUID(request.split("/")[1])))
    offered = [posted(task(owner, focus=request, input=released)) for owner in ("detox", "clinic")]
    names = created(send("POST", "clinician", "", transaction(*offered, posted(signed))))
    assert [name.split("/")[0] for name in names] == ["Task", "Task", "Consent"]
    put = [ReferralTask.objects.get(pk=name.split("/")[1]) for name in names[:2]]
    assert put[0].offer_group == put[1].offer_group
    assert [each.owner.slug for each in put] == ["detox", "clinic"]
    assert get("detox_intake", names[0]).status == 200
    assert get("detox_intake", patient).status == 404  # not before it accepts


def test_a_task_alone_is_an_offer_to_one(way: Way) -> None:
    request, _patient = fresh(way)
    heard = send("POST", "clinician", "Task", task("detox", focus=request))
    assert heard.status == 201
    assert heard.tree["status"] == "requested"
    assert heard.headers["Location"].endswith(f"/Task/{heard.tree['id']}/_history/1")


def test_what_comes_together_may_refer_to_one_another(way: Way) -> None:
    _request, patient = fresh(way)
    first, second = f"urn:uuid:{uuid4()}", f"urn:uuid:{uuid4()}"
    whole = transaction(
        posted(observation(patient), first),
        posted(observation(patient, hasMember=[{"reference": first}], focus=[{"reference": second}]), second),
    )
    one, two = created(send("POST", "clinician", "", whole))
    tree = get("clinician", two).tree
    assert tree["hasMember"] == [{"reference": one}]
    assert tree["focus"] == [{"reference": two}]


def test_a_transaction_is_about_one_referral(way: Way) -> None:
    _request, patient = fresh(way)
    before = rows()
    whole = transaction(posted(observation(patient)), posted(observation(f"Patient/{way.patient}")))
    refused(send("POST", "clinician", "", whole), 422, "business-rule", "Bundle.entry")
    both = observation(patient, basedOn=[{"reference": ask_of(way)}])
    refused(send("POST", "clinician", "", transaction(posted(both))), 422, "business-rule", "Bundle.entry[0].resource")
    assert rows() == before


def edited(whole: Tree, *path: Any, value: Any = None) -> Tree:
    """The Bundle with one thing in it another, or gone."""
    *way, last = path
    holder: Any = whole
    for each in way:
        holder = holder[each]
    if value is None:
        del holder[last]
    else:
        holder[last] = value
    return whole


def spoilt(*path: Any, value: Any = None) -> Tree:
    """A good transaction with one thing in one of its entries, or of its own, another or gone."""
    where = ("entry", *path) if isinstance(path[0], int) else path
    return edited(begun(task("bhu")), *where, value=value)


# What is wrong, and how it is answered: status, issue code, expression ("2.owner": in the resource of the third
# entry). Written by hand.
BAD: list[tuple[str, int, str, str, Callable[[], Any]]] = [
    ("no owner", 422, "required", "2.owner", lambda: spoilt(2, "resource", "owner")),
    ("an owner unknown", 422, "not-found", "2.owner", lambda: begun(task("nowhere"))),
    ("an owner that is no name", 422, "not-found", "2.owner", lambda: begun(task("a\0"))),
    ("an owner's id unknown", 422, "not-found", "2.owner", lambda: begun(task(uuid4()))),
    ("to oneself", 422, "business-rule", "2.owner", lambda: begun(task("police"))),
    ("to one twice", 422, "duplicate", "3.owner", lambda: begun(task("bhu"), task("bhu"))),
    ("to nobody", 422, "required", "Bundle.entry", begun),
    ("an input unknown", 422, "not-supported", "2.input[0].type",
     lambda: begun(task("bhu", input=said(release="contact")))),
    ("an input's code unknown", 422, "code-invalid", "2.input",
     lambda: begun(task("bhu", input=said(basis="because")))),
    ("an input twice", 422, "duplicate", "2.input[1]", lambda: begun(task("bhu", input=said(agreed=["no", "yes"])))),
    ("inputs that differ", 422, "business-rule", "3.input",
     lambda: begun(task("bhu", input=said(agreed="no")), task("clinic"))),
    ("a task that is done", 422, "business-rule", "2.status", lambda: begun(task("bhu", status="completed"))),
    ("a draft", 422, "business-rule", "2.status", lambda: begun(task("bhu", status="draft"))),
    ("a reference to nothing", 422, "not-found", "2.focus.reference",
     lambda: begun(task("bhu", focus=f"urn:uuid:{uuid4()}"))),
    ("no status", 422, "required", "1.status", lambda: spoilt(1, "resource", "status")),
    ("a colour", 422, "structure", "0.colour", lambda: spoilt(0, "resource", "colour", value="red")),
    ("another url", 422, "value", "Bundle.entry[0].request.url", lambda: spoilt(0, "request", "url", value="Person")),
    ("an update beside", 422, "not-supported", "Bundle.entry[2].request.method",
     lambda: spoilt(2, "request", "method", value="PUT")),
    ("a condition", 422, "not-supported", "Bundle.entry[0].request.ifNoneExist",
     lambda: spoilt(0, "request", "ifNoneExist", value="identifier=a|b")),
    ("no kind", 422, "not-supported", "Bundle.type", lambda: spoilt("type")),
    ("a collection", 422, "not-supported", "Bundle.type", lambda: spoilt("type", value="collection")),
    ("nothing", 422, "required", "Bundle.entry", transaction),
    ("too many", 422, "too-costly", "Bundle.entry", lambda: transaction(*[posted(observation())] * 101)),
    ("a read", 422, "not-supported", "Bundle.entry[0]",
     lambda: transaction({"request": {"method": "GET", "url": "Task"}})),
    ("a deletion", 422, "not-supported", "Bundle.entry[0]",
     lambda: transaction({"request": {"method": "DELETE", "url": "Task/1"}})),
    ("no client", 422, "required", "Bundle.entry[0].resource",
     lambda: transaction(posted(edited(observation(), "subject")))),
    ("a client elsewhere", 404, "not-found", "http", lambda: transaction(posted(observation("Patient/0")))),
    ("no Bundle", 400, "invalid", "resourceType", observation),
    ("no JSON", 400, "structure", "http", lambda: b"{"),
    ("a key twice", 400, "structure", "http", lambda: b'{"resourceType":"Bundle","type":"batch","type":"transaction"}'),
    ("no type", 400, "structure", "resourceType", lambda: {"type": "transaction"}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("status", "code", "expression", "made"), [row[1:] for row in BAD], ids=[row[0] for row in BAD]
)
def test_what_is_wrong_is_named_and_nothing_is_written(
    way: Way, status: int, code: str, expression: str, made: Callable[[], Any]
) -> None:
    before = rows()
    where = re.sub(r"^(\d+)\.", r"Bundle.entry[\1].resource.", expression)
    refused(send("POST", "officer", "", made()), status, code, where)
    assert rows() == before


def test_a_token_must_cover_every_entry(way: Way) -> None:
    calling.PEOPLE["narrow"] = calling.Known(way.county.officer, never=frozenset({"Task"}))
    before, turned = rows(), events("door.refuse", "SCOPE")
    assert send("POST", "narrow", "", begun(task("bhu"))).status == 403
    assert rows() == before
    assert events("door.refuse", "SCOPE") == turned + 1


def test_an_offer_carries_no_words(way: Way) -> None:
    request, _patient = fresh(way)
    worded = task("detox", focus=request, description=CANARIES[0])
    refused(send("POST", "clinician", "Task", worded), 422, "not-supported", "Task.description")


# Who may begin a referral, and who may offer one that is not theirs to offer. Written by hand.
BEGIN = {"officer": 200, "clinician": 200, "coordinator": 200, "detox_intake": 403, "outsider": 403, "admin": 403}
OFFER = {"officer": 403, "detox_intake": 403, "clinic_intake": 403, "outsider": 404, "admin": 403}


@pytest.mark.parametrize(("who", "status"), BEGIN.items())
def test_who_may_begin(way: Way, who: str, status: int) -> None:
    to = "bhu" if who in ("officer", "outsider", "detox_intake") else "detox"
    whole = begun(task(to), more=(consent(patient=PATIENT, to=("detox",)),) if to == "detox" else ())
    before = rows()
    assert send("POST", who, "", whole).status == status
    assert (rows() == before) is (status != 200)


@pytest.mark.parametrize(("who", "status"), OFFER.items())
def test_who_may_offer_again_what_is_offered(way: Way, who: str, status: int) -> None:
    before = rows()
    assert send("POST", who, "Task", task("paper-clinic", focus=ask_of(way))).status == status
    assert rows() == before


def test_a_task_is_taken_and_something_added_in_one(way: Way) -> None:
    patient, request, put = created(send("POST", "officer", "", begun(task("bhu"))))
    taken = get("clinician", put).tree | {"status": "accepted"}
    update = {"resource": taken, "request": {"method": "PUT", "url": put, "ifMatch": 'W/"1"'}}
    heard = send("POST", "clinician", "", transaction(update, posted(observation(patient))))
    assert heard.status == 200, heard.body
    first, second = (entry["response"] for entry in heard.tree["entry"])
    assert (first["status"], first["etag"], first["location"]) == ("200 OK", 'W/"2"', f"{put}/_history/2")
    assert second["status"] == "201 Created"
    assert get("officer", put).tree["status"] == "accepted"
    assert request


def test_an_update_sent_again_under_its_key_is_answered_as_the_first_time(way: Way) -> None:
    patient, _request, put = created(send("POST", "officer", "", begun(task("bhu"))))
    taken = get("clinician", put).tree | {"status": "accepted"}
    update = {"resource": taken, "request": {"method": "PUT", "url": put, "ifMatch": 'W/"1"'}}
    whole = transaction(update, posted(observation(patient)))
    first = send("POST", "clinician", "", whole, **KEY)
    before = rows()
    again = send("POST", "clinician", "", whole, **KEY)
    assert (first.status, again.status, again.tree) == (200, 200, first.tree)
    assert rows() == before
    refused(send("POST", "clinician", "", whole, Idempotency_Key="another"), 412, "conflict", "http")


def test_a_patch_comes_in_a_binary(way: Way) -> None:
    *_others, put = created(send("POST", "officer", "", begun(task("bhu"))))
    patch = json.dumps([{"op": "replace", "path": "/status", "value": "accepted"}]).encode()
    binary = {"resourceType": "Binary", "contentType": "application/json-patch+json"}
    entry = {
        "resource": binary | {"data": b64encode(patch).decode()},
        "request": {"method": "PATCH", "url": put},
    }
    before = rows()
    stale = transaction(edited(entry, "request", "ifMatch", value='W/"7"'))
    refused(send("POST", "clinician", "", stale), 412, "conflict", "http")
    twice = transaction(entry, entry)
    refused(send("POST", "clinician", "", twice), 422, "duplicate", "Bundle.entry[1].resource")
    assert rows() == before
    del entry["request"]["ifMatch"]  # type: ignore[attr-defined]
    assert send("POST", "clinician", "", transaction(entry)).status == 200
    assert get("clinician", put).tree["status"] == "accepted"
    entry["resource"]["data"] = b64encode(b"{}").decode()  # type: ignore[index]
    assert send("POST", "clinician", "", transaction(entry)).status == 400


def test_a_step_that_is_refused_takes_what_was_added_with_it(way: Way) -> None:
    patient, _request, put = created(send("POST", "officer", "", begun(task("bhu"))))
    finished = get("clinician", put).tree | {"status": "completed"}
    update = {"resource": finished, "request": {"method": "PUT", "url": put}}
    before = rows()
    assert send("POST", "clinician", "", transaction(posted(observation(patient)), update)).status == 422
    assert rows() == before
