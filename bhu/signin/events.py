"""What the log is told of signing in: who, and how. An address that somebody typed is never written down."""

from allauth.mfa.models import Authenticator
from django.utils import timezone
from django.utils.crypto import salted_hmac

from agencies.models import Membership, User
from audit import log
from audit.outcome import Outcome

UNKNOWN = "Person/unknown"
DOOR = "Door/signin"
HOW = {
    Authenticator.Type.WEBAUTHN.value: "passkey",
    Authenticator.Type.TOTP.value: "totp",
    Authenticator.Type.RECOVERY_CODES.value: "recovery-code",
}
"""What the log calls each second step."""


def person(user: User) -> str:
    """What the log calls a person, whatever agency they act for."""
    return f"Person/{user.pk}"


def address(email: str) -> str:
    """What the log calls an address somebody typed that is no person's: a keyed hash, of which nothing follows."""
    return f"Address/{salted_hmac('bhu.signin.events', email.strip().lower(), algorithm='sha256').hexdigest()[:32]}"


def done(action: str, user: User, *, code: str = "") -> None:
    """Somebody known did ``action`` to their own way in."""
    log.record(action=action, target=person(user), actor=person(user), agency=agency_of(user), code=code)


def asked(action: str, user: User) -> None:
    """Somebody who is not signed in asked for something that goes to ``user`` alone."""
    log.record(action=action, target=person(user), actor=UNKNOWN, agency=agency_of(user))


def refused(action: str, user: User | None, *, email: str = "", code: str) -> None:
    """Somebody tried to be ``user``, or whoever has the address ``email``, and did not prove it."""
    if user is not None:
        target, agency = person(user), agency_of(user)
    else:
        target, agency = (address(email) if email else DOOR), ""
    log.record(action=action, target=target, actor=UNKNOWN, agency=agency, outcome=Outcome.REFUSED, code=code)


def agency_of(user: User) -> str:
    """The agency whose event it is, when the person belongs to one alone."""
    live = Membership.objects.live(timezone.now()).filter(user=user)
    found = set(live.values_list("agency_id", flat=True))
    return str(found.pop()) if len(found) == 1 else ""
