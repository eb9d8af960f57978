"""The words are due within the hour; a second person looks; who is late is told to the privacy officer."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection

from agencies.models import Membership
from agencies.roles import Role
from audit.models import AuditEvent
from referrals.acts import OpenInEmergency
from referrals.emergencies import services
from referrals.emergencies.models import EmergencyAccess, EmergencyWords
from referrals.emergencies.natures import Nature
from referrals.errors import Denied, IllegalStep, Invalid, NotFound, Refused
from referrals.models import Notice
from referrals.perform import perform
from tests.emergencies.wards import Ward

WORDS = "Seized in the waiting room, not responding; the nurse needs her medicines."
NURSE = "Quillon Harrowgate, RN"


@pytest.fixture
def access(ward: Ward) -> EmergencyAccess:
    act = OpenInEmergency(referral_id=ward.referral_id, agency_id=ward.hospital.id, nature=Nature.SEIZURE)
    perform(ward.county.clinician, [act])
    return EmergencyAccess.objects.get(referral_id=ward.referral_id)


def documented(ward: Ward, access: EmergencyAccess) -> None:
    services.document(ward.county.clinician, access.id, recipient=NURSE, words=WORDS)


def test_the_words_are_sealed_and_read_by_clinician_and_privacy_officer(ward: Ward, access: EmergencyAccess) -> None:
    documented(ward, access)
    for actor in (ward.county.clinician, ward.privacy):
        assert services.read_words(actor, access.id) == {"recipient": NURSE, "words": WORDS}
    for role in (Role.OFFICER, Role.DRIVER, Role.AGENCY_ADMIN):
        with pytest.raises(Denied):  # and no alarm, as if it had been tampered with
            services.read_words(ward.member(ward.county.bhu, role, f"{role}.words"), access.id)
    raw = bytes(EmergencyWords.objects.get(access=access).sealed)
    assert b"Seized" not in raw
    assert NURSE.encode() not in raw


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("recipient", {"recipient": " ", "words": WORDS}),
        ("words", {"recipient": NURSE, "words": ""}),
        ("words", {"recipient": NURSE, "words": "seizure"}),
    ],
)
def test_what_is_missing_is_named_and_nothing_is_documented(
    ward: Ward, access: EmergencyAccess, field: str, said: dict[str, str]
) -> None:
    with pytest.raises(Invalid) as refused:
        services.document(ward.county.clinician, access.id, **said)
    assert [issue.expression for issue in refused.value.issues] == [field]
    access.refresh_from_db()
    assert access.documented_at is None


def test_nobody_elses_and_nobody_without_a_part_documents(ward: Ward, access: EmergencyAccess) -> None:
    with pytest.raises(NotFound):
        services.document(ward.county.detox_intake, access.id, recipient=NURSE, words=WORDS)
    with pytest.raises(Denied):
        services.document(ward.county.admin, access.id, recipient=NURSE, words=WORDS)


def test_it_is_documented_once(ward: Ward, access: EmergencyAccess) -> None:
    documented(ward, access)
    with pytest.raises(IllegalStep):
        documented(ward, access)


def test_who_is_late_is_told_to_the_privacy_officer_once(ward: Ward, access: EmergencyAccess) -> None:
    due = access.words_due
    assert services.escalate(at=due - timedelta(seconds=1)) == 0
    assert services.escalate(at=due) == 1
    assert services.escalate(at=due) == 0
    notice = Notice.objects.get(referral_id=ward.referral_id, code="emergency-no-words")
    assert (notice.agency_id, notice.role) == (ward.county.bhu.id, "privacy_officer")


def test_what_is_documented_is_not_escalated(ward: Ward, access: EmergencyAccess) -> None:
    documented(ward, access)
    assert services.escalate(at=access.words_due + timedelta(days=1)) == 0


def test_the_privacy_officer_reviews_and_it_leaves_the_list(ward: Ward, access: EmergencyAccess) -> None:
    documented(ward, access)
    assert [row.id for row in services.open_list(ward.privacy)] == [access.id]
    services.review(ward.privacy, access.id, justified=True)
    assert services.open_list(ward.privacy) == []
    with pytest.raises(IllegalStep):
        services.review(ward.privacy, access.id, justified=False)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.PRIVACY_OFFICER])
def test_nobody_but_a_privacy_officer_reviews(ward: Ward, access: EmergencyAccess, role: Role) -> None:
    somebody = ward.member(ward.county.bhu, role, f"one-more-{role}")
    with pytest.raises(Denied):
        services.review(somebody, access.id, justified=True)


def test_a_privacy_officer_of_another_agency_finds_nothing(ward: Ward, access: EmergencyAccess) -> None:
    stranger = ward.member(ward.county.detox, Role.PRIVACY_OFFICER, "their-privacy")
    with pytest.raises(NotFound):
        services.review(stranger, access.id, justified=True)
    with pytest.raises(NotFound):
        services.read_words(stranger, access.id)
    assert services.open_list(stranger) == []


def test_who_opened_it_cannot_be_the_second_person(ward: Ward, access: EmergencyAccess) -> None:
    """The database says so too: a role can change, a membership cannot be two people."""
    EmergencyAccess.objects.filter(pk=access.id).update(membership_id=ward.privacy.membership_id)
    with pytest.raises(Denied):
        services.review(ward.privacy, access.id, justified=True)


def test_the_same_person_in_two_roles_is_no_second_person(ward: Ward, access: EmergencyAccess) -> None:
    mine = Membership.objects.get(pk=ward.county.clinician.membership_id)
    Membership.objects.filter(pk=ward.privacy.membership_id).update(user_id=mine.user_id)
    with pytest.raises(Denied):
        services.review(ward.privacy, access.id, justified=True)


def test_what_was_reviewed_without_its_words_stays_on_the_list(ward: Ward, access: EmergencyAccess) -> None:
    services.review(ward.privacy, access.id, justified=True)
    (shown,) = services.open_list(ward.privacy)
    assert (shown.reviewed, shown.justified) == (True, True)
    documented(ward, access)
    assert services.open_list(ward.privacy) == []


def test_words_changed_in_the_database_do_not_open(ward: Ward, access: EmergencyAccess) -> None:
    documented(ward, access)
    row = EmergencyWords.objects.get(access=access)
    flipped = bytes([*bytes(row.sealed)[:-1], bytes(row.sealed)[-1] ^ 1])
    EmergencyWords.objects.filter(pk=row.pk).update(sealed=flipped)
    with pytest.raises(Refused):
        services.read_words(ward.privacy, access.id)


def test_every_act_and_every_refusal_leaves_an_event_without_a_word(ward: Ward, access: EmergencyAccess) -> None:
    documented(ward, access)
    with pytest.raises(Denied):
        services.review(ward.county.clinician, access.id, justified=True)
    services.review(ward.privacy, access.id, justified=False)
    with time_machine.travel(access.words_due, tick=False):
        services.open_list(ward.privacy)
    seen = set(AuditEvent.objects.filter(action__startswith="emergency.").values_list("action", "outcome"))
    assert seen >= {
        ("emergency.open", "0"), ("emergency.document", "0"), ("emergency.review", "0"), ("emergency.review", "4"),
        ("emergency.list", "0"),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("SELECT body FROM audit_event")
        bodies = b"".join(bytes(row[0]) for row in cursor.fetchall())
    assert b"Harrowgate" not in bodies
    assert b"waiting room" not in bodies
