"""The text of a FHIR reference: what it may look like, and what it names (hl7.org/fhir/R4/references.html)."""

import re
from dataclasses import dataclass

from fhir.content.types import RESOURCE_TYPES

ALLOWED = "Type/id, an absolute URL, urn:uuid:..., urn:oid:... or #id of a contained resource"

_RESTFUL = re.compile(
    r"(?P<base>https?://[^\s?#]+/)?(?P<type>[A-Z][A-Za-z]+)/(?P<id>[A-Za-z0-9\-.]{1,64})"
    r"(/_history/[A-Za-z0-9\-.]{1,64})?"
)
_URN = re.compile(r"urn:(uuid:[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|oid:[0-2](\.(0|[1-9][0-9]*))+)")
_URL = re.compile(r"https?://[^\s/?#]+\S*")
_LOCAL = re.compile(r"#[A-Za-z0-9\-.]{0,64}")


@dataclass(frozen=True, slots=True)
class Target:
    """What a reference names: ``type`` "" where it does not say, ``key`` without the version.

    ``local`` is the id of a contained resource, "" for the container itself, None where it is no local reference.
    """

    type: str = ""
    key: str = ""
    local: str | None = None
    urn: bool = False


def target(reference: str) -> Target | None:
    """What ``reference`` names, or None if it is no FHIR reference at all."""
    restful = _RESTFUL.fullmatch(reference)
    if restful and restful["type"] in RESOURCE_TYPES:
        return Target(restful["type"], f"{restful['base'] or ''}{restful['type']}/{restful['id']}")
    if _LOCAL.fullmatch(reference):
        return Target(local=reference[1:])
    if _URN.fullmatch(reference):
        return Target(key=reference, urn=True)
    return Target(key=reference) if _URL.fullmatch(reference) else None
