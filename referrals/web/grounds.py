"""What each legal ground is called on a page, in one line that a person can say aloud."""

from collections.abc import Mapping
from types import MappingProxyType

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from referrals.policy.bases import Basis

GROUNDS: Mapping[Basis, str] = MappingProxyType(
    {
        Basis.CONSENT_TPO: _("the client signed for treatment, payment and running the program"),
        Basis.CONSENT_NAMED: _("the client signed a paper that names them"),
        Basis.CONSENT_2_35: _("the client signed a paper for a criminal case"),
        Basis.CONSENT_PROCEEDING: _("the client signed a paper for a proceeding"),
        Basis.INTERNAL_UNIT: _("they work in the same unit"),
        Basis.QSOA_BAA: _("they work for us under a contract"),
        Basis.MEDICAL_EMERGENCY: _("a medical emergency"),
        Basis.HIPAA_510B: _("they are involved in the client's care"),
        Basis.HIPAA_512F2: _("police asked where somebody is, or who they are"),
        Basis.HIPAA_512J: _("somebody is in serious danger"),
        Basis.REQUIRED_REPORT: _("the law requires the report"),
        Basis.CRIME_ON_PREMISES: _("a crime at our own place"),
        Basis.COURT_ORDER: _("a court ordered it"),
        Basis.POLICE_BUSINESS: _("police work between two departments"),
        Basis.DEIDENTIFIED: _("nothing in it says who it is"),
        Basis.CLIENT_REQUEST: _("the client asked for it"),
        Basis.REFERRAL_FOR_HELP: _("a referral for help under the agencies' agreement"),
        Basis.HIPAA_TREATMENT: _("treatment, from one provider to another"),
    }
)


def ground(basis: str) -> str:
    """The ground in words. Raises ``ValueError`` for one there is not."""
    return gettext(GROUNDS[Basis(basis)])
