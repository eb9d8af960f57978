"""A batch: each entry is a request of its own with an answer of its own; one that is refused stops no other."""

import base64
import binascii
from collections.abc import Callable
from dataclasses import replace
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from fhir.content import exact, moments, transaction
from fhir.content.exact import Object, Tree
from fhir.content.issues import Invalid as InvalidContent

from . import bodies, outcomes
from .calls import Answer, Body, Call, Match, Route, Unanswerable, wrong
from .door import count, require

RouteOf = Callable[[str, str], Match]


def run(call: Call, bundle: Object, route_of: RouteOf) -> Answer:
    """Answer every entry, in their order."""
    try:
        transaction.require_bounded(bundle)
    except InvalidContent as refusal:
        raise Unanswerable(422, *refusal.issues) from None
    given = bundle["entry"]
    wrappers = given if isinstance(given, list) else []
    count(call.let_in, len(wrappers) - 1)
    entries: list[Tree] = [_entry(call, wrapper, number, route_of) for number, wrapper in enumerate(wrappers)]
    return Answer(tree={"resourceType": "Bundle", "type": "batch-response", "entry": entries})


def _entry(call: Call, wrapper: Tree, number: int, route_of: RouteOf) -> Object:
    about = at = f"Bundle.entry[{number}]"
    try:
        request = _request(wrapper, at)
        match = route_of(str(request.get("method")), str(request.get("url")).partition("?")[0])
        about = match.found.get("type", "") or at
        answer = _answered(_call(call, request, match, number), match.route, wrapper, at)
    except Exception as problem:  # noqa: BLE001  as at the edge itself: outcomes knows what may be said
        answer = outcomes.answer(problem, about=about)
    return _written(answer)


def _request(wrapper: Tree, at: str) -> Object:
    request = wrapper.get("request") if isinstance(wrapper, dict) else None
    if not isinstance(request, dict):
        raise wrong(400, "required", f"{at}.request", "is required: method and url")
    return request


def _call(call: Call, request: Object, match: Match, number: int) -> Call:
    """The entry as a request of its own; of the batch's key it has a part of its own."""
    return replace(
        call,
        type=match.found.get("type", ""),
        id=match.found.get("id", ""),
        version=match.found.get("version", ""),
        parameters=tuple(bodies.query(str(request.get("url")).partition("?")[2])),
        if_none_match=str(request.get("ifNoneMatch", "")),
        if_match=str(request.get("ifMatch", "")),
        if_none_exist=str(request.get("ifNoneExist", "")),
        key=f"{call.key}/{number}" if call.key and "ifNoneExist" not in request else "",
    )


def _answered(call: Call, route: Route, wrapper: Tree, at: str) -> Answer:
    if route.body is Body.FORM or not route.path:
        raise wrong(422, "not-supported", f"{at}.request", "must be no form and no Bundle")
    if not route.public and route.interaction:
        require(call.let_in, call.type, route.interaction)
    return route.handler(replace(call, data=_data(wrapper, route.body, f"{at}.resource")))


def _data(wrapper: Tree, body: Body, at: str) -> bytes:
    """The body of an entry. A patch comes in a Binary (R4 3.1.0.11.2)."""
    if body is Body.NONE:
        return b""
    tree = wrapper.get("resource") if isinstance(wrapper, dict) else None
    if not isinstance(tree, dict):
        raise wrong(400, "required", at, "is required for this method")
    if body is Body.RESOURCE:
        return exact.dump(tree)
    return patch_of(tree, at)


def patch_of(binary: Object, at: str) -> bytes:
    """The JSON Patch in a Binary. Raises ``Unanswerable``."""
    if (binary.get("resourceType"), binary.get("contentType")) != ("Binary", "application/json-patch+json"):
        raise wrong(400, "value", at, "must be a Binary of application/json-patch+json")
    try:
        return base64.b64decode(str(binary.get("data")), validate=True)
    except (binascii.Error, ValueError):
        raise wrong(400, "value", f"{at}.data", "must be base64") from None


def _written(answer: Answer) -> Object:
    response: Object = {"status": f"{answer.status} {HTTPStatus(answer.status).phrase}"}
    for name, header in (("location", "Location"), ("etag", "ETag")):
        if header in answer.headers:
            response[name] = answer.headers[header]
    if "Last-Modified" in answer.headers:
        response["lastModified"] = moments.instant(parsedate_to_datetime(answer.headers["Last-Modified"]))
    if answer.tree is None:
        return {"response": response}
    if answer.tree["resourceType"] == "OperationOutcome":
        return {"response": response | {"outcome": answer.tree}}
    return {"resource": answer.tree, "response": response}
