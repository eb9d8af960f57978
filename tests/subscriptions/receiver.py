"""A subscriber as a partner may write one, from the text of the Subscriptions Backport guide: nothing of ours in it.

    receiver.py PORT STATE SEAT BASE

Listens at PORT for notifications and writes each event down in the file STATE before it answers. When it starts and has
events from before, it asks BASE (the FHIR server) by ``$events`` for what it missed, as the system that the file SEAT
names: its ``client_id``, ``key`` and ``scope``. Needs Python and joserfc, and no database.
"""

import json
import sys
import time
import uuid
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from joserfc import jwt
from joserfc.jwk import ECKey

SECRET = "Bearer the-receivers-own-secret"


class State:
    """What was received, in a file that is whole at any moment."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.said = (
            json.loads(path.read_text()) if path.exists() else {"events": {}, "kinds": [], "again": 0, "faults": []}
        )

    def keep(self) -> None:
        new = self.path.with_suffix(".new")
        new.write_text(json.dumps(self.said))
        new.replace(self.path)

    def take(self, bundle: dict, how: str) -> None:
        """Write down a notification, or what ``$events`` answered."""
        status = bundle["entry"][0]["resource"]
        by_name = {each["name"]: each for each in status["parameter"]}
        kind = by_name["type"]["valueCode"]
        self.said["kinds"].append(kind)
        self.said["subscription"] = by_name["subscription"]["valueReference"]["reference"].rpartition("/")[2]
        named = [entry["fullUrl"] for entry in bundle["entry"][1:]]
        for each in status["parameter"]:
            if each["name"] == "notification-event":
                self.event({part["name"]: part for part in each["part"]}, named, how)
        self.keep()

    def event(self, parts: dict, named: list, how: str) -> None:
        number, focus = int(parts["event-number"]["valueString"]), parts["focus"]["valueReference"]["reference"]
        if focus not in named:
            self.said["faults"].append(f"{number}: the focus has no entry")
        if str(number) in self.said["events"]:
            self.said["again"] += 1
            if self.said["events"][str(number)]["focus"] != focus:
                self.said["faults"].append(f"{number} was another event before")
            return
        if how == "hook" and number != self.last() + 1:
            self.said["faults"].append(f"{number} came after {self.last()}")
        self.said["events"][str(number)] = {"focus": focus, "how": how}

    def last(self) -> int:
        return max(map(int, self.said["events"]), default=0)


class Hook(BaseHTTPRequestHandler):
    """Where notifications come."""

    state: State

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers["Authorization"] != SECRET:
            return self.say(401)
        if self.headers["Content-Type"] != "application/fhir+json":
            return self.say(415)
        bundle = json.loads(body)
        if bundle["resourceType"] != "Bundle" or bundle["type"] != "history":
            return self.say(400)
        self.state.take(bundle, "hook")
        return self.say(200)

    def say(self, status: int) -> None:
        self.send_response(status)
        self.end_headers()

    def log_message(self, *_said: object) -> None:
        pass


def token(seat: dict, base: str) -> str:
    """A token by SMART Backend Services."""
    endpoint = json.load(urlopen(f"{base}/.well-known/smart-configuration"))["token_endpoint"]
    key = ECKey.import_key(seat["key"])
    who = seat["client_id"]
    claims = {"iss": who, "sub": who, "aud": endpoint, "exp": int(time.time()) + 240, "jti": str(uuid.uuid4())}
    assertion = jwt.encode({"alg": "ES384", "kid": key.kid, "typ": "JWT"}, claims, key, algorithms=["ES384"])
    form = {
        "grant_type": "client_credentials",
        "scope": seat["scope"],
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": assertion,
    }
    return json.load(urlopen(endpoint, urlencode(form).encode()))["access_token"]


def catch_up(state: State, seat: dict, base: str) -> None:
    """Ask for whatever came after the last event that was written down, until there is no more."""
    while True:
        query = urlencode({"eventsSinceNumber": str(state.last() + 1)})
        asked = Request(f"{base}/Subscription/{state.said['subscription']}/$events?{query}")
        asked.add_header("Authorization", f"Bearer {token(seat, base)}")
        before = state.last()
        state.take(json.load(urlopen(asked)), "asked")
        if state.last() == before:
            return


def main() -> None:
    port, path, seat, base = sys.argv[1:]
    state = State(Path(path))
    if "subscription" in state.said:
        catch_up(state, json.loads(Path(seat).read_text()), base)
    Hook.state = state
    HTTPServer(("127.0.0.1", int(port)), Hook).serve_forever()


if __name__ == "__main__":
    main()
