"""What a request carries below its headers: bytes of a bounded length, of the one kind its route takes."""

from urllib.parse import parse_qsl

from django.http import HttpRequest

from fhir.content import exact
from fhir.content.bundle import MAX_BYTES
from fhir.content.exact import Object, Tree
from fhir.content.issues import Issue

from .calls import Body, Unanswerable, wrong

FORM = "application/x-www-form-urlencoded"
LONGEST_QUERY, MOST_PARAMETERS = 8_000, 200
KINDS = {
    Body.FORM: (frozenset({FORM}), 64_000),
    Body.RESOURCE: (frozenset({"application/fhir+json", "application/json"}), MAX_BYTES),
    Body.PATCH: (frozenset({"application/json-patch+json"}), MAX_BYTES),
}
"""Which media types each kind of body may have, and how many bytes."""


def read(request: HttpRequest, kind: Body) -> bytes:
    """The body of a request that takes ``kind``. Raises ``Unanswerable``: 415 for another type, 413 for too much."""
    if kind is Body.NONE:
        return b""
    types, most = KINDS[kind]
    versions = {value for name, value in (request.content_params or {}).items() if name.lower() == "fhirversion"}
    if (request.content_type or "").lower() not in types or not versions <= {"4.0", "4.0.1"}:
        raise wrong(415, "not-supported", "http.Content-Type", f"must be {' or '.join(sorted(types))}, of FHIR R4")
    said = str(request.META.get("CONTENT_LENGTH") or "0")
    if not (said.isascii() and said.isdigit()):
        raise wrong(400, "value", "http.Content-Length", "must be a number of bytes")
    if int(said) > most:
        raise _too_long(most)
    data: bytes = request.read(most + 1)
    if len(data) > most:
        raise _too_long(most)
    return data


def _too_long(most: int) -> Unanswerable:
    return wrong(413, "too-long", "http", f"The body has more than {most} bytes.")


def text(data: bytes) -> str:
    """A form as text. Raises ``Unanswerable``."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise wrong(400, "structure", "http", "The body is not UTF-8.") from None


def query(text: str) -> list[tuple[str, str]]:
    """The parameters of an address, in their order. Raises ``Unanswerable`` for one that is too long."""
    if len(text) > LONGEST_QUERY:
        raise wrong(413, "too-long", "http", f"The address has more than {LONGEST_QUERY} characters; use _search.")
    return pairs(text)


def pairs(form: str) -> list[tuple[str, str]]:
    """The parameters of a form, in their order. Raises ``Unanswerable`` for too many, and for a character NUL.

    No database keeps a NUL in a text, so no row has one; PostgreSQL refuses even to look for it.
    """
    try:
        found = parse_qsl(form, keep_blank_values=False, max_num_fields=MOST_PARAMETERS)
    except ValueError:
        raise wrong(400, "too-costly", "http", f"More than {MOST_PARAMETERS} parameters are not read.") from None
    if any("\0" in text for pair in found for text in pair):
        raise wrong(400, "value", "http", "A parameter holds the character NUL, which nothing here has.")
    return found


def tree(data: bytes) -> Tree:
    """The exact JSON of a body. Raises ``Unanswerable``, saying where it is none."""
    try:
        return exact.parse(data)
    except exact.Malformed as malformed:
        raise Unanswerable(400, Issue("fatal", "structure", malformed.at or "http", str(malformed))) from None


def resource(data: bytes, type_: str = "") -> Object:
    """The resource of a body, of the type in the address if there is one. Raises ``Unanswerable``."""
    made = tree(data)
    if not isinstance(made, dict) or not isinstance(made.get("resourceType"), str):
        raise wrong(400, "structure", "resourceType", "must say of which type the resource is")
    if type_ and made["resourceType"] != type_:
        raise wrong(400, "invalid", "resourceType", f"must be {type_}, as in the address")
    return made
