"""More than one signature, and the rules of another state: the page asks for what the paper needs."""

import json
from dataclasses import replace
from typing import Any

import pytest

from agencies.models import Agency
from referrals.acts import CorrectSection
from referrals.consents.models import ConsentTerms
from referrals.models import Section
from referrals.opening import open_referral
from referrals.perform import perform
from referrals.signing.papers import Wanted
from tests.legal.town import refused
from tests.signing.desk import NAMED, SIGNATURE, Desk, Phone, attached, consent_and_document, terms

PARENT = "Hanna Zwillinger"


@pytest.fixture
def minor(desk: Desk) -> Desk:
    """The client is fourteen or fifteen."""
    opened = open_referral(desk.county.officer, desk.referral_id)
    tree = next(each.tree for each in opened.sections if each.type == "Patient")
    row = Section.objects.get(folder_id=desk.referral_id, type="Patient")
    data = json.dumps({**tree, "birthDate": "2011-10-01"}).encode()
    perform(desk.county.officer, [CorrectSection(referral_id=desk.referral_id, resource_id=row.resource_id, data=data)])
    return desk


@pytest.fixture
def illinois(desk: Desk) -> Desk:
    """The same desk under the rules of Illinois: a witness signs, a day ends it, and nobody is named by class."""
    Agency.objects.filter(slug="bhu").update(state="IL")
    return desk


def test_a_minor_is_not_asked_alone(minor: Desk) -> None:
    assert refused(minor.ask).code == "MINOR_RULE"
    assert refused(minor.ask, replace(NAMED, signers=("PRN",))).code == "MINOR_RULE"


def test_a_minor_and_a_parent_sign_on_one_page(minor: Desk) -> None:
    phone = Phone(minor.ask(replace(NAMED, signers=("", "PRN"))))
    shown = phone.say()
    assert "Signed by: (the parent)" in shown.text
    lacking = phone.post(ticket=shown.value("ticket"), **minor.filled())
    assert [link for link in lacking.links if link.startswith("#name")] == ["#name-1"]
    assert phone.post(ticket=shown.value("ticket"), **minor.filled(**{"name-1": PARENT})).status == 200
    consent, document = consent_and_document(minor)
    assert [each.get("display") for each in consent["performer"]] == [SIGNATURE, PARENT]
    assert f"Signed by: {SIGNATURE}; {PARENT}" in attached(document).decode()


def test_a_witness_signs_where_the_state_asks_for_one(illinois: Desk) -> None:
    phone = Phone(illinois.ask())
    shown = phone.say()
    assert shown.value("witness") == ""
    assert "witness" in shown.ids
    lacking = phone.post(ticket=shown.value("ticket"), **illinois.filled())
    assert "#witness" in lacking.links
    own = phone.post(ticket=shown.value("ticket"), **illinois.filled(witness=SIGNATURE))
    assert own.status == 409  # nobody is a witness to their own signature
    assert phone.post(ticket=shown.value("ticket"), **illinois.filled(witness="Wanda Ames")).status == 200
    assert "Witness: Wanda Ames" in attached(consent_and_document(illinois)[1]).decode()


@pytest.mark.parametrize("typed", [{"tick": ["contact", "TREAT", "treating_providers"]}, {"ending": "none"}])
def test_what_the_state_does_not_take_cannot_be_ticked(illinois: Desk, typed: dict[str, Any]) -> None:
    phone = Phone(illinois.ask(Wanted(paper="tpo", recipients=("detox",))))
    shown = phone.say()
    assert shown.boxes().isdisjoint({"treating_providers", "program_helpers", "end-of-treatment", "none"})
    filled = illinois.filled(**{"ending": "date", "witness": "Wanda Ames", **typed})
    answer = phone.post(ticket=shown.value("ticket"), **filled)
    if "ending" in typed:
        assert (answer.status, "#ending-0" in answer.links) == (422, True)
        assert not ConsentTerms.objects.exists()
    else:
        assert answer.status == 200
        assert terms().classes == frozenset()
