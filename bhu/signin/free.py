"""Which addresses may be reached before somebody has shown all that is asked, and why. The one table; nothing else is.

Everything not named here asks for a person, signed in with all they have set up, unlocked, who read the notice, by two
factors (administrators: a passkey). An address without a name is named by its route.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from django.urls import ResolverMatch


class Check(StrEnum):
    """What is asked, in this order."""

    PERSON = "person"
    WHOLE = "whole"
    LOCK = "lock"
    NOTICE = "notice"
    PASSKEY = "passkey"
    MFA = "mfa"


ALL = frozenset(Check)
SETTING_UP = frozenset({Check.MFA})
SHOWING = frozenset({Check.PASSKEY, Check.MFA})
READING = SHOWING | {Check.NOTICE}
UNLOCKING = READING | {Check.LOCK}

FREE: Mapping[str, tuple[frozenset[Check], str]] = MappingProxyType(
    {
        "front": (ALL, "says what this is and whom to call; shows nobody's data"),
        "offline": (ALL, "what a browser keeps for when it reaches nobody; the same for everybody"),
        "worker": (ALL, "the script that keeps it"),
        "healthz": (ALL, "asked by machines; says alive"),
        "readyz": (ALL, "asked by machines; says which check fails"),
        "fhir": (ALL, "partners' systems: a token on each request, no session"),
        "fhir:edge": (ALL, "partners' systems: a token on each request, no session"),
        "fhir:keys": (ALL, "public keys"),
        "smart:configuration": (ALL, "public facts for partners' systems"),
        "smart:token": (ALL, "partners' systems: a signed assertion on each request"),
        "smart:introspect": (ALL, "partners' systems: a signed assertion on each request"),
        "smart:revoke": (ALL, "partners' systems: a signed assertion on each request"),
        "audit:checkpoint": (ALL, "a neighbour's witness: a tree head and hashes, nothing of an event"),
        "audit:cosignature": (ALL, "the same: a signature by a key of the policy"),
        "receipts:book": (ALL, "the client's own page: the code and PIN of the slip"),
        "signing:sign": (ALL, "the client's own page: the link and the code said aloud"),
        "account_login": (ALL, "how one signs in"),
        "account_logout": (ALL, "whoever may not go on may always leave"),
        "account_inactive": (ALL, "says that the account is switched off"),
        "account_reset_password": (ALL, "how one gets a new password; the mailbox proves who it is"),
        "account_reset_password_done": (ALL, "says that a mail was sent"),
        "account_reset_password_from_key": (ALL, "the link of that mail"),
        "account_reset_password_from_key_done": (ALL, "says that the password is new"),
        "mfa_login_webauthn": (ALL, "how one signs in by passkey"),
        "mfa_authenticate": (ALL, "the second step of signing in; the first stands in the session"),
        "demo:people": (ALL, "invented people to be; 404 without the demo's mark or from another machine"),
        "demo:enter": (ALL, "signs in as one of them; the same"),
        "openid_connect_login": (ALL, "how one signs in by the directory of one's agency"),
        "openid_connect_callback": (ALL, "the way back from it; what it says is signed"),
        "signin:again": (ALL, "gives back what was typed before the session was over; shows it to who sent it alone"),
        "signin:join": (ALL, "the link of an invitation; who has an account must be signed in, unlocked, to use it"),
        "signin:lock": (UNLOCKING, "locks"),
        "signin:unlock": (UNLOCKING, "unlocks: the person proves who they are"),
        "signin:active": (READING, "somebody is typing; says nothing"),
        "signin:notice": (READING, "the notice itself"),
        "signin:setup": (SHOWING, "where the second factor is set up, or one is told to show it"),
        "mfa_add_webauthn": (SETTING_UP, "sets a passkey up"),
        "mfa_activate_totp": (SETTING_UP, "sets an authenticator app up"),
        "account_reauthenticate": (SHOWING, "asked before one of the two, five minutes after signing in"),
        "mfa_reauthenticate": (SHOWING, "the same by code: an administrator adds a passkey to an app"),
    }
)


def name_of(match: ResolverMatch) -> str:
    """What this table calls the address."""
    return match.view_name if match.url_name else str(match.route)


def free_of(match: ResolverMatch) -> frozenset[Check]:
    """What is not asked at this address; of one that the table does not name, everything is."""
    return FREE[name_of(match)][0] if name_of(match) in FREE else frozenset()
