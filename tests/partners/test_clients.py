"""Clients from the registries, unmodified, go the whole way against a real server: token to history."""

import json
import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
import requests
from fhirclient.client import FHIRClient
from fhirclient.models.bundle import Bundle
from fhirclient.models.patient import Patient
from fhirclient.models.task import Task
from fhirpy import SyncFHIRClient
from joserfc import jwt
from joserfc.jwk import ECKey

from tests.county import CANARIES, SCREEN, bundle_of
from tests.partners import node
from tests.partners.conftest import Said, Served

FULFILL = {"coding": [{"system": "http://hl7.org/fhir/CodeSystem/task-code", "code": "fulfill"}]}
JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def referral(owner: str) -> Said:
    """A client, what is asked for, a screen, and a task for ``owner``."""
    bundle: Said = json.loads(bundle_of(SCREEN))
    patient, request = (row["fullUrl"] for row in bundle["entry"][:2])
    task = {
        "resourceType": "Task",
        "status": "requested",
        "intent": "order",
        "code": FULFILL,
        "focus": {"reference": request},
        "for": {"reference": patient},
        "authoredOn": "2026-11-22T14:03:00Z",
        "owner": {"reference": owner},
    }
    last = {"fullUrl": f"urn:uuid:{uuid4()}", "resource": task, "request": {"method": "POST", "url": "Task"}}
    return {**bundle, "entry": [*bundle["entry"], last]}


def made(response: Said, type_: str) -> str:
    """The id of the resource of a type in a transaction-response."""
    places = [row["response"]["location"].split("/") for row in response["entry"]]
    return str(next(place[place.index(type_) + 1] for place in places if type_ in place))


def endpoint(seat: Said) -> str:
    return str(requests.get(f"{seat['fhir']}/.well-known/smart-configuration", timeout=10).json()["token_endpoint"])


def assertion(seat: Said) -> str:
    key, me, now = ECKey.import_key(seat["key"]), seat["client_id"], int(time.time())
    claims = {"iss": me, "sub": me, "aud": endpoint(seat), "exp": now + 240, "jti": str(uuid4())}
    return jwt.encode({"alg": "ES384", "kid": key.kid, "typ": "JWT"}, claims, key, algorithms=["ES384"])


def token(seat: Said) -> str:
    form = {
        "grant_type": "client_credentials",
        "scope": seat["scope"],
        "client_assertion_type": JWT_BEARER,
        "client_assertion": assertion(seat),
    }
    answer = requests.post(endpoint(seat), data=form, timeout=10)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["access_token"])


def test_fhirpy_sends_finds_reads_accepts_and_reads_the_history(served: Served) -> None:
    sender, unit = (
        SyncFHIRClient(seat["fhir"], authorization=f"Bearer {token(seat)}")
        for seat in (served.seat("sender"), served.seat("unit"))
    )
    sent = sender.execute("", data=referral(served.seat("sender")["to"]))
    id_ = made(sent, "Task")

    inbox = unit.resources("Task").search(status="requested").fetch_all()
    task = next(each for each in inbox if each.id == id_)
    patient = unit.get("Patient", task["for"]["reference"].partition("/")[2])
    assert patient["name"][0]["family"] == CANARIES[0]
    assert unit.resources("QuestionnaireResponse").search(patient=patient["id"]).fetch()

    task = unit.resources("Task").search(_id=id_).get()
    read = unit.reference("Task", id_).to_resource()
    read["status"] = "accepted"
    read.save()
    assert read["status"] == "accepted"
    assert unit.resources("Task").search(status="accepted", _id=id_).count() == 1

    history = unit.execute(f"Task/{id_}/_history", method="get")
    assert [row["resource"]["status"] for row in history["entry"]] == ["accepted", "requested"]
    assert sender.reference("Task", id_).to_resource()["status"] == "accepted"


@pytest.fixture
def smart(served: Served) -> Iterator[Any]:
    """Makes a fhirclient of a seat, which gets its token itself."""

    def ready(name: str) -> FHIRClient:
        seat = served.seat(name)
        settings = {"app_id": seat["client_id"], "api_base": seat["fhir"], "jwt_token": assertion(seat)}
        client = FHIRClient(settings={**settings, "scope": seat["scope"]})
        client.prepare()
        client.authorize()
        made_.append(client)
        return client

    made_: list[FHIRClient] = []
    yield ready
    for client in made_:
        client.server.session.close()


def test_fhirclient_sends_finds_reads_accepts_and_reads_the_history(served: Served, smart: Any) -> None:
    sender, unit = smart("sender"), smart("unit")
    sent = Bundle(referral(served.seat("sender")["to"])).create(sender.server)
    id_ = made(sent, "Task")

    inbox = Task.where({"status": "requested"}).perform_resources_iter(unit.server)
    task = next(each for each in inbox if each.id == id_)
    patient = Patient.read(task.for_fhir.reference.partition("/")[2], unit.server)
    assert patient.name[0].family == CANARIES[0]

    task = Task.read(id_, unit.server)
    task.status = "accepted"
    assert task.update(unit.server)["status"] == "accepted"

    history = Bundle.read_from(f"Task/{id_}/_history", unit.server)
    assert [row.resource.status for row in history.entry] == ["accepted", "requested"]
    assert Task.read(id_, sender.server).status == "accepted"


def test_fhir_kit_client_sends_finds_reads_accepts_and_reads_the_history(served: Served) -> None:
    seats = {name: served.seat(name) for name in ("sender", "unit")}
    said = node.run("kit.mjs", seats | {"bundle": referral(seats["sender"]["to"])})
    assert said == {
        "endpoint": endpoint(seats["unit"]),
        "family": CANARIES[0],
        "accepted": "accepted",
        "history": ["accepted", "requested"],
        "patched": "in-progress",
        "sender": "in-progress",
    }
