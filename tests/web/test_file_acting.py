"""Doing something to a referral on its page: every step of the table, its reason, once; and a page that is not new."""

import re
from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from agencies.actor import Actor
from referrals.acts import Offer, TakeStep
from referrals.acts.stepping import UNHEARD
from referrals.models import ReferralTask, StepTaken
from referrals.opening import open_referral
from referrals.perform import perform
from referrals.reasons import reasons_for
from referrals.web.file.cards import ICONS
from referrals.web.words import HAPPENED
from referrals.workflow import BY_NAME, STEPS, Side
from tests.web.desk import RELEASE, Desk, Seat, make_desk

pytestmark = pytest.mark.django_db
WORDS = "Bring her own medicine, please."

BEFORE: dict[str, tuple[str, ...]] = {
    "accept": (),
    "reject": (),
    "start": ("accept",),
    "schedule": ("accept", "start"),
    "no-show": ("accept", "start"),
    "unschedule": ("accept", "start"),
    "attend": ("accept", "start"),
    "hold": ("accept",),
    "resume": ("accept", "hold"),
    "complete": ("accept",),
    "fail": ("accept",),
    "cancel": (),
    "request-cancel": ("accept",),
    "confirm-cancel": ("accept",),
    "force-cancel": ("accept", "request-cancel"),
    "enter-in-error": ("accept",),
}
"""By which steps a task gets where each of the others can be taken."""


@pytest.fixture(scope="module")
def desk(build_once: Callable[[Callable[[], Desk]], Desk]) -> Desk:
    return build_once(make_desk)


def side(desk: Desk, step: str) -> Actor:
    return desk.county.detox_intake if BY_NAME[step].side is Side.OWNER else desk.county.clinician


def take(desk: Desk, *steps: str) -> None:
    for step in steps:
        reason = reasons_for(step)[0].code if BY_NAME[step].needs_reason else ""
        perform(side(desk, step), [TakeStep(task_id=desk.detox, step=step, reason=reason)])


def version(desk: Desk, actor: Actor, task_id: UUID) -> int:
    return next(task.version for task in open_referral(actor, desk.referral_id).tasks if task.id == task_id)


def press(seat: Seat, desk: Desk, step: str, *, task: UUID | None = None, **more: object) -> Any:
    named = task or desk.detox
    seen = ReferralTask.objects.get(pk=named).version
    said: dict[str, object] = {"key": uuid4(), "version": seen, "note": ""} | more
    return seat.post("file-step", desk.referral_id, named, step, **said)


def test_a_step_of_who_does_not_say_what_they_saw_is_not_taken(desk: Desk) -> None:
    answer = press(Seat(desk.county.detox_intake), desk, "accept", version="", note=WORDS)
    page = answer.content.decode()
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "does not say what you saw" in page
    assert WORDS in page
    assert ReferralTask.objects.get(pk=desk.detox).status == "requested"


def test_every_step_that_somebody_takes_has_a_way_here_an_icon_and_a_line_of_history() -> None:
    names = {step.name for step in STEPS if step.side is not Side.NETWORK and step.name != "send"}
    assert set(BEFORE) == names
    assert names <= set(ICONS)
    assert {step.name for step in STEPS} <= set(HAPPENED)


@pytest.mark.parametrize("step", BEFORE)
def test_every_step_is_a_button_on_the_page_and_works(desk: Desk, step: str) -> None:
    take(desk, *BEFORE[step])
    ReferralTask.objects.filter(cancel_asked_at__isnull=False).update(
        cancel_asked_at=timezone.now() - timedelta(hours=25)
    )
    actor = side(desk, step)
    seat = Seat(actor)
    page = seat.read("file", desk.referral_id)
    assert seat.address("file-step", desk.referral_id, desk.detox, step) in page
    reason = reasons_for(step)[0].code if BY_NAME[step].needs_reason else ""
    seen = version(desk, actor, desk.detox)
    answer = press(seat, desk, step, reason=reason, version=seen, note=WORDS)
    assert answer.status_code == HTTPStatus.SEE_OTHER
    assert answer.headers["Location"] == seat.address("file", desk.referral_id)
    taken = StepTaken.objects.filter(task=desk.detox).latest("id")
    assert (taken.name, taken.reason) == (step, reason)
    assert taken.membership_id == actor.membership_id


@pytest.mark.parametrize("step", [step.name for step in STEPS if step.needs_reason])
def test_a_step_with_a_reason_offers_them_and_is_not_taken_without(desk: Desk, step: str) -> None:
    take(desk, *BEFORE[step])
    seat = Seat(side(desk, step))
    asked = seat.read("file-step", desk.referral_id, desk.detox, step)
    offered = re.findall(r'name="reason"\s+value="([a-z-]+)"', asked)
    assert offered == [reason.code for reason in reasons_for(step)]
    answer = press(seat, desk, step, note=WORDS)
    page = answer.content.decode()
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert re.search(r"<title>\s*Error:", page)
    assert "Choose a reason." in page
    assert (WORDS in page) is (step not in UNHEARD)
    assert not StepTaken.objects.filter(task=desk.detox, name=step).exists()


def test_accepting_is_one_press_and_declining_two(desk: Desk) -> None:
    page = Seat(desk.county.detox_intake).read("file", desk.referral_id)
    assert re.search(r'<form method="post"\s+action="[^"]+/step/accept/"', page)
    assert 'aria-keyshortcuts="a"' in page
    assert re.search(r'<a class="button quiet"\s+href="[^"]+/step/reject/"\s+aria-keyshortcuts="d"', page)


def test_a_second_press_and_the_back_button_do_it_once(desk: Desk) -> None:
    seat, key = Seat(desk.county.detox_intake), uuid4()
    seen = version(desk, desk.county.detox_intake, desk.detox)
    for _ in range(3):
        assert press(seat, desk, "accept", key=key, version=seen).status_code == HTTPStatus.SEE_OTHER
    assert StepTaken.objects.filter(task=desk.detox, name="accept").count() == 1
    assert seat.read("file", desk.referral_id).count("Done: Accept.") == 1


def test_a_page_that_is_not_new_shows_what_changed_beside_what_was_typed(desk: Desk) -> None:
    seat = Seat(desk.county.clinician)
    seen = version(desk, desk.county.clinician, desk.first)
    act = TakeStep(task_id=desk.first, step="hold", reason="waiting-for-answer")
    perform(desk.county.coordinator, [act])
    typed = {"reason": "client-left", "note": WORDS, "version": seen}
    answer = press(seat, desk, "fail", task=desk.first, **typed)
    page = answer.content.decode()
    assert answer.status_code == HTTPStatus.PRECONDITION_FAILED
    before, _now, after = page.partition("As it is now")
    assert "work began" in before
    assert "paused by us" in after
    assert "waiting for an answer" in after
    assert WORDS in after
    assert "your choice before" in after
    (again,) = set(re.findall(r'name="version" value="(\d+)"', page))
    assert press(seat, desk, "fail", task=desk.first, **typed | {"version": again}).status_code == HTTPStatus.SEE_OTHER


def test_an_offer_that_another_agency_took_says_so_and_keeps_the_words(desk: Desk) -> None:
    seen = version(desk, desk.county.clinic_intake, desk.clinic)
    take(desk, "accept")
    answer = press(Seat(desk.county.clinic_intake), desk, "accept", task=desk.clinic, version=seen, note=WORDS)
    page = answer.content.decode()
    assert answer.status_code == HTTPStatus.CONFLICT
    assert "taken by another agency" in page
    assert WORDS in page
    assert "Detox" not in page


def test_who_may_not_act_finds_no_button_and_is_refused(desk: Desk) -> None:
    officer = Seat(desk.county.officer)
    assert "/step/" not in officer.read("file", desk.referral_id).replace("/step/request-cancel/", "")
    assert press(officer, desk, "accept").status_code == HTTPStatus.NOT_FOUND
    assert press(Seat(desk.county.outsider), desk, "accept").status_code == HTTPStatus.NOT_FOUND
    assert (
        press(Seat(desk.county.detox_intake), desk, "cancel", reason="mistake").status_code
        == HTTPStatus.UNPROCESSABLE_ENTITY
    )
    assert press(Seat(desk.county.detox_intake), desk, "nothing").status_code == HTTPStatus.NOT_FOUND


def test_a_question_to_the_agency_that_asked_is_read_there_alone(desk: Desk) -> None:
    seat = Seat(desk.county.detox_intake)
    take(desk, "accept")
    seat.read("file-note", desk.referral_id, desk.detox)
    answer = seat.post(
        "file-note", desk.referral_id, desk.detox, key=uuid4(), kind="question", note="Is she on insulin?"
    )
    assert answer.status_code == HTTPStatus.SEE_OTHER
    assert "Question: Is she on insulin?" in Seat(desk.county.clinician).read("file", desk.referral_id, part="outcome")
    assert "insulin" not in Seat(desk.county.officer).read("file", desk.referral_id, part="all")


def test_yes_if_may_be_said_before_anybody_is_named(desk: Desk) -> None:
    seat = Seat(desk.county.detox_intake)
    answer = seat.post("file-note", desk.referral_id, desk.detox, key=uuid4(), kind="yes-if", note="she comes by nine")
    assert answer.status_code == HTTPStatus.SEE_OTHER
    assert "Yes, if: she comes by nine" in Seat(desk.county.clinician).read("file", desk.referral_id)


def test_words_that_could_name_somebody_are_refused_beside_the_field(desk: Desk) -> None:
    seat = Seat(desk.county.clinician)
    answer = seat.post("file-note", desk.referral_id, desk.detox, key=uuid4(), kind="note", note=WORDS)
    page = answer.content.decode()
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "The other agency knows no name" in page
    assert WORDS in page


def test_the_providers_own_number_is_seen_by_the_agency_that_asked(desk: Desk) -> None:
    seat = Seat(desk.county.detox_intake)
    number = seat.address("file-number", desk.referral_id, desk.detox)
    assert number not in seat.read("file", desk.referral_id)
    take(desk, "accept")
    assert number in seat.read("file", desk.referral_id)
    answer = seat.post("file-number", desk.referral_id, desk.detox, key=uuid4(), number="DX-20418")
    assert answer.status_code == HTTPStatus.SEE_OTHER
    page = Seat(desk.county.clinician).read("file", desk.referral_id, part="outcome")
    assert "The number they keep it under" in page
    assert "DX-20418" in page


def test_the_answer_of_an_agency_off_the_network_is_recorded_by_who_asked_it(desk: Desk) -> None:
    to = (desk.county.paper_clinic.id,)
    done = perform(desk.county.clinician, [Offer(referral_id=desk.referral_id, to=to, release=RELEASE)])
    task = ReferralTask.objects.get(owner=desk.county.paper_clinic).id
    seat = Seat(desk.county.coordinator)
    assert "not on the network" in seat.read("file", done.referral_id)
    assert "How did you hear it?" in seat.read("file-step", done.referral_id, task, "accept")
    said = {"key": uuid4(), "version": 1, "how": "phone", "said_by": "the front desk", "note": ""}
    assert seat.post("file-step", done.referral_id, task, "accept", **said).status_code == HTTPStatus.SEE_OTHER
    assert StepTaken.objects.filter(task=task, name="accept", how="phone").exists()
    missing = said | {"how": "", "key": uuid4(), "version": 2}
    assert (
        seat.post("file-step", done.referral_id, task, "start", **missing).status_code
        == HTTPStatus.UNPROCESSABLE_ENTITY
    )
