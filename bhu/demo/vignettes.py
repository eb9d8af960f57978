"""The vignettes as FHIR bundles: their bytes, and the words that must be found nowhere unsealed."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from fhir.content import exact

FOLDER = Path(__file__).parent / "bundles"
CLIENT = b"urn:uuid:00000000-0000-4000-8000-000000000000"
"""How an addition calls the client, whose id is not known before the referral is sent."""

SIGNED, ENDS = b"2026-11-21", b"2027-05-20"
"""The days on which the consents of these files were signed and end, as they stand there."""

SHORTEST = 6
"""Shorter words turn up in random bytes: six letters do once in some thousand gigabytes."""


def bundle(name: str) -> bytes:
    """The transaction Bundle ``vignette-03`` and the like; its consents were signed yesterday, so that they stand."""
    today = datetime.now(UTC).date()
    signed, ends = (day.isoformat().encode() for day in (today - timedelta(days=1), today + timedelta(days=180)))
    return (FOLDER / f"{name}.json").read_bytes().replace(SIGNED, signed).replace(ENDS, ends)


def addition(name: str, *, patient_id: UUID) -> bytes:
    """A single resource to add to a referral, about the client as that referral knows them."""
    return bundle(name).replace(CLIENT, f"Patient/{patient_id}".encode())


def canaries(data: bytes) -> frozenset[str]:
    """What a bundle says that identifies or describes its client, in lower case, piece by piece.

    Names, numbers, street and local ids of every Patient, and every sentence somebody wrote freely.
    """
    found = (word.lower() for resource in _resources(exact.parse(data)) for word in _telling(resource))
    return frozenset(word for word in found if len(word) >= SHORTEST)


def _resources(tree: Any) -> Iterator[dict[str, Any]]:
    if tree["resourceType"] != "Bundle":
        yield tree
    for entry in tree.get("entry", ()):
        yield entry["resource"]


def _telling(resource: dict[str, Any]) -> Iterator[str]:
    if resource["resourceType"] == "Patient":
        yield from _identifying(resource)
    for note in resource.get("note", ()):
        yield from (sentence.strip() for sentence in note["text"].split(". "))
    for reason in resource.get("reasonCode", ()):
        yield reason["text"]


def _identifying(patient: dict[str, Any]) -> Iterator[str]:
    for name in (*patient.get("name", ()), *(contact["name"] for contact in patient.get("contact", ()))):
        yield from (name.get("family", ""), *name.get("given", ()))
    for telecom in (*patient.get("telecom", ()), *(t for c in patient.get("contact", ()) for t in c["telecom"])):
        yield telecom["value"]
        yield telecom["value"].replace("-", "")
    for address in patient.get("address", ()):
        yield from address["line"]
    for identifier in patient.get("identifier", ()):
        yield identifier["value"]
