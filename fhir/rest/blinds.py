"""How a client is looked for by what points at a person: the keyed hashes a posted search may ask for. Pure.

An identifier, or a whole name with the day of birth. One of them alone, or a part of a name, is no look-up
(docs/encryption.md).
"""

from collections.abc import Iterable, Iterator

from referrals.blind import Lookup, by_name

from .matching import Filter
from .values import pairs, several

HOW = "is found by _id; or posted to _search, by identifier, or by birthdate with name, or with family and given"


def lookups(filters: Iterable[Filter]) -> list[Lookup]:
    """The look-ups that these filters allow: by identifier if there is one, else by name and birth; none if neither.

    Raises ``Unanswerable`` for an identifier without its system.
    """
    said = {each.name: each.value for each in filters if not each.modifier}
    if "identifier" in said:
        return identified(pairs("identifier", said["identifier"]))
    days = [day.removeprefix("eq") for day in several(said.get("birthdate", ""))]
    found = (by_name(family=family, given=given, born=day) for family, given in _names(said) for day in days)
    return [lookup for each in found for lookup in each if lookup.kind == "name"]


def identified(identifiers: Iterable[tuple[str, str]]) -> list[Lookup]:
    """The look-ups of identifiers, each a system and a value."""
    return [Lookup("identifier", (system.strip(), value.strip())) for system, value in identifiers]


def _names(said: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Family and given names: said apart, or as one text in either order."""
    for family in several(said.get("family", "")):
        for given in several(said.get("given", "")):
            yield family, given
    for name in several(said.get("name", "")):
        words = name.split()
        for cut in range(1, len(words)):
            first, rest = " ".join(words[:cut]), " ".join(words[cut:])
            yield rest, first.split()[0]
            yield first, rest.split()[0]
