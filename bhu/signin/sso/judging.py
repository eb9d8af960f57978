"""Whom an agency's directory may vouch for: a member of that agency and of no other, by the address that was invited.

A directory is run by its agency. Whoever runs it could call anybody by any name in it, so it opens nothing but its own
agency: who also belongs to another, or keeps the network running, signs in with a passkey of their own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_noop as _

from agencies import inviting
from agencies.models import Agency, Membership, User

SEVERAL_FACTORS = "mfa"
"""What RFC 8176 has a directory say in ``amr`` when it asked for more than one factor."""


class Fault(StrEnum):
    """Why a directory's word is not taken."""

    NO_ADDRESS = "no-address"
    NOT_INVITED = "not-invited"
    ELSEWHERE = "elsewhere"
    STAFF = "staff"


SAID: Mapping[Fault, str] = MappingProxyType(
    {
        Fault.NO_ADDRESS: _("Your agency's sign-in does not say which address is yours."),
        Fault.NOT_INVITED: _("You are not a member yet. Ask the administrator of your agency to invite you."),
        Fault.ELSEWHERE: _("You also belong to another agency. Sign in with your own passkey or password."),
        Fault.STAFF: _("Technical staff sign in with a passkey of their own."),
    }
)


class NotVouched(Exception):
    """The directory's word is not taken for this person."""

    def __init__(self, fault: Fault, *, email: str, user: User | None = None) -> None:
        super().__init__(fault)
        self.fault, self.email, self.user = fault, email, user


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What a directory says of somebody, as far as it is heard."""

    email: str
    several_factors: bool


def heard(token: Mapping[str, Any]) -> Claims:
    """What an ID token whose signature is good says. An address that it calls unproven is none."""
    email = str(token.get("email") or token.get("preferred_username") or "").strip().lower()
    amr = token.get("amr")
    several = isinstance(amr, list) and SEVERAL_FACTORS in amr
    return Claims(email="" if token.get("email_verified") is False else email, several_factors=several)


def vouched(agency: Agency, claims: Claims, *, known: User | None) -> User:
    """Whom the directory of ``agency`` means. ``known`` is who came by it before.

    An invitation to this agency that is open is used by it. Raises ``NotVouched``.
    """
    if not claims.email:
        raise NotVouched(Fault.NO_ADDRESS, email="")
    user = known or User.objects.filter(email=claims.email).first()
    if user is not None and user.is_staff:
        raise NotVouched(Fault.STAFF, email=claims.email, user=user)
    if user is None or not _belongs(user, agency):
        user = inviting.accept_by_directory(agency=agency, email=claims.email)
    if user is None:
        raise NotVouched(Fault.NOT_INVITED, email=claims.email)
    if Membership.objects.live(timezone.now()).filter(user=user).exclude(agency=agency).exists():
        raise NotVouched(Fault.ELSEWHERE, email=claims.email, user=user)
    return user


def _belongs(user: User, agency: Agency) -> bool:
    return Membership.objects.live(timezone.now()).filter(user=user, agency=agency).exists()
