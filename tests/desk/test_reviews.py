"""A review case: content opens to a privacy officer with a second person's yes, for hours, by no other door."""

import io
import json
from datetime import timedelta
from http import HTTPStatus

import pytest
import time_machine
from django.core.management import call_command
from django.utils import timezone

from agencies.models import Membership, User
from agencies.roles import Role
from agencies.services import actor_for, add_member
from agencies.vault import keyring
from agencies.vault.errors import CannotOpen
from agencies.vault.models import KeyLoan
from audit.models import AuditEvent
from fhir.content.compartments import Compartment
from referrals.acts import TakeStep
from referrals.desk.models import ReviewCase
from referrals.desk.services import review_content, reviews
from referrals.errors import Broken, Denied, IllegalStep, Invalid, NotFound
from referrals.listing import inbox
from referrals.models import Disclosure, Notice, Participation, Referral, ReferralUserPermission
from referrals.opening import open_referral
from referrals.perform import perform
from referrals.policy.reviewing import ANSWER_WITHIN, Reason
from referrals.receipts.accounting import accounting
from referrals.retention.errors import SamePerson
from referrals.services import wrapping
from tests.county import CANARIES, SETUP
from tests.desk.conftest import Office, privacy_officer
from tests.web.desk import Seat, user_of

pytestmark = pytest.mark.django_db

C = Compartment
WORDS = "The log says who opened it and not whether it is the person who complained."


@pytest.fixture
def colleague(office: Office):
    """A second privacy officer of the unit."""
    return privacy_officer_named(office.county.bhu, "second")


def privacy_officer_named(agency, name):
    user = User.objects.create_user(f"{name}@{agency.slug}.example.org", name="Quentin Tabor")
    return actor_for(add_member(by=SETUP, agency=agency, role=Role.PRIVACY_OFFICER, user=user))


def asked(office: Office, *, by=None, parts=(C.CONTACT, C.INCIDENT), reason=Reason.COMPLAINT, hours=2):
    who = by or office.officer
    return reviews.ask(who, office.referral_id, reason=reason, parts=parts, hours=hours, words=WORDS)


def agreed(office: Office, **how):
    case = asked(office, **how)
    reviews.answer(office.county.admin, case, agree=True)
    return case


def parts_of(opened):
    return {section.compartment for section in opened.sections}


def refused(code, act):
    with pytest.raises(Denied) as refusal:
        act()
    assert refusal.value.code == code


def test_it_opens_once_a_second_person_agreed_and_only_what_was_asked_for(office: Office):
    case = asked(office)
    refused("REVIEW_WAITS", lambda: review_content.open_in_review(office.officer, case))
    reviews.answer(office.county.admin, case, agree=True)
    opened = review_content.open_in_review(office.officer, case)
    assert parts_of(opened) == {C.CONTACT, C.INCIDENT}
    assert "Patient" in {section.type for section in opened.sections}


def test_every_other_door_stays_as_shut_as_it_was(office: Office):
    agreed(office)
    with pytest.raises(NotFound):
        open_referral(office.officer, office.referral_id)
    refused("ROLE", lambda: inbox(office.officer))
    assert not Referral.objects.visible_to(office.officer).exists()


def test_who_asked_never_answers_in_whatever_role(office: Office):
    case = asked(office)
    with pytest.raises(SamePerson):
        reviews.answer(office.officer, case, agree=True)
    twice = add_member(by=SETUP, agency=office.county.bhu, role=Role.AGENCY_ADMIN, user=user_of(office.officer))
    with pytest.raises(SamePerson):
        reviews.answer(actor_for(twice), case, agree=True)
    refused("REVIEW_WAITS", lambda: review_content.open_in_review(office.officer, case))


def test_who_holds_no_office_neither_asks_nor_answers_nor_ends(office: Office):
    case = asked(office)
    for who in (office.county.clinician, office.county.officer):
        refused("ROLE", lambda who=who: asked(office, by=who))
    for act in (
        lambda: reviews.answer(office.county.clinician, case, agree=True),
        lambda: reviews.end(office.county.clinician, case),
        lambda: reviews.all_of(office.county.clinician),
    ):
        refused("ROLE", act)
    refused("ROLE", lambda: asked(office, by=office.county.admin))


def test_another_agencys_offices_find_none_of_it(office: Office):
    case = asked(office)
    with pytest.raises(NotFound):
        reviews.answer(office.police_officer, case, agree=True)
    with pytest.raises(NotFound):
        review_content.open_in_review(office.police_officer, case)
    assert reviews.all_of(office.police_officer) == []


def test_it_opens_to_who_asked_alone(office: Office, colleague):
    case = agreed(office)
    for who, error in ((colleague, NotFound), (office.county.admin, Denied)):
        with pytest.raises(error):
            review_content.open_in_review(who, case)


def test_it_shuts_when_its_time_is_over(office: Office):
    case = agreed(office, hours=1)
    with time_machine.travel(timezone.now() + timedelta(minutes=59), tick=False):
        assert parts_of(review_content.open_in_review(office.officer, case))
    with time_machine.travel(timezone.now() + timedelta(minutes=61), tick=False):
        refused("REVIEW_OVER", lambda: review_content.open_in_review(office.officer, case))


@pytest.mark.parametrize("side", ["asker", "admin"])
def test_either_side_ends_it_and_the_grant_and_the_keys_go_with_it(office: Office, side):
    case = agreed(office)
    now = timezone.now()
    assert ReferralUserPermission.objects.live(office.officer, at=now).count() == 1
    reviews.end(office.officer if side == "asker" else office.county.admin, case)
    refused("REVIEW_OVER", lambda: review_content.open_in_review(office.officer, case))
    assert not ReferralUserPermission.objects.exists()
    assert not KeyLoan.objects.filter(until__gt=timezone.now()).exists()
    with pytest.raises(IllegalStep):
        reviews.end(office.officer, case)


def test_what_was_refused_and_what_nobody_answered_never_opens(office: Office):
    case = asked(office)
    reviews.answer(office.county.admin, case, agree=False)
    refused("REVIEW_OVER", lambda: review_content.open_in_review(office.officer, case))
    with pytest.raises(IllegalStep):
        reviews.answer(office.county.admin, case, agree=True)
    late = asked(office)
    with time_machine.travel(timezone.now() + ANSWER_WITHIN + timedelta(minutes=1), tick=False):
        with pytest.raises(IllegalStep):
            reviews.answer(office.county.admin, late, agree=True)
        refused("REVIEW_WAITS", lambda: review_content.open_in_review(office.officer, late))


def test_each_of_the_gates_shuts_it_alone(office: Office):
    case = agreed(office)
    place = Participation.objects.get(agency=office.county.bhu, referral=office.referral_id)
    now = timezone.now()

    ReferralUserPermission.objects.update(until=now)
    refused("ROLE", lambda: review_content.open_in_review(office.officer, case))
    ReferralUserPermission.objects.update(until=now + timedelta(hours=1))

    Participation.objects.filter(pk=place.pk).update(until=now, ended_as="WITHDRAWN")
    refused("WITHDRAWN", lambda: review_content.open_in_review(office.officer, case))
    Participation.objects.filter(pk=place.pk).update(until=None, ended_as="")

    KeyLoan.objects.update(until=now)
    assert review_content.open_in_review(office.officer, case).sections == ()


def test_keys_lent_for_one_referral_open_nothing_of_another(office: Office):
    agreed(office)
    wraps = wrapping.Wrap.objects.filter(agency=office.county.bhu, key__purpose="general")
    row = wraps.filter(folder_id=office.referral_id).first()
    assert keyring.open_in(office.officer, office.referral_id, [(row.key_id, bytes(row.sealed))])
    for folder in (office.county.bhu.id, row.id):
        with pytest.raises(CannotOpen):
            keyring.open_in(office.officer, folder, [(row.key_id, bytes(row.sealed))])


def test_what_was_asked_for_cannot_be_widened_in_the_rows(office: Office):
    case = agreed(office)
    ReviewCase.objects.update(mask=0b1111)
    with pytest.raises(Broken):
        review_content.open_in_review(office.officer, case)


def test_a_police_unit_reviews_no_screen_and_nothing_beyond_its_own(office: Office):
    for part in (C.CLINICAL, C.SUD, C.OUTCOME):
        with pytest.raises(Invalid) as problem:
            asked(office, by=office.police_officer, parts=(part,), reason=Reason.MISUSE, hours=1)
        assert problem.value.issues[0].expression == "parts"
    case = asked(office, by=office.police_officer, parts=(C.CONTACT, C.INCIDENT))
    reviews.answer(privacy_officer_named(office.county.police, "second"), case, agree=True)
    opened = review_content.open_in_review(office.police_officer, case)
    assert parts_of(opened) == {C.CONTACT, C.INCIDENT}
    assert all(task.owner_name != "Detox" for task in opened.tasks)


def test_substance_use_is_asked_for_few_reasons_and_for_two_hours_at_most(office: Office):
    Participation.objects.filter(agency=office.county.bhu, referral=office.referral_id).update(mask=127)
    for wrong in ({"reason": Reason.COMPLAINT, "hours": 1}, {"reason": Reason.AUDIT, "hours": 1}):
        with pytest.raises(Invalid):
            asked(office, parts=(C.SUD,), **wrong)
    with pytest.raises(Invalid) as problem:
        asked(office, parts=(C.SUD,), reason=Reason.MISUSE, hours=4)
    assert [issue.expression for issue in problem.value.issues] == ["hours"]


@pytest.mark.parametrize(
    ("changed", "field"),
    [({"parts": ()}, "parts"), ({"hours": 3}, "hours"), ({"hours": 24}, "hours"), ({"words": "because"}, "words"),
     ({"words": "x" * 2001}, "words")],
)  # fmt: skip
def test_bad_input_is_refused_by_its_field_and_written_nowhere(office: Office, changed, field):
    given = {"reason": Reason.COMPLAINT, "parts": (C.CONTACT,), "hours": 1, "words": WORDS, **changed}
    with pytest.raises(Invalid) as problem:
        reviews.ask(office.officer, office.referral_id, **given)
    assert {issue.expression for issue in problem.value.issues} == {field}
    assert not ReviewCase.objects.exists()
    newest = AuditEvent.objects.order_by("-id")[0]
    assert (newest.action, newest.outcome, newest.code) == ("review.ask", "4", "INVALID")


def test_one_review_of_a_referral_at_a_time(office: Office):
    case = asked(office)
    with pytest.raises(IllegalStep):
        asked(office)
    reviews.end(office.officer, case)
    assert asked(office) != case


def test_the_same_form_sent_twice_asks_once(office: Office):
    key = ReviewCase().id
    given = {"reason": Reason.COMPLAINT, "parts": (C.CONTACT,), "hours": 1, "words": WORDS, "key": key}
    assert [reviews.ask(office.officer, office.referral_id, **given) for _ in range(2)] == [key, key]
    assert ReviewCase.objects.count() == 1


def test_each_opening_is_two_events_with_the_case_and_the_parts_and_one_row_of_the_ledger(office: Office):
    case = agreed(office)
    for _time in range(2):
        review_content.open_in_review(office.officer, case)
    about = [f"ReviewCase/{case}", f"Referral/{office.referral_id}"]
    found = AuditEvent.objects.filter(action__in=("review.open", "referral.review")).order_by("id")
    assert [(row.target, row.code, row.outcome) for row in found] == [
        (target, "contact+incident", "0") for target in about * 2
    ]
    row = Disclosure.objects.get(discloser=office.county.bhu, recipient=office.county.bhu)
    assert (row.basis, row.purpose, row.membership_id) == ("internal_unit", "HOPERAT", office.officer.membership_id)
    report = accounting(office.officer, referrals=[office.referral_id])
    assert [each.recipient for each in report.rows if each.id == row.id] == [office.county.bhu.name]


def test_the_helping_unit_whose_record_it_is_is_told_and_police_never_are(office: Office):
    review_content.open_in_review(office.officer, agreed(office))
    told = Notice.objects.filter(code="review-opened")
    assert not told.exists()  # the police wrote it
    intake = privacy_officer(office.county.detox)
    perform(office.county.detox_intake, [TakeStep(task_id=office.desk.detox, step="accept")])
    case = asked(office, by=intake, parts=(C.CONTACT,))
    reviews.answer(privacy_officer_named(office.county.detox, "second"), case, agree=True)
    review_content.open_in_review(intake, case)
    assert [(row.agency_id, row.role) for row in told] == [(office.county.bhu.id, "privacy_officer")]


def test_the_admin_learns_neither_the_number_nor_the_words(office: Office):
    case = asked(office)
    number = Referral.objects.get(pk=office.referral_id).reference
    seat = Seat(office.county.admin)
    for name, args in (("desk-reviews", ()), ("desk-review", (case,))):
        page = seat.read(name, *args)
        assert "A complaint is about what stands in it" in page
        assert number not in page
        assert WORDS not in page
        assert str(office.referral_id) not in page
        assert WORDS in Seat(office.officer).read(name, *args) or name == "desk-reviews"
    assert {row.role for row in Notice.objects.filter(code="review-to-decide")} == {"privacy_officer", "agency_admin"}


def test_from_the_file_to_the_content_on_screens(office: Office):
    mine, other = Seat(office.officer), Seat(office.county.admin)
    assert "Ask to see content" in mine.read("desk-file", office.referral_id)
    page = mine.read("desk-review-ask", office.referral_id)
    assert "Substance use" not in page
    assert "checked" not in page  # a reason is given, not left standing
    wrong = mine.post("desk-review-ask", office.referral_id, reason="complaint", hours="1", words=WORDS)
    assert wrong.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert WORDS in wrong.content.decode()
    key = str(ReviewCase().id)
    typed = {"reason": "complaint", "parts": ["contact", "incident"], "hours": "1", "words": WORDS, "key": key}
    assert mine.post("desk-review-ask", office.referral_id, **typed).status_code == HTTPStatus.SEE_OTHER
    assert mine.get("desk-review-content", key).status_code == HTTPStatus.SEE_OTHER
    assert "Who asked cannot answer." in mine.read("desk-review", key)
    assert mine.post("desk-review", key, agree="yes").status_code == HTTPStatus.SEE_OTHER
    assert ReviewCase.objects.get(pk=key).agreed is None
    assert "End this review now" in mine.read("desk-review", key)
    assert "End this review now" not in other.read("desk-review", key)  # she refuses
    assert other.post("desk-review", key, agree="yes").status_code == HTTPStatus.SEE_OTHER
    assert "End this review now" in other.read("desk-review", key)
    assert other.get("desk-review-content", key).status_code == HTTPStatus.NOT_FOUND
    content = mine.read("desk-review-content", key)
    assert any(canary in content for canary in CANARIES)
    mine.post("desk-review", key, end="yes")
    assert mine.get("desk-review-content", key).status_code == HTTPStatus.SEE_OTHER


def test_the_whole_of_it_by_the_command(office: Office):
    number = Referral.objects.get(pk=office.referral_id).reference
    mine, second = (user_of(who).email for who in (office.officer, office.county.admin))

    def run(*words, who):
        out = io.StringIO()
        call_command("review", *words, f"--as={who}", "--json", stdout=out)
        return json.loads(out.getvalue())

    (case,) = run("ask", number, "--reason=incident", "--parts=contact", "--hours=1", f"--words={WORDS}", who=mine)[
        "review"
    ]
    assert run("list", who=second)[0]["standing"] == "waits"
    run("answer", case, "--agree", who=second)
    assert {section["compartment"] for section in run("open", case, who=mine)["sections"]} == {"contact"}
    run("end", case, who=mine)
    with pytest.raises(SystemExit):
        run("open", case, who=mine)


def test_who_left_the_agency_opens_nothing(office: Office):
    case = agreed(office)
    Membership.objects.filter(pk=office.officer.membership_id).update(until=timezone.now())
    with pytest.raises(Broken):
        review_content.open_in_review(office.officer, case)
