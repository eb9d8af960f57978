"""What an agency wrote itself stays its own: whatever others close, stop or let run out, it opens it, and no more."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from fhir.content.builders import Agreed
from fhir.content.compartments import Compartment
from referrals.acts import Offer, Send, StopConsent, TakeStep, WithdrawAgency
from referrals.errors import NotFound
from referrals.listing import inbox
from referrals.models import Wrap
from referrals.opening import OpenReferral, open_own
from referrals.shelltext import as_json
from tests.vignettes.people import Merrow, call, of, said, seen, told

USE = seen("15167005", "Alcohol use disorder", value="Two bottles a day")
NOTE = "He sleeps in the boiler room"
DETOX_NOTE = seen("15167005", "Alcohol use disorder", value="Settled on the second day")
RELEASE = frozenset({Compartment.CONTACT, Compartment.SUD})
TAKES_BACK = "enter-in-error"


@pytest.fixture
def begun(merrow):
    """An officer's call; the unit took it on and wrote of it."""
    done = merrow.do("alder officer", Send(data=call(), to=merrow.at("bhu"), agreed=Agreed.YES))
    merrow.step("clinician", merrow.task(done.referral_id, "bhu"), "accept", "start")
    merrow.add("clinician", done.referral_id, of(USE))
    merrow.add("clinician", done.referral_id, said(NOTE))
    return done.referral_id


@pytest.fixture
def at_detox(merrow, begun):
    """And a provider, by the client's consent, which wrote of it too. Gives the referral and the consent."""
    signed = merrow.sign("clinician", begun, to=("detox",), parts=("contact", "sud", "outcome"), days=30)
    merrow.do("clinician", Offer(referral_id=begun, to=merrow.at("detox"), release=RELEASE))
    merrow.step("detox intake", merrow.task(begun, "detox"), "accept", "start")
    merrow.add("detox intake", begun, of(DETOX_NOTE))
    return begun, signed


def own(merrow: Merrow, who: str, referral_id) -> OpenReferral:
    return open_own(merrow.people[who], referral_id)


@pytest.mark.parametrize("over", [False, True], ids=["at work", "done"])
def test_police_cannot_take_back_what_a_unit_took_on(merrow, begun, over):
    task = merrow.task(begun, "bhu")
    if over:
        merrow.step("clinician", task, "complete")
    before = as_json(merrow.open("clinician", begun))
    known = told(begun)
    withdraw = WithdrawAgency(referral_id=begun, agency_id=merrow.agencies["bhu"].id)
    step = TakeStep(task_id=task, step=TAKES_BACK, reason="mistake")
    assert [merrow.refused("alder officer", act).code for act in (withdraw, step)] == ["ILLEGAL_STEP"] * 2
    assert as_json(merrow.open("clinician", begun)) == before
    assert told(begun) == known


def test_he_takes_back_what_nobody_took_on_and_asks_to_cancel_the_rest(merrow, begun):
    (row,) = inbox(merrow.people["alder officer"])
    assert row.task.steps == ("request-cancel",)
    waiting = merrow.do("alder officer", Send(data=call(), to=merrow.at("bhu", "elder"), agreed=Agreed.YES)).referral_id
    merrow.do("alder officer", WithdrawAgency(referral_id=waiting, agency_id=merrow.agencies["elder"].id))
    merrow.step("alder officer", merrow.task(waiting, "bhu"), TAKES_BACK, reason="wrong-person")


def test_how_it_ended_does_not_show_in_what_he_may_do(merrow):
    """A unit that left and one that is done: the same answer to who would take it back."""
    said_ = []
    for leaves in (False, True):
        id_ = merrow.do("alder officer", Send(data=call(), to=merrow.at("bhu"), agreed=Agreed.YES)).referral_id
        merrow.step("clinician", merrow.task(id_, "bhu"), "accept", "start")
        out = WithdrawAgency(referral_id=id_, agency_id=merrow.agencies["bhu"].id)
        merrow.do("clinician", out if leaves else TakeStep(task_id=merrow.task(id_, "bhu"), step="complete"))
        said_.append(str(merrow.refused("alder officer", out)))
    assert said_[0] == said_[1]


def test_a_provider_reads_its_own_note_after_a_written_stop_and_nothing_of_the_units(merrow, at_detox):
    referral_id, signed = at_detox
    merrow.do("clinician", StopConsent(referral_id=referral_id, consent_id=signed, written=True))
    assert merrow.turned_away("detox intake", referral_id) == "CONSENT_REVOKED"
    shown = as_json(own(merrow, "detox intake", referral_id))
    assert "second day" in shown
    assert "bottles" not in shown
    assert "Zyx" not in shown
    assert {row.own for row in Wrap.objects.filter(folder_id=referral_id, agency__slug="detox")} == {True}


def test_and_after_the_consent_ran_out(merrow, at_detox):
    referral_id, _signed = at_detox
    with time_machine.travel(timezone.now() + timedelta(days=40), tick=True):
        assert merrow.turned_away("detox intake", referral_id) == "CONSENT_EXPIRED"
        shown = as_json(own(merrow, "detox intake", referral_id))
    assert "second day" in shown
    assert "bottles" not in shown


def test_and_after_the_unit_entered_its_task_in_error(merrow, at_detox):
    referral_id, _signed = at_detox
    merrow.step("clinician", merrow.task(referral_id, "detox"), TAKES_BACK, reason="mistake")
    assert merrow.parts("detox intake", referral_id) == set()
    shown = as_json(own(merrow, "detox intake", referral_id))
    assert "second day" in shown
    assert "bottles" not in shown


def test_its_own_record_opens_by_role_as_ever_and_to_nobody_else(merrow, at_detox):
    referral_id, _signed = at_detox
    for who in ("detox driver", "detox privacy", "clinic intake", "stranger", "alder night officer"):
        with pytest.raises(NotFound):
            own(merrow, who, referral_id)
    assert "boiler room" not in as_json(own(merrow, "alder officer", referral_id))
    assert [event.code for event in merrow.events(referral_id) if event.action == "referral.open-own"].count(
        "NOT_FOUND"
    ) == 5
