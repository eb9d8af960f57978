"""Bundles as a partner's system sends them: a referral that begins, and what is done to one under way."""

import json
from typing import Any
from uuid import UUID, uuid4

from tests.county import PATIENT, bundle_of

Tree = dict[str, Any]
REQUEST = "urn:uuid:8c2b5f0e-0000-4000-8000-000000000002"
INPUT = "https://bhu.example.org/fhir/CodeSystem/task-input"


def task(owner: UUID | str, *, focus: str = REQUEST, **more: Any) -> Tree:
    """A Task put to one agency, by its id or its handle."""
    handle = {"identifier": {"system": "https://bhu.example.org/fhir/NamingSystem/agency", "value": owner}}
    named = {"reference": f"Organization/{owner}"} if isinstance(owner, UUID) else handle
    return {
        "resourceType": "Task",
        "status": "requested",
        "intent": "order",
        "focus": {"reference": focus},
        "owner": named,
    } | more


def said(**inputs: Any) -> list[Tree]:
    """``Task.input`` of these codes; a list is one input for each of its values."""
    return [
        {"type": {"coding": [{"system": INPUT, "code": name.replace("_", "-")}]}, **_value(each)}
        for name, value in inputs.items()
        for each in (value if isinstance(value, list) else [value])
    ]


def _value(value: str) -> Tree:
    return {"valueReference": {"reference": value}} if "/" in value or ":" in value else {"valueCode": value}


def begun(*tasks: Tree, more: tuple[Tree, ...] = (), request: Tree | None = None) -> Tree:
    """A transaction that begins a referral."""
    whole: Tree = json.loads(bundle_of(*more, *tasks, request=request))
    whole["entry"][1]["fullUrl"] = REQUEST
    return whole


def transaction(*entries: Tree, kind: str = "transaction") -> Tree:
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries)}


def posted(tree: Tree, url: str = "") -> Tree:
    """One entry that creates."""
    request = {"method": "POST", "url": tree["resourceType"]}
    return {"fullUrl": url or f"urn:uuid:{uuid4()}", "resource": tree, "request": request}


def observation(subject: str = PATIENT, **more: Any) -> Tree:
    """A small finding about a client."""
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"text": "Last meal"},
        "subject": {"reference": subject},
        "valueQuantity": {"value": 1.5, "unit": "h"},
    } | more
