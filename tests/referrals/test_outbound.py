"""Nothing of substance use goes out without the statement and the consent's scope (R-P2-11)."""

from collections.abc import Iterable

import pytest

from fhir.content.compartments import Compartment
from fhir.content.notices import PART2, PART2_SHORT, Notice
from referrals import shelltext
from referrals.acts import Send
from referrals.models import Disclosure
from referrals.opening import open_referral
from referrals.perform import perform
from referrals.policy import outbound
from referrals.policy.outbound import NoticeMissing, require_notices
from tests.county import County, bundle_of, consent

SUD = {
    "resourceType": "Condition",
    "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "F11.20"}]},
    "subject": {"reference": "urn:uuid:8c2b5f0e-0000-4000-8000-000000000001"},
}
PARTS = ("contact", "clinical", "sud", "outcome")


def sent(county: County):
    signed = consent(parts=PARTS)
    return perform(county.clinician, [Send(data=bundle_of(SUD, signed), to=(county.detox.id,))])


@pytest.mark.parametrize(
    "notices", [(), (Notice("42cfr2-2018", PART2.text),), (Notice(PART2.version, PART2.text[:-1]),)]
)
def test_another_statement_or_none_is_not_enough(notices: tuple[Notice, ...]) -> None:
    with pytest.raises(NoticeMissing):
        require_notices([Compartment.SUD], notices)


def refused(parts: Iterable[Compartment], *notices: Notice) -> bool:
    try:
        require_notices(parts, notices)
    except NoticeMissing:
        return True
    return False


@pytest.mark.parametrize("notice", [PART2, PART2_SHORT], ids=["long", "short"])
def test_either_of_the_two_is_enough(notice: Notice) -> None:
    assert refused([Compartment.SUD], notice) is False


@pytest.mark.parametrize("part", Compartment)
def test_the_sud_part_alone_asks_for_one(part: Compartment) -> None:
    assert refused([part]) is (part is Compartment.SUD)
    assert refused([*Compartment]) is True


def test_what_a_provider_opens_carries_statement_and_scope_in_text_and_json(county: County) -> None:
    shown = open_referral(county.detox_intake, sent(county).referral_id)
    assert [notice.version for notice in shown.notices] == ["42cfr2-2024"]
    (scope,) = shown.scopes
    assert (scope.compartments, scope.purposes) == (("contact", "clinical", "sud", "outcome"), ("TREAT", "COC"))
    for text in (shelltext.as_text(shown), shelltext.as_json(shown)):
        assert PART2.text in text
        assert str(scope.consent) in text


def test_stripped_of_its_statement_it_is_not_made(county: County, monkeypatch: pytest.MonkeyPatch) -> None:
    referral_id = sent(county).referral_id
    monkeypatch.setattr(outbound, "notices_for", lambda _compartments: ())
    with pytest.raises(NoticeMissing):
        open_referral(county.detox_intake, referral_id)
    assert open_referral(county.detox_intake, referral_id, compartments={Compartment.CONTACT}).sections


def test_the_ledger_says_which_statement_went_along_and_on_which_version_of_the_consent(county: County) -> None:
    row = Disclosure.objects.get(referral_id=sent(county).referral_id, recipient=county.detox)
    assert (row.notice_version, row.consent_version, row.manifest) == ("42cfr2-2024", 1, 1)
