"""A consent is a ground only if none of the ten elements is missing, in it or in the text of its form."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from fhir.content.consent import build, read
from fhir.content.issues import Issue, operation_outcome
from fhir.content.validate import check as check_fhir
from referrals.consents import elements
from referrals.policy.codes import DenyCode
from tests.consents.samples import BASE, CONSENT, MA, PERMIT, SIGNED, check, facts, form, known, the


@pytest.mark.parametrize("slug", SIGNED)
def test_a_consent_with_every_element_holds(slug: str) -> None:
    assert check(facts(slug)) == ()


@pytest.mark.parametrize("slug", SIGNED)
def test_it_holds_still_as_fhir(slug: str) -> None:
    made = build(facts(slug), id_=CONSENT)
    check_fhir(made)
    assert read(made) == facts(slug)
    assert check(read(made)) == ()


# The ten elements of 42 CFR 2.31(a) as domain rule R-P2-04 numbers them, those that a consent itself says.
ABSENT: Mapping[str, tuple[dict[str, Any], str, str]] = {
    "1 patient": ({"patient": ""}, "R-P2-04 (1)", "Consent.patient"),
    "2 discloser": ({"discloser": ""}, "R-P2-04 (2)", "Consent.organization"),
    "3 description": ({"compartments": ()}, "R-P2-04 (3)", f"{PERMIT}.securityLabel"),
    "4 recipients": ({"recipients": (), "classes": ()}, "R-P2-04 (4)", f"{PERMIT}.actor"),
    "5 purpose": ({"purposes": ()}, "R-P2-04 (5)", f"{PERMIT}.purpose"),
    "7 expiry": ({"until": "", "event": ""}, "R-P2-04 (7)", f"{PERMIT}.period.end"),
    "8 who signed": ({"signers": ()}, "R-P2-04 (8)", "Consent.performer"),
    "8 the signed paper": ({"source": ""}, "R-P2-04 (8)", "Consent.source"),
    "9 date": ({"signed": ""}, "R-P2-04 (9)", "Consent.dateTime"),
    "hash": ({"form_hash": ""}, "the hash of the form's text is missing", "Consent.extension"),
    "language": ({"language": ""}, "the language it was read in is missing", "Consent.extension"),
    "method": ({"method": ""}, "how it was signed is missing", "Consent.extension"),
}


@pytest.mark.parametrize("slug", ["tpo", "named"])
@pytest.mark.parametrize(("changes", "element", "path"), ABSENT.values(), ids=ABSENT)
def test_a_missing_element_is_named(slug: str, changes: dict[str, Any], element: str, path: str) -> None:
    signed = facts(slug, **changes)
    assert the(check(signed)) == (element, path, DenyCode.CONSENT_INCOMPLETE)
    assert [fault.code for fault in check(signed)] == ["required"]


# Those that the text of its form states: (4)(iii), (6) and (10), and what the state or this network adds.
UNSTATED = {
    "redisclosure": "R-P2-04 (4)(iii)",
    "revoke": "R-P2-04 (6)",
    "relied": "R-P2-04 (6)",
    "risk": "R-P2-04 (10)",
    "refusal": "R-P2-04 (10)",
    "purpose": "R-P2-04 (5)",
    "expiry": "R-P2-04 (7)",
    "police": "police is not stated in the text of the form",
    "inspect": "inspect is not stated in the text of the form",
}


@pytest.mark.parametrize("slug", ["tpo", "named"])
@pytest.mark.parametrize(("statement", "element"), UNSTATED.items())
def test_a_form_that_does_not_state_an_element_is_no_ground(slug: str, statement: str, element: str) -> None:
    whole = form(slug)
    sentence = whole.statements[statement]
    cut = replace(whole, text=whole.text.replace(sentence, "Something else."))
    signed = facts(slug, form_hash=cut.sha256)
    found = elements.check(signed, cut, MA, known())
    assert the(found) == (element, "Consent.policy[0].uri", DenyCode.CONSENT_INCOMPLETE)


def test_the_name_of_the_client_is_an_element() -> None:
    assert the(check(facts("named"), client_named=False)) == (
        "R-P2-04 (1)",
        "Consent.patient",
        DenyCode.CONSENT_INCOMPLETE,
    )


def test_the_consent_of_another_client_is_no_ground() -> None:
    assert the(check(facts("named"), client="Patient/p2"))[:2] == ("R-P2-04 (1)", "Consent.patient")


def test_a_shape_that_is_not_ours_is_told_as_it_was_found() -> None:
    fault = Issue("error", "not-supported", "Consent.verification", "has no place")
    assert the(check(facts("named", faults=(fault,)))) == (
        "has no place",
        "Consent.verification",
        DenyCode.CONSENT_INCOMPLETE,
    )


def test_every_fault_is_an_issue_of_an_operation_outcome() -> None:
    outcome: Any = operation_outcome(check(facts("named", patient="")))
    assert outcome["issue"][0]["expression"] == ["Consent.patient"]


@pytest.mark.parametrize(
    ("uri", "rule"),
    [
        (f"{BASE}/criminal-justice/v1/en", "R-P2-10"),
        (f"{BASE}/proceeding/v1/en", "R-P2-08"),
        (f"{BASE}/counseling-notes/v1/en", "R-P2-08"),
        (f"{BASE}/named/v2/en", "is no form of this network in a version and language it has"),
        (f"{BASE}/named/v1/fr", "is no form of this network in a version and language it has"),
        ("https://example.org/criminal-justice/v1/en", "is no form of this network in a version and language it has"),
    ],
)
def test_a_paper_that_is_not_taken_is_refused(uri: str, rule: str) -> None:
    assert the(check(facts("named", form=uri))) == (rule, "Consent.policy[0].uri", DenyCode.CONSENT_INCOMPLETE)


def test_a_consent_is_held_against_its_own_form_only() -> None:
    found = elements.check(facts("named"), form("tpo"), MA, known())
    assert the(found)[1] == "Consent.policy[0].uri"


@pytest.mark.parametrize("language", ["pt", "km"])
@pytest.mark.parametrize("slug", SIGNED)
def test_a_form_nobody_has_reviewed_cannot_be_signed(slug: str, language: str) -> None:
    unreviewed = form(slug, language)
    signed = facts(slug, form=unreviewed.uri, form_hash=unreviewed.sha256, language=language)
    assert the(check(signed))[1] == "Consent.policy[0].uri"


@pytest.mark.parametrize("slug", SIGNED)
def test_a_form_in_spanish_holds_like_the_english_one(slug: str) -> None:
    spanish = form(slug, "es")
    assert check(facts(slug, form=spanish.uri, form_hash=spanish.sha256, language="es")) == ()
