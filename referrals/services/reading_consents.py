"""A Consent, as FHIR says it, read into the terms the gate knows: who is named, by which form, under whose rules."""

from fhir.content.bundle import Resource
from fhir.content.exact import Object
from referrals.policy.terms import Terms

from .work import Work


def terms_of(work: Work, resource: Resource, *, version: int, patient: "Object | None") -> Terms | None:
    """What a Consent lets through; ``None`` for one that grounds nothing."""
    return None
