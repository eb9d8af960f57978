"""Vignettes 25 and 26: the client says stop on the third day; and a consent ends while an offer waits its hour."""

from datetime import datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from fhir.content.builders import Agreed, Origin, Pathway
from fhir.content.compartments import Compartment
from referrals.acts import CorrectSection, Offer, ResumeConsent, Send, StopConsent, TakeStep
from referrals.blind import by_name
from referrals.consents.models import ConsentTerms
from referrals.errors import Denied, Invalid, NotFound
from referrals.later.models import QueuedAct
from referrals.later.services import call_back, do_due, put_off
from referrals.listing import history, inbox
from referrals.models import Disclosure, Participation, ReferralTask, Wrap
from referrals.policy.bases import Basis
from referrals.services import clients
from referrals.shelltext import as_json
from tests.county import consent_in
from tests.vignettes.people import Entry, Event, Merrow, call, ledger, of, seen, told, words_in

BORN = "1996-06-21"
USE = seen("75544000", "Opioid dependence", value="Two bags a day")
PARTS = ("contact", "sud", "outcome")
RELEASE = frozenset({Compartment.CONTACT, Compartment.SUD})
STATEMENT = "42cfr2-2024"


def in_(**spell: float) -> time_machine.travel:
    return time_machine.travel(timezone.now() + timedelta(**spell), tick=True)


def walks_in(merrow: Merrow):
    """He comes by himself; the coordinator looks for places without his name first."""
    act = Send(
        data=call(USE, born=BORN),
        to=merrow.at("willow"),
        basis=Basis.DEIDENTIFIED,
        pathway=Pathway.SELF_REFERRAL,
        brought_by=Origin.SELF,
        agreed=Agreed.YES,
    )
    referral_id = merrow.do("coordinator", act).referral_id
    merrow.step("willow intake", merrow.task(referral_id, "willow"), "reject", reason="level-of-care")
    return referral_id


@pytest.fixture
def taken(merrow):
    """Detox took him on his signature and has begun; the clinic was offered him on the same paper and is silent."""
    referral_id = walks_in(merrow)
    signed = merrow.sign("coordinator", referral_id, to=("detox", "clinic"), parts=PARTS)
    merrow.do("coordinator", Offer(referral_id=referral_id, to=merrow.at("detox"), release=RELEASE))
    merrow.step("detox intake", merrow.task(referral_id, "detox"), "accept", "start")
    merrow.do("coordinator", Offer(referral_id=referral_id, to=merrow.at("clinic"), release=RELEASE))
    return referral_id, signed


def on_day_three(merrow: Merrow, who: str, referral_id, consent_id, *, written: bool = False) -> None:
    with in_(days=3):
        merrow.do(who, StopConsent(referral_id=referral_id, consent_id=consent_id, written=written))


def test_vignette_25_the_oral_stop_shuts_it_at_once_the_written_one_for_good_and_the_ledger_stays(merrow, taken):
    referral_id, signed = taken
    assert "Two bags a day" in as_json(merrow.open("detox intake", referral_id))
    before = list(Disclosure.objects.filter(referral_id=referral_id).order_by("id").values())
    on_day_three(merrow, "detox intake", referral_id, signed)
    with in_(days=3, minutes=1):
        assert merrow.turned_away("detox intake", referral_id) == "CONSENT_REVOKED"
        merrow.do("coordinator", StopConsent(referral_id=referral_id, consent_id=signed, written=True))
    with in_(days=3, minutes=2):
        assert merrow.turned_away("detox intake", referral_id) == "CONSENT_REVOKED"
        assert list(Disclosure.objects.filter(referral_id=referral_id).order_by("id").values()) == before
    assert ledger(referral_id) == [
        Entry("bhu", "willow", "request", "deidentified", "TREAT"),
        Entry("bhu", "detox", "request", "consent_named", "TREAT", signed, 1),
        Entry("bhu", "detox", "contact+sud", "consent_named", "TREAT", signed, 1, STATEMENT),
        Entry("bhu", "clinic", "request", "consent_named", "TREAT", signed, 1),
    ]
    said_of_it = [event for event in merrow.events(referral_id) if "onsent" in event.action or event.outcome != "0"]
    assert said_of_it == [
        Event("detox intake", "consent.hold", "0", f"Consent/{signed}"),
        Event("detox intake", "referral.open", "4", "CONSENT_REVOKED"),
        Event("coordinator", "consent.revoke", "0", f"Consent/{signed}"),
        Event("detox intake", "referral.open", "4", "CONSENT_REVOKED"),
    ]


def test_everybody_who_read_it_is_told_at_each_stop(merrow, taken):
    referral_id, signed = taken
    known = len(told(referral_id))
    on_day_three(merrow, "coordinator", referral_id, signed)
    assert told(referral_id)[known:] == [("detox", "", "consent-held")]
    on_day_three(merrow, "coordinator", referral_id, signed, written=True)
    assert told(referral_id)[known + 1 :] == [("detox", "", "consent-revoked")]


def test_the_unit_whose_paper_it_is_hears_of_a_stop_that_somebody_else_was_told(merrow, taken):
    referral_id, signed = taken
    known = len(told(referral_id))
    on_day_three(merrow, "detox intake", referral_id, signed)
    assert sorted(told(referral_id)[known:]) == [("bhu", "", "consent-held"), ("detox", "", "consent-held")]


def test_what_was_offered_and_not_taken_is_anonymous_from_the_first_word(merrow, taken):
    referral_id, signed = taken
    on_day_three(merrow, "coordinator", referral_id, signed)
    place = Participation.objects.get(referral_id=referral_id, agency=merrow.agencies["clinic"])
    assert (place.basis, place.consent) == ("deidentified", None)
    merrow.step("clinic intake", merrow.task(referral_id, "clinic"), "accept")
    assert merrow.parts("clinic intake", referral_id) == {"request"}
    assert not words_in(merrow.open("clinic intake", referral_id))
    assert ledger(referral_id)[-1].parts == "request"


def test_while_it_is_held_nothing_new_reaches_the_provider(merrow, taken):
    referral_id, signed = taken
    wraps = Wrap.objects.filter(folder_id=referral_id, agency=merrow.agencies["detox"])
    on_day_three(merrow, "coordinator", referral_id, signed)
    known, kept = len(ledger(referral_id)), wraps.count()
    with in_(days=3, hours=1):
        merrow.add("clinician", referral_id, of(USE))
        merrow.do("coordinator", TakeStep(task_id=merrow.task(referral_id, "clinic"), step="cancel", reason="other"))
        offer = Offer(referral_id=referral_id, to=merrow.at("clinic"), release=RELEASE)
        assert merrow.refused("coordinator", offer).code == "CONSENT_REVOKED"
    assert len(ledger(referral_id)) == known
    assert wraps.count() == kept


def test_his_word_lets_a_held_paper_go_on_and_never_a_written_end(merrow, taken):
    referral_id, signed = taken
    resume = ResumeConsent(referral_id=referral_id, consent_id=signed)
    assert merrow.refused("coordinator", resume).code == "ILLEGAL_STEP"  # nobody said stop
    on_day_three(merrow, "detox intake", referral_id, signed)
    with in_(days=3, hours=1):
        assert merrow.refused("detox intake", resume).code == "ROLE"
        merrow.do("coordinator", resume)
        assert "Two bags a day" in as_json(merrow.open("detox intake", referral_id))
        merrow.do("coordinator", StopConsent(referral_id=referral_id, consent_id=signed, written=True))
        for act in (resume, StopConsent(referral_id=referral_id, consent_id=signed)):
            assert merrow.refused("coordinator", act).code == "CONSENT_REVOKED"


def corrected(referral_id, signed, **said) -> CorrectSection:
    data = consent_in(referral_id, **{"to": ("detox", "clinic"), "parts": PARTS, **said})
    return CorrectSection(referral_id=referral_id, resource_id=signed, data=data)


@pytest.mark.parametrize("written", [False, True])
def test_a_new_version_of_a_stopped_paper_lifts_no_stop(merrow, taken, written):
    referral_id, signed = taken
    on_day_three(merrow, "coordinator", referral_id, signed, written=written)
    assert merrow.refused("clinician", corrected(referral_id, signed)).code == "CONSENT_REVOKED"


OTHERWISE = {
    "fewer": {"to": ("clinic",)},
    "less": {"parts": ("contact",)},
    "for less": {"purposes": ("TREAT",)},
    "more": {"to": ("detox", "clinic", "willow")},
    "more of it": {"parts": (*PARTS, "clinical")},
    "longer": {"days": 170},
    "shorter": {"days": 5},
}


@pytest.mark.parametrize("said", OTHERWISE.values(), ids=OTHERWISE)
def test_a_new_version_says_no_more_and_no_less_than_what_was_signed(merrow, taken, said):
    referral_id, signed = taken
    refusal = merrow.refused("clinician", corrected(referral_id, signed, **said))
    assert refusal.code == "INVALID"
    assert "no more and no less" in str(refusal)
    assert ConsentTerms.objects.filter(consent=signed).count() == 1


def test_a_new_version_that_lets_the_same_through_is_taken(merrow, taken):
    referral_id, signed = taken
    merrow.do("clinician", corrected(referral_id, signed))
    assert "Two bags a day" in as_json(merrow.open("detox intake", referral_id))


def test_after_the_writing_the_provider_has_no_key_no_task_no_client_and_no_line_in_its_list(merrow, taken):
    referral_id, signed = taken
    he = by_name(family="Zwillinger", given="Anselm", born=BORN)
    detox, task = merrow.people["detox intake"], merrow.task(referral_id, "detox")
    assert clients.find(detox, he)
    on_day_three(merrow, "coordinator", referral_id, signed, written=True)
    assert not Wrap.objects.filter(folder_id=referral_id, agency=merrow.agencies["detox"]).exists()
    assert ReferralTask.objects.get(pk=task).status == "cancelled"
    assert clients.find(detox, he) == []
    with in_(days=3, hours=1):
        assert inbox(detox) == []
        assert merrow.refused("detox intake", TakeStep(task_id=task, step="complete")).code == "CONSENT_REVOKED"
        with pytest.raises(Denied):
            history(detox, referral_id)


def test_the_unit_keeps_its_own_file_with_the_paper_marked_as_over_and_searches_on_without_a_name(merrow, taken):
    referral_id, signed = taken
    on_day_three(merrow, "coordinator", referral_id, signed, written=True)
    opened = merrow.open("clinician", referral_id)
    (paper,) = [section for section in opened.sections if section.type == "Consent"]
    assert paper.tree["status"] == "inactive"
    assert "Two bags a day" in as_json(opened)
    named = Offer(referral_id=referral_id, to=merrow.at("detox"), release=RELEASE)
    assert merrow.refused("coordinator", named).code == "CONSENT_REVOKED"
    merrow.do("coordinator", Offer(referral_id=referral_id, to=merrow.at("detox"), basis=Basis.DEIDENTIFIED))
    assert not words_in(merrow.open("detox intake", referral_id))


@pytest.mark.parametrize("who", ["willow intake", "stranger", "alder officer", "ED nurse"])
def test_who_has_no_part_stops_nothing(merrow, taken, who):
    referral_id, signed = taken
    stop = StopConsent(referral_id=referral_id, consent_id=signed, written=True)
    assert merrow.refused(who, stop).code in {"NOT_FOUND", "NO_RELATIONSHIP"}
    assert merrow.parts("detox intake", referral_id) == {"request", "contact", "sud"}


def test_what_is_no_consent_of_this_referral_is_not_stopped(merrow, taken):
    _referral_id, signed = taken
    other = walks_in(merrow)
    assert type(merrow.refused("coordinator", StopConsent(referral_id=other, consent_id=signed))) is NotFound


# Vignette 26.
def offer_at_night(merrow: Merrow, referral_id, *, days: int) -> datetime:
    """The coordinator puts an offer to detox off until intake opens again."""
    due = timezone.now() + timedelta(days=days)
    put_off(
        merrow.people["coordinator"],
        Offer(referral_id=referral_id, to=merrow.at("detox"), release=RELEASE),
        not_before=due,
    )
    return due


def due(at: datetime) -> tuple[int, str, str]:
    """What comes of what is due: how many were taken up, and how the newest ended."""
    with time_machine.travel(at, tick=True):
        done = do_due(at=at)
    row = QueuedAct.objects.latest("id")
    return done, row.status, row.code


@pytest.fixture
def signed_for_two_days(merrow):
    """A paper signed yesterday, good for three days, so until the day after tomorrow."""
    referral_id = walks_in(merrow)
    return referral_id, merrow.sign("coordinator", referral_id, to=("detox",), parts=PARTS, days=3)


def nothing_was_sent(merrow: Merrow, referral_id) -> bool:
    detox = merrow.agencies["detox"]
    places = Participation.objects.filter(referral_id=referral_id, agency=detox)
    wraps = Wrap.objects.filter(folder_id=referral_id, agency=detox)
    tasks = ReferralTask.objects.filter(referral_id=referral_id, owner=detox)
    rows = [entry for entry in ledger(referral_id) if entry.recipient == "detox"]
    notices = [each for each in told(referral_id) if each[0] == "detox"]
    return not (places.exists() or wraps.exists() or tasks.exists() or rows or notices)


def test_vignette_26_the_paper_ended_in_the_night_so_the_job_is_blocked_and_nothing_sent(merrow, signed_for_two_days):
    referral_id, _signed = signed_for_two_days
    at = offer_at_night(merrow, referral_id, days=4)
    assert due(at) == (1, "blocked_consent", "CONSENT_EXPIRED")
    assert nothing_was_sent(merrow, referral_id)
    assert merrow.turned_away("detox intake", referral_id) == "NOT_FOUND"
    assert Event("coordinator", "referral.offer", "4", "CONSENT_EXPIRED") in merrow.events(referral_id)
    assert told(referral_id)[-1] == ("bhu", "", "put-off-not-done")
    assert due(at + timedelta(hours=1)) == (0, "blocked_consent", "CONSENT_EXPIRED")


@pytest.mark.parametrize("written", [False, True], ids=["by-word", "in-writing"])
def test_a_stop_between_saying_and_doing_blocks_it_too(merrow, signed_for_two_days, written):
    referral_id, signed = signed_for_two_days
    at = offer_at_night(merrow, referral_id, days=1)
    merrow.do("coordinator", StopConsent(referral_id=referral_id, consent_id=signed, written=written))
    assert due(at) == (1, "blocked_consent", "CONSENT_REVOKED")
    assert nothing_was_sent(merrow, referral_id)


def test_in_time_it_is_made_once_as_who_said_so(merrow, signed_for_two_days):
    referral_id, signed = signed_for_two_days
    at = offer_at_night(merrow, referral_id, days=1)
    assert nothing_was_sent(merrow, referral_id)
    assert due(at - timedelta(minutes=1))[:2] == (0, "queued")
    assert due(at) == (1, "done", "")
    assert due(at + timedelta(hours=1)) == (0, "done", "")
    assert ReferralTask.objects.filter(referral_id=referral_id, owner=merrow.agencies["detox"]).count() == 1
    assert ledger(referral_id)[-1] == Entry("bhu", "detox", "request", "consent_named", "TREAT", signed, 1)


def test_a_paper_that_ends_between_offer_and_answer_opens_nothing_but_the_ask(merrow, signed_for_two_days):
    referral_id, _signed = signed_for_two_days
    merrow.do("coordinator", Offer(referral_id=referral_id, to=merrow.at("detox"), release=RELEASE))
    with in_(days=4):
        merrow.step("detox intake", merrow.task(referral_id, "detox"), "accept")
        assert merrow.parts("detox intake", referral_id) == {"request"}
    assert [entry.parts for entry in ledger(referral_id) if entry.recipient == "detox"] == ["request"]


def test_a_provider_that_took_him_reads_until_the_paper_ends_and_not_a_minute_longer(merrow, signed_for_two_days):
    referral_id, _signed = signed_for_two_days
    merrow.do("coordinator", Offer(referral_id=referral_id, to=merrow.at("detox"), release=RELEASE))
    merrow.step("detox intake", merrow.task(referral_id, "detox"), "accept")
    with in_(days=1):
        assert merrow.parts("detox intake", referral_id) == {"request", "contact", "sud"}
    with in_(days=4):
        assert merrow.turned_away("detox intake", referral_id) == "CONSENT_EXPIRED"


def test_what_does_not_stand_now_is_not_put_off(merrow, signed_for_two_days):
    referral_id, _signed = signed_for_two_days
    late = timezone.now() + timedelta(days=1)
    beyond = Offer(referral_id=referral_id, to=merrow.at("clinic"), release=RELEASE)
    with pytest.raises(Denied) as refusal:
        put_off(merrow.people["coordinator"], beyond, not_before=late)
    assert refusal.value.code == "RECIPIENT_NOT_COVERED"
    with pytest.raises(Invalid):
        put_off(merrow.people["coordinator"], beyond, not_before=timezone.now())
    assert not QueuedAct.objects.exists()


def test_what_waits_holds_no_word_about_the_client(merrow, signed_for_two_days):
    referral_id, _signed = signed_for_two_days
    offer_at_night(merrow, referral_id, days=1)
    row = QueuedAct.objects.latest("id")
    assert not words_in(str(row.parameters))
    assert set(row.parameters) == {"to", "release", "basis", "consent", "previewed"}


def test_what_somebody_is_doing_is_not_called_back_nor_done_twice(merrow, signed_for_two_days, monkeypatch):
    referral_id, _signed = signed_for_two_days
    at = offer_at_night(merrow, referral_id, days=1)
    (row,) = QueuedAct.objects.all()
    from referrals.later import services

    made = services.perform

    def and_meanwhile(actor, acts, **more):
        with pytest.raises(NotFound):
            call_back(merrow.people["coordinator"], row.id)
        assert do_due(at=at) == 0
        return made(actor, acts, **more)

    monkeypatch.setattr(services, "perform", and_meanwhile)
    with time_machine.travel(at, tick=True):
        assert do_due(at=at) == 1
    row.refresh_from_db()
    assert row.status == "done"


def test_what_a_worker_left_when_it_died_is_taken_up_again(merrow, signed_for_two_days):
    referral_id, _signed = signed_for_two_days
    at = offer_at_night(merrow, referral_id, days=1)
    QueuedAct.objects.update(status="taken", taken_at=at)
    for minutes, done in ((9, 0), (11, 1)):
        later = at + timedelta(minutes=minutes)
        with time_machine.travel(later, tick=True):
            assert do_due(at=later) == done


def test_what_no_version_can_make_again_is_refused_and_said_and_the_next_is_done(merrow, signed_for_two_days):
    referral_id, _signed = signed_for_two_days
    at = offer_at_night(merrow, referral_id, days=1)
    good = QueuedAct.objects.get()
    bad = QueuedAct.objects.create(
        membership_id=good.membership_id,
        referral_id=referral_id,
        act="offer",
        parameters=good.parameters | {"basis": "gone"},
        not_before=at - timedelta(minutes=1),
    )
    with time_machine.travel(at, tick=True):
        assert do_due(at=at) == 2
    assert [QueuedAct.objects.get(pk=each.pk).status for each in (bad, good)] == ["refused", "done"]


def test_one_called_back_is_not_made_even_if_the_work_has_begun(merrow, signed_for_two_days, monkeypatch):
    referral_id, _signed = signed_for_two_days
    other = walks_in(merrow)
    merrow.sign("coordinator", other, to=("detox",), parts=PARTS)
    at = max(offer_at_night(merrow, each, days=1) for each in (referral_id, other))
    first, second = QueuedAct.objects.order_by("not_before")
    from referrals.later import services

    made = services.perform

    def and_meanwhile(actor, acts, **more):
        call_back(merrow.people["coordinator"], second.id)
        return made(actor, acts, **more)

    monkeypatch.setattr(services, "perform", and_meanwhile)
    with time_machine.travel(at, tick=True):
        assert do_due(at=at) == 1
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.status, second.status) == ("done", "withdrawn")
    assert nothing_was_sent(merrow, other)


def test_who_was_only_asked_for_a_place_and_is_not_named_stops_nothing(merrow, taken):
    """Willow declined the anonymous ask; it knows of no client and of no consent, also if it knows the number."""
    referral_id, signed = taken
    merrow.do("coordinator", Offer(referral_id=referral_id, to=merrow.at("willow")))
    stop = StopConsent(referral_id=referral_id, consent_id=signed)
    assert type(merrow.refused("willow intake", stop)) is NotFound
    assert "Two bags a day" in as_json(merrow.open("detox intake", referral_id))
    merrow.do("clinic intake", stop)  # asked, and named: the client may have said it there
    assert merrow.turned_away("detox intake", referral_id) == "CONSENT_REVOKED"
