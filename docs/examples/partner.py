#!/usr/bin/env python3
"""A partner's system in one file: how to get a token, send a referral, poll, accept, and read the outcome.

Needs Python 3.11 and joserfc. A SEAT is the file of one system: its client_id, its private key, the base of FHIR
(``manage.py up`` writes three for the demo network).

    partner.py tour FOLDER          the whole way, with the seats of a folder: sender, unit and provider
    partner.py example SEAT         the example referral, to send it with curl
    partner.py token SEAT           a token, to go on with curl
    partner.py send SEAT            put the example referral to the agency that the seat names
    partner.py inbox SEAT           the tasks that this agency was asked
    partner.py accept SEAT TASK     and: complete SEAT TASK
    partner.py outcome SEAT TASK    what became of it, as this agency may know it
    partner.py --check URL          ten cases against your own FHIR server, as one that receives referrals
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen
from uuid import uuid4

from joserfc import jwt
from joserfc.jwk import ECKey

JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
FULFILL = {"coding": [{"system": "http://hl7.org/fhir/CodeSystem/task-code", "code": "fulfill"}]}
INPUT = "https://bhu.example.org/fhir/CodeSystem/task-input"
Tree = dict[str, Any]


class Answer:
    """What a server answered: its status, its headers, and JSON if there was any."""

    def __init__(self, status: int, headers: Any, body: bytes) -> None:
        self.status, self.headers = status, headers
        try:
            self.tree: Tree = json.loads(body) if body else {}
        except ValueError:
            self.tree = {}

    def __str__(self) -> str:
        """The status, and what an OperationOutcome says of it."""
        said = (issue.get("details", {}).get("text", "") for issue in self.tree.get("issue", ()))
        return " ".join([str(self.status), *filter(None, said)])


class Refused(Exception):
    """The server said no. Every refusal is an OperationOutcome that says why, and never anything of the client."""


def ask(method: str, url: str, body: bytes | None = None, **headers: str) -> Answer:
    """One request; an answer of 400 and more is an answer, too."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        with urlopen(Request(url, body, named, method=method), timeout=30) as said:  # noqa: S310
            return Answer(said.status, said.headers, said.read())
    except HTTPError as said:
        return Answer(said.code, said.headers, said.read())


class Server:
    """A FHIR server, as one system may use it."""

    def __init__(self, base: str, token: Callable[[], str] | None) -> None:
        self.base, self._token = base.rstrip("/"), token

    def ask(self, method: str, path: str, resource: Any = None, **headers: str) -> Answer:
        """One request below the base, or to a link that the server gave."""
        url = path if path.startswith("http") else f"{self.base}/{path}".rstrip("/")
        body = None if resource is None else json.dumps(resource).encode()
        named = {"Accept": "application/fhir+json"} | headers
        if body is not None:
            named.setdefault("Content_Type", "application/fhir+json")
        if self._token:
            named["Authorization"] = f"Bearer {self._token()}"
        return ask(method, url, body, **named)

    def must(self, method: str, path: str, resource: Any = None, **headers: str) -> Answer:
        """The same, where no is not expected. Raises ``Refused``."""
        said = self.ask(method, path, resource, **headers)
        if said.status >= 400:
            raise Refused(f"{method} {path.partition('?')[0]}: {said}")
        return said


# 1. A token: sign who you are with your key, and get five minutes


class Tokens:
    """Tokens of one system: asked for when there is none that is good for ten seconds more."""

    def __init__(self, seat: Tree) -> None:
        self.seat, self.token, self.until = seat, "", 0.0

    def __call__(self) -> str:
        if time.time() > self.until - 10:
            said = self.ask()
            self.token, self.until = said["access_token"], time.time() + said["expires_in"]
        return self.token

    def ask(self) -> Tree:
        """The token endpoint's answer. Raises ``Refused``."""
        found = ask("GET", f"{self.seat['fhir']}/.well-known/smart-configuration").tree
        form = {
            "grant_type": "client_credentials",
            "scope": self.seat["scope"],
            "client_assertion_type": JWT_BEARER,
            "client_assertion": assertion(self.seat, audience=found["token_endpoint"]),
        }
        said = ask("POST", found["token_endpoint"], urlencode(form).encode())
        if said.status != 200:
            raise Refused(f"No token: {said.status} {said.tree.get('error')} {said.tree.get('error_description', '')}")
        return said.tree


def assertion(seat: Tree, *, audience: str) -> str:
    """Who we are, signed; good once, and for the named address alone."""
    key = ECKey.import_key(seat["key"])
    now, me = int(time.time()), seat["client_id"]
    claims = {"iss": me, "sub": me, "aud": audience, "iat": now, "exp": now + 240, "jti": str(uuid4())}
    return jwt.encode({"alg": "ES384", "kid": key.kid, "typ": "JWT"}, claims, key, algorithms=["ES384"])


def server_of(seat: Tree) -> Server:
    """The network's server, as this system."""
    return Server(seat["fhir"], Tokens(seat))


# 2. Send: one transaction with the client, what is asked for, and a task for the agency that is asked


def referral(owner: str) -> Tree:
    """The example: a client who was found at a bridge, and the ask for somebody to see her."""
    patient, request, task = (f"urn:uuid:{uuid4()}" for _each in range(3))
    now = datetime.now(UTC).isoformat(timespec="seconds")
    resources = {
        patient: {
            "resourceType": "Patient",
            "identifier": [{"system": "https://records.example.org/persons", "value": str(uuid4())}],
            "name": [{"family": "Sandfield", "given": ["Orla"]}],
            "telecom": [{"system": "phone", "value": "555-0155"}],
            "gender": "female",
            "birthDate": "1991-04-02",
        },
        request: {
            "resourceType": "ServiceRequest",
            "status": "active",
            "intent": "order",
            "priority": "urgent",
            "code": {"text": "Crisis assessment"},
            "subject": {"reference": patient},
            "authoredOn": now,
            "note": [{"text": "Pacing by the river bridge. Agreed to be called."}],
        },
        task: {
            "resourceType": "Task",
            "status": "requested",
            "intent": "order",
            "priority": "urgent",
            "code": FULFILL,
            "focus": {"reference": request},
            "for": {"reference": patient},
            "authoredOn": now,
            "owner": {"reference": owner},
        },
    }
    return transaction(resources)


def transaction(resources: dict[str, Tree]) -> Tree:
    """All of it or nothing: references to ``urn:uuid:…`` become those of what is made."""
    entries = [
        {"fullUrl": url, "resource": tree, "request": {"method": "POST", "url": tree["resourceType"]}}
        for url, tree in resources.items()
    ]
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}


def send(server: Server, owner: str) -> list[str]:
    """Put the referral to ``owner``, an Organization; what was made, as ``Type/id``.

    The key is ours, one for each referral: sent again after a lost answer it makes no second one.
    """
    said = server.must("POST", "", referral(owner), Idempotency_Key=str(uuid4()))
    return [made(row["response"]["location"]) for row in said.tree["entry"] if "location" in row["response"]]


def made(location: str) -> str:
    """``Type/id`` of a location, which names the version too."""
    return "/".join(location.partition("/_history/")[0].split("/")[-2:])


# 3. Poll: what we were asked since we last looked


def inbox(server: Server, mine: str, since: str = "") -> Iterator[Tree]:
    """The tasks put to us, the last changed first. ``since`` is the newest ``meta.lastUpdated`` we have seen."""
    terms = {"owner": mine, "status": "requested"} | ({"_lastUpdated": f"gt{since}"} if since else {})
    url = f"Task?{urlencode(terms)}"
    while url:
        page = server.must("GET", url).tree
        yield from (row["resource"] for row in page.get("entry", ()) if row["search"]["mode"] == "match")
        url = next((link["url"] for link in page["link"] if link["relation"] == "next"), "")


# 4. Accept and complete: the task as it was read, with another status; If-Match says on which version that stands


def step(server: Server, task: str, status: str, note: str = "") -> Answer:
    """Bring a task on. Raises ``Refused``: 412 if it changed meanwhile, 422 naming what is allowed."""
    now = server.must("GET", task)
    changed = now.tree | {"status": status}
    if note:
        changed["note"] = [*now.tree.get("note", []), {"text": note}]
    return server.must("PUT", task, changed, If_Match=now.headers["ETag"])


# 5. The outcome: the versions of the task, the oldest first


def outcome(server: Server, task: str) -> list[str]:
    """The states it was in, as we may know them: an agency of police sees its first hop, then only that it goes on."""
    rows = server.must("GET", f"{task}/_history").tree["entry"]
    return [f"{row['response']['lastModified']}  {row['resource']['status']}" for row in reversed(rows)]


# 6. Pass it on in two stages: a provider is asked without a name, and learns who it is about when it accepts


def consent(patient: str, giver: Tree, taker: Tree) -> Tree:
    """What the client signed, from the file beside this one."""
    signed = datetime.now(UTC).date() - timedelta(days=1)
    words = {
        "patient": patient,
        "from": giver["agency"],
        "to": taker["agency"],
        "signed": signed.isoformat(),
        "until": (signed + timedelta(days=180)).isoformat(),
    }
    text = (Path(__file__).parent / "consent.json").read_text("utf-8")
    for name, word in words.items():
        text = text.replace(f"{{{name}}}", word)
    tree: Tree = json.loads(text)
    return tree


def offer(server: Server, task: Tree, owner: str, release: tuple[str, ...]) -> str:
    """Ask ``owner`` about the referral of a task we accepted. ``release`` are the parts that open when it accepts."""
    new = {
        "resourceType": "Task",
        "status": "requested",
        "intent": "order",
        "code": FULFILL,
        "focus": task["focus"],
        "for": task["for"],
        "authoredOn": datetime.now(UTC).isoformat(timespec="seconds"),
        "owner": {"reference": owner},
        "input": [{"type": {"coding": [{"system": INPUT, "code": "release"}]}, "valueCode": part} for part in release],
    }
    return made(server.must("POST", "Task", new).headers["Location"])


def tour(folder: Path) -> None:
    """The whole way between three agencies of the demo network."""
    seats = sender, unit, provider = [seat_in(folder / f"{name}.json") for name in ("sender", "unit", "provider")]
    police, team, clinic = map(server_of, seats)
    created = send(police, sender["to"])
    sent = next(each for each in created if each.startswith("Task/"))
    print("the police sent:       ", *created)
    found = next(each for each in inbox(team, unit["organization"]) if f"Task/{each['id']}" == sent)
    print("the unit found it:     ", found["status"], found["priority"])
    patient = found["for"]["reference"]
    print("it reads:              ", name_of(team.must("GET", patient).tree))
    print("and accepts:           ", step(team, sent, "accepted").tree["status"])
    team.must("POST", "Consent", consent(patient, unit, provider))
    asked = offer(team, found, unit["to"], ("contact",))
    (theirs,) = (each for each in inbox(clinic, provider["organization"]) if f"Task/{each['id']}" == asked)
    print("the provider is asked: ", clinic.must("GET", theirs["focus"]["reference"]).tree["code"])
    print("who it is, it is told: ", clinic.ask("GET", patient))
    print("it accepts:            ", step(clinic, asked, "accepted").tree["status"])
    print("and reads:             ", name_of(clinic.must("GET", patient).tree))
    print("it is done:            ", step(clinic, asked, "completed", note="Seen today; safe at home.").tree["status"])
    print("the unit knows:        ", *outcome(team, asked), sep="\n  ")
    print("and closes:            ", step(team, sent, "completed").tree["status"])
    print("the police know:       ", *outcome(police, sent), sep="\n  ")


def name_of(patient: Tree) -> str:
    """The name a client goes by."""
    return f"{' '.join(patient['name'][0]['given'])} {patient['name'][0]['family']}"


def seat_in(file: Path) -> Tree:
    """What the file of a system says."""
    found: Tree = json.loads(file.read_text("utf-8"))
    return found


def listed(server: Server, seat: Tree) -> None:
    """Print the inbox."""
    for task in inbox(server, seat["organization"]):
        print(f"Task/{task['id']}", task["status"], task["priority"], task["meta"]["lastUpdated"])


JOBS: dict[str, Callable[[Server, Tree, str], object]] = {
    "token": lambda _server, seat, _task: print(Tokens(seat).ask()["access_token"]),
    "example": lambda _server, seat, _task: print(json.dumps(referral(seat["to"]), indent=1)),
    "send": lambda server, seat, _task: print(*send(server, seat["to"]), sep="\n"),
    "inbox": lambda server, seat, _task: listed(server, seat),
    "accept": lambda server, _seat, task: print(step(server, task, "accepted").headers["ETag"]),
    "complete": lambda server, _seat, task: print(step(server, task, "completed").headers["ETag"]),
    "outcome": lambda server, _seat, task: print(*outcome(server, task), sep="\n"),
}


def main(words: list[str]) -> int:
    """0 if it went well, 1 if it was refused or a case is not ok."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("job", nargs="?", choices=["tour", *JOBS])
    parser.add_argument("seat", nargs="?", type=Path, help="the file of a system; for tour their folder")
    parser.add_argument("task", nargs="?", default="", help="Task/<id>")
    parser.add_argument("--check", metavar="URL", help="the base of your own FHIR server")
    parser.add_argument("--token", default="", help="a token for it, where it wants one")
    parser.add_argument("--owner", default="Organization/1", help="your Organization there")
    given = parser.parse_args(words)
    if given.check:
        from ten_cases import Cases  # noqa: PLC0415  beside this file; who only sends needs it not

        token = (lambda: given.token) if given.token else None
        return 0 if Cases(Server(given.check, token), Server(given.check, None), referral(given.owner)).run() else 1
    if given.job is None or given.seat is None:
        parser.error("name a job and a seat, or --check URL")
    try:
        if given.job == "tour":
            tour(given.seat)
        else:
            seat = seat_in(given.seat)
            JOBS[given.job](server_of(seat), seat, given.task)
    except Refused as refusal:
        print(refusal, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
