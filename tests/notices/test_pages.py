"""The pages of notices: who opens which, what each shows, what is written down, and how many queries it takes."""

from datetime import time, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from agencies.actor import Actor
from agencies.kinds import AgencyKind
from agencies.models import Agency
from agencies.roles import Role
from agencies.services import open_agency
from audit.models import AuditEvent
from referrals.acts import Send, TakeStep
from referrals.errors import NotFound
from referrals.models import Notice, Participation, ReferralTask
from referrals.notices.kinds import Channel, Problem, Status
from referrals.notices.models import Delivery, Preference, Reach, Shift, Webhook
from referrals.notices.services import addressing, letters, measuring, reaching, reading
from referrals.perform import perform
from tests.anyone import member
from tests.county import CANARIES, SETUP, County, bundle_of
from tests.web.desk import user_of
from tests.web.signing import signed_in

pytestmark = pytest.mark.django_db


def sent(county: County, *, priority: str = "urgent") -> ReferralTask:
    done = perform(county.officer, [Send(data=bundle_of(request={"priority": priority}), to=(county.bhu.id,))])
    addressing.address_all()
    return ReferralTask.objects.get(referral_id=done.referral_id)


def address(actor: Actor, name: str, *args: object) -> str:
    return reverse(f"notices:{name}", args=[Agency.objects.get(pk=actor.agency_id).slug, actor.role.value, *args])


def read(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, answer.status_code
    text: str = answer.content.decode()
    return text


def dead(county: County, **more: Any) -> Delivery:
    """A mail to the unit's people that reached nobody."""
    sent(county)
    row = Delivery.objects.filter(channel="mail", agency=county.bhu).order_by("pk")[0]
    said = {"status": Status.DEAD.value, "problem": Problem.REFUSED.value, "ended_at": timezone.now(), **more}
    Delivery.objects.filter(pk=row.pk).update(**said)
    return Delivery.objects.get(pk=row.pk)


# One's own list


def test_what_is_new_is_counted_on_every_page_until_it_was_seen(county: County) -> None:
    task = sent(county)
    client = signed_in(user_of(county.clinician))
    assert '<span class="count">1<span class="unseen"> new' in read(client, reverse("referrals:work")).replace("\n", "")
    page = read(client, reverse("notices:list"))
    assert task.referral.reference in page
    assert "A referral waits for your answer." in page
    assert not [canary for canary in CANARIES if canary in page]
    row = Delivery.objects.get(channel="page", membership_id=county.clinician.membership_id)
    assert client.post(reverse("notices:seen"), {"id": [str(row.pk), "nonsense"]}).status_code == 303
    assert "I have seen these" not in read(client, reverse("notices:list"))


def test_nobody_sees_for_somebody_else(county: County) -> None:
    sent(county)
    row = Delivery.objects.get(channel="page", membership_id=county.clinician.membership_id)
    signed_in(user_of(county.coordinator)).post(reverse("notices:seen"), {"id": str(row.pk)})
    signed_in(user_of(county.outsider)).post(reverse("notices:seen"), {"id": str(row.pk)})
    row.refresh_from_db()
    assert row.seen_at is None


def test_a_notice_goes_from_the_list_when_its_reader_may_not_be_told_any_more(county: County) -> None:
    task = sent(county)
    Participation.objects.filter(referral=task.referral, agency=county.bhu).update(until=timezone.now())
    client = signed_in(user_of(county.clinician))
    assert "A referral waits for your answer." not in read(client, reverse("notices:list"))


def test_a_chief_an_admin_and_a_stranger_have_an_empty_list(county: County) -> None:
    sent(county)
    chief = member(county.police, Role.CHIEF, "chief")
    for actor in (chief, county.admin, county.outsider, county.other_officer):
        assert "Nothing was told to you yet." in read(signed_in(user_of(actor)), reverse("notices:list"))


def test_the_list_takes_few_queries_however_much_is_in_it(county: County) -> None:
    client = signed_in(user_of(county.clinician))
    for _ in range(3):
        sent(county)
    with CaptureQueriesContext(connection) as asked:
        read(client, reverse("notices:list"))
    before = len(asked)
    for _ in range(3):
        sent(county)
    with CaptureQueriesContext(connection) as asked:
        read(client, reverse("notices:list"))
    assert len(asked) <= before


# What reached nobody


def test_what_reached_nobody_is_counted_on_the_list_of_work_and_named_by_number_to_who_works_there(
    county: County,
) -> None:
    row = dead(county)
    client = signed_in(user_of(county.clinician))
    for name in ("referrals:work", "notices:list"):
        assert "1 notice of Bhu reached nobody" in read(client, reverse(name))
    page = read(client, address(county.clinician, "undelivered"))
    assert row.notice.referral.reference in page
    assert "the other side refused the address" in page


def test_an_admin_reads_no_number_there(county: County) -> None:
    row = dead(county)
    page = read(signed_in(user_of(county.admin)), address(county.admin, "undelivered"))
    assert "the other side refused the address" in page
    assert row.notice.referral.reference not in page


def test_an_officer_and_a_chief_have_no_such_page_and_it_is_recorded(county: County) -> None:
    dead(county)
    for actor in (county.officer, member(county.police, Role.CHIEF, "chief")):
        assert signed_in(user_of(actor)).get(address(actor, "undelivered")).status_code == 404
        assert AuditEvent.objects.order_by("-pk")[0].action == "page.refuse"


def test_send_again_tries_it_for_three_more_days(county: County) -> None:
    row = dead(county, tries=9, faults=5, gives_up_at=timezone.now() - timedelta(days=1))
    signed_in(user_of(county.clinician)).post(address(county.clinician, "again", row.pk))
    row.refresh_from_db()
    assert (row.status, row.faults) == (Status.WAITING.value, 0)
    assert row.gives_up_at - timezone.now() > timedelta(hours=71)
    assert AuditEvent.objects.filter(action="notice.resend", target=f"Delivery/{row.pk}", outcome="0").exists()


def test_send_again_of_what_had_nobody_to_be_told_asks_anew_who_there_is(county: County) -> None:
    task = sent(county)
    Delivery.objects.filter(notice__task=task).delete()
    told = Notice.objects.get(task=task)
    stand_in = Delivery.objects.create(
        notice=told, referral=told.referral, agency=county.bhu, channel="page", to=county.bhu.id, urgent=True,
        status=Status.DEAD.value, problem=Problem.NOBODY.value, due_at=timezone.now(), gives_up_at=timezone.now(),
        ended_at=timezone.now(),
    )  # fmt: skip
    letters.send_again(county.clinician, stand_in.pk)
    addressing.address_all()
    told_now = Delivery.objects.filter(notice=told, channel="page").values_list("membership_id", flat=True)
    assert set(told_now) == {county.clinician.membership_id, county.coordinator.membership_id}


def test_to_let_one_be_a_reason_is_needed_and_stands_in_the_log(county: County) -> None:
    row = dead(county)
    client = signed_in(user_of(county.clinician))
    assert client.post(address(county.clinician, "let-be", row.pk), {"reason": "tired"}).status_code == 422
    row.refresh_from_db()
    assert row.status == Status.DEAD.value
    client.post(address(county.clinician, "let-be", row.pk), {"reason": "told-otherwise"})
    row.refresh_from_db()
    assert row.status == Status.DROPPED.value
    event = AuditEvent.objects.get(action="notice.drop", outcome="0")
    assert (event.code, event.target) == ("told-otherwise", f"Delivery/{row.pk}")


def test_another_agencys_letter_is_nobodys_to_send_or_let_be(county: County) -> None:
    row = dead(county)
    for name in ("again", "let-be"):
        path = address(county.detox_intake, name, row.pk)
        answer = signed_in(user_of(county.detox_intake)).post(path, {"reason": "told-otherwise"})
        assert answer.status_code == 404
    row.refresh_from_db()
    assert row.status == Status.DEAD.value


# One's own wishes


def wishes(**changed: str) -> dict[str, str]:
    return {"mail": "urgent", "text": "none", "phone": "", "quiet_begins": "", "quiet_ends": "", **changed}


def test_wishes_are_kept(county: County) -> None:
    client = signed_in(user_of(county.clinician))
    said = wishes(text="all", phone="978-555-0123", quiet_begins="22:00", quiet_ends="06:00")
    assert client.post(reverse("notices:settings"), said).status_code == 303
    row = Preference.objects.get(user=user_of(county.clinician))
    assert (row.mail, row.text, row.phone) == ("urgent", "all", "+19785550123")
    assert (row.quiet_begins, row.quiet_ends) == (time(22), time(6))
    assert "+19785550123" in read(client, reverse("notices:settings"))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"text": "all"}, "Enter the number that text messages go to."),
        ({"text": "all", "phone": "call me"}, "Enter a telephone number with its area code"),
        ({"quiet_begins": "22:00"}, "Enter both ends of your quiet hours, or neither."),
        ({"mail": "sometimes"}, "sometimes"),
    ],
)
def test_what_makes_no_sense_is_said_and_what_was_typed_is_kept(
    county: County, wrong: dict[str, str], said: str
) -> None:
    client = signed_in(user_of(county.clinician))
    answer = client.post(reverse("notices:settings"), wishes(**wrong))
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not Preference.objects.exists()


# How an agency is reached


def test_an_administrator_says_how_the_agency_is_reached(county: County) -> None:
    client = signed_in(user_of(county.admin))
    said = {"mailbox": "intake@bhu.example.org", "days": ["1", "2", "64"], "opens": "09:00", "closes": "21:00"}
    assert client.post(address(county.admin, "reach"), said).status_code == 303
    row = Reach.objects.get(agency=county.bhu)
    assert (row.mailbox, row.days, row.opens, row.closes) == ("intake@bhu.example.org", 67, time(9), time(21))
    answer = client.post(address(county.admin, "reach"), {**said, "closes": "08:00"})
    assert answer.status_code == 422
    assert "Must be later than when you open." in answer.content.decode()


def test_the_rota_takes_members_of_the_agency_alone(county: County) -> None:
    client = signed_in(user_of(county.admin))
    said = {"place": "1", "days": ["32", "64"], "begins": "20:00", "ends": "06:00"}
    ours, theirs = str(county.clinician.membership_id), str(county.detox_intake.membership_id)
    assert client.post(address(county.admin, "add-shift"), {**said, "membership_id": theirs}).status_code == 422
    turn = {"place": 1, "days": 127, "begins": time(20), "ends": time(6)}
    with pytest.raises(NotFound):
        reaching.add_shift(county.admin, membership_id=county.detox_intake.membership_id, **turn)  # type: ignore[arg-type]
    assert not Shift.objects.exists()
    assert client.post(address(county.admin, "add-shift"), {**said, "membership_id": ours}).status_code == 303
    row = Shift.objects.get()
    assert "Saturday, Sunday" in read(client, address(county.admin, "reach"))
    other = member(county.detox, Role.AGENCY_ADMIN, "admin")
    assert signed_in(user_of(other)).post(address(other, "end-shift", row.pk)).status_code == 404
    assert client.post(address(county.admin, "end-shift", row.pk)).status_code == 303
    assert not Shift.objects.exists()


def test_an_agency_sets_its_own_times_and_takes_them_back(county: County) -> None:
    client = signed_in(user_of(county.admin))
    said = {"acknowledged-urgent": "10", "decided-stat": "20", "decided-routine": ""}
    assert client.post(address(county.admin, "timers"), said).status_code == 303
    assert reaching.timers_of(county.bhu.id) == {("acknowledged", "urgent"): 10, ("decided", "stat"): 20}
    assert 'value="10"' in read(client, address(county.admin, "reach"))
    answer = client.post(address(county.admin, "timers"), {"acknowledged-urgent": "0"})
    assert answer.status_code == 422
    assert len(reaching.timers_of(county.bhu.id)) == 2
    assert client.post(address(county.admin, "timers"), {}).status_code == 303
    assert reaching.timers_of(county.bhu.id) == {}


def test_the_secret_of_a_webhook_is_shown_once_and_sealed(county: County) -> None:
    client = signed_in(user_of(county.admin))
    page = client.post(address(county.admin, "add-webhook"), {"url": "https://ehr.example.org/bhu"}).content.decode()
    row = Webhook.objects.get()
    assert "It is shown this once." in page
    assert "It is shown this once." not in read(client, address(county.admin, "reach"))
    assert client.post(address(county.admin, "end-webhook", row.pk)).status_code == 303
    row.refresh_from_db()
    assert row.ended_at is not None


@pytest.mark.parametrize(
    "url", ["http://ehr.example.org/", "https://a:b@ehr.example.org/", "ehr", "file:///etc/passwd"]
)
def test_only_a_plain_https_address_is_taken(county: County, url: str) -> None:
    answer = signed_in(user_of(county.admin)).post(address(county.admin, "add-webhook"), {"url": url})
    assert answer.status_code == 422
    assert url in answer.content.decode()
    assert not Webhook.objects.exists()


def test_who_is_no_administrator_says_nothing_of_it(county: County) -> None:
    for actor in (county.clinician, county.officer, member(county.police, Role.CHIEF, "chief")):
        client = signed_in(user_of(actor))
        assert client.get(address(actor, "reach")).status_code == 404
        assert client.post(address(actor, "add-webhook"), {"url": "https://ehr.example.org/"}).status_code == 404
    assert not Webhook.objects.exists()


# Numbers


def test_how_fast_an_agency_answers_is_counted_by_hand(county: County) -> None:
    minutes = (5, 10, 20, 40, 100)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for wait in minutes:
            task = sent(county)
            clock.shift(timedelta(minutes=wait))
            perform(county.clinician, [TakeStep(task_id=task.pk, step="accept")])
        sent(county)
        found = measuring.figures(county.clinician, at=timezone.now())
        page = read(signed_in(user_of(county.clinician)), address(county.clinician, "times"))
    decided = next(each for each in found if (each.urgency, each.rung) == ("urgent", "decided"))
    assert (decided.asked, decided.reached, decided.median) == (6, 5, timedelta(minutes=20))
    assert decided.nine_in_ten == timedelta(minutes=76)
    assert decided.soon == 0.5
    assert "5 of 6" in page
    assert "20 min" in page


def test_numbers_are_for_those_of_the_agency(county: County) -> None:
    sent(county)
    (first, *_) = measuring.figures(county.detox_intake, at=timezone.now())
    assert first.asked == 0
    for actor in (member(county.bhu, Role.COACH, "coach"), county.officer):
        assert signed_in(user_of(actor)).get(address(actor, "times")).status_code == 404


def test_no_time_of_fewer_than_five_is_said(county: County) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for _ in range(4):
            task = sent(county)
            clock.shift(timedelta(minutes=5))
            perform(county.clinician, [TakeStep(task_id=task.pk, step="accept")])
        found = measuring.figures(county.clinician, at=timezone.now())
    assert {(each.median, each.nine_in_ten, each.soon) for each in found} == {(None, None, None)}
    assert max(each.reached for each in found) == 4


def test_the_network_admin_sees_what_is_stuck_and_nothing_of_a_referral(county: County) -> None:
    task = sent(county)
    Delivery.objects.filter(channel="mail").update(due_at=timezone.now() - timedelta(minutes=11))
    operator = open_agency(by=SETUP, slug="office", name="Office", kind=AgencyKind.OPERATOR.value)
    admin = member(operator, Role.NETWORK_ADMIN, "net")
    page = read(signed_in(user_of(admin)), address(admin, "queue"))
    assert '<strong class="bad">2</strong>' in page
    assert task.referral.reference not in page
    assert signed_in(user_of(county.admin)).get(address(county.admin, "queue")).status_code == 404


def test_what_is_not_listed_any_more_is_not_counted_as_new(county: County) -> None:
    """Else its number would stand on every page for ever: only what is listed can be seen."""
    sent(county)
    assert reading.unseen([county.clinician]) == len(reading.lines([county.clinician])) == 1
    Participation.objects.filter(agency=county.bhu).update(until=timezone.now())
    assert reading.unseen([county.clinician]) == len(reading.lines([county.clinician])) == 0


def test_a_day_that_is_sent_twice_is_one_day(county: County) -> None:
    admin = member(county.bhu, Role.AGENCY_ADMIN, "days")
    said = {"mailbox": "", "days": ["64"] * 600, "opens": "08:00", "closes": "17:00"}
    assert signed_in(user_of(admin)).post(address(admin, "reach"), said).status_code == 303
    assert reaching.reach_of(county.bhu.id).days == 64


def test_of_a_systems_address_the_list_names_the_host_alone(county: County) -> None:
    """What follows it is often a secret, and all who work there read the list."""
    admin = member(county.bhu, Role.AGENCY_ADMIN, "hooks")
    reaching.add_webhook(admin, url="https://hooks.example.org/services/a-secret")
    sent(county)
    said = {"status": Status.DEAD.value, "problem": Problem.REFUSED.value, "ended_at": timezone.now()}
    assert Delivery.objects.filter(channel=Channel.HOOK.value).update(**said) == 1
    page = read(signed_in(user_of(county.clinician)), address(county.clinician, "undelivered"))
    assert "hooks.example.org" in page
    assert "a-secret" not in page
