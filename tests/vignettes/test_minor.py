"""Vignette 14: sixteen, with cannabis at school; the paper is the client's own to sign, and a parent sees nothing."""

from datetime import timedelta

import pytest
from django.utils import timezone

from fhir.content.builders import Agreed
from fhir.content.compartments import Compartment
from fhir.content.consent_facts import CLIENT, Signer
from referrals.acts import AddSection, Offer, Send
from referrals.errors import Denied, Invalid
from referrals.listing import inbox
from referrals.models import Section
from referrals.shelltext import as_json
from tests.county import consent_in
from tests.vignettes.people import Entry, Merrow, call, consents, ledger, of, seen, told, words_in

PARENT, GUARDIAN = Signer(relationship="PRN", name="R. Zwillinger"), Signer(relationship="GUARD")
PARTS = ("contact", "sud")
RELEASE = frozenset({Compartment.CONTACT, Compartment.SUD})
CANNABIS = seen("37344009", "Cannabis abuse", value="Every day before class since spring")
STATEMENT = "42cfr2-2024"


def born(*, sixteen_after: int) -> str:
    """The date of birth of somebody who turns sixteen so many days after signing, which was yesterday."""
    birthday = timezone.now().date() + timedelta(days=sixteen_after - 1)
    return birthday.replace(year=birthday.year - 16).isoformat()  # a leap day has one sixteen years before


def taken_on(merrow: Merrow, birth_date: str):
    """Brindle's school officer sends; the unit's clinician takes it on and finds what it is about."""
    smoked = seen("cannabis-seen", "Seen with a joint behind the gym", system="urn:example:school")
    act = Send(data=call(smoked, born=birth_date), to=merrow.at("bhu"), agreed=Agreed.YES)
    referral_id = merrow.do("brindle officer", act).referral_id
    merrow.step("clinician", merrow.task(referral_id, "bhu"), "accept", "start")
    merrow.add("clinician", referral_id, of(CANNABIS))
    return referral_id


@pytest.fixture
def at_sixteen(merrow):
    return taken_on(merrow, born(sixteen_after=0))


def signed_by(merrow: Merrow, referral_id, *signers: Signer, parts=PARTS) -> AddSection:
    """A paper for Willow with these signatures."""
    return AddSection(
        referral_id=referral_id, data=consent_in(referral_id, to=("willow",), parts=parts, signers=signers)
    )


def test_vignette_14_the_client_signs_alone_and_willow_reads_it_with_the_notice_of_the_law(merrow, at_sixteen):
    signed = merrow.sign("clinician", at_sixteen, to=("willow",), parts=PARTS, signers=(CLIENT,))
    merrow.do("clinician", Offer(referral_id=at_sixteen, to=merrow.at("willow"), release=RELEASE))
    before = merrow.open("willow intake", at_sixteen)
    assert not words_in(before)
    assert "age-13-17" in as_json(before)
    assert before.notices == ()
    merrow.step("willow intake", merrow.task(at_sixteen, "willow"), "accept")
    opened = merrow.open("willow intake", at_sixteen)
    assert "Every day before class" in as_json(opened)
    assert [notice.version for notice in opened.notices] == [STATEMENT]
    assert opened.notices[0].text.startswith("This record which has been disclosed to you is protected by Federal")
    assert [(scope.consent, scope.version, scope.compartments) for scope in opened.scopes] == [(signed, 1, PARTS)]
    assert ledger(at_sixteen) == [
        Entry("brindle-pd", "bhu", "request+contact+incident", "referral_for_help", "COC"),
        Entry("bhu", "willow", "request", "consent_named", "TREAT", signed, 1),
        Entry("bhu", "willow", "contact+sud", "consent_named", "TREAT", signed, 1, STATEMENT),
    ]


@pytest.mark.parametrize("signers", [(PARENT,), (GUARDIAN,), (PARENT, GUARDIAN)], ids=["parent", "guardian", "both"])
@pytest.mark.parametrize("parts", [PARTS, ("sud",), ("contact", "clinical")], ids="+".join)
def test_a_parents_signature_is_not_the_clients(merrow, at_sixteen, signers, parts):
    refusal = merrow.refused("clinician", signed_by(merrow, at_sixteen, *signers, parts=parts))
    assert type(refusal) is Invalid
    assert refusal.code == "MINOR_RULE"
    assert "the client must sign" in str(refusal)
    assert consents(at_sixteen) == []
    offer = Offer(referral_id=at_sixteen, to=merrow.at("willow"), release=RELEASE)
    assert merrow.refused("clinician", offer).code == "NO_BASIS"


# Who signed for substance-use records the day before the sixteenth birthday, and whether that is enough (c.112 §12E).
@pytest.mark.parametrize(
    ("signers", "enough"),
    [((CLIENT,), False), ((PARENT,), False), ((CLIENT, PARENT), True), ((CLIENT, GUARDIAN), True)],
    ids=["client", "parent", "client-and-parent", "client-and-guardian"],
)
def test_a_day_before_sixteen_both_must_sign(merrow, signers, enough):
    referral_id = taken_on(merrow, born(sixteen_after=1))
    act = signed_by(merrow, referral_id, *signers)
    if enough:
        merrow.do("clinician", act)
        assert len(consents(referral_id)) == 1
        return
    refusal = merrow.refused("clinician", act)
    assert refusal.code == "MINOR_RULE"
    assert "the client and a parent or guardian must sign" in str(refusal)


def test_a_parent_sees_nothing_and_is_told_nothing(merrow, at_sixteen):
    merrow.sign("clinician", at_sixteen, to=("willow",), parts=PARTS)
    merrow.do("clinician", Offer(referral_id=at_sixteen, to=merrow.at("willow"), release=RELEASE))
    assert merrow.turned_away("parent", at_sixteen) == "NOT_FOUND"
    with pytest.raises(Denied):
        inbox(merrow.people["parent"])
    assert {entry.recipient for entry in ledger(at_sixteen)} == {"bhu", "willow"}
    assert {slug for slug, _role, _code in told(at_sixteen)} == {"bhu", "brindle-pd", "willow"}


def test_the_school_officer_reads_what_he_wrote_and_not_what_was_found(merrow, at_sixteen):
    screen = merrow.screen("brindle officer", at_sixteen).decode()
    assert "behind the gym" in screen
    assert "before class" not in screen
    assert "37344009" not in screen
    kept = Section.objects.filter(folder_id=at_sixteen, compartment="sud")
    assert set(kept.values_list("agency__slug", flat=True)) == {"bhu"}


def test_the_coach_reads_it_only_once_the_client_lets_those_help_who_run_the_program(merrow, at_sixteen):
    assert merrow.turned_away("coach", at_sixteen, Compartment.SUD) == "CONSENT_MISSING"
    merrow.sign(
        "clinician",
        at_sixteen,
        form="tpo",
        to=(),
        classes=("program_helpers",),
        parts=PARTS,
        purposes=("TREAT", "COC"),
    )
    opened = merrow.open("coach", at_sixteen)
    assert "before class" in as_json(opened)
    assert [notice.version for notice in opened.notices] == [STATEMENT]


def test_an_oral_yes_is_no_signature(merrow, at_sixteen):
    paper = consent_in(at_sixteen, to=("willow",), parts=PARTS, method="oral")
    refusal = merrow.refused("clinician", AddSection(referral_id=at_sixteen, data=paper))
    assert refusal.code == "CONSENT_INCOMPLETE"
    assert "R-P2-05" in str(refusal)
    assert consents(at_sixteen) == []
