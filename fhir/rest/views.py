"""The edge of FHIR over HTTP: a request is taken apart here, answered by its row of the table, and written here."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from audit import door
from fhir.content import exact
from referrals.errors import Refused
from referrals.services import recording

from . import bodies, outcomes
from .calls import Answer, Body, Call, Match, Route, Unanswerable, wrong
from .door import Caller, caller_of, count, require
from .table import route_of

JSON = frozenset({"application/fhir+json", "application/json", "json", "application/*", "*/*"})
REFUSED = "resource.refuse"
CONTENT_TYPE = "application/fhir+json; charset=utf-8"


@csrf_exempt  # who asks proves it by a token; no cookie counts here
def edge(request: HttpRequest, path: str) -> HttpResponse:
    """Answer one request, whatever happens."""
    with door.opened(door="fhir", request_id=door.current().request_id):
        about = path.partition("/")[0]
        try:
            match = route_of(request.method or "", path)
            about = match.found.get("type", "")
            answer = _answered(request, match)
        except Exception as problem:  # noqa: BLE001  the last line of the edge: outcomes knows what may be said
            answer = outcomes.answer(problem, about=about if about.isalpha() else "")
        return _written(answer)


def _answered(request: HttpRequest, match: Match) -> Answer:
    _require_json(request)
    route, found = match
    caller = None if route.public else _let_in(request.headers.get("Authorization"), found.get("type"), route)
    with _recorded(caller):
        return route.handler(_call(request, route, found, caller))


@contextmanager
def _recorded(caller: Caller | None) -> Iterator[None]:
    """What is refused to somebody known leaves an event, also if it never came to what writes one."""
    with door.counted() as left:
        try:
            yield
        except (Refused, Unanswerable) as refusal:
            if caller is not None and not left:
                code = refusal.code if isinstance(refusal, Refused) else str(refusal.status)
                recording.refuse(caller.actor, REFUSED, code=code)
            raise


def _call(request: HttpRequest, route: Route, found: Mapping[str, str], caller: Caller | None) -> Call:
    data, headers = bodies.read(request, route.body), request.headers
    return Call(
        base=f"{request.scheme}://{request.get_host()}/fhir",
        type=found.get("type", ""),
        id=found.get("id", ""),
        version=found.get("version", ""),
        parameters=(
            *bodies.query(request.META.get("QUERY_STRING", "")),
            *bodies.pairs(bodies.text(data) if route.body is Body.FORM else ""),
        ),
        posted=route.body is Body.FORM,
        strict=_preferred(request, "handling") == "strict",
        if_none_match=headers.get("If-None-Match", ""),
        if_match=headers.get("If-Match", ""),
        if_none_exist=headers.get("If-None-Exist", ""),
        key=headers.get("Idempotency-Key", ""),
        returns=_preferred(request, "return"),
        data=data,
        caller=caller,
    )


def _preferred(request: HttpRequest, name: str) -> str:
    """What ``Prefer`` says of this (RFC 7240), "" if nothing."""
    said = (each.strip().partition("=") for each in request.headers.get("Prefer", "").replace(";", ",").split(","))
    return next((value.strip().strip('"') for key, _, value in said if key.strip().lower() == name), "")


def _let_in(authorization: str | None, type_: str | None, route: Route) -> Caller:
    """Who asks, if it may ask this. A known caller who may not is recorded here, a stranger by who knows callers."""
    caller = caller_of(authorization)
    count(caller)
    if type_ is not None and route.interaction:
        require(caller, type_, route.interaction)
    return caller


def _require_json(request: HttpRequest) -> None:
    """Raise ``Unanswerable`` unless FHIR JSON of R4 is what is wanted."""
    wanted = request.GET.get("_format") or request.headers.get("Accept") or "*/*"
    for each in wanted.split(","):
        kind, *options = (part.strip().lower() for part in each.split(";"))
        versions = [option.partition("=")[2] for option in options if option.startswith("fhirversion")]
        if kind.replace(" ", "+") in JSON and all(version in ("4.0", "4.0.1") for version in versions):
            return
    raise wrong(406, "not-supported", "http.Accept", "must allow application/fhir+json, fhirVersion 4.0")


def _written(answer: Answer) -> HttpResponse:
    body = b"" if answer.tree is None else exact.dump(answer.tree)
    headers = {"Cache-Control": "no-store", **answer.headers}
    return HttpResponse(body, status=answer.status, content_type=CONTENT_TYPE, headers=headers)
