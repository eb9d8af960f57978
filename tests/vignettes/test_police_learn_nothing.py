"""What clinicians and providers find reaches no police: not by how urgent it is, nor by whether an ambulance came."""

import json
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.utils import timezone

from fhir.content.builders import Agreed
from fhir.content.compartments import Compartment
from referrals import finding
from referrals.acts import AddToTask, CorrectSection, Offer, RecordAmbulance, Send
from referrals.acts.ambulance import AmbulanceOutcome
from referrals.finding import RequestQuery, TaskQuery
from referrals.listing import history, inbox
from referrals.models import Referral, Section
from referrals.policy.bases import Basis
from referrals.services import urgency
from tests.referrals.test_ambulance import FLAGS, check
from tests.vignettes.people import Merrow, c_ssrs, call, of, said, seen, told

CALM = c_ssrs(wish=False, thoughts=False, ever=False)
DANGER = c_ssrs(wish=True, thoughts=True, method=True, intent=True, plan=True, ever=True, recent=True)
RED = check(FLAGS[0])
USE = seen("15167005", "Alcohol use disorder", value="Two bottles a day")
RELEASE = frozenset({Compartment.CONTACT, Compartment.CLINICAL, Compartment.SUD})
TAKEN = AmbulanceOutcome.TAKEN
AT_WORK = (("schedule", ""), ("no-show", ""), ("attend", ""), ("hold", "waiting-for-answer"), ("resume", ""))


@pytest.fixture
def begun(merrow):
    """An officer's call; the unit took it on and wrote of it."""
    done = merrow.do("alder officer", Send(data=call(CALM), to=merrow.at("bhu"), agreed=Agreed.YES))
    merrow.step("clinician", merrow.task(done.referral_id, "bhu"), "accept", "start")
    merrow.add("clinician", done.referral_id, of(USE))
    return done.referral_id


@pytest.fixture
def at_hospital(merrow, begun):
    """And a hospital has begun with it."""
    merrow.add("clinician", begun, said("Shaking, sweating"))
    merrow.sign("clinician", begun, to=("hospital",), parts=("contact", "clinical", "sud", "outcome"))
    merrow.do("clinician", Offer(referral_id=begun, to=merrow.at("hospital"), release=RELEASE))
    merrow.step("ED nurse", merrow.task(begun, "hospital"), "accept", "start")
    return begun


def found(merrow: Merrow, who: str) -> list[object]:
    """What somebody finds, sorts and counts of everything, by each priority."""
    actor, by = merrow.people[who], [frozenset({name}) for name in ("routine", "urgent", "asap", "stat")]
    return [
        [finding.count_tasks(actor, TaskQuery(priorities=names)) for names in by],
        [finding.count_requests(actor, RequestQuery(priorities=names)) for names in by],
        finding.tasks(actor, TaskQuery(), size=9),
        finding.requests(actor, RequestQuery(), size=9),
    ]


def shown(merrow: Merrow, who: str) -> tuple[str, str]:
    """How urgent the one row of somebody's list is, and what it says of an ambulance."""
    (row,) = inbox(merrow.people[who])
    return row.priority, row.ambulance


def what_he_gets(merrow: Merrow, referral_id) -> list[object]:
    """Everything the officer has of it, through every door, and what he is told."""
    notices = [each for each in told(referral_id) if each[0] == "alder-pd"]
    again = merrow.refused("alder officer", RecordAmbulance(referral_id=referral_id, outcome=TAKEN))
    return [merrow.screen("alder officer", referral_id), found(merrow, "alder officer"), notices, str(again)]


@pytest.mark.parametrize("who", ["clinician", "ED doctor"])
def test_a_screen_taken_after_him_changes_no_byte_of_his(merrow, at_hospital, who):
    before = what_he_gets(merrow, at_hospital)
    merrow.add(who, at_hospital, of(RED))
    merrow.add(who, at_hospital, of(DANGER))
    assert what_he_gets(merrow, at_hospital) == before
    merrow.do(who, RecordAmbulance(referral_id=at_hospital, outcome=TAKEN, where="Merrow General"))
    assert what_he_gets(merrow, at_hospital) == before
    assert found(merrow, "clinician")[0][3] == 2  # the unit finds its two tasks among the most urgent ones


def test_what_the_unit_does_once_it_has_begun_moves_no_byte_time_or_version_of_his_and_tells_him_nothing(merrow, begun):
    task = merrow.task(begun, "bhu")
    with time_machine.travel(timezone.now() + timedelta(days=1), tick=True):
        before = what_he_gets(merrow, begun)
    for day, (step, reason) in enumerate(AT_WORK, start=2):
        with time_machine.travel(timezone.now() + timedelta(days=day), tick=True):
            merrow.step("clinician", task, step, reason=reason)
            merrow.do("clinician", AddToTask(task_id=task, note="She met him at the shelter"))
            assert what_he_gets(merrow, begun) == before, step


def closing(merrow: Merrow, at: datetime, step: str, reason: str = "") -> list[object]:
    """What the officer has of a referral that ended so at this time: its task, the last line of its history, news."""
    done = merrow.do("alder officer", Send(data=call(CALM), to=merrow.at("bhu"), agreed=Agreed.YES))
    task = merrow.task(done.referral_id, "bhu")
    merrow.step("clinician", task, "accept", "start")
    with time_machine.travel(at, tick=False):
        merrow.step("clinician", task, step, reason=reason)
        (row,) = [row for row in inbox(merrow.people["alder officer"]) if row.referral_id == done.referral_id]
        last = history(merrow.people["alder officer"], done.referral_id)[-1]
        heard = [code for slug, _role, code in told(done.referral_id) if slug == "alder-pd"]
    shown = row.task
    says = (shown.status, shown.business_status, shown.label, shown.reason, shown.steps)
    return [says, shown.version, shown.changed_at, (last.name, last.status, last.reason, last.how, last.at), heard]


def test_how_and_at_what_hour_it_ended_are_one_word_and_a_day_to_him(merrow):
    day = (timezone.now() + timedelta(days=1)).replace(minute=17, second=3)
    well = closing(merrow, day.replace(hour=14), "complete")
    assert closing(merrow, day.replace(hour=22), "fail", "client-left") == well
    _says, _version, changed_at, (*_line, at), heard = well
    assert at == changed_at
    assert changed_at.astimezone(ZoneInfo("America/New_York")).time() == time()
    assert heard == ["received", "with-the-team", "closed"]


def test_what_he_found_himself_he_is_shown_to_its_end_whoever_else_ends_it(merrow, begun):
    merrow.add("alder officer", begun, of(RED))
    merrow.add("alder officer", begun, of(DANGER))
    called = merrow.screen("alder officer", begun)
    assert shown(merrow, "alder officer") == ("stat", "called")
    merrow.do("clinician", RecordAmbulance(referral_id=begun, outcome=TAKEN))
    assert merrow.screen("alder officer", begun) == called
    merrow.do("alder officer", RecordAmbulance(referral_id=begun, outcome=AmbulanceOutcome.REFUSED))
    assert shown(merrow, "alder officer") == ("stat", "answered")


def test_a_department_let_in_later_is_shown_what_was_asked_and_not_what_a_clinician_found(merrow):
    act = Send(data=call(DANGER, RED), to=merrow.at("detox"), basis=Basis.DEIDENTIFIED)
    referral = Referral.objects.get(pk=merrow.do("clinician", act).referral_id)
    assert urgency.shown(referral, sworn=True) == urgency.Urgency("routine", None, None)
    assert urgency.shown(referral, sworn=False).priority == "stat"


def test_everybody_who_works_on_it_is_told_when_he_finds_it_worse(merrow, at_hospital):
    known = len(told(at_hospital))
    merrow.add("alder officer", at_hospital, of(DANGER))
    assert sorted(each for each in told(at_hospital)[known:] if each[2] == "priority-raised") == [
        ("bhu", "", "priority-raised"),
        ("hospital", "", "priority-raised"),
    ]
    known = len(told(at_hospital))
    merrow.add("alder officer", at_hospital, of(RED))
    assert sorted(told(at_hospital)[known:]) == [("bhu", "", "ems-called"), ("hospital", "", "ems-called")]


def test_they_are_told_once_and_not_again_for_the_same(merrow, begun):
    for each in (DANGER, RED):
        merrow.add("alder officer", begun, of(each))
    known = len(told(begun))
    for each in (DANGER, RED):
        merrow.add("alder officer", begun, of(each))
    assert told(begun)[known:] == []


def test_who_is_asked_and_has_not_answered_is_told_too_and_who_declined_is_not(merrow):
    done = merrow.do("alder officer", Send(data=call(CALM), to=merrow.at("bhu", "elder"), agreed=Agreed.YES))
    merrow.step("elder intake", merrow.task(done.referral_id, "elder"), "reject", reason="outside-towns")
    known = len(told(done.referral_id))
    merrow.add("alder officer", done.referral_id, of(RED))
    assert told(done.referral_id)[known:] == [("bhu", "", "ems-called")]


def test_a_screen_that_is_corrected_counts_as_a_screen(merrow, begun):
    merrow.add("clinician", begun, of(CALM))
    wrong = Section.objects.filter(folder_id=begun, type="QuestionnaireResponse").order_by("id").last()
    data = json.dumps(of(DANGER) | {"id": str(wrong.resource_id)}).encode()
    merrow.do("clinician", CorrectSection(referral_id=begun, resource_id=wrong.resource_id, data=data))
    assert found(merrow, "clinician")[0][3] == 1
    assert found(merrow, "alder officer")[0][3] == 0
