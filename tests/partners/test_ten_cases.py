"""The ten cases for a partner's own server: ok for one that does as FHIR says, and each case notices its fault."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from tests.databases import ROOT

Tree = dict[str, Any]
PARTNER = ROOT / "docs" / "examples" / "partner.py"
FAULTS = (
    "fhirVersion 3",
    "no key",
    "open to strangers",
    "no transaction",
    "urn left",
    "not found by search",
    "cannot accept",
    "If-Match ignored",
    "every step taken",
    "one version kept",
)


class Own(BaseHTTPRequestHandler):
    """The smallest server of a recipient that passes, with at most one ``fault``."""

    fault = ""
    versions: dict[str, list[Tree]]

    def log_message(self, *_said: object) -> None:
        pass

    def do_GET(self) -> None:
        path, _, query = self.path.removeprefix("/fhir/").partition("?")
        if path == "metadata":
            version = "3.0.2" if self.fault == "fhirVersion 3" else "4.0.1"
            return self.say(200, {"resourceType": "CapabilityStatement", "fhirVersion": version})
        if path == ".well-known/smart-configuration":
            methods = [] if self.fault == "no key" else ["private_key_jwt"]
            said = {"token_endpoint": "https://x.example.org", "token_endpoint_auth_methods_supported": methods}
            return self.say(200, said)
        if not self.headers["Authorization"] and self.fault != "open to strangers":
            return self.refuse(401, WWW_Authenticate="Bearer")
        if path == "Task":
            return self.found(query)
        name = path.partition("/_history")[0]
        if name not in self.versions:
            return self.refuse(404)
        rows = self.versions[name]
        if path.endswith("/_history"):
            kept = rows[-1:] if self.fault == "one version kept" else rows[::-1]
            return self.say(200, {"resourceType": "Bundle", "entry": [{"resource": row} for row in kept]})
        return self.say(200, rows[-1], ETag=f'W/"{len(rows)}"')

    def found(self, query: str) -> None:
        rows = [versions[-1] for name, versions in self.versions.items() if name.startswith("Task")]
        asked = [row for row in rows if f"status={row['status']}" in query]
        entries = [] if self.fault == "not found by search" else [{"resource": row} for row in asked]
        link = [{"relation": "self", "url": self.path}]
        self.say(200, {"resourceType": "Bundle", "type": "searchset", "link": link, "entry": entries})

    def do_POST(self) -> None:
        if self.fault == "no transaction":
            return self.refuse(405)
        text = self.rfile.read(int(self.headers["Content-Length"])).decode()
        entries = json.loads(text)["entry"]
        names = {row["fullUrl"]: f"{row['resource']['resourceType']}/{n}" for n, row in enumerate(entries)}
        for url, name in names.items():
            text = text if self.fault == "urn left" else text.replace(f'"{url}"', f'"{name}"')
        for name, row in zip(names.values(), json.loads(text)["entry"], strict=True):
            self.versions[name] = [row["resource"] | {"id": name.partition("/")[2]}]
        made = [{"response": {"status": "201 Created", "location": f"{name}/_history/1"}} for name in names.values()]
        return self.say(200, {"resourceType": "Bundle", "type": "transaction-response", "entry": made})

    def do_PUT(self) -> None:
        sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        rows = self.versions[self.path.removeprefix("/fhir/")]
        if self.fault != "If-Match ignored" and self.headers["If-Match"] not in (None, f'W/"{len(rows)}"'):
            return self.refuse(412)
        if self.fault == "cannot accept" or (sent["status"] == "requested" and self.fault != "every step taken"):
            return self.refuse(422)
        rows.append(sent)
        return self.say(200, sent, ETag=f'W/"{len(rows)}"')

    def refuse(self, status: int, **headers: str) -> None:
        self.say(status, {"resourceType": "OperationOutcome", "issue": []}, **headers)

    def say(self, status: int, tree: Tree, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(json.dumps(tree).encode())


@contextmanager
def own_server(fault: str) -> Iterator[str]:
    handler = type("Faulty", (Own,), {"fault": fault, "versions": {}})
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        serving = threading.Thread(target=server.serve_forever, daemon=True)
        serving.start()
        yield f"http://127.0.0.1:{server.server_port}/fhir"
        server.shutdown()
        serving.join()


def check(base: str) -> tuple[int, list[str]]:
    """The exit code, and the word for each case."""
    words = [sys.executable, str(PARTNER), "--check", base, "--token", "x", "--owner", "Organization/1"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.returncode, [line[4:10].strip() for line in done.stdout.splitlines() if line[:2].strip()]


def test_a_server_that_does_as_fhir_says_gets_ten_oks() -> None:
    with own_server("") as base:
        assert check(base) == (0, ["ok"] * 10)


@pytest.mark.parametrize(("number", "fault"), list(enumerate(FAULTS)))
def test_each_case_notices_its_own_fault(number: int, fault: str) -> None:
    with own_server(fault) as base:
        code, went = check(base)
    assert code == 1
    assert len(went) == 10
    assert went[number] == "not ok"
    assert went[:number] == ["ok"] * number


def test_where_nobody_serves_each_case_says_so() -> None:
    code, went = check("http://127.0.0.1:9/fhir")
    assert (code, went) == (1, ["not ok"] * 10)
