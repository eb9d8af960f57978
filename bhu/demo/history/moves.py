"""What somebody does to a referral at one moment, as plain values. ``playing`` turns each into the act it is. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from agencies.roles import Role
from bhu.demo.people import people
from fhir.content.builders import Agreed, Origin, Pathway
from fhir.content.compartments import Compartment
from referrals.policy.bases import Basis


@dataclass(frozen=True, slots=True)
class Seat:
    """A person in their place at an agency."""

    email: str
    agency: str
    role: Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """Put the bundle to these agencies, by their handles."""

    bundle: Mapping[str, Any]
    to: tuple[str, ...]
    pathway: Pathway
    origin: Origin
    agreed: Agreed
    basis: Basis | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Take:
    """A step of the newest task that ``owner`` was asked by. ``how``: said by one off the network, on the phone."""

    owner: str
    step: str
    reason: str = ""
    note: str = ""
    how: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Add:
    """One resource; ``name`` is what a later deed calls it by."""

    resource: Mapping[str, Any]
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """Offer it on; ``release`` opens for whoever accepts."""

    to: tuple[str, ...]
    release: frozenset[Compartment] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """The client stops the consent of this name, in writing."""

    name: str


Deed = Send | Take | Add | Offer | Stop


@dataclass(frozen=True, slots=True)
class Move:
    """Deeds of one person at one moment: all of them are done, or none is."""

    at: datetime
    who: Seat
    deeds: tuple[Deed, ...]


def _seats() -> dict[tuple[str, Role], tuple[Seat, ...]]:
    found: dict[tuple[str, Role], tuple[Seat, ...]] = {}
    for person in people():
        for agency, role in person.places:
            found[agency, role] = (*found.get((agency, role), ()), Seat(person.email, agency, role))
    return found


SEATS: Mapping[tuple[str, Role], tuple[Seat, ...]] = _seats()
"""Who works where as what."""
