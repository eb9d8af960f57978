"""Named people as callers of the edge, and what they get: for tests, in place of tokens."""

import json
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.test import Client

from agencies.actor import Actor
from agencies.errors import NotAMember
from agencies.models import Membership
from agencies.services import actor_for
from referrals.errors import Refused
from tests.integrity.trees import read

PEOPLE: dict[str, "Known"] = {}


class NoToken(Refused):
    """As the tokens' room says it."""

    code = "NO_TOKEN"
    status = 401
    issue = "login"
    challenge = 'Bearer realm="bhu"'


class NotCovered(NoToken):
    code = "SCOPE"
    status = 403
    issue = "forbidden"


@dataclass(frozen=True)
class Known:
    """A caller whose token covers everything but ``never``."""

    actor: Actor
    never: frozenset[str] = frozenset()

    def require(self, type_: str, interaction: str) -> None:
        if type_ in self.never:
            raise NotCovered(f"The token's scopes do not cover {interaction} of {type_}.")

    def count(self, times: int = 1) -> None:
        """As often as they like."""


def caller_of(authorization: str | None) -> Known:
    """Whoever ``PEOPLE`` knows by the name in the header."""
    name = (authorization or "").removeprefix("Bearer ")
    if name not in PEOPLE:
        raise NoToken("A bearer token is needed.")
    return PEOPLE[name]


def caller_by(membership_id: UUID) -> Known:
    """Whoever ``PEOPLE`` knows by that membership, as they may act now."""
    found = next((each for each in PEOPLE.values() if each.actor.membership_id == membership_id), None)
    if found is None:
        raise NoToken("Nobody.")
    try:
        actor = actor_for(Membership.objects.get(pk=membership_id))
    except NotAMember:
        raise NoToken("Not a member any more.") from None
    return replace(found, actor=actor)


@dataclass(frozen=True)
class Heard:
    """An answer: its status, headers, bytes."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def tree(self) -> Any:
        return json.loads(self.body)

    @property
    def exact(self) -> Any:
        return read(self.body)

    @property
    def issue(self) -> dict[str, Any]:
        (issue,) = self.tree["issue"]
        return issue

    @property
    def refusal(self) -> str:
        return self.issue["details"]["coding"][0]["code"]

    def entries(self, mode: str = "match") -> list[dict[str, Any]]:
        return [row["resource"] for row in self.tree.get("entry", ()) if row["search"]["mode"] == mode]

    def link(self, relation: str) -> str:
        return next((row["url"] for row in self.tree["link"] if row["relation"] == relation), "")


def get(who: str, path: str, **headers: str) -> Heard:
    """``GET`` below the base, or at a whole address of the server."""
    where = path.removeprefix("http://testserver") if path.startswith("http") else f"/fhir/{path}"
    return heard(Client(raise_request_exception=True).get(where, headers=signed(who, headers)))


def post(who: str, path: str, content_type: str = "application/x-www-form-urlencoded", **terms: str) -> Heard:
    from urllib.parse import urlencode

    made = urlencode({name.replace("__", "-"): value for name, value in terms.items()})
    return heard(
        Client(enforce_csrf_checks=True).post(f"/fhir/{path}", made, content_type=content_type, headers=signed(who, {}))
    )


def send(method: str, who: str, path: str, body: Any, content_type: str = "", **headers: str) -> Heard:
    """``body`` as JSON, or as it is if it is bytes, by ``POST``, ``PUT`` or ``PATCH``."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    kind = content_type or {"PATCH": "application/json-patch+json"}.get(method, "application/fhir+json")
    client = Client(enforce_csrf_checks=True)
    return heard(client.generic(method, f"/fhir/{path}", data, content_type=kind, headers=signed(who, headers)))


def signed(who: str, headers: dict[str, str]) -> dict[str, str]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return named | ({"Authorization": f"Bearer {who}"} if who else {})


def heard(response: Any) -> Heard:
    return Heard(response.status_code, dict(response.items()), response.content)
