"""A consent of each paper that holds, on one day in Merrow County, and what is known besides it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from fhir.content.compartments import Compartment
from fhir.content.consent import CLIENT, Facts
from referrals.consents import elements
from referrals.consents.elements import Fault, Known, Named
from referrals.consents.forms import FormVersion, find
from referrals.packs.packs import Pack, by_state
from referrals.policy.codes import DenyCode
from referrals.policy.terms import Terms

BASE = "https://bhu.example.org/consent-forms"
NOW = datetime(2026, 11, 22, 16, 0, tzinfo=UTC)
EASTERN = ZoneInfo("America/New_York")

BHU, DETOX, HARBOR, ALDER_PD, BRINDLE_PD = (UUID(int=number) for number in range(1, 6))
AGENCIES: Mapping[str, Named] = {
    "merrow-bhu": Named(BHU, sworn=False),
    "merrow-detox": Named(DETOX, sworn=False),
    f"Organization/{DETOX}": Named(DETOX, sworn=False),
    "harbor-light": Named(HARBOR, sworn=False),
    "alder-falls-pd": Named(ALDER_PD, sworn=True),
    "brindle-pd": Named(BRINDLE_PD, sworn=True),
}


def form(slug: str, language: str = "en") -> FormVersion:
    """A form of the network."""
    found = find(f"{BASE}/{slug}/v1/{language}")
    assert found is not None
    return found


def facts(slug: str, **changes: Any) -> Facts:
    """A consent on this paper that holds in Massachusetts, changed."""
    return replace(SIGNED[slug], **changes)


def known(**changes: Any) -> Known:
    """What is known of an adult client of the BHU, changed."""
    return replace(KNOWN, **changes)


KNOWN = Known(client="Patient/p1", client_named=True, client_born="1990-05-17", agencies=AGENCIES, zone=EASTERN, at=NOW)

_ANY = Facts(
    status="active",
    patient="Patient/p1",
    signed="2026-11-22T10:12:00-05:00",
    signers=(CLIENT,),
    discloser="merrow-bhu",
    source="DocumentReference/d1",
    language="en",
    method="on_screen",
    since="2026-11-22",
)
SIGNED = {
    "tpo": replace(
        _ANY,
        form=f"{BASE}/tpo/v1/en",
        form_hash=form("tpo").sha256,
        classes=("treating_providers",),
        purposes=("TREAT", "COC", "HPAYMT"),
        compartments=(Compartment.CONTACT, Compartment.CLINICAL, Compartment.SUD),
        event="end-of-treatment",
    ),
    "named": replace(
        _ANY,
        form=f"{BASE}/named/v1/en",
        form_hash=form("named").sha256,
        recipients=("merrow-detox",),
        purposes=("TREAT", "COC"),
        compartments=(Compartment.CONTACT, Compartment.SUD),
        until="2027-05-22",
    ),
    "police-outcome": replace(
        _ANY,
        form=f"{BASE}/police-outcome/v1/en",
        form_hash=form("police-outcome").sha256,
        recipients=("alder-falls-pd",),
        purposes=("COC",),
        compartments=(Compartment.OUTCOME,),
        until="2027-02-20",
    ),
}

MA, IL = by_state("MA"), by_state("IL")
CONSENT = UUID(int=99)
PERMIT = "Consent.provision.provision[0]"
LABEL, ACTOR, PERIOD = f"{PERMIT}.securityLabel", f"{PERMIT}.actor", f"{PERMIT}.period"


def check(signed: Facts, pack: Pack = MA, **changes: Any) -> tuple[Fault, ...]:
    return elements.check(signed, find(signed.form), pack, known(**changes))


def terms(signed: Facts, pack: Pack = MA, **changes: Any) -> Terms:
    return elements.terms(signed, find(signed.form), pack, known(**changes), consent=CONSENT, version=1)


def the(faults: tuple[Fault, ...]) -> tuple[str, str, DenyCode]:
    """The one fault: its rule or element, its place, its code."""
    assert len(faults) == 1, [str(fault) for fault in faults]
    return faults[0].text.partition(":")[0], faults[0].expression, faults[0].deny
