"""Why a gate says no (docs/law.md). The codes are stable; words for people stand beside them."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from referrals.workflow import gettext_noop as _


class DenyCode(StrEnum):
    """The reason of a denial."""

    ROLE = "ROLE"
    COMPARTMENT = "COMPARTMENT"
    NO_RELATIONSHIP = "NO_RELATIONSHIP"
    NO_BASIS = "NO_BASIS"
    CONSENT_MISSING = "CONSENT_MISSING"
    CONSENT_REVOKED = "CONSENT_REVOKED"
    WITHDRAWN = "WITHDRAWN"
    RECIPIENT_NOT_COVERED = "RECIPIENT_NOT_COVERED"
    AGREEMENT_MISSING = "AGREEMENT_MISSING"
    ALREADY_PARTY = "ALREADY_PARTY"
    STATE_PACK = "STATE_PACK"


WORDS: Mapping[DenyCode, str] = MappingProxyType(
    {
        DenyCode.ROLE: _("Your role may not do this."),
        DenyCode.COMPARTMENT: _("This part is not open to you."),
        DenyCode.NO_RELATIONSHIP: _("Your agency takes no part in this referral."),
        DenyCode.NO_BASIS: _("There is no legal ground on which this part may go to that agency."),
        DenyCode.CONSENT_MISSING: _("A signed consent that names that agency is needed first."),
        DenyCode.CONSENT_REVOKED: _("The client withdrew consent."),
        DenyCode.WITHDRAWN: _("Your agency's part in this referral has ended."),
        DenyCode.RECIPIENT_NOT_COVERED: _("This ground does not cover that agency."),
        DenyCode.AGREEMENT_MISSING: _("There is no live agreement between the two agencies for this purpose."),
        DenyCode.ALREADY_PARTY: _("That agency already takes part in this referral."),
        DenyCode.STATE_PACK: _("Counsel has not switched this ground on for your state."),
    }
)
