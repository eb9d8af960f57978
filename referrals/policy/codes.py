"""Why a gate says no (docs/permissions.md). Codes are stable; words, and what would open the gate, stand beside them.

Each code names the exception of the information-blocking rule it stands on (45 CFR 171, R-IB-01): no denial is silent,
and none says "never".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from referrals.errors import Denied
from referrals.workflow import gettext_noop as _


class DenyCode(StrEnum):
    """The reason of a denial."""

    ROLE = "ROLE"
    COMPARTMENT = "COMPARTMENT"
    NOT_UNIT_MEMBER = "NOT_UNIT_MEMBER"
    NO_RELATIONSHIP = "NO_RELATIONSHIP"
    NO_PURPOSE = "NO_PURPOSE"
    NO_BASIS = "NO_BASIS"
    CONSENT_MISSING = "CONSENT_MISSING"
    CONSENT_EXPIRED = "CONSENT_EXPIRED"
    CONSENT_REVOKED = "CONSENT_REVOKED"
    CONSENT_INCOMPLETE = "CONSENT_INCOMPLETE"
    CONSENT_SCOPE = "CONSENT_SCOPE"
    CONSENT_PURPOSE = "CONSENT_PURPOSE"
    RECIPIENT_NOT_COVERED = "RECIPIENT_NOT_COVERED"
    FIELD_NOT_COVERED = "FIELD_NOT_COVERED"
    AGREEMENT_MISSING = "AGREEMENT_MISSING"
    RESTRICTION_OPEN = "RESTRICTION_OPEN"
    NOT_NOW = "NOT_NOW"
    LEGAL_PROCESS_INSUFFICIENT = "LEGAL_PROCESS_INSUFFICIENT"
    MINOR_RULE = "MINOR_RULE"
    KEPT_LOCAL = "KEPT_LOCAL"
    STATE_PACK = "STATE_PACK"
    MFA = "MFA"
    SESSION = "SESSION"
    LEGAL_HOLD = "LEGAL_HOLD"
    RATE = "RATE"
    WITHDRAWN = "WITHDRAWN"
    PURGED = "PURGED"
    ALREADY_PARTY = "ALREADY_PARTY"
    EMERGENCY_OVER = "EMERGENCY_OVER"
    ESCALATED_911 = "ESCALATED_911"
    REVIEW_WAITS = "REVIEW_WAITS"
    REVIEW_OVER = "REVIEW_OVER"


class Exception171(StrEnum):
    """The exceptions of 45 CFR 171 a denial can stand on."""

    HARM = "171.201"
    PRIVACY = "171.202"
    SECURITY = "171.203"
    INFEASIBILITY = "171.204"


@dataclass(frozen=True, slots=True)
class Denial:
    """What a code says to a person, how the gate is lawfully opened, and the exception it stands on."""

    words: str
    remedy: str
    exception: Exception171


X = Exception171

DENIALS: Mapping[DenyCode, Denial] = MappingProxyType(
    {
        DenyCode.ROLE: Denial(
            _("Your role may not do this."),
            _("Ask somebody of your agency whose role may, or your agency's admin for the grant."),
            X.PRIVACY,
        ),
        DenyCode.COMPARTMENT: Denial(
            _("This part is not open to you."),
            _("Ask the agency that shared the referral to share this part, or a colleague whose role opens it."),
            X.PRIVACY,
        ),
        DenyCode.NOT_UNIT_MEMBER: Denial(
            _("You are not a member of that unit."),
            _("The unit's own admin can take you on as a member."),
            X.PRIVACY,
        ),
        DenyCode.NO_RELATIONSHIP: Denial(
            _("Your agency takes no part in this referral."),
            _("The agency that holds the referral can bring yours in on a legal ground."),
            X.PRIVACY,
        ),
        DenyCode.NO_PURPOSE: Denial(
            _("It was not said what this is for."),
            _("Open it from your worklist, or say what you need it for."),
            X.PRIVACY,
        ),
        DenyCode.NO_BASIS: Denial(
            _("There is no legal ground on which this part may go to that agency."),
            _("Ask the client for a signed consent that names the agency and this part."),
            X.PRIVACY,
        ),
        DenyCode.CONSENT_MISSING: Denial(
            _("A signed consent that names that agency is needed first."),
            _("Take the client's consent, on screen, on their phone or on paper; the search can go on without a name."),
            X.PRIVACY,
        ),
        DenyCode.CONSENT_EXPIRED: Denial(
            _("The client's consent has ended."), _("Ask the client whether to sign again."), X.PRIVACY
        ),
        DenyCode.CONSENT_REVOKED: Denial(
            _("The client withdrew consent."),
            _("What was received before may be kept as the law says. Ask the agency you have it from."),
            X.PRIVACY,
        ),
        DenyCode.CONSENT_INCOMPLETE: Denial(
            _("The consent on file lacks something the law asks for."),
            _("Complete it with the client: an oral yes must become a signature."),
            X.PRIVACY,
        ),
        DenyCode.CONSENT_SCOPE: Denial(
            _("The client's consent does not cover this part."),
            _("Ask the client for a consent that covers it."),
            X.PRIVACY,
        ),
        DenyCode.CONSENT_PURPOSE: Denial(
            _("The client's consent does not cover this purpose."),
            _("Ask the client for a consent that names the purpose."),
            X.PRIVACY,
        ),
        DenyCode.RECIPIENT_NOT_COVERED: Denial(
            _("The legal ground that was named does not let this go to that agency."),
            _("Choose another ground or another agency; a consent covers exactly whom it names."),
            X.PRIVACY,
        ),
        DenyCode.FIELD_NOT_COVERED: Denial(
            _("The legal ground that was named does not let one of the fields go."),
            _("Leave the field out: the message names it and what is allowed."),
            X.PRIVACY,
        ),
        DenyCode.AGREEMENT_MISSING: Denial(
            _("There is no live agreement between the two agencies for this purpose."),
            _("The two agencies sign one, or renew the one that ended."),
            X.PRIVACY,
        ),
        DenyCode.RESTRICTION_OPEN: Denial(
            _("The client asked to restrict this, and nobody has answered yet."),
            _("The privacy officer reviews the client's request first."),
            X.PRIVACY,
        ),
        DenyCode.NOT_NOW: Denial(  # told to police: it has several causes and names none of them
            _("This does not go through now. Call the unit you asked for help."),
            _("Nothing was written. A screen of high risk, a red check, a weapon are let through where they can be."),
            X.PRIVACY,
        ),
        DenyCode.LEGAL_PROCESS_INSUFFICIENT: Denial(
            _("This legal paper alone opens nothing here."),
            _("The privacy officer handles it on paper, with counsel."),
            X.PRIVACY,
        ),
        DenyCode.MINOR_RULE: Denial(
            _("The right person has not signed for a client of this age."),
            _("The state's rules say who signs: the message names them."),
            X.PRIVACY,
        ),
        DenyCode.KEPT_LOCAL: Denial(
            _("Another department is not told of a client under 18, nor of a call of domestic violence."),
            _("Send it to a unit that helps; that unit may ask the client."),
            X.PRIVACY,
        ),
        DenyCode.STATE_PACK: Denial(
            _("Counsel has not agreed to this legal ground for your state."),
            _("Use another ground, or ask counsel."),
            X.PRIVACY,
        ),
        DenyCode.MFA: Denial(
            _("Sign in with your second factor first."), _("Use your passkey or your code."), X.SECURITY
        ),
        DenyCode.SESSION: Denial(_("Your session has ended."), _("Sign in again."), X.SECURITY),
        DenyCode.LEGAL_HOLD: Denial(
            _("A legal hold stands on this record."), _("The privacy officer lifts it when counsel says so."), X.PRIVACY
        ),
        DenyCode.RATE: Denial(_("Too many requests in a short time."), _("Wait, then try again."), X.SECURITY),
        DenyCode.WITHDRAWN: Denial(
            _("Your agency's part in this referral has ended."),
            _("What was received before may be kept as the law says. Ask the agency you have it from."),
            X.PRIVACY,
        ),
        DenyCode.PURGED: Denial(
            _("This referral was deleted under the retention schedule."),
            _("The agency it began with has the certificate. What was received before may be kept as the law says."),
            X.INFEASIBILITY,
        ),
        DenyCode.ALREADY_PARTY: Denial(
            _("That agency already takes part in this referral."),
            _("Nothing needs to be done."),
            X.INFEASIBILITY,
        ),
        DenyCode.EMERGENCY_OVER: Denial(
            _("The hour of emergency access is over."),
            _("If the emergency goes on, the agency that opened it can open it again."),
            X.PRIVACY,
        ),
        DenyCode.ESCALATED_911: Denial(
            _("An ambulance was called. The search goes on when its outcome is recorded."),
            _("Record what the ambulance crew decided."),
            X.HARM,
        ),
        DenyCode.REVIEW_WAITS: Denial(
            _("A second person has not agreed to this review."),
            _("Another privacy officer of your agency, or its admin, agrees or refuses."),
            X.PRIVACY,
        ),
        DenyCode.REVIEW_OVER: Denial(
            _("This review is over."), _("If there is still a reason, ask for a new review."), X.PRIVACY
        ),
    }
)

WORDS: Mapping[DenyCode, str] = MappingProxyType({code: denial.words for code, denial in DENIALS.items()})


def denied(code: DenyCode) -> Denied:
    """What a gate says by this code, in its words."""
    return Denied(WORDS[code], code=code)
