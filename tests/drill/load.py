"""Clients that send and accept, and ask again with the same key until they are told that it is done."""

import http.client
import json
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from tests.drill.stage import SCOPE, Stage
from tests.rest.sending import begun, task
from tests.smart.partner import FORM, Partner

ACCEPTED = b'[{"op": "replace", "path": "/status", "value": "accepted"}]'
GIVE_UP = 120.0  # seconds after which a request that is never answered fails the drill
TOKEN_LASTS = 200.0


class NeverAnswered(RuntimeError):
    """No server said in time that it is done, or one said that it cannot be."""


@dataclass(slots=True)
class Done:
    """What servers said is done: ids of tasks, and how often somebody had to ask again."""

    sent: list[str] = field(default_factory=list)
    accepted: list[str] = field(default_factory=list)
    again: int = 0


class Client:
    """One partner's system on one thread; it goes from server to server when one does not answer."""

    def __init__(self, ports: Sequence[int], partner: Partner, done: Done) -> None:
        self._ports, self._partner, self._done = list(ports), partner, done
        self._token, self._until = "", 0.0

    def ask(self, method: str, path: str, body: bytes, kind: str) -> Mapping[str, Any]:
        """The answer of whoever did it, this time or before. Raises ``NeverAnswered``."""
        key, until = uuid4().hex, time.monotonic() + GIVE_UP
        while time.monotonic() < until:
            try:
                status, content = self._once(method, path, body, {"Content-Type": kind, "Idempotency-Key": key})
            except (OSError, http.client.HTTPException, json.JSONDecodeError, KeyError):
                status, content = 0, b""
            if status == 200:
                answer: Mapping[str, Any] = json.loads(content)
                return answer
            if 400 <= status < 500 and status not in (401, 409, 429):
                raise NeverAnswered(f"{method} {path.split('/', maxsplit=1)[0]}: {status} {content[:300]!r}")
            self._done.again += 1
            self._ports.append(self._ports.pop(0))
            time.sleep(0.2)
        raise NeverAnswered(f"{method} {path.split('/', maxsplit=1)[0]}: no answer")

    def _once(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
        if time.monotonic() > self._until:
            form = urlencode(self._partner.form(scope=SCOPE)).encode()
            _status, content = self._send("POST", "/auth/token", form, {"Content-Type": FORM})
            self._token, self._until = json.loads(content)["access_token"], time.monotonic() + TOKEN_LASTS
        return self._send(method, f"/fhir{path}", body, {**headers, "Authorization": f"Bearer {self._token}"})

    def _send(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self._ports[0], timeout=15)
        try:
            connection.request(method, path, body, {"Host": "localhost", **headers})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()


def keep_asking(stage: Stage, ports: Sequence[int], done: Done, *, stop: threading.Event, pause: float) -> None:
    """Send a referral, let it be accepted, and so on until told to stop. Raises ``NeverAnswered``."""
    police, unit = Client(ports, stage.police, done), Client(list(ports)[::-1], stage.unit, done)
    whole = json.dumps(begun(task(stage.bhu.id))).encode()
    while not stop.wait(pause):
        answer = police.ask("POST", "", whole, "application/fhir+json")
        places = (each["response"]["location"] for each in answer["entry"])
        id_ = next(place.split("/")[1] for place in places if place.startswith("Task/"))
        done.sent.append(id_)
        unit.ask("PATCH", f"/Task/{id_}", ACCEPTED, "application/json-patch+json")
        done.accepted.append(id_)
