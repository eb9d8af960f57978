"""The plain words a client reads for what the ledger says in codes, marked for translation.

Sixth-grade words, and none of ours: nobody has to know what a ground is to know who was told.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from agencies.kinds import Purpose
from fhir.content.compartments import Compartment
from referrals.policy.bases import Basis

PARTS: Mapping[Compartment, str] = MappingProxyType(
    {
        Compartment.REQUEST: _("What kind of help is looked for, without your name"),
        Compartment.CONTACT: _("Your name, birth date, phone number and address"),
        Compartment.INCIDENT: _("What the police wrote about what happened"),
        Compartment.CLINICAL: _("Your mental health"),
        Compartment.SUD: _("Your use of alcohol or drugs"),
        Compartment.TRANSPORT: _("Your rides"),
        Compartment.OUTCOME: _("How it went"),
    }
)

PURPOSES: Mapping[Purpose, str] = MappingProxyType(
    {
        Purpose.TREATMENT: _("To treat you"),
        Purpose.EMERGENCY_TREATMENT: _("To treat you in an emergency"),
        Purpose.COORDINATION: _("To find the right place for you and plan your care"),
        Purpose.CARE_MANAGEMENT: _("To stay in touch and keep your care going"),
        Purpose.OPERATIONS: _("To run the program and make it better"),
        Purpose.PATIENT_REQUEST: _("Because you asked us to"),
        Purpose.LEGAL: _("Because the law or a court asked for it"),
        Purpose.THREAT: _("To keep somebody from being badly hurt"),
    }
)

_SIGNED = _("You signed a paper that lets us.")
_LAW = _("A court or the law asked for it.")

GROUNDS: Mapping[Basis, str] = MappingProxyType(
    {
        Basis.CONSENT_TPO: _SIGNED,
        Basis.CONSENT_NAMED: _SIGNED,
        Basis.CONSENT_2_35: _SIGNED,
        Basis.CONSENT_PROCEEDING: _SIGNED,
        Basis.INTERNAL_UNIT: _("It stayed inside the team that helps you."),
        Basis.QSOA_BAA: _("A service that works for us and is bound to keep it to itself."),
        Basis.MEDICAL_EMERGENCY: _("It was a medical emergency."),
        Basis.HIPAA_510B: _("You agreed that your family may know."),
        Basis.HIPAA_512F2: _("The police had to find or name somebody, and the law lets them ask."),
        Basis.HIPAA_512J: _("Somebody was in danger of being badly hurt."),
        Basis.REQUIRED_REPORT: _("The law says that it must be reported."),
        Basis.CRIME_ON_PREMISES: _("A crime happened where you were helped."),
        Basis.COURT_ORDER: _LAW,
        Basis.POLICE_BUSINESS: _("One police department told another."),
        Basis.DEIDENTIFIED: _("It does not say who you are."),
        Basis.CLIENT_REQUEST: _("You asked for it."),
        Basis.REFERRAL_FOR_HELP: _("The police asked for help for you."),
        Basis.HIPAA_TREATMENT: _("The law lets places that treat you tell each other."),
    }
)

PAPERS: Mapping[str, str] = MappingProxyType(
    {
        "tpo": _("Treatment, payment and running the program"),
        "named": _("Places you chose by name"),
        "police-outcome": _("Telling one police department how it went"),
    }
)
"""What a paper is called, by its name among the forms."""


def parts_of(compartments: Iterable[Compartment]) -> list[str]:
    """These parts in words, in the tables' order."""
    found = set(compartments)
    return [gettext(PARTS[part]) for part in Compartment if part in found]


def purpose(code: str) -> str:
    """What it was for."""
    return gettext(PURPOSES[Purpose(code)])


def ground(code: str) -> str:
    """Why it was allowed."""
    return gettext(GROUNDS[Basis(code)] if code else _LAW)


def paper(slug: str) -> str:
    """What a form is called; a form of the past keeps its own name."""
    return gettext(PAPERS[slug]) if slug in PAPERS else slug
