"""The ladder over real referrals: who is told, once each, and what is known of it."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from agencies.actor import Actor
from agencies.roles import Role
from audit.models import AuditEvent
from bhu.attention import wants
from referrals.acts import Send, TakeStep
from referrals.errors import Gone, NotFound, Refused
from referrals.models import Notice, ReferralTask
from referrals.notices.models import Acknowledgement, Call, Delivery, Shift
from referrals.notices.services import acknowledging, addressing, climbing, reading
from referrals.perform import perform
from tests.anyone import member
from tests.county import County, bundle_of
from tests.web.desk import user_of
from tests.web.signing import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel(timezone.now(), tick=False) as moved:
        yield moved


def sent(county: County, *, priority: str = "urgent") -> ReferralTask:
    bundle = bundle_of(request={"priority": priority})
    done = perform(county.officer, [Send(data=bundle, to=(county.bhu.id,))])
    return ReferralTask.objects.get(referral_id=done.referral_id)


def later(clock: Any, minutes: float) -> None:
    """So much later the ladder's job runs, twice."""
    clock.shift(timedelta(minutes=minutes))
    climbing.climb(at=timezone.now())
    climbing.climb(at=timezone.now())


def said() -> list[tuple[str, str]]:
    found = Notice.objects.filter(code__in=("answer-soon", "answer-late", "call-them", "arrival-late", "arrival-soon"))
    return list(found.order_by("id").values_list("agency__slug", "code"))


def turn(actor: Actor, place: int) -> None:
    Shift.objects.create(
        agency_id=actor.agency_id, membership_id=actor.membership_id, place=place, begins=time(0), ends=time(0)
    )


def test_each_rung_is_told_once_and_at_last_the_officer_is_told_to_call(county: County, clock: Any) -> None:
    sent(county)
    for minutes in (20, 5, 10, 30, 600):
        later(clock, minutes)
    assert said() == [("bhu", "answer-soon"), ("bhu", "answer-late"), ("police", "call-them")]


def test_two_that_look_at_once_tell_each_rung_once(county: County, clock: Any) -> None:
    sent(county)
    clock.shift(timedelta(minutes=600))
    first, second = (list(climbing.views_of(ReferralTask.objects.all())) for _ in range(2))
    made = [climbing.climb_one(task, view, at=timezone.now()) for task, view in (*first, *second)]
    assert made == [3, 0]


def test_the_rota_is_called_one_after_the_other(county: County, clock: Any) -> None:
    turn(county.clinician, 1)
    turn(county.coordinator, 2)
    sent(county)
    later(clock, 120)
    whom = list(Call.objects.order_by("level").values_list("level", "membership_id"))
    assert whom == [(0, county.clinician.membership_id), (1, county.coordinator.membership_id), (99, None)]


def test_who_is_called_hears_by_mail_whatever_hour_it_is(county: County, clock: Any) -> None:
    from referrals.notices.models import Preference

    Preference.objects.create(user=user_of(county.coordinator), mail="none", quiet_begins=time(0), quiet_ends=time(0))
    turn(county.clinician, 1)
    turn(county.coordinator, 2)
    sent(county, priority="routine")
    clock.shift(timedelta(days=10))
    climbing.climb(at=timezone.now())
    addressing.address_all()
    mails = Delivery.objects.filter(channel="mail", notice__code="answer-late")
    assert county.coordinator.membership_id in set(mails.values_list("membership_id", flat=True))


def test_an_answer_stops_it(county: County, clock: Any) -> None:
    task = sent(county)
    perform(county.clinician, [TakeStep(task_id=task.pk, step="reject", reason="outside-towns")])
    later(clock, 600)
    assert said() == []


def test_after_a_yes_the_unit_is_asked_for_the_arrival_and_the_officer_hears_nothing(
    county: County, clock: Any
) -> None:
    task = sent(county)
    perform(county.clinician, [TakeStep(task_id=task.pk, step="accept")])
    later(clock, 60 * 24 * 4)
    assert said() == [("bhu", "arrival-soon"), ("bhu", "arrival-late")]


def test_when_an_officer_is_told_to_call_says_nothing_of_what_a_clinician_found(county: County, clock: Any) -> None:
    task = sent(county, priority="routine")
    task.referral.priority = "stat"  # found by a clinician; ``said_priority`` is what police are shown
    task.referral.save()
    later(clock, 60)
    assert said() == [("bhu", "answer-soon"), ("bhu", "answer-late")]


def test_every_call_is_in_the_log(county: County, clock: Any) -> None:
    task = sent(county)
    later(clock, 120)
    rows = AuditEvent.objects.filter(action="task.call", target=f"Referral/{task.referral_id}").order_by("pk")
    assert list(rows.values_list("code", flat=True)) == [
        "acknowledged+answer-soon", "acknowledged+answer-late", "acknowledged+call-them"
    ]  # fmt: skip


# "We have it"


def test_we_have_it_is_noted_once_and_stops_the_first_clock(county: County, clock: Any) -> None:
    task = sent(county)
    acknowledging.acknowledge(county.clinician, task.pk)
    acknowledging.acknowledge(county.coordinator, task.pk)
    assert Acknowledgement.objects.get().membership_id == county.clinician.membership_id
    later(clock, 60)
    assert said() == []
    later(clock, 600)
    assert said()[-1] == ("police", "call-them")


def test_who_is_not_asked_cannot_say_so_and_it_is_recorded(county: County) -> None:
    task = sent(county)
    coach = member(county.bhu, Role.COACH, "coach")
    for actor in (county.outsider, county.officer, county.detox_intake, county.admin, coach):
        with pytest.raises(Refused):
            acknowledging.acknowledge(actor, task.pk)
        newest = AuditEvent.objects.order_by("-pk")[0]
        assert (newest.action, newest.outcome, newest.actor) == ("task.acknowledge", "4", actor.name)
    assert not Acknowledgement.objects.exists()


def test_what_was_answered_is_not_acknowledged(county: County) -> None:
    task = sent(county)
    perform(county.clinician, [TakeStep(task_id=task.pk, step="accept")])
    with pytest.raises(Gone):
        acknowledging.acknowledge(county.clinician, task.pk)
    with pytest.raises(NotFound):
        acknowledging.acknowledge(county.outsider, task.pk)


def test_we_have_it_is_a_button_beside_the_notice_while_nobody_said_so(county: County) -> None:
    sent(county)
    addressing.address_all()
    client = signed_in(user_of(county.clinician))
    assert "We have it" in client.get(reverse("notices:list")).content.decode()
    (line,) = reading.lines([county.clinician])
    address = reverse("notices:acknowledge", args=["bhu", "clinician", line.task_id])
    assert client.post(address).status_code == 303
    assert (
        "We have it"
        not in client.get(reverse("notices:list")).content.decode().partition("<main")[2].partition("<table")[2]
    )


def test_the_officer_reads_whom_to_call_beside_the_notice(county: County, clock: Any) -> None:
    county.bhu.phone = "555-0131"
    county.bhu.save()
    sent(county)
    later(clock, 120)
    addressing.address_all()
    page = signed_in(user_of(county.officer)).get(reverse("notices:list")).content.decode()
    assert "Nobody has answered it in time. Call them." in page
    assert "tel:555-0131" in page


# Who looks after it


def test_what_is_urgent_and_unanswered_is_known_to_who_looks_after_the_server(
    county: County, clock: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    def alarms(now: datetime) -> list[str]:
        return [want.what for want in wants(at=now) if want.agency == "bhu"]

    task = sent(county)
    before = timezone.now()
    assert "urgent and unanswered" not in alarms(before + timedelta(minutes=29))
    assert "urgent and unanswered" in alarms(before + timedelta(days=9))
    acknowledging.acknowledge(county.clinician, task.pk)
    assert "urgent and unanswered" not in alarms(before + timedelta(days=9))
    with pytest.raises(SystemExit):
        call_command("status")
    assert task.referral.reference not in capsys.readouterr().out
