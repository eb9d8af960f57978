"""The one routing table. What is not in it is not served, and not in the CapabilityStatement either."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from fhir.content.transaction import BEGINS
from referrals.arriving import ADDED

from . import (
    audited,
    batches,
    bodies,
    capability,
    directory,
    provenance,
    reading,
    searching,
    subscribing,
    transactions,
    updating,
    validating,
    writing,
)
from .calls import Answer, Body, Call, Match, Route, wrong
from .parameters import PARAMETERS
from .reading import SEALED


def _metadata(call: Call) -> Answer:
    """What this server can do. Anybody may ask."""
    return Answer(tree=capability.statement(ROUTES, base=call.base), headers={"Access-Control-Allow-Origin": "*"})


def _bundle(call: Call) -> Answer:
    """A transaction or a batch."""
    bundle = bodies.resource(call.data, "Bundle")
    if bundle.get("type") == "transaction":
        return transactions.run(call, bundle)
    if bundle.get("type") == "batch":
        return batches.run(call, bundle, route_of)
    raise wrong(422, "not-supported", "Bundle.type", "must be one of: transaction, batch")


_DIRECTORY = tuple(directory.ROWS)
_SEARCHED = tuple(PARAMETERS)
_CREATED = (*ADDED, "Task")
_OWN = ("Subscription",)

ROUTES: tuple[Route, ...] = (
    Route(method="GET", path="metadata", interaction="capabilities", types=(), handler=_metadata, public=True),
    Route(method="GET", path="{type}/{id}", interaction="read", types=SEALED, handler=reading.read),
    Route(
        method="GET", path="{type}/{id}/_history/{version}", interaction="vread", types=SEALED, handler=reading.vread
    ),
    Route(
        method="GET", path="{type}/{id}/_history", interaction="history-instance", types=SEALED, handler=reading.history
    ),
    Route(
        method="PUT",
        path="{type}/{id}",
        interaction="update",
        types=SEALED,
        handler=updating.update,
        body=Body.RESOURCE,
    ),
    Route(
        method="PATCH",
        path="{type}/{id}",
        interaction="patch",
        types=("Task",),
        handler=updating.patch,
        body=Body.PATCH,
    ),
    Route(method="GET", path="{type}/{id}", interaction="read", types=_DIRECTORY, handler=directory.read),
    Route(method="GET", path="{type}/{id}", interaction="read", types=("Provenance",), handler=provenance.read),
    Route(method="GET", path="{type}/{id}", interaction="read", types=("AuditEvent",), handler=audited.read),
    Route(method="GET", path="{type}", interaction="search-type", types=_SEARCHED, handler=searching.search),
    Route(
        method="POST",
        path="{type}/_search",
        interaction="search-type",
        types=_SEARCHED,
        handler=searching.search,
        body=Body.FORM,
    ),
    Route(
        method="GET",
        path="{type}/{id}/$everything",
        interaction="read",
        types=("Patient",),
        handler=reading.everything,
        operation="everything",
    ),
    Route(
        method="GET", path="{type}/{id}", interaction="read", types=("Questionnaire",), handler=directory.questionnaire
    ),
    Route(method="POST", path="", interaction="transaction", types=(), handler=_bundle, body=Body.RESOURCE),
    Route(
        method="POST",
        path="{type}",
        interaction="create",
        types=_CREATED,
        handler=writing.create,
        body=Body.RESOURCE,
    ),
    Route(
        method="POST",
        path="{type}",
        interaction="create",
        types=tuple(sorted(BEGINS)),
        handler=writing.alone,
        body=Body.RESOURCE,
        stated=False,
    ),
    *(
        Route(
            method="POST",
            path=path,
            interaction="",
            types=validating.VALIDATED,
            handler=validating.validate,
            operation="validate",
            body=Body.RESOURCE,
        )
        for path in ("{type}/$validate", "{type}/{id}/$validate")
    ),
    Route(method="GET", path="{type}/{id}", interaction="read", types=_OWN, handler=subscribing.read),
    Route(
        method="POST",
        path="{type}",
        interaction="create",
        types=_OWN,
        handler=subscribing.create,
        body=Body.RESOURCE,
    ),
    Route(
        method="PUT",
        path="{type}/{id}",
        interaction="update",
        types=_OWN,
        handler=subscribing.update,
        body=Body.RESOURCE,
    ),
    Route(method="DELETE", path="{type}/{id}", interaction="delete", types=_OWN, handler=subscribing.delete),
    *(
        Route(
            method=method,
            path=path,
            interaction="read",
            types=_OWN,
            handler=handler,
            operation=path.rpartition("$")[2],
            body=body,
        )
        for method, body in (("GET", Body.NONE), ("POST", Body.RESOURCE))
        for path, handler in (
            ("{type}/$status", subscribing.all_statuses),
            ("{type}/{id}/$status", subscribing.status),
            ("{type}/{id}/$events", subscribing.events),
        )
    ),
)


NOWHERE = "Nothing is served at this address; see metadata."
NOT_SERVED: Mapping[str, str] = MappingProxyType(
    {"Binary": "is not served: what is attached stands in DocumentReference.content.attachment.data"}
)
"""What somebody may look for here, and where it is."""

CONDITIONAL = {"PUT": "update", "PATCH": "patch", "DELETE": "delete"}
"""What a method would be if a query stood in the place of an id."""


def route_of(method: str, path: str) -> Match:
    """The row for a request. Raises ``Unanswerable``: 404 for what is not served, 405 for another method of what is."""
    there = list(_matches(path))
    match = next((each for each in there if each.route.method == method), None)
    if match is not None:
        return match
    if there:
        allow = ", ".join(dict.fromkeys(each.route.method for each in there))
        text = f"Only {allow} is answered here."
        if method in CONDITIONAL and "/" not in path:
            text = f"A conditional {CONDITIONAL[method]} is not supported: name the resource by its id. {text}"
        raise wrong(405, "not-supported", "http", text, headers={"Allow": allow})
    type_ = path.partition("/")[0]
    raise wrong(404, "not-supported", type_ if type_ in NOT_SERVED else "http", NOT_SERVED.get(type_, NOWHERE))


def _matches(path: str) -> Iterator[Match]:
    given = path.split("/")
    for route in ROUTES:
        wanted = route.path.split("/")
        if len(wanted) == len(given):
            pairs = list(zip(wanted, given, strict=True))
            found = {name[1:-1]: value for name, value in pairs if name.startswith("{")}
            fixed = all(name == value for name, value in pairs if not name.startswith("{"))
            named = all(value and value[0] not in "_$" for value in found.values())
            if fixed and named and (not route.types or found["type"] in route.types):
                yield Match(route, found)
