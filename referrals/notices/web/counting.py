"""How many notices reached nobody, by the places of one person whose people look after them."""

from collections.abc import Iterable
from uuid import UUID

from agencies.web.places import Place
from referrals.notices.services import letters


def undelivered(places: Iterable[Place]) -> list[dict[str, object]]:
    """Each place with its number, where there are any; an agency is named once."""
    mine = list(places)
    numbers = letters.count([place.actor for place in mine])
    found: dict[UUID, dict[str, object]] = {}
    for place in mine:
        if letters.may_see(place.actor) and place.actor.agency_id in numbers:
            found.setdefault(place.actor.agency_id, {"place": place, "n": numbers[place.actor.agency_id]})
    return list(found.values())
