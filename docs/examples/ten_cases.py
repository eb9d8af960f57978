"""Ten cases for a partner's own FHIR server, in the order in which a referral meets them: ``partner.py --check URL``.

They ask as a network does that hands a referral on to it: send, read, find, accept, and what must be refused.
"""

import json
from collections.abc import Callable
from typing import Any, Protocol
from uuid import uuid4

Tree = dict[str, Any]


class Server(Protocol):
    """Who is asked, as ``partner.Server`` does it."""

    def ask(self, method: str, path: str, resource: Any = None, **headers: str) -> Any:
        """The answer: ``status``, ``headers``, ``tree``."""
        ...


class NotOk(Exception):
    """What is to be mended."""


def require(holds: object, otherwise: str) -> None:
    """Raise ``NotOk`` unless it holds."""
    if not holds:
        raise NotOk(otherwise)


class Cases:
    """The ten cases. ``server`` is asked with a token, if it wants one, ``stranger`` without; ``bundle`` is sent."""

    def __init__(self, server: Server, stranger: Server, bundle: Tree) -> None:
        self.server, self.stranger, self.bundle = server, stranger, bundle
        self.task = self.etag = ""

    def statement(self) -> None:
        """metadata is a CapabilityStatement of FHIR R4 in JSON"""
        said = self.stranger.ask("GET", "metadata")
        require(said.status == 200, f"answer GET metadata without a token (it was {said.status})")
        require(said.tree.get("resourceType") == "CapabilityStatement", "answer a CapabilityStatement")
        require(said.tree.get("fhirVersion") == "4.0.1", "fhirVersion must be 4.0.1")

    def configuration(self) -> None:
        """.well-known/smart-configuration says how to get a token with a key"""
        said = self.stranger.ask("GET", ".well-known/smart-configuration", Accept="application/json")
        require(said.status == 200, f"serve .well-known/smart-configuration below the base (it was {said.status})")
        require(said.tree.get("token_endpoint"), "name the token_endpoint")
        methods = said.tree.get("token_endpoint_auth_methods_supported", [])
        require("private_key_jwt" in methods, "offer private_key_jwt in token_endpoint_auth_methods_supported")

    def refusing(self) -> None:
        """who has no token is refused, and told how to get one"""
        said = self.stranger.ask("GET", "Task")
        require(said.status == 401, f"answer 401 to a search without a token (it was {said.status})")
        require("Bearer" in said.headers.get("WWW-Authenticate", ""), "send WWW-Authenticate: Bearer")

    def transaction(self) -> None:
        """a transaction is done as a whole and answers where each resource is"""
        said = self.server.ask("POST", "", self.bundle)
        require(said.status == 200, f"take a transaction Bundle at the base (it was {said})")
        require(said.tree.get("type") == "transaction-response", "answer a Bundle of type transaction-response")
        rows = [row.get("response", {}) for row in said.tree.get("entry", ())]
        require(len(rows) == 3, "answer one entry for each that was sent, in their order")
        require(
            all(row.get("status", "").startswith("201") and row.get("location") for row in rows), "say 201, location"
        )
        self.task = "/".join(rows[2]["location"].partition("/_history/")[0].split("/")[-2:])

    def read(self) -> None:
        """what is read is what was sent, with a version"""
        said = self.server.ask("GET", self.task)
        require(said.status == 200, f"answer GET of the Task (it was {said})")
        sent = self.bundle["entry"][2]["resource"]
        kept = {name: said.tree.get(name) for name in ("status", "intent", "priority", "code", "authoredOn")}
        require(kept == {name: sent[name] for name in kept}, "keep each element as it was sent")
        require("urn:uuid:" not in json.dumps(said.tree), "put the ids of what was made in place of urn:uuid:…")
        self.etag = said.headers.get("ETag", "")
        require(self.etag.startswith('W/"'), 'send ETag: W/"…" with a read')

    def search(self) -> None:
        """what is new is found by status and by the time of its change"""
        said = self.server.ask("GET", "Task?status=requested&_lastUpdated=gt2020-01-01")
        require(said.status == 200, f"search Task by status and _lastUpdated (it was {said})")
        names = [f"Task/{row['resource'].get('id')}" for row in said.tree.get("entry", ()) if "resource" in row]
        require(self.task in names, "find the Task that was just sent")
        require(any(link["relation"] == "self" for link in said.tree.get("link", ())), "name the search in link self")

    def accept(self) -> None:
        """a task is accepted by PUT with If-Match, and is a version more"""
        now = self.server.ask("GET", self.task)
        said = self.server.ask("PUT", self.task, now.tree | {"status": "accepted"}, If_Match=self.etag)
        require(said.status == 200, f"take PUT of the Task with status accepted (it was {said})")
        after = self.server.ask("GET", self.task)
        require(after.tree.get("status") == "accepted", "keep the new status")
        require(after.headers.get("ETag") != self.etag, "give each version another ETag")

    def stale(self) -> None:
        """who changes an older version is refused"""
        now = self.server.ask("GET", self.task)
        said = self.server.ask("PUT", self.task, now.tree | {"status": "in-progress"}, If_Match=self.etag)
        require(said.status == 412, f"answer 412 where If-Match is not the newest version (it was {said.status})")

    def illegal(self) -> None:
        """a step that no referral takes is refused, and what is allowed is said"""
        now = self.server.ask("GET", self.task)
        said = self.server.ask("PUT", self.task, now.tree | {"status": "requested"})
        require(said.status == 422, f"answer 422 from accepted to requested (it was {said.status})")
        require(said.tree.get("resourceType") == "OperationOutcome", "answer an OperationOutcome")

    def history(self) -> None:
        """both versions are in the history, and nobody's Task is not found"""
        said = self.server.ask("GET", f"{self.task}/_history")
        require(said.status == 200, f"answer the Task's _history (it was {said})")
        states = [row["resource"].get("status") for row in said.tree.get("entry", ()) if "resource" in row]
        require(states[:1] == ["accepted"] and "requested" in states, "list the versions, the newest first")
        require(self.server.ask("GET", f"Task/{uuid4()}").status == 404, "answer 404 for a Task that is not there")

    def run(self) -> bool:
        """Try each case and print how it went. Whether all are ok."""
        cases = ("statement", "configuration", "refusing", "transaction", "read")
        cases += ("search", "accept", "stale", "illegal", "history")
        went = [self._try(number, getattr(self, name)) for number, name in enumerate(cases, 1)]
        return all(went)

    def _try(self, number: int, case: Callable[[], None]) -> bool:
        try:
            case()
        except NotOk as reason:
            print(f"{number:2}  not ok  {case.__doc__}\n            mend: {reason}")
            return False
        except Exception as problem:  # noqa: BLE001  a server may answer anything; the next case is tried all the same
            print(f"{number:2}  not ok  {case.__doc__}\n            the answer could not be read: {problem!r}")
            return False
        print(f"{number:2}  ok      {case.__doc__}")
        return True
