"""How well the person of this session has shown who they are. Read from what allauth writes into the session."""

from enum import IntEnum

from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.http import HttpRequest

from agencies.roles import Role
from agencies.web.places import places_of

DIRECTORY = "directory"
"""The method of who came from their agency's directory, which said that it asked for several factors."""
DEMO = "demo"
"""The method that one click on the demo's page leaves in the session and in the log."""

ADMINS = frozenset({Role.AGENCY_ADMIN, Role.NETWORK_ADMIN, Role.PRIVACY_OFFICER})
"""Who decides about others' access proves it by what cannot be phished (R-S-02). Technical staff, too."""


class Strength(IntEnum):
    """A passkey is worth most: it answers to this site's address alone, so no other site can ask for it."""

    NOTHING = 0
    ONE_FACTOR = 1
    TWO_FACTORS = 2
    PASSKEY = 3


_KINDS = {
    Authenticator.Type.TOTP.value: Strength.TWO_FACTORS,
    Authenticator.Type.RECOVERY_CODES.value: Strength.TWO_FACTORS,
    Authenticator.Type.WEBAUTHN.value: Strength.PASSKEY,
}

_METHODS = {
    "password": Strength.ONE_FACTOR,
    "socialaccount": Strength.ONE_FACTOR,
    DIRECTORY: Strength.TWO_FACTORS,
}


def strength_of(request: HttpRequest) -> Strength:
    """The strongest that this session has shown. What it does not know is worth nothing."""
    records = get_authentication_records(request, request.user)
    return max((_worth(record) for record in records), default=Strength.NOTHING)


def by_demo(request: HttpRequest) -> bool:
    """Whether this session was begun by one click on the demo's page."""
    return any(record.get("method") == DEMO for record in get_authentication_records(request, request.user))


def needed(request: HttpRequest) -> Strength:
    """What this person has to show before any page with work on it opens."""
    if request.user.is_authenticated and request.user.is_staff:
        return Strength.PASSKEY
    admin = any(place.actor.role in ADMINS for place in places_of(request))
    return Strength.PASSKEY if admin else Strength.TWO_FACTORS


def must_show_passkey(request: HttpRequest) -> bool:
    """Whether nothing less than a passkey is enough for this person, and they have one."""
    return needed(request) is Strength.PASSKEY and is_mfa_enabled(request.user, [Authenticator.Type.WEBAUTHN])


def _worth(record: dict[str, object]) -> Strength:
    if record.get("method") == "mfa":
        return _KINDS.get(str(record.get("type")), Strength.NOTHING)
    return _METHODS.get(str(record.get("method")), Strength.NOTHING)
