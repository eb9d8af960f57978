"""Requests to the doors of FHIR and of tokens, made from the tables of what is served; most nearly right."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any
from urllib.parse import quote, urlencode

from fhir.rest.parameters import INCLUDES, PARAMETERS, Kind
from fhir.rest.table import ROUTES
from fhir.smart.endpoints import CALLS

from . import mutating

METHODS = ("GET",) * 10 + ("POST",) * 6 + ("PUT",) * 4 + ("PATCH",) * 3 + ("DELETE", "HEAD", "OPTIONS", "FETCH")
TYPES = tuple(dict.fromkeys(type_ for route in ROUTES for type_ in route.types))
CHANGED = {type_ for route in ROUTES if route.method == "PUT" for type_ in route.types}
OTHERS = ("Encounter", "task", "", "Bundle", "$export", "_history", "metadata", "Questionnaire ", "Täsk")
ACCEPTS = (
    "*/*",
    "application/fhir+json",
    "application/json;fhirVersion=4.0",
    "application/xml",
    "",
    "a" * 500,
    "text/*;q=0",
)
CONTENTS = (
    "application/fhir+json", "application/json", "application/json-patch+json", "application/x-www-form-urlencoded",
    "application/fhir+json; charset=utf-8", "application/fhir+json; charset=utf-16", "multipart/form-data; boundary=x",
    "text/plain", "", ";;;", "application/fhir+xml",
)  # fmt: skip
HEADERS: Mapping[str, Sequence[str]] = {
    "If-Match": ('W/"1"', 'W/"2"', "*", '"1"', "W/", 'W/"999999999999999999999"', "1, 2"),
    "If-None-Match": ('W/"1"', "*", "x"),
    "If-None-Exist": ("identifier=urn:example:case|AF-1188", "identifier=", "_id=1&_id=2", "?", "name=x"),
    "If-Modified-Since": ("Sat, 29 Oct 1994 19:43:31 GMT", "never"),
    "Idempotency-Key": ("one", "two", "x" * 400, ""),
    "Prefer": (
        "return=minimal",
        "return=representation",
        "return=OperationOutcome",
        "handling=strict",
        "respond-async",
    ),
    "X-Provenance": ("{}", "[", '{"resourceType":"Provenance"}'),
    "Content-Encoding": ("gzip",),
    "X-HTTP-Method-Override": ("DELETE",),
    "Range": ("bytes=0-1",),
}
RESULTS: Mapping[str, Sequence[str]] = {
    "_count": ("0", "1", "20", "100", "1000000", "9" * 30, "-1", "٣"),
    "_sort": ("_lastUpdated", "-_lastUpdated", "status", "-", ""),
    "_total": ("none", "accurate", "estimate", "all"),
    "_summary": ("count", "true", "false", "text"),
    "_elements": ("status", "status,code", "meta", ",", "resourceType"),
    "_format": ("json", "xml", "application/fhir+json"),
    "_include": ("Task:focus", "Task:*", "*"),
    "_revinclude": ("Provenance:target", "Task:focus"),
    "_cursor": ("x", "", "A" * 900),
    "_type": ("Patient", "Patient,Task", ","),
    "_has": ("Task:focus:status=requested",),
    "_filter": ("status eq draft",),
    "_lastUpdated": ("gt2026", "lt9999-12-31T23:59:59.999999999-14:00", "ge0001-01-01T00:00:00+14:00"),
}
STEPS = ("accepted", "in-progress", "completed", "rejected", "cancelled", "on-hold", "failed", "entered-in-error")
PATHS = ("/status",) * 6 + ("/businessStatus", "/statusReason", "/note/-", "/note", "/owner/reference", "/output/0")
PATHS += ("", "/", "/a~1b", "/~2", "/id")
DATES = (
    "2026",
    "2026-11",
    "2026-11-22",
    "2026-11-22T10:00Z",
    "2026-11-22T10:00:00.123456789+05:00",
    "9999-12-31",
    "0001-01-01",
)
PREFIXES = ("", "eq", "gt", "lt", "ge", "le", "sa", "eb", "ap", "ne", "xx")
MODIFIERS = (
    ":not",
    ":missing",
    ":exact",
    ":contains",
    ":identifier",
    ":Patient",
    ":text",
    ".identifier",
    ".name",
    ":",
    ".",
)


@dataclass(frozen=True)
class Request:
    """One request, as it can be made again."""

    method: str
    path: str
    headers: dict[str, str]
    data: bytes = b""
    content_type: str = ""

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.headers} {self.content_type} {self.data[:3000]!r}"


@dataclass
class Grammar:
    """Makes requests. ``people`` are tokens, ``ids`` names as ``Type/id``, ``trees`` good resources and bundles."""

    chance: Random
    people: Sequence[str]
    ids: Sequence[str]
    trees: Sequence[dict[str, Any]]
    makers: tuple[Callable[[], Request], ...] = field(init=False)

    def __post_init__(self) -> None:
        makers = ((self.read, 6), (self.search, 8), (self.write, 8), (self.change, 8), (self.patch, 4), (self.form, 1))
        self.makers = tuple(maker for maker, weight in makers for _each in range(weight))

    def requests(self, count: int) -> Iterator[Request]:
        for _each in range(count):
            yield self.chance.choice(self.makers)()

    def maybe(self, value: str, often: float = 0.1) -> str:
        return mutating.text(self.chance, value) if self.chance.random() < often else value

    def type(self) -> str:
        return self.chance.choice(TYPES) if self.chance.random() < 0.95 else self.chance.choice(OTHERS)

    def name(self, only: str = "") -> str:
        """A resource, mostly one that is there, by its own type; mostly ``only`` of that type."""
        those = [each for each in self.ids if each.startswith(only) or self.chance.random() < 0.05]
        type_, _, id_ = self.chance.choice(those).partition("/")
        return f"{type_ if self.chance.random() < 0.9 else self.type()}/{self.maybe(id_)}"

    def address(self, path: str) -> str:
        """A path below the base, percent-encoded; a character that no address can have is left out."""
        return "/fhir/" + quote(path.encode("utf-8", "replace"), safe="/$.:")

    def headers(self) -> dict[str, str]:
        """Mostly a known token; a few of the headers that mean something."""
        chance, who = self.chance, self.chance.choice(self.people)
        made = {
            "Authorization": chance.choice(("Bearer x", "Basic eDp5", ""))
            if chance.random() < 0.03
            else f"Bearer {who}"
        }
        if chance.random() < 0.1:
            made["Accept"] = chance.choice(ACCEPTS)
        for name, values in HEADERS.items():
            if chance.random() < 0.06:
                made[name] = header(self.maybe(chance.choice(values)))
        return made

    def content(self, usual: str) -> str:
        return self.chance.choice(CONTENTS) if self.chance.random() < 0.08 else usual

    def read(self) -> Request:
        version = self.maybe(self.chance.choice(("1", "2", "99")), 0.2)
        ends = ("", "", "/_history", f"/_history/{version}", "/$everything", "/$validate", "/x")
        path = self.address(self.name() + self.chance.choice(ends))
        method = "GET" if self.chance.random() < 0.9 else self.chance.choice(METHODS)
        return Request(method, f"{path}?{self.query('Task')}" if self.chance.random() < 0.2 else path, self.headers())

    def search(self) -> Request:
        type_ = self.type()
        query, headers = self.query(type_), self.headers()
        if self.chance.random() < 0.4:
            content = self.content("application/x-www-form-urlencoded")
            return Request("POST", self.address(f"{type_}/_search"), headers, query.encode(), content)
        return Request("GET", f"{self.address(type_)}?{query}", headers)

    def query(self, type_: str) -> str:
        pairs = [self.pair(type_) for _each in range(self.chance.choice((0, 1, 1, 2, 2, 3, 6)))]
        text = urlencode([(name.encode("utf-8", "replace"), value.encode("utf-8", "replace")) for name, value in pairs])
        return (
            mutating.text(self.chance, text).encode("ascii", "ignore").decode() if self.chance.random() < 0.05 else text
        )

    def pair(self, type_: str) -> tuple[str, str]:
        table = PARAMETERS.get(type_, {})
        if not table or self.chance.random() < 0.35:
            name = self.chance.choice(tuple(RESULTS))
            includes = INCLUDES.get(type_, ()) if name == "_include" else ()
            return self.maybe(name), self.maybe(self.chance.choice((*includes, *RESULTS[name])))
        name = self.chance.choice(tuple(table))
        value = ",".join(self.value(table[name].kind) for _each in range(self.chance.choice((1, 1, 1, 3))))
        more = self.chance.choice(MODIFIERS) if self.chance.random() < 0.15 else ""
        return self.maybe(name, 0.05) + more, self.maybe(value)

    def value(self, kind: Kind) -> str:
        chance = self.chance
        if kind is Kind.DATE:
            return chance.choice(PREFIXES) + chance.choice(DATES)
        if kind is Kind.REFERENCE:
            whole = chance.choice(self.ids)
            return chance.choice((whole, whole.partition("/")[2], f"http://testserver/fhir/{whole}"))
        if kind is Kind.TOKEN:
            codes = ("requested", "active", "AF-1188", "http://loinc.org|93373-9", "|", "a|", "|a", "true", "survey")
            return chance.choice((*codes, chance.choice(self.ids).partition("/")[2]))
        return chance.choice(("Zwillinger", "http://loinc.org/q/93373-9", "a|1", "true", ""))

    def write(self) -> Request:
        """A resource or Bundle, to where it may go or elsewhere."""
        good = self.chance.choice(self.trees)
        type_ = str(good["resourceType"])
        right = "" if type_ == "Bundle" else type_
        place = (
            right
            if self.chance.random() < 0.85
            else self.chance.choice((self.type(), f"{type_}/$validate", "$validate"))
        )
        return self.sent("POST", place, good)

    def change(self) -> Request:
        """A resource that is there, sent again, changed."""
        good = self.chance.choice([each for each in self.trees if each["resourceType"] in CHANGED and "id" in each])
        place = f"{good['resourceType']}/{good['id']}" if self.chance.random() < 0.9 else self.name()
        return self.sent("PUT", place, good)

    def sent(self, method: str, place: str, good: Any) -> Request:
        usual = method if self.chance.random() < 0.95 else self.chance.choice(METHODS)
        data = mutating.body(self.chance, good)
        return Request(usual, self.address(place), self.headers(), data, self.content("application/fhir+json"))

    def patch(self) -> Request:
        values: tuple[Any, ...] = (*STEPS, {"text": "x"}, [{"text": "x"}], {"coding": [{"code": "no-capacity"}]})
        operations = [
            {
                "op": self.chance.choice(("replace", "replace", "add", "remove", "test", "move", "copy", "x")),
                "path": self.chance.choice(PATHS),
                "from": self.chance.choice(PATHS),
                "value": self.chance.choice(values),
            }
            for _each in range(self.chance.choice((0, 1, 1, 1, 2, 4)))
        ]
        data = mutating.body(self.chance, operations) or b"[]"
        return Request(
            "PATCH", self.address(self.name("Task/")), self.headers(), data, self.content("application/json-patch+json")
        )

    def form(self) -> Request:
        """What is posted to the addresses of tokens."""
        fields = (
            "grant_type",
            "scope",
            "client_assertion_type",
            "client_assertion",
            "token",
            "client_id",
            "token_type_hint",
        )
        values = (
            "client_credentials", "system/Task.rus", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "e30.e30.e30", "eyJhbGciOiJFUzM4NCIsImtpZCI6ImsifQ.e30.AA", "x", json.dumps({"a": 1}),
        )  # fmt: skip
        pairs = [(name, self.maybe(self.chance.choice(values), 0.3)) for name in fields if self.chance.random() < 0.7]
        data = urlencode([(name, value.encode("utf-8", "replace")) for name, value in pairs]).encode()
        where = self.chance.choice((*(f"/auth/{name}" for name in CALLS), "/fhir/.well-known/smart-configuration"))
        method = "POST" if self.chance.random() < 0.9 else self.chance.choice(METHODS)
        return Request(method, where, {}, data, self.content("application/x-www-form-urlencoded"))


def header(value: str) -> str:
    """A value that a server can hand on as a header's: latin-1, one line."""
    return value.encode("latin-1", "ignore").decode("latin-1").translate({10: None, 13: None, 0: None})[:900]
