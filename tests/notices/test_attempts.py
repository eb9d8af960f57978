"""How the agency that was asked was told, as whoever asked may know of it: times and ways, and nobody's name."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from agencies.actor import Actor
from agencies.roles import Role
from audit.models import AuditEvent
from referrals.acts import Send, TakeStep
from referrals.errors import NotFound
from referrals.models import ReferralTask
from referrals.notices.kinds import Channel
from referrals.notices.models import Call, Shift
from referrals.notices.services import acknowledging, addressing, attempts, climbing, sending
from referrals.perform import perform
from tests.anyone import member
from tests.county import County, bundle_of
from tests.notices.sinks import MailSink
from tests.web.desk import Seat, user_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock() -> Iterator[Any]:
    begun = timezone.now().replace(second=0, microsecond=0) + timedelta(minutes=1)
    with time_machine.travel(begun, tick=False) as moved:
        yield moved


def sent(county: County, *, priority: str = "urgent") -> ReferralTask:
    done = perform(county.officer, [Send(data=bundle_of(request={"priority": priority}), to=(county.bhu.id,))])
    return ReferralTask.objects.get(referral_id=done.referral_id)


def rings(clock: Any, *, after: float = 0, mails: bool = True) -> None:
    """So much later the jobs of notices come."""
    clock.shift(timedelta(minutes=after))
    climbing.climb(at=timezone.now())
    addressing.address_all()
    if mails:
        sending.send_due(Channel.MAIL)


def told(actor: Actor, task: ReferralTask) -> list[tuple[int, str, tuple[str, ...]]]:
    """Minutes since it was asked, what, and by which ways."""
    found = [line for each in attempts.of_referral(actor, task.referral_id) for line in each.lines]
    minute = timedelta(minutes=1)
    return [((line.at - task.authored_at) // minute, line.words, line.ways) for line in found]


def turns(*actors: Actor) -> None:
    for place, actor in enumerate(actors, 1):
        Shift.objects.create(
            agency_id=actor.agency_id, membership_id=actor.membership_id, place=place, begins="00:00", ends="00:00"
        )


def test_the_officer_reads_when_and_how_the_unit_was_told(county: County, clock: Any, mailbox: MailSink) -> None:
    turns(county.clinician, county.coordinator)
    task = sent(county)
    for minutes in (0, 23, 7):
        rings(clock, after=minutes)
    both = ("list of notices", "email")
    assert told(county.officer, task) == [
        (0, "told", both),
        (23, "told again", both),
        (30, "the next on call told that it is late", both),
    ]


def test_without_a_rota_nobody_on_call_is_spoken_of(county: County, clock: Any) -> None:
    task = sent(county)
    rings(clock, mails=False)
    rings(clock, after=30, mails=False)
    assert [words for _at, words, _ways in told(county.officer, task)] == ["told", "told again", "told that it is late"]


def test_a_mail_that_did_not_go_out_is_no_way(county: County, clock: Any, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", 9, 0.2
    task = sent(county)
    rings(clock)
    assert told(county.officer, task) == [(0, "told", ("list of notices",))]


def test_that_they_have_it_is_said_with_its_time(county: County, clock: Any) -> None:
    task = sent(county)
    rings(clock, mails=False)
    clock.shift(timedelta(minutes=5))
    acknowledging.acknowledge(county.clinician, task.pk)
    assert told(county.officer, task)[-1] == (5, "they have it", ())


def test_once_it_is_answered_nothing_of_it_is_shown(county: County, clock: Any) -> None:
    task = sent(county)
    rings(clock, mails=False)
    perform(county.clinician, [TakeStep(task_id=task.pk, step="accept")])
    assert told(county.officer, task) == []


def test_nobody_but_whoever_asked_is_told(county: County, clock: Any) -> None:
    task = sent(county)
    rings(clock, mails=False)
    assert told(county.clinician, task) == []
    for actor in (county.outsider, county.other_officer, member(county.police, Role.OFFICER, "second")):
        with pytest.raises(NotFound):
            told(actor, task)
        newest = AuditEvent.objects.order_by("-pk")[0]
        assert (newest.action, newest.outcome, newest.actor) == ("referral.told", "4", actor.name)


def test_what_others_made_of_its_urgency_moves_no_line_of_polices(county: County, clock: Any) -> None:
    """Routine as he was shown it, an emergency since a clinician looked: the unit is called within the hour."""
    task = sent(county, priority="routine")
    task.referral.priority = "stat"
    task.referral.save()
    rings(clock, mails=False)
    rings(clock, after=60, mails=False)
    assert told(county.officer, task) == [(0, "told", ("list of notices",))]
    assert Call.objects.filter(task=task).count() > 1  # what is kept from him is there
    clock.shift(timedelta(days=20))
    later = [at for at, _words, _ways in told(county.officer, task)[1:]]
    assert later
    assert min(later) >= 0.75 * 9 * 60  # three quarters of a working day: as it is for what is routine


def test_the_page_of_the_referral_says_it_and_names_nobody(county: County, clock: Any) -> None:
    turns(county.clinician, county.coordinator)
    task = sent(county)
    rings(clock, mails=False)
    rings(clock, after=30, mails=False)
    seat = Seat(county.officer)
    page = seat.client.get(reverse("referrals:file-told", args=[*seat.at, task.referral_id])).content.decode()
    linked = seat.client.get(reverse("referrals:file", args=[*seat.at, task.referral_id])).content.decode()
    assert "How they were told" in linked
    assert "the next on call told that it is late" in page
    for actor in (county.clinician, county.coordinator):
        assert user_of(actor).email not in page
