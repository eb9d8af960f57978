"""By what a client can be found again: compound values only, normalised, ready for the keyed hash. Pure.

A yes/no or a low-entropy value alone is never a lookup (docs/encryption.md); equality is all a token can tell.
"""

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import jellyfish
import phonenumbers

REGION = "US"


@dataclass(frozen=True, slots=True)
class Lookup:
    """One way to find a client: ``kind`` and the normalised fields of it."""

    kind: str
    fields: tuple[str, ...]


def lookups_of(patient: dict[str, Any]) -> list[Lookup]:
    """Every lookup a FHIR Patient allows, without repeats."""
    found = [
        *(
            lookup
            for family, given in _names(patient)
            for lookup in by_name(family=family, given=given, born=patient.get("birthDate", ""))
        ),
        *(
            lookup
            for phone in _values(patient, "telecom", system="phone")
            for lookup in by_phone(phone=phone, born=patient.get("birthDate", ""))
        ),
        *(
            Lookup("identifier", (identifier["system"].strip(), identifier["value"].strip()))
            for identifier in patient.get("identifier", [])
            if identifier.get("system") and identifier.get("value")
        ),
    ]
    return _whole(found)


def by_name(*, family: str, given: str, born: str) -> list[Lookup]:
    """Name and date of birth (``YYYY-MM-DD``), exactly and as it sounds; nothing unless all three are there."""
    family, given = normal(family), normal(given)
    if not (family and given and len(born) == 10):
        return []
    sound = jellyfish.metaphone(family)
    return _whole([Lookup("name", (family, given, born)), Lookup("sound", (sound, given[0], born))])


def by_phone(*, phone: str, born: str) -> list[Lookup]:
    """The last seven digits of a telephone number and the date of birth."""
    digits = _digits(phone)
    return [Lookup("phone", (digits[-7:], born))] if len(digits) >= 7 and len(born) == 10 else []


def _whole(lookups: Iterable[Lookup]) -> list[Lookup]:
    """Without repeats, and without those that lack a field: a name in Khmer has no sound in Latin letters."""
    return [lookup for lookup in dict.fromkeys(lookups) if all(lookup.fields)]


def normal(name: str) -> str:
    """Lower case, letters only, accents off: "O'Brien-Señor" → "obriensenor"."""
    plain = unicodedata.normalize("NFKD", name).casefold()
    return "".join(letter for letter in plain if letter.isalpha())


def _digits(phone: str) -> str:
    try:
        return str(phonenumbers.parse(phone, REGION).national_number)
    except phonenumbers.NumberParseException:
        return "".join(character for character in phone if character.isdigit())


def _names(patient: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name in patient.get("name", []):
        given = (each for each in name.get("given", []) if isinstance(each, str))
        yield name.get("family", ""), next(given, "")


def _values(patient: dict[str, Any], element: str, *, system: str) -> Iterator[str]:
    return (row["value"] for row in patient.get(element, []) if row.get("system") == system and row.get("value"))
