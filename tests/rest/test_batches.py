"""A batch over HTTP: each entry has its own answer, and one that is refused stops none of the others."""

import pytest

from tests.rest import calling
from tests.rest.calling import Heard, send
from tests.rest.conftest import Way
from tests.rest.sending import Tree, begun, observation, posted, task, transaction
from tests.rest.test_transactions import events, refused, rows


def asked(method: str, url: str, **more: Tree) -> Tree:
    return {"request": {"method": method, "url": url}, **more}


def statuses(heard: Heard) -> list[str]:
    assert (heard.status, heard.tree["type"]) == (200, "batch-response"), heard.body
    return [entry["response"]["status"] for entry in heard.tree["entry"]]


def batch(*entries: Tree) -> Tree:
    return transaction(*entries, kind="batch")


def test_each_entry_is_answered_by_itself(way: Way) -> None:
    good, bad = observation(f"Patient/{way.patient}"), observation("Patient/0")
    heard = send(
        "POST",
        "clinician",
        "",
        batch(
            posted(bad),
            posted(good),
            asked("GET", f"Task/{way.sent}"),
            asked("GET", "Task?status=accepted&_count=1"),
            asked("GET", "metadata"),
            asked("GET", "Medication/1"),
            asked("DELETE", f"Task/{way.sent}"),
            {"resource": good},
            posted(good | {"status": "no"}),
            asked("POST", "Task/_search"),
            asked("POST", "", resource=begun(task("bhu"))),
        ),
    )
    assert statuses(heard) == [
        "404 Not Found",
        "201 Created",
        "200 OK",
        "200 OK",
        "200 OK",
        "404 Not Found",
        "405 Method Not Allowed",
        "400 Bad Request",
        "422 Unprocessable Entity",
        "422 Unprocessable Entity",
        "422 Unprocessable Entity",
    ]
    made = heard.tree["entry"][1]
    assert made["response"]["location"].endswith(f"/Observation/{made['resource']['id']}/_history/1")
    assert made["response"]["etag"] == 'W/"1"'
    assert made["response"]["lastModified"][:19] == made["resource"]["meta"]["lastUpdated"][:19]
    assert heard.tree["entry"][3]["resource"]["type"] == "searchset"
    for number in (0, 5, 6, 7, 8, 9, 10):
        outcome = heard.tree["entry"][number]["response"]["outcome"]
        assert outcome["issue"][0]["expression"]


def test_what_is_refused_is_recorded_for_each(way: Way) -> None:
    before = events("resource.create", "NOT_FOUND")
    send("POST", "clinician", "", batch(*[posted(observation("Patient/0"))] * 2))
    assert events("resource.create", "NOT_FOUND") == before + 2


def test_a_batch_sent_again_under_its_key_writes_nothing_twice(way: Way) -> None:
    tree = observation(f"Patient/{way.patient}")
    whole = batch(posted(tree), posted(tree | {"status": "amended"}))
    first = send("POST", "clinician", "", whole, Idempotency_Key="night")
    before = rows()
    again = send("POST", "clinician", "", whole, Idempotency_Key="night")
    assert statuses(first) == ["201 Created"] * 2
    assert statuses(again) == ["200 OK"] * 2
    assert rows() == before


def test_a_condition_of_one_entry_is_its_own(way: Way) -> None:
    entry = posted(observation(f"Patient/{way.patient}"))
    entry["request"]["ifNoneExist"] = "identifier=urn:example:case|7"
    assert statuses(send("POST", "clinician", "", batch(entry, entry))) == ["201 Created", "200 OK"]


def test_a_token_must_cover_each_entry(way: Way) -> None:
    calling.PEOPLE["narrow"] = calling.Known(way.county.clinician, never=frozenset({"Observation"}))
    whole = batch(posted(observation(f"Patient/{way.patient}")), asked("GET", f"Task/{way.sent}"))
    assert statuses(send("POST", "narrow", "", whole)) == ["403 Forbidden", "200 OK"]


@pytest.mark.parametrize(("number", "code"), [(0, "required"), (101, "too-costly")])
def test_a_batch_has_bounds(way: Way, number: int, code: str) -> None:
    whole = batch(*[asked("GET", f"Task/{way.sent}")] * number)
    refused(send("POST", "clinician", "", whole), 422, code, "Bundle.entry")


@pytest.mark.parametrize(
    ("url", "status"),
    [
        ("Task?" + "&".join(["status=x"] * 201), "400 Bad Request"),
        ("Task?_id=" + "x" * 8_001, "413 Request Entity Too Large"),
    ],
)
def test_the_address_of_an_entry_has_the_bounds_of_every_address(way: Way, url: str, status: str) -> None:
    assert statuses(send("POST", "clinician", "", batch(asked("GET", url)))) == [status]
