"""What Massachusetts and Illinois ask of a consent: who signs, who looks on, how it ends (R-MIN-01, R-ST-01)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fhir.content.compartments import Compartment
from fhir.content.consent import CLIENT, Facts, Signer
from referrals.consents import elements, who_signs
from referrals.packs.packs import Care, by_state
from referrals.policy.codes import DenyCode
from tests.consents.samples import ACTOR, IL, MA, NOW, PERIOD, check, facts, form, known, terms, the

PACK, MINOR, INCOMPLETE = DenyCode.STATE_PACK, DenyCode.MINOR_RULE, DenyCode.CONSENT_INCOMPLETE
C = Compartment
PARENT, GUARDIAN = Signer(relationship="PRN"), Signer(relationship="GUARD")
PROXY, STRANGER = Signer(relationship="HPOWATT"), Signer(relationship="FRND")
BOTH = (CLIENT, PARENT)

# Massachusetts and Illinois: born, who signed, for which parts, what was found, and whether it is enough.
SIGNING = [
    ("MA", "2011-05-17", (PARENT,), (C.SUD,), "", MINOR),
    ("MA", "2011-05-17", (CLIENT,), (C.SUD,), "", MINOR),
    ("MA", "2011-05-17", BOTH, (C.SUD,), "", None),
    ("MA", "2011-05-17", (CLIENT, GUARDIAN), (C.SUD,), "", None),
    ("MA", "2011-05-17", (CLIENT,), (C.SUD,), "two_physicians", None),
    ("MA", "2011-05-17", (PARENT,), (C.SUD,), "two_physicians", MINOR),
    ("MA", "2011-05-17", (CLIENT,), (C.SUD, C.CLINICAL), "two_physicians", MINOR),
    ("MA", "2010-11-22", (CLIENT,), (C.SUD,), "", None),
    ("MA", "2010-11-23", (CLIENT,), (C.SUD,), "", MINOR),
    ("MA", "2010-05-17", (CLIENT,), (C.SUD, C.CLINICAL, C.CONTACT), "", None),
    ("MA", "2010-05-17", (PARENT,), (C.SUD,), "", MINOR),
    ("MA", "2010-05-17", (PARENT,), (C.CLINICAL,), "", MINOR),
    ("MA", "2010-05-17", BOTH, (C.CLINICAL,), "", None),
    ("MA", "2015-05-17", (CLIENT,), (C.SUD,), "two_physicians", MINOR),
    ("MA", "2015-05-17", (PARENT,), (C.CLINICAL,), "", None),
    ("MA", "2015-05-17", (PARENT,), (C.CLINICAL, C.SUD), "", MINOR),
    ("MA", "2012-05-17", (PARENT,), (C.CONTACT,), "", MINOR),
    ("MA", "2008-11-22", (GUARDIAN,), (C.SUD,), "", None),
    ("MA", "2008-11-23", (GUARDIAN,), (C.SUD,), "", MINOR),
    ("MA", "2008-11-22", (PARENT,), (C.SUD,), "", INCOMPLETE),
    ("MA", "2008", (GUARDIAN,), (C.SUD,), "", MINOR),
    ("MA", "2007", (GUARDIAN,), (C.SUD,), "", None),
    ("MA", "2011-05-17", (CLIENT, PROXY), (C.SUD,), "", MINOR),
    ("MA", "1990-05-17", (CLIENT, STRANGER), (C.SUD,), "", INCOMPLETE),
    ("MA", "2015-05-17", (PARENT, STRANGER), (C.CLINICAL,), "", INCOMPLETE),
    ("MA", "2010", (CLIENT,), (C.SUD,), "", MINOR),
    ("MA", "2010", BOTH, (C.SUD,), "", None),
    ("MA", "2009", (CLIENT,), (C.SUD,), "", None),
    ("MA", "2010-11", (CLIENT,), (C.SUD,), "", MINOR),
    ("MA", "2010-10", (CLIENT,), (C.SUD,), "", None),
    ("MA", "", (CLIENT,), (C.SUD,), "", MINOR),
    ("MA", "2027-01-01", BOTH, (C.SUD,), "", MINOR),
    ("IL", "2014-05-17", (CLIENT,), (C.SUD, C.CLINICAL), "", None),
    ("IL", "2014-05-17", (PARENT,), (C.SUD,), "", MINOR),
    ("IL", "2014-05-17", (PARENT,), (C.CLINICAL,), "", MINOR),
    ("IL", "2015-05-17", (CLIENT,), (C.CLINICAL,), "", MINOR),
    ("IL", "2015-05-17", (PARENT,), (C.CLINICAL,), "", None),
    ("IL", "2015-05-17", (PARENT,), (C.SUD,), "", MINOR),
    ("IL", "2015-05-17", BOTH, (C.SUD,), "", None),
]


@pytest.mark.parametrize(("state", "born", "signers", "parts", "finding", "deny"), SIGNING)
def test_who_must_sign_is_the_states_rule(
    state: str,
    born: str,
    signers: tuple[Signer, ...],
    parts: tuple[Compartment, ...],
    finding: str,
    deny: DenyCode | None,
) -> None:
    signed = facts("named", signers=signers, compartments=parts, witness="Sam Witness")
    found = check(signed, by_state(state), client_born=born, findings=frozenset({finding}))
    assert [(fault.expression, fault.deny) for fault in found] == ([("Consent.performer", deny)] if deny else [])


def test_parts_nobody_named_count_as_every_kind_of_care() -> None:
    assert who_signs.cares([]) == set(Care)
    assert who_signs.cares([C.SUD]) == {Care.SUBSTANCE_USE}
    assert who_signs.cares([C.OUTCOME, C.CONTACT]) == {Care.MENTAL_HEALTH}


def test_the_age_that_counts_is_the_one_at_signing() -> None:
    turned_16_since = facts("named", signed="2026-11-20", signers=BOTH)
    assert check(turned_16_since, client_born="2010-11-21") == ()
    assert the(check(replace(turned_16_since, signers=(CLIENT,)), client_born="2010-11-21"))[2] is MINOR


def illinois(slug: str = "named", **changes: Any) -> Facts:
    return facts(slug, **{"witness": "Sam Witness", **changes})


def test_illinois_takes_a_witnessed_paper_with_a_date() -> None:
    assert check(illinois(), IL) == ()
    assert check(illinois("police-outcome"), IL) == ()
    assert check(illinois("tpo", event="", until="2027-05-22", classes=(), recipients=("harbor-light",)), IL) == ()


@pytest.mark.parametrize("event", ["none", "end-of-treatment"])
def test_illinois_refuses_an_event_and_massachusetts_takes_it(event: str) -> None:
    signed = illinois("tpo", event=event, classes=(), recipients=("harbor-light",))
    assert the(check(signed, IL)) == ("R-ST-01", f"{PERIOD}.extension", PACK)
    assert check(signed, MA) == ()


def test_illinois_refuses_a_paper_without_a_witness_and_massachusetts_takes_it() -> None:
    assert the(check(facts("named"), IL)) == ("R-ST-01", "Consent.extension", PACK)
    assert check(facts("named"), MA) == ()


def test_illinois_refuses_an_oral_yes() -> None:
    signed = illinois(method="oral", compartments=(C.CONTACT,))
    assert the(check(signed, IL)) == ("R-ST-01", "Consent.extension", PACK)


def test_illinois_refuses_recipients_named_by_class() -> None:
    signed = illinois("tpo", event="", until="2027-05-22")
    assert the(check(signed, IL)) == ("R-ST-01", ACTOR, PACK)


def test_illinois_refuses_a_form_without_the_right_to_inspect() -> None:
    whole = form("named")
    bare = replace(whole, statements={name: said for name, said in whole.statements.items() if name != "inspect"})
    bare = replace(bare, paper=replace(bare.paper, states=bare.paper.states - {"inspect"}))
    assert elements.check(illinois(), bare, MA, known()) == ()
    assert the(elements.check(illinois(), bare, IL, known()))[0] == "inspect is not stated in the text of the form"


def test_illinois_takes_no_paper_past_a_year() -> None:
    assert check(illinois(until="2027-11-22"), IL) == ()
    assert the(check(illinois(until="2027-11-23"), IL))[2] is PACK


def test_illinois_lets_a_paper_without_a_date_be_good_on_the_day_it_was_signed() -> None:
    signed = illinois(until="", compartments=(C.CONTACT, C.CLINICAL))
    assert check(signed, IL) == ()
    assert terms(signed, IL).until == datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
    a_day_later = NOW + timedelta(days=1)
    assert the(check(signed, IL, at=a_day_later))[2] is DenyCode.CONSENT_EXPIRED


@pytest.mark.parametrize(
    ("slug", "parts"), [("named", (C.CONTACT, C.SUD)), ("police-outcome", (C.OUTCOME,))], ids=["sud", "police"]
)
def test_not_even_a_day_without_a_date_where_federal_law_or_police_ask_for_one(
    slug: str, parts: tuple[Compartment, ...]
) -> None:
    found = check(illinois(slug, until="", compartments=parts), IL)
    assert ("required", f"{PERIOD}.end") in [(fault.code, fault.expression) for fault in found]
