"""Each rule of a consent, with its fault planted, and what lies just on the allowed side of it."""

from collections.abc import Mapping
from typing import Any

import pytest

from fhir.content.compartments import Compartment
from fhir.content.consent import Facts, Signer
from referrals.consents.elements import Named
from referrals.errors import Invalid
from referrals.policy.codes import DenyCode
from tests.consents.samples import (
    ACTOR,
    AGENCIES,
    ALDER_PD,
    DETOX,
    LABEL,
    PERIOD,
    PERMIT,
    check,
    facts,
    form,
    terms,
    the,
)

C = Compartment
SCOPE, INCOMPLETE, COVERED = DenyCode.CONSENT_SCOPE, DenyCode.CONSENT_INCOMPLETE, DenyCode.RECIPIENT_NOT_COVERED
PACK, PURPOSE = DenyCode.STATE_PACK, DenyCode.CONSENT_PURPOSE

# Planted faults: paper, what is changed, and what must be said.
PLANTED: Mapping[str, tuple[str, dict[str, Any], tuple[str, str, DenyCode]]] = {
    "a named form that never ends": (
        "named",
        {"until": "", "event": "none"},
        ("R-P2-04 (7)", f"{PERIOD}.extension", INCOMPLETE),
    ),
    "a named form until treatment ends": (
        "named",
        {"until": "", "event": "end-of-treatment"},
        ("R-P2-04 (7)", f"{PERIOD}.extension", INCOMPLETE),
    ),
    "an event nobody knows": ("tpo", {"event": "some-day"}, ("R-P2-04 (7)", f"{PERIOD}.extension", INCOMPLETE)),
    "a day and an event": ("tpo", {"until": "2027-05-22"}, ("R-P2-04 (7)", PERIOD, INCOMPLETE)),
    "an oral yes for substance use": ("named", {"method": "oral"}, ("R-P2-05", "Consent.extension", INCOMPLETE)),
    "an oral yes for police": ("police-outcome", {"method": "oral"}, ("R-H-01", "Consent.extension", INCOMPLETE)),
    "a method nobody knows": (
        "named",
        {"method": "telepathy"},
        ("must hold how it was signed", "Consent.extension", INCOMPLETE),
    ),
    "police on the form for treatment": (
        "tpo",
        {"recipients": ("alder-falls-pd",)},
        ("R-P2-06", ACTOR, COVERED),
    ),
    "police beside a provider": (
        "named",
        {"recipients": ("merrow-detox", "alder-falls-pd")},
        ("R-P2-06", ACTOR, COVERED),
    ),
    "a police form that names a provider": (
        "police-outcome",
        {"recipients": ("merrow-detox",)},
        ("R-P2-06", ACTOR, COVERED),
    ),
    "a police form that names a provider too": (
        "police-outcome",
        {"recipients": ("alder-falls-pd", "merrow-detox")},
        ("R-P2-06", ACTOR, COVERED),
    ),
    "a police form that names two": (
        "police-outcome",
        {"recipients": ("alder-falls-pd", "brindle-pd")},
        ("R-P2-06", ACTOR, COVERED),
    ),
    "a police form for more than the outcome": (
        "police-outcome",
        {"compartments": (C.OUTCOME, C.CONTACT)},
        ("R-P2-04 (3)", LABEL, SCOPE),
    ),
    "a part no form covers": ("named", {"compartments": (C.INCIDENT,)}, ("R-P2-04 (3)", LABEL, SCOPE)),
    "counseling notes": ("named", {"labels": ("PSYTHPN",)}, ("R-P2-08", LABEL, SCOPE)),
    "counseling notes by their policy": ("tpo", {"labels": ("HIPAAPsyNotes",)}, ("R-P2-08", LABEL, SCOPE)),
    "another label": ("named", {"labels": ("HIV",)}, ("R-P2-04 (3)", LABEL, INCOMPLETE)),
    "a case against the client": (
        "named",
        {"purposes": ("TREAT", "HLEGAL")},
        ("R-P2-08", f"{PERMIT}.purpose", PURPOSE),
    ),
    "a purpose the form does not have": (
        "named",
        {"purposes": ("TREAT", "HPAYMT")},
        ("R-P2-04 (5)", f"{PERMIT}.purpose", PURPOSE),
    ),
    "a class on a form for names": (
        "named",
        {"classes": ("treating_providers",)},
        ("R-P2-04 (4)", ACTOR, COVERED),
    ),
    "a class nobody knows": ("tpo", {"classes": ("everybody",)}, ("R-P2-04 (4)", ACTOR, COVERED)),
    "a recipient nobody knows": ("named", {"recipients": ("nowhere",)}, ("R-P2-04 (4)", ACTOR, COVERED)),
    "a discloser nobody knows": (
        "named",
        {"discloser": "nowhere"},
        ("R-P2-04 (2)", "Consent.organization", INCOMPLETE),
    ),
    "police who share": (
        "named",
        {"discloser": "alder-falls-pd"},
        ("R-P2-06", "Consent.organization", INCOMPLETE),
    ),
    "another text": (
        "named",
        {"form_hash": form("tpo").sha256},
        ("must hold the SHA-256 of the form's text", "Consent.extension", INCOMPLETE),
    ),
    "another language than the form's": (
        "named",
        {"language": "es"},
        ("must hold the language of the form that was signed", "Consent.extension", INCOMPLETE),
    ),
    "revoked": (
        "named",
        {"status": "inactive"},
        ("must be active", "Consent.status", DenyCode.CONSENT_REVOKED),
    ),
    "a draft": ("named", {"status": "draft"}, ("must be active", "Consent.status", INCOMPLETE)),
    "an end before its beginning": (
        "named",
        {"since": "2026-12-01", "until": "2026-11-30"},
        ("R-P2-04 (7)", PERIOD, INCOMPLETE),
    ),
    "an end that is over": (
        "named",
        {"signed": "2026-10-01", "since": "2026-10-01", "until": "2026-11-21"},
        ("R-P2-04 (7)", f"{PERIOD}.end", DenyCode.CONSENT_EXPIRED),
    ),
    "an end at this very moment": (
        "named",
        {"signed": "2026-10-01", "since": "", "until": "2026-11-22T16:00:00Z"},
        ("R-P2-04 (7)", f"{PERIOD}.end", DenyCode.CONSENT_EXPIRED),
    ),
    "a signature of tomorrow": (
        "named",
        {"signed": "2026-11-23"},
        ("R-P2-04 (9)", "Consent.dateTime", INCOMPLETE),
    ),
    "a signature a minute ahead": (
        "named",
        {"signed": "2026-11-22T16:01:00Z"},
        ("R-P2-04 (9)", "Consent.dateTime", INCOMPLETE),
    ),
    "a signature of another century": (
        "named",
        {"signed": "1926-11-22"},
        ("must be a whole day, or a moment with its zone, of the years 2000 to 2199", "Consent.dateTime", INCOMPLETE),
    ),
    "a beginning of another century": (
        "named",
        {"since": "1999-12-31"},
        ("must be a whole day, or a moment with its zone, of the years 2000 to 2199", f"{PERIOD}.start", INCOMPLETE),
    ),
    "an end that is no whole day": (
        "named",
        {"until": "2027"},
        ("must be a whole day, or a moment with its zone, of the years 2000 to 2199", f"{PERIOD}.end", INCOMPLETE),
    ),
    "longer than a named form lasts": (
        "named",
        {"until": "2028-11-22"},
        ("R-ST-01", f"{PERIOD}.end", PACK),
    ),
    "longer than police are told": (
        "police-outcome",
        {"until": "2027-11-23"},
        ("R-ST-01", f"{PERIOD}.end", PACK),
    ),
    "a relationship nobody knows": (
        "named",
        {"signers": (Signer(relationship="FRND"),)},
        ("R-P2-04 (8)", "Consent.performer", INCOMPLETE),
    ),
    "a parent who signs for an adult": (
        "named",
        {"signers": (Signer(relationship="PRN"),)},
        ("R-P2-04 (8)", "Consent.performer", INCOMPLETE),
    ),
    "a witness to their own signature": (
        "named",
        {"signers": (Signer(name="Ana Example"),), "witness": "ana example"},
        ("R-ST-01", "Consent.extension", PACK),
    ),
}


@pytest.mark.parametrize(("slug", "changes", "expected"), PLANTED.values(), ids=PLANTED)
def test_a_planted_fault_is_found(slug: str, changes: dict[str, Any], expected: tuple[str, str, DenyCode]) -> None:
    assert the(check(facts(slug, **changes))) == expected
    with pytest.raises(Invalid):
        terms(facts(slug, **changes))


def test_a_police_form_without_a_day_is_refused_by_its_own_rule_too() -> None:
    found = check(facts("police-outcome", until="", event="none"))
    assert [(fault.text.partition(":")[0], fault.expression) for fault in found] == [
        ("R-P2-06", f"{PERIOD}.end"),
        ("R-P2-04 (7)", f"{PERIOD}.extension"),
    ]


GOOD: Mapping[str, tuple[str, dict[str, Any]]] = {
    "treatment, with no end": ("tpo", {"event": "none"}),
    "treatment, to a day": ("tpo", {"event": "", "until": "2027-05-22"}),
    "treatment, to a day far off": ("tpo", {"event": "", "until": "2046-05-22"}),
    "treatment, to names only": ("tpo", {"classes": (), "recipients": ("harbor-light",)}),
    "a recipient by its id": ("named", {"recipients": (f"Organization/{DETOX}",)}),
    "a police department by two of its names": (
        "police-outcome",
        {"recipients": ("alder-falls-pd", f"Organization/{ALDER_PD}")},
    ),
    "an oral yes without substance use": ("named", {"method": "oral", "compartments": (C.CONTACT,)}),
    "a paper kept in the Consent": ("named", {"source": "", "attachment": {"title": "Signed on paper"}}),
    "the last day a named form may last": ("named", {"until": "2028-11-21"}),
    "the last day police are told": ("police-outcome", {"until": "2027-11-22"}),
    "a guardian for an adult": ("named", {"signers": (Signer(relationship="GUARD"),)}),
    "a health proxy for an adult": ("named", {"signers": (Signer(relationship="HPOWATT"),)}),
    "an executor": ("named", {"signers": (Signer(relationship="EXCEST"),)}),
    "the last minute of its last day": ("named", {"signed": "2026-11-01", "since": "", "until": "2026-11-22"}),
    "signed this minute": ("named", {"signed": "2026-11-22T16:00:00Z"}),
    "not yet begun": ("named", {"since": "2026-12-24"}),
}


@pytest.mark.parametrize(("slug", "changes"), GOOD.values(), ids=GOOD)
def test_what_is_allowed_is_not_refused(slug: str, changes: dict[str, Any]) -> None:
    agencies = {**AGENCIES, f"Organization/{ALDER_PD}": Named(ALDER_PD, sworn=True)}
    assert check(facts(slug, **changes), agencies=agencies) == ()


def test_no_fault_repeats_what_the_consent_says() -> None:
    planted = "canary"
    signed = Facts(
        **dict.fromkeys(("status", "patient", "signed", "discloser", "source", "form_hash", "language"), planted),
        **dict.fromkeys(("method", "since", "until", "event"), planted),
        form=form("named").uri,
        witness="",
        signers=(Signer(relationship=planted, name=planted),),
        recipients=(planted,),
        classes=(planted,),
        purposes=(planted,),
        compartments=(C.CONTACT,),
        labels=(planted,),
    )
    found = check(signed)
    assert len(found) > 10
    assert [fault for fault in found if planted in str(fault)] == []
