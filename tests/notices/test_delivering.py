"""A notice reaches everybody it is for, once each; whoever may not be told is not; nothing is lost on the way."""

import json
import logging
import re
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.utils import timezone

from agencies.models import Agency, Membership
from agencies.roles import Role
from agencies.services import end_membership
from referrals.acts import Send, TakeStep
from referrals.models import Notice, Participation, ReferralTask
from referrals.notices import timing
from referrals.notices.channels import text, webhook
from referrals.notices.kinds import SENT_OUT, Channel, Problem, Status, Wish
from referrals.notices.message import signature
from referrals.notices.models import Attempt, Delivery, Preference, Reach, Shift, Webhook
from referrals.notices.saying import sentence
from referrals.notices.services import addressing, reading, sending, standing
from referrals.perform import perform
from referrals.projection import Coarse, shown_at
from tests.anyone import member
from tests.county import CANARIES, SCREEN, SETUP, County, bundle_of
from tests.notices.sinks import MailSink, WebSink
from tests.web.desk import user_of

pytestmark = pytest.mark.django_db


def sent(county: County, *, priority: str = "urgent", to: Agency | None = None) -> UUID:
    """A referral is sent to the unit; its id."""
    bundle = bundle_of(request={"priority": priority})
    return perform(county.officer, [Send(data=bundle, to=((to or county.bhu).id,))]).referral_id


def deliver() -> None:
    """What beat rings for."""
    addressing.address_all()
    for channel in SENT_OUT:
        sending.send_due(channel)


def by(channel: Channel) -> list[Delivery]:
    return list(Delivery.objects.filter(channel=channel.value).order_by("notice_id", "id"))


def only(channel: Channel) -> Delivery:
    (row,) = by(channel)
    return row


def hook(county: County, url: str = "https://ehr.example.org/bhu") -> tuple[Webhook, str]:
    row, secret = Webhook(agency=county.bhu, url=url), webhook.new_secret()
    row.sealed_secret = webhook.seal(secret, webhook_id=row.pk)
    row.save()
    return row, secret


def test_everybody_who_works_there_is_told_on_the_page_and_by_mail(county: County, mailbox: MailSink) -> None:
    sent(county)
    deliver()
    told = {row.membership_id for row in by(Channel.PAGE)}
    assert told == {county.clinician.membership_id, county.coordinator.membership_id}
    assert {name for name, _ in mailbox.received} == {"clinician@bhu.example.org", "coordinator@bhu.example.org"}
    assert not Notice.objects.filter(addressed_at=None).exists()


def test_a_mail_is_a_number_how_urgent_it_is_and_a_link(county: County, mailbox: MailSink) -> None:
    referral_id = sent(county)
    deliver()
    mail = mailbox.to("clinician@bhu.example.org")[0]
    reference = ReferralTask.objects.get().referral.reference
    assert mail["Subject"] == f"[BHU network] URGENT: {reference}"
    said = "URGENT. There is something new about %s. Sign in:\n\nhttp://localhost:8000/referrals/%s/\n"
    assert mail.get_content().replace("\r\n", "\n") == said % (reference, referral_id)


def test_addressing_twice_tells_nobody_twice(county: County, mailbox: MailSink) -> None:
    sent(county)
    deliver()
    before = len(mailbox.received), Delivery.objects.count()
    Notice.objects.update(addressed_at=None)
    deliver()
    assert (len(mailbox.received), Delivery.objects.count()) == before


def test_an_agency_with_a_mailbox_spares_its_people_what_is_not_urgent(county: County, mailbox: MailSink) -> None:
    Reach.objects.create(agency=county.bhu, mailbox="intake@bhu.example.org")
    sent(county, priority="routine")
    deliver()
    assert [name for name, _ in mailbox.received] == ["intake@bhu.example.org"]


def test_who_wants_none_gets_none_and_still_finds_it_on_the_page(county: County, mailbox: MailSink) -> None:
    Preference.objects.create(user=user_of(county.clinician), mail=Wish.NONE.value)
    sent(county)
    deliver()
    assert mailbox.to("clinician@bhu.example.org") == []
    assert county.clinician.membership_id in {row.membership_id for row in by(Channel.PAGE)}


def test_who_is_on_call_is_told_by_every_way_whatever_they_wish(
    county: County, mailbox: MailSink, web: WebSink, settings: Any
) -> None:
    settings.BHU_TEXT_URL = f"twilio://AC1:secret@127.0.0.1:{web.port}?from=+15550100"
    Preference.objects.create(user=user_of(county.clinician), mail=Wish.NONE.value, phone="+15550123")
    Shift.objects.create(
        agency=county.bhu, membership_id=county.clinician.membership_id, place=1, begins=time(0), ends=time(0)
    )
    sent(county, priority="routine")
    deliver()
    assert len(mailbox.to("clinician@bhu.example.org")) == 1
    (heard,) = web.heard
    assert heard.path == "/2010-04-01/Accounts/AC1/Messages.json"
    assert b"To=%2B15550123" in heard.body


# Nobody hears of what is not theirs


def test_an_officer_alone_hears_of_what_he_began_and_no_mailbox_does(county: County, mailbox: MailSink) -> None:
    other = member(county.police, Role.OFFICER, "other")
    Reach.objects.create(agency=county.police, mailbox="desk@police.example.org")
    referral_id = sent(county)
    (task,) = ReferralTask.objects.filter(referral_id=referral_id)
    perform(county.clinician, [TakeStep(task_id=task.id, step="accept")])
    deliver()
    told = set(Delivery.objects.filter(agency=county.police).values_list("membership_id", flat=True))
    assert told == {county.officer.membership_id}
    assert other.membership_id not in told
    assert mailbox.to("desk@police.example.org") == []


def test_a_notice_an_officer_may_not_learn_is_kept_from_him_even_if_it_was_written(county: County) -> None:
    referral_id = sent(county)
    (task,) = ReferralTask.objects.filter(referral_id=referral_id)
    for code in ("attend", "received"):
        Notice.objects.create(agency=county.police, referral_id=referral_id, task=task, code=code)
    deliver()
    told = Delivery.objects.filter(agency=county.police, channel=Channel.PAGE.value, status=Status.SENT.value)
    assert list(told.values_list("notice__code", flat=True)) == ["received"]


@pytest.mark.parametrize(("code", "exact"), [("received", True), ("with-the-team", False), ("closed", False)])
def test_what_follows_an_officers_first_hop_is_shown_to_him_by_its_day(county: County, code: str, exact: bool) -> None:
    referral_id = sent(county)
    (task,) = ReferralTask.objects.filter(referral_id=referral_id)
    written = Notice.objects.create(agency=county.police, referral_id=referral_id, task=task, code=code)
    deliver()
    told = Delivery.objects.filter(notice=written, channel=Channel.PAGE.value)
    at = shown_at(written.created_at, coarse=Coarse(code), zone=county.police.time_zone)
    assert set(told.values_list("created_at", flat=True)) == {at}
    assert (at == written.created_at) is exact


def test_what_an_officer_is_told_the_day_of_reaches_him_the_next_morning_and_neither_mail_nor_id_tells_the_minute(
    county: County, mailbox: MailSink
) -> None:
    morning = timing.next_morning(timezone.now() + timedelta(days=1), zone=county.police.time_zone)
    with time_machine.travel(morning - timedelta(hours=8), tick=False) as clock:
        referral_id = sent(county)
        (task,) = ReferralTask.objects.filter(referral_id=referral_id)
        deliver()
        Notice.objects.create(agency=county.police, referral_id=referral_id, task=task, code="closed")
        deliver()
        clock.move_to(morning - timedelta(seconds=1))
        deliver()
        assert (mailbox.to("officer@police.example.org"), reading.unseen([county.officer])) == ([], 0)
        assert reading.lines([county.officer]) == []
        clock.move_to(morning)
        deliver()
        assert len(mailbox.to("officer@police.example.org")) == reading.unseen([county.officer]) == 1
        assert [line.says for line in reading.lines([county.officer])] == [sentence("closed")]
    told = Delivery.objects.filter(notice__code="closed")
    assert {row.pk.version for row in told} == {4}
    assert {row.urgent for row in told} == {False}


@pytest.mark.parametrize(("month", "day", "hours"), [(3, 7, 9), (10, 31, 11), (6, 1, 10)])
def test_the_next_morning_is_seven_by_the_clock_on_the_wall_whatever_the_night_does(
    month: int, day: int, hours: int
) -> None:
    evening = datetime(2026, month, day, 21, tzinfo=ZoneInfo("America/New_York")).astimezone(UTC)
    assert timing.next_morning(evening, zone="America/New_York") - evening == timedelta(hours=hours)


def test_who_left_between_being_addressed_and_being_sent_to_hears_nothing(county: County, mailbox: MailSink) -> None:
    sent(county)
    addressing.address_all()
    end_membership(by=SETUP, membership_id=county.clinician.membership_id)
    deliver()
    assert mailbox.to("clinician@bhu.example.org") == []
    left = Delivery.objects.get(channel=Channel.MAIL.value, membership_id=county.clinician.membership_id)
    assert (left.status, left.problem) == (Status.VOID.value, Problem.NOT_ALLOWED.value)


def test_an_agency_whose_part_ended_hears_of_the_end_and_of_nothing_from_before(
    county: County, mailbox: MailSink
) -> None:
    referral_id = sent(county)
    addressing.address_all()
    (task,) = ReferralTask.objects.filter(referral_id=referral_id)
    perform(county.officer, [TakeStep(task_id=task.id, step="cancel", reason="no-longer-needed")])
    place = Participation.objects.get(referral_id=referral_id, agency=county.bhu)
    place.until = timezone.now()
    place.save()
    Notice.objects.create(agency=county.bhu, referral_id=referral_id, code="withdraw", created_at=place.until)
    deliver()
    rows = Delivery.objects.filter(agency=county.bhu).exclude(channel="page", status="sent")
    said = set(rows.values_list("notice__code", "status"))
    assert said == {("send", "void"), ("cancel", "void"), ("withdraw", "sent")}


def test_what_nobody_may_be_told_is_a_dead_letter_and_not_lost(county: County) -> None:
    Membership.objects.filter(agency=county.bhu).update(until=timezone.now())
    sent(county)
    deliver()
    dead = Delivery.objects.get(agency=county.bhu)
    assert (dead.status, dead.problem) == (Status.DEAD.value, Problem.NOBODY.value)


def test_a_notice_for_an_office_goes_to_that_office_alone(county: County, mailbox: MailSink) -> None:
    officer = member(county.bhu, Role.PRIVACY_OFFICER, "privacy")
    Reach.objects.create(agency=county.bhu, mailbox="intake@bhu.example.org")
    referral_id = sent(county)
    deliver()
    mailbox.received.clear()
    code, role = "emergency-open", Role.PRIVACY_OFFICER.value
    Notice.objects.create(agency=county.bhu, referral_id=referral_id, code=code, role=role)
    deliver()
    assert [name for name, _ in mailbox.received] == ["privacy@bhu.example.org"]
    assert {row.membership_id for row in Delivery.objects.filter(notice__code=code)} == {officer.membership_id}


def test_the_admin_who_is_told_that_an_officer_is_missing_reads_no_number(county: County, mailbox: MailSink) -> None:
    referral_id = sent(county)
    reference = ReferralTask.objects.get().referral.reference
    code, role = "no-privacy-officer", Role.AGENCY_ADMIN.value
    Notice.objects.create(agency=county.bhu, referral_id=referral_id, code=code, role=role)
    deliver()
    (mail,) = mailbox.to("agency_admin@bhu.example.org")
    assert reference not in mail.as_string()
    assert str(referral_id) not in mail.as_string()


# Hours and order


def at(hour: int, minute: int = 0, day: int = 24) -> datetime:
    return datetime(2040, 11, day, hour, minute, tzinfo=ZoneInfo("America/New_York"))


def quiet(county: County) -> None:
    Preference.objects.create(
        user=user_of(county.clinician), mail=Wish.ALL.value, quiet_begins=time(22), quiet_ends=time(6)
    )


def test_quiet_hours_keep_a_mail_until_they_end(county: County, mailbox: MailSink) -> None:
    quiet(county)
    with time_machine.travel(at(23), tick=False) as clock:
        sent(county, priority="routine")
        deliver()
        assert mailbox.to("clinician@bhu.example.org") == []
        clock.move_to(at(5, 59, day=25))
        deliver()
        assert mailbox.to("clinician@bhu.example.org") == []
        clock.move_to(at(6, 0, day=25))
        deliver()
    assert len(mailbox.to("clinician@bhu.example.org")) == 1


def test_what_is_urgent_ignores_quiet_hours(county: County, mailbox: MailSink) -> None:
    quiet(county)
    with time_machine.travel(at(23), tick=False):
        sent(county, priority="asap")
        deliver()
    assert len(mailbox.to("clinician@bhu.example.org")) == 1


def test_what_turns_urgent_brings_along_what_quiet_hours_kept_back_and_in_order(
    county: County, mailbox: MailSink
) -> None:
    quiet(county)
    with time_machine.travel(at(23), tick=False):
        referral_id = sent(county, priority="routine")
        deliver()
        Notice.objects.create(agency=county.bhu, referral_id=referral_id, code="ems-called")
        deliver()
    first, second = mailbox.to("clinician@bhu.example.org")
    assert "URGENT" not in first["Subject"]
    assert "URGENT" in second["Subject"]


def test_no_later_notice_of_a_referral_overtakes_one_that_is_tried_again(county: County, web: WebSink) -> None:
    hook(county)
    webhook.network = web.network()
    referral_id = sent(county)
    web.status = 500
    deliver()
    web.status = 200
    Notice.objects.create(agency=county.bhu, referral_id=referral_id, code="task-note")
    deliver()
    assert [row.status for row in by(Channel.HOOK)] == [Status.WAITING.value] * 2
    with time_machine.travel(timezone.now() + timedelta(minutes=1)):
        deliver()
    assert [row.status for row in by(Channel.HOOK)] == [Status.SENT.value] * 2
    ids = [json.loads(each.body)["id"] for each in web.heard]
    assert ids == [str(row.pk) for row in (by(Channel.HOOK)[0], *by(Channel.HOOK))]


# What the other side does


def test_a_mailbox_that_bounces_is_laid_before_a_person_and_the_rest_flows(county: County, mailbox: MailSink) -> None:
    Reach.objects.create(agency=county.bhu, mailbox="bounce@bhu.example.org")
    sent(county)
    deliver()
    dead = Delivery.objects.get(status=Status.DEAD.value)
    assert (dead.problem, dead.tries, dead.membership_id) == (Problem.REFUSED.value, 1, None)
    assert len(mailbox.received) == 2


def test_a_mailbox_that_is_full_for_now_is_tried_again(county: County, mailbox: MailSink) -> None:
    Reach.objects.create(agency=county.bhu, mailbox="later@bhu.example.org")
    sent(county)
    deliver()
    row = Delivery.objects.get(channel=Channel.MAIL.value, membership=None)
    assert (row.status, row.problem, row.tries) == (Status.WAITING.value, Problem.REFUSED.value, 1)
    assert row.due_at > timezone.now()


def test_a_mail_server_that_hangs_is_not_waited_for(county: County, mailbox: MailSink) -> None:
    Reach.objects.create(agency=county.bhu, mailbox="hang@bhu.example.org")
    began = timezone.now()
    sent(county)
    deliver()
    row = Delivery.objects.get(channel=Channel.MAIL.value, membership=None)
    assert (row.status, row.problem) == (Status.WAITING.value, Problem.NO_ANSWER.value)
    assert timezone.now() - began < timedelta(seconds=8)
    assert len(mailbox.received) == 2


def texting(county: County, settings: Any, port: int) -> None:
    settings.BHU_TEXT_URL = f"twilio://AC1:secret@127.0.0.1:{port}?from=+15550100"
    Preference.objects.create(user=user_of(county.clinician), text=Wish.ALL.value, phone="+15550123")


def test_a_gateway_that_hangs_is_tried_again(
    county: County, web: WebSink, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    texting(county, settings, web.port)
    monkeypatch.setattr(text, "SECONDS", 0.2)
    web.slow = 1
    sent(county)
    deliver()
    row = only(Channel.TEXT)
    assert (row.status, row.problem) == (Status.WAITING.value, Problem.NO_ANSWER.value)


@pytest.mark.parametrize(
    ("status", "outcome"), [(201, "sent"), (400, "dead"), (401, "waiting"), (429, "waiting"), (503, "waiting")]
)
def test_what_a_gateway_answers_decides(county: County, web: WebSink, settings: Any, status: int, outcome: str) -> None:
    texting(county, settings, web.port)
    web.status = status
    sent(county)
    deliver()
    assert only(Channel.TEXT).status == outcome


def test_a_webhook_is_signed_with_the_secret_it_was_given(county: County, web: WebSink) -> None:
    row, secret = hook(county)
    webhook.network = web.network()
    referral_id = sent(county)
    deliver()
    (heard,) = web.heard
    reference = ReferralTask.objects.get().referral.reference
    link = f"http://localhost:8000/referrals/{referral_id}/"
    (made,) = by(Channel.HOOK)
    assert json.loads(heard.body) == {"id": str(made.pk), "number": reference, "urgent": True, "link": link}
    seconds = re.match(r"t=(\d+),", heard.headers["BHU-Signature"])
    assert seconds is not None
    moment = datetime.fromtimestamp(int(seconds[1]), tz=ZoneInfo("UTC"))
    assert heard.headers["BHU-Signature"] == signature(secret.encode(), heard.body, at=moment)
    assert secret.encode() not in bytes(row.sealed_secret)


@pytest.mark.parametrize(
    ("status", "location", "outcome", "problem"),
    [
        (204, "", "sent", ""),
        (500, "", "waiting", "odd-answer"),
        (302, "http://10.0.0.1/", "waiting", "odd-answer"),
        (410, "", "dead", "odd-answer"),
    ],
)
def test_what_a_webhook_answers_decides_and_no_redirect_is_followed(
    county: County, web: WebSink, status: int, location: str, outcome: str, problem: str
) -> None:
    hook(county)
    webhook.network = web.network()
    web.status, web.location = status, location
    sent(county)
    deliver()
    row = only(Channel.HOOK)
    assert (row.status, row.problem, len(web.heard)) == (outcome, problem, 1)


def test_a_webhook_that_leads_inside_is_not_connected_to(county: County, web: WebSink) -> None:
    hook(county)
    webhook.network = web.network("10.0.0.7")
    sent(county)
    deliver()
    assert (only(Channel.HOOK).problem, web.heard) == (Problem.FORBIDDEN_ADDRESS.value, [])


def test_a_webhook_that_answers_too_slowly_is_tried_again(
    county: County, web: WebSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook(county)
    monkeypatch.setattr("agencies.outside.SECONDS", 0.3)
    webhook.network = web.network()
    web.slow = 1
    sent(county)
    deliver()
    assert (only(Channel.HOOK).status, only(Channel.HOOK).problem) == ("waiting", "no-answer")


def test_a_webhook_in_the_clear_or_with_a_bad_certificate_gets_nothing(county: County, web: WebSink) -> None:
    """The real way to connect speaks TLS and asks for a certificate; this server has none."""
    from agencies.outside import Network, connect

    hook(county, url=f"https://ehr.example.org:{web.port}/")
    here = web.network().resolve
    webhook.network = Network(here, lambda _a, port, host, seconds: connect("127.0.0.1", port, host, seconds))
    sent(county)
    deliver()
    assert (only(Channel.HOOK).problem, web.heard) == (Problem.NO_ANSWER.value, [])


# Giving up, and what is poisoned


def test_after_three_days_it_is_laid_before_a_person(county: County, web: WebSink) -> None:
    hook(county)
    webhook.network = web.network()
    web.status = 500
    with time_machine.travel(at(9), tick=False) as clock:
        sent(county)
        deliver()
        while only(Channel.HOOK).status == Status.WAITING.value:
            clock.move_to(only(Channel.HOOK).due_at)
            sending.send_due(Channel.HOOK)
        deliver()
        row = only(Channel.HOOK)
        assert row.status == Status.DEAD.value
        assert timedelta(hours=71) < timezone.now() - at(9) <= timedelta(hours=72)
    assert Attempt.objects.filter(delivery=row).count() == row.tries == len(web.heard)
    assert row.tries > 72


def test_the_pause_doubles_up_to_an_hour_and_five_minutes_for_what_is_urgent() -> None:
    from referrals.notices.timing import next_try

    now = timezone.now()
    pauses = [(next_try(now, tries=n, urgent=False) - now).total_seconds() for n in (1, 2, 3, 8, 9, 500)]
    assert pauses == [30, 60, 120, 3600, 3600, 3600]
    assert next_try(now, tries=9, urgent=True) - now == timedelta(minutes=5)


def test_a_clock_that_jumps_back_sends_nothing_twice_and_forward_loses_nothing(
    county: County, mailbox: MailSink
) -> None:
    with time_machine.travel(at(12), tick=False) as clock:
        sent(county)
        deliver()
        clock.move_to(at(9))
        deliver()
        clock.move_to(at(9, day=30))
        deliver()
    assert len(mailbox.received) == 2


def test_a_poisoned_delivery_is_isolated_and_seen_and_the_rest_flows(
    county: County, mailbox: MailSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    poisoned = county.clinician.membership_id
    real = standing.may_be_told

    def may(actor: Any, *args: Any, **more: Any) -> bool:
        if actor.membership_id == poisoned and Delivery.objects.exists():
            raise ZeroDivisionError
        return real(actor, *args, **more)

    monkeypatch.setattr(standing, "may_be_told", may)
    with time_machine.travel(at(9), tick=False) as clock:
        sent(county)
        for _ in range(9):
            deliver()
            clock.shift(timedelta(minutes=6))
    dead = Delivery.objects.get(status=Status.DEAD.value)
    assert (dead.membership_id, dead.problem, dead.tries) == (poisoned, Problem.FAULT.value, 5)
    assert len(mailbox.to("coordinator@bhu.example.org")) == 1


def test_a_notice_that_cannot_be_addressed_is_isolated_and_seen_and_the_rest_flows(
    county: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = sent(county), sent(county)
    real = standing.is_urgent
    monkeypatch.setattr(addressing.standing, "is_shared", lambda notice, sworn: 1 / (notice.referral_id != first))
    monkeypatch.setattr(standing, "is_urgent", real)
    addressing.address_all()
    assert set(Delivery.objects.filter(referral_id=first).values_list("problem", flat=True)) == {"fault"}
    assert Delivery.objects.filter(referral_id=second, status=Status.SENT.value).exists()
    assert not Notice.objects.filter(addressed_at=None).exists()


def test_one_that_ends_its_process_again_and_again_is_laid_before_a_person(county: County) -> None:
    sent(county)
    addressing.address_all()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for _ in range(5):
            assert len(sending.claim(Channel.MAIL, at=timezone.now())) == 2
            assert sending.claim(Channel.MAIL, at=timezone.now()) == []
            clock.shift(sending.LEASE)
        assert sending.claim(Channel.MAIL, at=timezone.now()) == []
    dead = Delivery.objects.filter(channel=Channel.MAIL.value)
    assert {(row.status, row.problem, row.tries) for row in dead} == {("dead", "broken-off", 5)}
    assert Attempt.objects.filter(ended_at=None).count() == 10


def test_who_lost_the_lease_notes_nothing_over_who_has_it_now(county: County, mailbox: MailSink) -> None:
    sent(county)
    addressing.address_all()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        late = sending.claim(Channel.MAIL, at=timezone.now())
        clock.shift(sending.LEASE)
        deliver()
        before = list(Delivery.objects.order_by("pk").values())
        clock.shift(timedelta(seconds=1))
        for row in late:
            sending.attempt(row)
    assert list(Delivery.objects.order_by("pk").values()) == before


# Nothing of a client


def test_nothing_of_a_client_is_in_any_message_or_line_of_the_log(
    county: County, mailbox: MailSink, web: WebSink, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    texting(county, settings, web.port)
    hook(county)
    webhook.network = web.network()
    with caplog.at_level(logging.DEBUG):
        bundle = bundle_of(SCREEN)
        done = perform(county.officer, [Send(data=bundle, to=(county.bhu.id,))])
        perform(county.clinician, [TakeStep(task_id=next(iter(done.tasks)), step="accept")])
        deliver()
    said = b"\n".join([*mailbox.raw, *(each.body for each in web.heard), caplog.text.encode()])
    assert len(mailbox.raw) >= 3
    assert len(web.heard) >= 2
    for canary in (*CANARIES, "AF-1188", "2007-05-11", "Crisis", "Police", "Bhu"):
        assert canary.encode() not in said
