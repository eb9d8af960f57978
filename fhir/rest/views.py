"""The edge of FHIR over HTTP: a request is taken apart here, answered by its row of the table, and written here."""

from urllib.parse import parse_qsl

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from audit import door
from fhir.content import exact
from referrals.errors import Refused
from referrals.services import recording

from . import outcomes
from .calls import Answer, Call, wrong
from .door import Caller, caller_of
from .table import Match, route_of

LONGEST_BODY, LONGEST_QUERY, MOST_PARAMETERS = 64_000, 8_000, 200
JSON = frozenset({"application/fhir+json", "application/json", "json", "application/*", "*/*"})
FORM = "application/x-www-form-urlencoded"
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
    authorization = request.headers.get("Authorization")
    caller = None if route.public else _let_in(authorization, found["type"], route.interaction)
    posted = route.method == "POST"
    return route.handler(
        Call(
            base=f"{request.scheme}://{request.get_host()}/fhir",
            type=found.get("type", ""),
            id=found.get("id", ""),
            version=found.get("version", ""),
            parameters=_parameters(request, posted=posted),
            posted=posted,
            strict="handling=strict" in request.headers.get("Prefer", "").replace(" ", ""),
            if_none_match=request.headers.get("If-None-Match", ""),
            caller=caller,
        )
    )


def _let_in(authorization: str | None, type_: str, interaction: str) -> Caller:
    """Who asks, if it may ask this. A known caller who may not is recorded here, a stranger by who knows callers."""
    caller = caller_of(authorization)
    try:
        caller.require(type_, interaction)
    except Refused as refusal:
        recording.refuse(caller.actor, "door.refuse", code=refusal.code)
        raise
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


def _parameters(request: HttpRequest, *, posted: bool) -> tuple[tuple[str, str], ...]:
    query = request.META.get("QUERY_STRING", "")
    if len(query) > LONGEST_QUERY:
        raise wrong(413, "too-long", "http", f"The address has more than {LONGEST_QUERY} characters; use _search.")
    return (*_pairs(query), *(_pairs(_body(request)) if posted else ()))


def _body(request: HttpRequest) -> str:
    if (request.content_type or "") != FORM:
        raise wrong(415, "not-supported", "http.Content-Type", f"must be {FORM}")
    if int(request.META.get("CONTENT_LENGTH") or 0) > LONGEST_BODY:
        raise wrong(413, "too-long", "http", f"The body has more than {LONGEST_BODY} bytes.")
    try:
        return request.body.decode()
    except UnicodeDecodeError:
        raise wrong(400, "structure", "http", "The body is not UTF-8.") from None


def _pairs(text: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(text, keep_blank_values=False, max_num_fields=MOST_PARAMETERS)
    except ValueError:
        raise wrong(400, "too-costly", "http", f"More than {MOST_PARAMETERS} parameters are not read.") from None


def _written(answer: Answer) -> HttpResponse:
    body = b"" if answer.tree is None else exact.dump(answer.tree)
    headers = {"Cache-Control": "no-store", **answer.headers}
    return HttpResponse(body, status=answer.status, content_type=CONTENT_TYPE, headers=headers)
