"""An agency's part of the log as FHIR, held against two validators of other people, line by line as it is taken out."""

import io
import json

import pytest
from django.core.management import call_command

from fhir.content.compartments import Compartment
from referrals.acts import TakeStep
from referrals.desk.services import review_content, reviews
from referrals.errors import NotFound
from referrals.opening import open_referral
from referrals.perform import perform
from referrals.policy.reviewing import Reason
from tests.desk.conftest import Office
from tests.partners import node
from tests.web.desk import user_of

pytestmark = pytest.mark.django_db

DISCLOSURE = "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.PrivacyDisclosure.Source"


def worked(office: Office) -> None:
    """Something of each kind: opened, refused, given out on a consent, and looked at in a review."""
    open_referral(office.county.clinician, office.referral_id)
    with pytest.raises(NotFound):
        open_referral(office.county.admin, office.referral_id)
    perform(office.county.detox_intake, [TakeStep(task_id=office.desk.detox, step="accept")])
    case = reviews.ask(
        office.officer,
        office.referral_id,
        reason=Reason.AUDIT,
        parts=[Compartment.CONTACT],
        hours=1,
        words="Whether what is kept is what the form asks for.",
    )
    reviews.answer(office.county.admin, case, agree=True)
    review_content.open_in_review(office.officer, case)


def taken_out(office: Office) -> dict[str, dict]:
    out = io.StringIO()
    call_command("audit_export", "--agency=bhu", f"--as={user_of(office.officer).email}", "--fhir", stdout=out)
    trees = [json.loads(line) for line in out.getvalue().splitlines()]
    return {f"{number} {tree['id']}": tree for number, tree in enumerate(trees)}


def test_two_validators_find_nothing_wrong_with_any_line_of_the_export(office: Office):
    worked(office)
    lines = taken_out(office)
    assert {tree["resourceType"] for tree in lines.values()} == {"AuditEvent"}
    assert {tree["outcome"] for tree in lines.values()} == {"0", "4"}
    profiled = [tree for tree in lines.values() if DISCLOSURE in tree.get("meta", {}).get("profile", ())]
    assert len(profiled) >= 2  # to the detox, and what the review showed
    assert node.run("validators.mjs", list(lines.items())) == []


def test_both_would_notice_a_line_that_is_wrong(office: Office):
    worked(office)
    name, tree = next(iter(taken_out(office).items()))
    del tree["agent"]
    tree["outcome"] = ["0"]
    assert {said[1] for said in node.run("validators.mjs", [(name, tree)])} == {"schema", "definitions"}
