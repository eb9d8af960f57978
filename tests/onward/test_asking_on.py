"""What is urgent and nobody has goes to who was named next: by the sender's word, if the gate lets it."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from agencies.agreements import AgreementParty
from agencies.services import end_membership
from audit.models import AuditEvent
from fhir.content.compartments import Compartment
from referrals.acts import Reoffer, Send, StopConsent, TakeStep
from referrals.errors import Denied, Gone, Invalid, Refused
from referrals.models import Disclosure, Notice, Participation, ReferralTask
from referrals.notices.services import acknowledging, climbing
from referrals.onward.models import Following, Stand
from referrals.onward.services import ask_next
from referrals.opening import open_referral
from referrals.perform import Done, perform
from referrals.policy.bases import Basis
from referrals.previewing import preview
from tests.county import PARTS, SCREEN, SETUP, County, bundle_of, consent
from tests.onward.conftest import NOON

pytestmark = pytest.mark.django_db


def act(county: County, *then: str, **more: Any) -> Send:
    """To the unit; then to these."""
    said: dict[str, Any] = {"data": bundle_of(SCREEN), "to": (county.bhu.pk,)} | more
    return Send(then=tuple(getattr(county, name).pk for name in then), **said)


def sent(county: County, *then: str, **more: Any) -> Done:
    return perform(county.officer, [act(county, *then, **more)])


def later(clock: Any, minutes: float) -> None:
    """So much later both rings come, twice."""
    clock.shift(timedelta(minutes=minutes))
    for _ in range(2):
        climbing.climb(at=timezone.now())
        ask_next(at=timezone.now())


def tasks() -> dict[str, str]:
    return dict(ReferralTask.objects.order_by("id").values_list("owner__slug", "status"))


def told(slug: str) -> list[str]:
    rows = Notice.objects.filter(agency__slug=slug, code__in=("call-them", "asked-next", "not-asked-on"))
    return list(rows.order_by("id").values_list("code", flat=True))


def stands() -> list[tuple[str, str]]:
    return list(Following.objects.order_by("place").values_list("status", "code"))


# Before it is sent


def test_who_is_asked_next_is_shown_before_with_what_each_would_see(county: County, clock: Any) -> None:
    plan = preview(county.officer, act(county, "clinic", "detox"))
    assert [row.agency for row in plan.recipients] == ["bhu"]
    assert [(row.agency, row.now, row.on_accept) for row in plan.then] == [
        ("clinic", ("request",), ("contact", "incident", "clinical")),
        ("detox", ("request",), ("contact", "incident", "clinical")),
    ]
    assert plan.digest != preview(county.officer, act(county, "detox", "clinic")).digest


def test_nothing_goes_to_who_is_next_while_the_first_has_time(county: County, clock: Any) -> None:
    sent(county, "clinic")
    later(clock, 18)  # its screen makes it an emergency: 15 minutes, and a quarter more until the officer is told
    assert tasks() == {"bhu": "requested"}
    assert not Participation.objects.filter(agency=county.clinic).exists()


@pytest.mark.parametrize(
    ("then", "more", "says"),
    [
        (("bhu",), {}, "must not name the one that is asked first"),
        (("clinic", "clinic"), {}, "Name each agency once"),
        (("police",), {}, "does not send to itself"),
        (("clinic",), {"data": bundle_of(request={"priority": "routine"})}, "is for what is urgent"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_on_is_refused_when_it_is_sent(
    county: County, clock: Any, then: tuple[str, ...], more: dict[str, Any], says: str
) -> None:
    with pytest.raises(Invalid, match=says):
        sent(county, *then, **more)


def test_it_follows_one_agency_and_not_several(county: County, clock: Any) -> None:
    with pytest.raises(Invalid, match="can follow one agency"):
        sent(county, "detox", to=(county.bhu.pk, county.clinic.pk))


def test_the_gate_says_no_to_who_is_next_when_it_is_sent(county: County, clock: Any) -> None:
    AgreementParty.objects.filter(agency=county.clinic).update(left_on=NOON.date())
    with pytest.raises(Denied) as refused:
        sent(county, "clinic")
    assert refused.value.code == "AGREEMENT_MISSING"
    assert not ReferralTask.objects.exists()


# When nobody answers


def test_when_nobody_has_it_the_next_is_asked_by_the_sender_s_own_word(county: County, clock: Any) -> None:
    done = sent(county, "clinic", "detox")
    later(clock, 38)
    assert tasks() == {"bhu": "requested", "clinic": "requested"}
    assert told("police") == ["call-them", "asked-next"]
    rows = AuditEvent.objects.filter(action="referral.reoffer").values_list("actor", "target", "outcome")
    assert list(rows) == [(county.officer.name, f"Referral/{done.referral_id}", "0")]
    parts = {each.compartment for each in open_referral(county.clinic_intake, done.referral_id).sections}
    assert parts == {Compartment.REQUEST}


def test_then_the_one_after_that_and_nobody_twice(county: County, clock: Any) -> None:
    sent(county, "clinic", "detox")
    later(clock, 19)
    later(clock, 18)
    assert "detox" not in tasks()
    later(clock, 1)
    assert tasks() == {"bhu": "requested", "clinic": "requested", "detox": "requested"}
    later(clock, 600)
    assert ReferralTask.objects.count() == 3
    assert [status for status, _code in stands()] == ["asked", "asked"]


def test_who_says_yes_first_gets_what_the_first_was_sent_and_the_others_lapse(county: County, clock: Any) -> None:
    done = sent(county, "clinic")
    later(clock, 38)
    task = ReferralTask.objects.get(owner=county.clinic)
    perform(county.clinic_intake, [TakeStep(task_id=task.pk, step="accept")])
    assert tasks() == {"bhu": "cancelled", "clinic": "accepted"}
    parts = {each.compartment for each in open_referral(county.clinic_intake, done.referral_id).sections}
    assert {Compartment.CONTACT, Compartment.CLINICAL} <= parts
    assert list(Notice.objects.filter(agency=county.bhu, code="lapse").values_list("task__owner__slug", flat=True)) == [
        "bhu"
    ]
    assert set(Disclosure.objects.filter(recipient=county.clinic).values_list("basis", flat=True)) == {
        Basis.REFERRAL_FOR_HELP.value
    }


def test_the_first_may_still_say_yes_and_then_the_next_lapses(county: County, clock: Any) -> None:
    sent(county, "clinic", "detox")
    later(clock, 38)
    first = ReferralTask.objects.get(owner=county.bhu)
    perform(county.clinician, [TakeStep(task_id=first.pk, step="accept")])
    assert tasks() == {"bhu": "accepted", "clinic": "cancelled"}
    later(clock, 600)
    assert "detox" not in tasks()


def test_we_have_it_stops_it_also_from_who_was_asked_next(county: County, clock: Any) -> None:
    sent(county, "clinic", "detox")
    later(clock, 38)
    acknowledging.acknowledge(county.clinic_intake, ReferralTask.objects.get(owner=county.clinic).pk)
    later(clock, 600)
    assert "detox" not in tasks()


def test_we_have_it_from_the_first_stops_it(county: County, clock: Any) -> None:
    sent(county, "clinic")
    clock.shift(timedelta(minutes=38))
    climbing.climb(at=timezone.now())
    acknowledging.acknowledge(county.clinician, ReferralTask.objects.get().pk)
    assert ask_next(at=timezone.now()) == 0
    later(clock, 600)
    assert tasks() == {"bhu": "requested"}


def test_we_have_it_said_in_the_moment_before_stops_the_act_itself(county: County, clock: Any) -> None:
    sent(county, "clinic")
    row = Following.objects.get()
    acknowledging.acknowledge(county.clinician, row.first_id)
    with pytest.raises(Gone):
        perform(county.officer, [Reoffer(referral_id=row.referral_id, following_id=row.pk)])
    assert tasks() == {"bhu": "requested"}


def test_what_somebody_has_by_now_holds_up_nothing_else(
    county: County, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("referrals.onward.services.BATCH", 1)
    sent(county, "clinic", "detox")
    later(clock, 38)
    acknowledging.acknowledge(county.clinic_intake, ReferralTask.objects.get(owner=county.clinic).pk)
    second = sent(county, "clinic")
    later(clock, 38)
    rows = ReferralTask.objects.filter(referral=second.referral_id).order_by("id")
    assert list(rows.values_list("owner__slug", flat=True)) == ["bhu", "clinic"]


def test_nobody_asks_on_but_whoever_sent_it(county: County, clock: Any) -> None:
    sent(county, "detox")
    row = Following.objects.get()
    for actor in (county.clinician, county.clinic_intake, county.other_officer):
        with pytest.raises(Refused):
            perform(actor, [Reoffer(referral_id=row.referral_id, following_id=row.pk)])
    assert tasks() == {"bhu": "requested"}


def test_who_says_no_is_followed_by_the_next_at_once(county: County, clock: Any) -> None:
    sent(county, "clinic", "detox")
    later(clock, 38)
    task = ReferralTask.objects.get(owner=county.clinic)
    perform(county.clinic_intake, [TakeStep(task_id=task.pk, step="reject", reason="no-capacity")])
    later(clock, 1)
    assert tasks() == {"bhu": "requested", "clinic": "rejected", "detox": "requested"}


def test_two_that_ring_at_once_ask_once(county: County, clock: Any) -> None:
    sent(county, "clinic")
    later(clock, 38)
    row = Following.objects.get()
    with pytest.raises(Gone):
        perform(county.officer, [Reoffer(referral_id=row.referral_id, following_id=row.pk)])
    assert ReferralTask.objects.count() == 2


def test_without_a_word_of_the_sender_nothing_is_asked_on(county: County, clock: Any) -> None:
    sent(county)
    later(clock, 600)
    assert tasks() == {"bhu": "requested"}
    assert told("police") == ["call-them"]


# When it may not go there any more


def test_what_the_gate_does_not_let_go_any_more_stays_with_an_alarm(county: County, clock: Any) -> None:
    sent(county, "clinic")
    AgreementParty.objects.filter(agency=county.clinic).update(left_on=NOON.date())
    later(clock, 600)
    assert tasks() == {"bhu": "requested"}
    assert stands() == [("refused", "AGREEMENT_MISSING")]
    assert told("police") == ["call-them", "not-asked-on"]
    refused = AuditEvent.objects.filter(action="referral.reoffer").values_list("actor", "outcome", "code")
    assert list(refused) == [(county.officer.name, "4", "AGREEMENT_MISSING")]


def test_where_the_next_may_not_the_one_after_it_is_asked(county: County, clock: Any) -> None:
    sent(county, "clinic", "detox")
    AgreementParty.objects.filter(agency=county.clinic).update(left_on=NOON.date())
    later(clock, 38)
    assert tasks() == {"bhu": "requested", "detox": "requested"}
    assert [status for status, _code in stands()] == [Stand.REFUSED, Stand.ASKED]
    assert told("police") == ["call-them", "asked-next"]


def test_a_sender_who_left_asks_nothing_any_more_and_it_is_recorded(county: County, clock: Any) -> None:
    sent(county, "clinic")
    end_membership(by=SETUP, membership_id=county.officer.membership_id)
    later(clock, 38)
    assert tasks() == {"bhu": "requested"}
    newest = AuditEvent.objects.filter(action="referral.reoffer").get()
    assert (newest.actor, newest.outcome, newest.code) == (county.officer.name, "4", "NOT_UNIT_MEMBER")


def with_consent(county: County) -> Send:
    """The unit asks detox and then the clinic, by a paper that names both."""
    paper = consent(to=("detox", "clinic"), parts=PARTS, signed=NOON.date() - timedelta(days=1))
    to = (county.detox.pk,)
    return Send(data=bundle_of(paper), to=to, then=(county.clinic.pk,))


def test_a_paper_that_names_both_carries_it_on(county: County, clock: Any) -> None:
    done = perform(county.clinician, [with_consent(county)])
    later(clock, 38)
    assert tasks() == {"detox": "requested", "clinic": "requested"}
    perform(county.clinic_intake, [TakeStep(task_id=ReferralTask.objects.get(owner=county.clinic).pk, step="accept")])
    parts = {each.compartment for each in open_referral(county.clinic_intake, done.referral_id).sections}
    assert Compartment.CONTACT in parts


def test_a_paper_that_names_the_first_alone_is_refused_when_it_is_sent(county: County, clock: Any) -> None:
    paper = consent(to=("detox",), parts=PARTS, signed=NOON.date() - timedelta(days=1))
    with pytest.raises(Denied) as refused:
        perform(county.clinician, [Send(data=bundle_of(paper), to=(county.detox.pk,), then=(county.clinic.pk,))])
    assert refused.value.code == "RECIPIENT_NOT_COVERED"


@pytest.mark.parametrize("written", [False, True])
def test_after_the_client_took_the_paper_back_it_is_asked_of_nobody(county: County, clock: Any, written: bool) -> None:
    done = perform(county.clinician, [with_consent(county)])
    paper = next(iter(Participation.objects.filter(agency=county.detox).values_list("consent", flat=True)))
    perform(county.clinician, [StopConsent(referral_id=done.referral_id, consent_id=paper, written=written)])
    later(clock, 600)
    assert "clinic" not in tasks()
    assert not Disclosure.objects.filter(recipient=county.clinic).exists()
    # Held, the first still waits, and it alarms; taken back in writing, the first is called off with it.
    left = ("cancelled", []) if written else ("requested", ["call-them", "not-asked-on"])
    assert (tasks()["detox"], told("bhu")) == left
