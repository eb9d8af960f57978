"""What takes an office of the agency, refused to whoever holds none."""

from agencies.actor import Actor
from agencies.offices import Office, holds
from referrals.policy.codes import DenyCode, denied


def office_of(actor: Actor) -> Office:
    """The office the actor holds. Raises ``Denied`` if it holds none."""
    office = next((each for each in Office if holds(actor, each)), None)
    if office is None:
        raise denied(DenyCode.ROLE)
    return office


def require(actor: Actor, office: Office) -> None:
    """Raise ``Denied`` unless the actor holds ``office``."""
    if not holds(actor, office):
        raise denied(DenyCode.ROLE)


def require_privacy_officer(actor: Actor) -> None:
    """Raise ``Denied`` for anybody but a privacy officer of the agency."""
    require(actor, Office.PRIVACY)
