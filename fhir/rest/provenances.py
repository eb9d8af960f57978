"""Who wrote a version, when, and the author's own signature, as a Provenance. Pure: a version in, a tree out.

A Provenance goes by the id of the resource and the number of the version, so that its id tells no time of its own.
"""

from base64 import b64encode
from collections.abc import Mapping
from types import MappingProxyType

from fhir.content import moments
from fhir.content.exact import Object, Tree
from referrals.services.attesting import AUTHOR, moment
from referrals.services.versions import Version

from . import rendering

OPERATION = "http://terminology.hl7.org/CodeSystem/v3-DataOperation"
PARTICIPANT = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"
SIGNATURE_TYPES = "urn:iso-astm:E1762-95:2013"
TARGET_FORMAT = "application/fhir+json;canonicalization=http://hl7.org/fhir/canonicalization/json#document"
UNTOLD: Mapping[str, Tree] = MappingProxyType({"display": "Not told to you"})
"""FHIR asks for somebody; who else is in a referral is nobody's to learn."""


def name_of(version: Version) -> str:
    """The id of a version's Provenance."""
    return f"{version.id}.{version.number}"


def tree(version: Version) -> Object:
    """The Provenance of one version, with the labels and the notice of what it is about."""
    path = f"{version.type}/{version.id}/_history"
    made: Object = {
        "resourceType": "Provenance",
        "id": name_of(version),
        "meta": _meta(version),
        "target": [{"reference": f"{path}/{version.number}"}],
        "recorded": moments.instant(version.at),
        "activity": {"coding": [{"system": OPERATION, "code": "CREATE" if version.number == 1 else "UPDATE"}]},
        "agent": [_agent(version)],
    }
    if version.number > 1:
        made["entity"] = [{"role": "revision", "what": {"reference": f"{path}/{version.number - 1}"}}]
    return made | {"signature": [_signature(version)]} if version.signature else made


def _meta(version: Version) -> Object:
    meta = rendering.meta_of(version)
    kept: Object = {name: meta[name] for name in ("extension", "security") if name in meta}
    return {"lastUpdated": moments.instant(version.at), **kept}


def _agent(version: Version) -> Tree:
    made: Object = {"type": {"coding": [{"system": PARTICIPANT, "code": "author"}]}}
    if version.author is None:
        return made | {"who": dict(UNTOLD)}
    agency: Tree = {"reference": f"Organization/{version.author.agency_id}"}
    if version.author.membership_id is None:
        return made | {"who": agency}
    return made | {"who": {"reference": f"PractitionerRole/{version.author.membership_id}"}, "onBehalfOf": agency}


def _signature(version: Version) -> Tree:
    if version.author is None:
        raise TypeError("A signature names its author.")
    return {
        "type": [{"system": SIGNATURE_TYPES, "code": AUTHOR, "display": "Author's Signature"}],
        "when": moment(version.at),
        "who": {"reference": f"Organization/{version.author.agency_id}"},
        "targetFormat": TARGET_FORMAT,
        "sigFormat": "application/jose",
        "data": b64encode(version.signature.encode()).decode(),
    }
