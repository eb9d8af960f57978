"""What staff do: nobody is asked in vain, and a yes that was only spoken waits and lets nothing through."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from agencies.actor import Actor
from agencies.models import Agency
from agencies.roles import Role
from fhir.content.compartments import Compartment
from referrals.acts import Offer
from referrals.consents.models import ConsentTerms
from referrals.perform import perform
from referrals.signing import standing
from referrals.signing.asking import ask_signature
from referrals.signing.errors import NothingWaiting
from referrals.signing.models import OralYes, SigningRequest
from tests.legal.town import member, refused
from tests.signing.desk import NAMED, Desk, Phone, new_events, seen_events, terms


@pytest.mark.parametrize(
    ("who", "code"),
    [
        # Police share on grounds of their own: an officer may look, and no paper makes his unit the one that shares.
        ("officer", "CONSENT_INCOMPLETE"),
        ("other_officer", "NOT_FOUND"),
        ("detox_intake", "NOT_FOUND"),
        ("outsider", "NOT_FOUND"),
        ("admin", "NOT_FOUND"),
    ],
)
def test_who_could_not_file_it_does_not_ask_for_it(desk: Desk, who: str, code: str) -> None:
    actor: Actor = getattr(desk.county, who)
    assert refused(ask_signature, actor, desk.referral_id, NAMED).code == code
    assert not SigningRequest.objects.exists()


def test_nobody_is_asked_in_a_state_whose_rules_nobody_wrote_down(desk: Desk) -> None:
    Agency.objects.filter(slug="bhu").update(state="NH")
    assert refused(ask_signature, desk.county.clinician, desk.referral_id, NAMED).code == "STATE_PACK"


@pytest.mark.parametrize(
    ("role", "code"), [(Role.INTAKE, "COMPARTMENT"), (Role.BHU_OFFICER, "COMPARTMENT"), (Role.COACH, "ROLE")]
)
def test_who_reads_a_client_and_may_not_write_does_not_ask(desk: Desk, role: Role, code: str) -> None:
    reader = member(desk.county.bhu, role)
    assert refused(ask_signature, reader, desk.referral_id, NAMED).code == code
    assert not SigningRequest.objects.exists()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"until": date(2031, 1, 1)}, "R-ST-01"),
        ({"until": date(2020, 1, 1)}, "must not be after end"),
        ({"recipients": ("detox", "other-police")}, "R-P2-06"),
        ({"recipients": ("bhu",)}, "does not send to itself"),
        ({"recipients": ("detox", "detox")}, "once"),
        ({"paper": "counseling-notes"}, "paper"),
        ({"signers": ()}, "signers"),
        ({"signers": ("", "")}, "signers"),
        ({"signers": ("FRND",)}, "signers"),
        ({"signers": ("PRN",)}, "R-P2-04 (8)"),
    ],
)
def test_no_client_is_asked_to_sign_what_could_not_be_filed(desk: Desk, changes: dict[str, Any], said: str) -> None:
    assert said in str(refused(desk.ask, replace(NAMED, **changes)))
    assert not SigningRequest.objects.exists()


def test_asking_is_logged_and_so_is_opening_who_the_client_is(desk: Desk) -> None:
    seen, clinician = seen_events(), desk.county.clinician.name
    link = desk.ask()
    assert new_events(seen) == [
        ("referral.open", f"Referral/{desk.referral_id}", clinician, "0", "contact"),
        ("consent.ask", f"Referral/{desk.referral_id}", clinician, "0", f"SigningRequest/{link.id}"),
    ]


def test_a_spoken_yes_waits_until_it_is_signed(desk: Desk) -> None:
    spoken = standing.record_oral(desk.county.coordinator, desk.referral_id, paper="named")
    other = standing.record_oral(desk.county.coordinator, desk.referral_id, paper="tpo")
    waiting = standing.consents(desk.county.clinician, desk.referral_id).waiting
    assert [(each.id, each.how, each.paper) for each in waiting] == [(spoken, "oral", "named"), (other, "oral", "tpo")]
    assert {each.membership_id for each in waiting} == {desk.county.coordinator.membership_id}
    assert not ConsentTerms.objects.exists()
    phone = Phone(desk.ask())
    assert [each.how for each in standing.consents(desk.county.clinician, desk.referral_id).waiting] == [
        "oral",
        "oral",
        "own_phone",
    ]
    phone.sign(desk.filled())
    after = standing.consents(desk.county.clinician, desk.referral_id)
    assert [each.id for each in after.waiting] == [other]
    assert [(each.standing, each.method, each.parts) for each in after.on_file] == [
        ("active", "own_phone", ("clinical", "contact"))
    ]
    assert OralYes.objects.get(pk=spoken).consent == terms().consent
    standing.withdraw_oral(desk.county.clinician, other)
    assert standing.consents(desk.county.clinician, desk.referral_id).waiting == ()


def test_a_spoken_yes_is_no_ground_for_anything(desk: Desk) -> None:
    standing.record_oral(desk.county.clinician, desk.referral_id, paper="named")
    release = frozenset({Compartment.CONTACT})
    offer = Offer(referral_id=desk.referral_id, to=(desk.county.detox.id,), release=release)
    assert refused(perform, desk.county.clinician, [offer]).code in ("CONSENT_MISSING", "NO_BASIS")


def test_who_is_not_named_in_a_consent_and_did_not_record_it_does_not_see_it_listed(desk: Desk, phone: Phone) -> None:
    phone.sign(desk.filled())
    assert standing.consents(desk.county.officer, desk.referral_id).on_file == ()


@pytest.mark.parametrize("end", [standing.withdraw_oral])
def test_a_to_do_ends_once_and_for_its_own_agency_only(desk: Desk, end: Callable[..., None]) -> None:
    spoken = standing.record_oral(desk.county.clinician, desk.referral_id, paper="named")
    assert type(refused(end, desk.county.detox_intake, spoken)) is NothingWaiting
    assert refused(end, desk.county.admin, spoken).code == "ROLE"
    end(desk.county.coordinator, spoken)
    assert type(refused(end, desk.county.coordinator, spoken)) is NothingWaiting


@pytest.mark.parametrize(
    ("who", "code"), [("outsider", "NOT_FOUND"), ("admin", "NOT_FOUND"), ("detox_intake", "NOT_FOUND")]
)
def test_a_stranger_records_and_lists_nothing(desk: Desk, who: str, code: str) -> None:
    actor = getattr(desk.county, who)
    assert refused(standing.record_oral, actor, desk.referral_id, paper="named").code == code
    assert refused(standing.consents, actor, desk.referral_id).code == code
    assert not OralYes.objects.exists()
