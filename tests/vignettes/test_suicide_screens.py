"""Vignettes 3, 4 and 5: what an officer's C-SSRS on a doorstep comes to, and what follows from it."""

import pytest

from fhir.content.builders import Agreed
from fhir.content.compartments import Compartment
from referrals.acts import Offer, Send
from referrals.errors import PreviewChanged
from referrals.listing import inbox
from referrals.models import Section
from referrals.previewing import preview
from referrals.shelltext import as_json
from tests.vignettes.people import Entry, Merrow, c_ssrs, call, ledger, told, words_in

HIGH = "Do not leave the person alone. Bring in a clinician, the emergency department or 988 now."
MODERATE = "Consult a clinician the same day; consider precautions."

PLAN = c_ssrs(wish=True, thoughts=True, method=True, intent=False, plan=True, ever=False)
INTENT_ALONE = c_ssrs(wish=False, thoughts=True, method=False, intent=True, plan=False, ever=False)
LONG_AGO = c_ssrs(wish=False, thoughts=False, ever=True, recent=False)
LATELY = c_ssrs(wish=False, thoughts=False, ever=True, recent=True)


def send(merrow: Merrow, who: str, screen, **more):
    """The officer previews and sends what he saw. Returns the plan and the referral's id."""
    act = Send(data=call(screen, **more), to=merrow.at("bhu"))
    plan = preview(merrow.people[who], act)
    done = merrow.do(who, Send(data=act.data, to=act.to, previewed=plan.digest))
    return plan, done.referral_id


# Question, level, priority of a call that was routine, and what the officer is told to do: domain.md §4, by hand.
@pytest.mark.parametrize(
    ("who", "client", "screen", "level", "priority", "advice"),
    [
        ("alder officer", {"born": "2007-05-11", "gender": "female"}, PLAN, "high", "stat", HIGH),
        ("eastgrove officer", {"born": "1974-02-08"}, INTENT_ALONE, "high", "stat", HIGH),
        ("dunmere officer", {"born": "1982-09-19", "gender": "female"}, LONG_AGO, "moderate", "urgent", MODERATE),
        ("dunmere officer", {"born": "1982-09-19", "gender": "female"}, LATELY, "high", "stat", HIGH),
    ],
    ids=["3-has-a-plan", "4-intent-alone-is-high", "5-an-attempt-two-years-ago-is-moderate", "one-this-month-is-high"],
)
def test_the_screen_raises_the_priority_and_says_what_to_do(merrow, who, client, screen, level, priority, advice):
    plan, referral_id = send(merrow, who, screen, **client)
    assert plan.advice == (advice,)
    opened = merrow.open("clinician", referral_id)
    assert [(score.level.value, score.complete, score.advice) for score in opened.scores] == [(level, True, (advice,))]
    assert opened.priority == priority
    (row,) = inbox(merrow.people["clinician"])
    assert (row.referral_id, row.priority) == (referral_id, priority)
    asks = [section for section in opened.sections if section.compartment == "request"]
    assert {section.tree["priority"] for section in asks} == {priority}
    assert f"risk-{level}" in as_json(asks)


def test_a_priority_that_was_higher_is_not_lowered(merrow):
    _plan, referral_id = send(merrow, "dunmere officer", LONG_AGO, priority="asap")
    assert merrow.open("clinician", referral_id).priority == "asap"


def test_nothing_of_substance_use_is_in_it_said_of_it_or_sent_along(merrow):
    plan, referral_id = send(merrow, "alder officer", PLAN, born="2007-05-11", gender="female")
    assert [row.notice for row in plan.recipients] == [""]
    assert ledger(referral_id) == [
        Entry("alder-pd", "bhu", "request+contact+incident+clinical", "referral_for_help", "COC")
    ]
    opened = merrow.open("clinician", referral_id)
    assert opened.notices == opened.scopes == ()
    assert set(Section.objects.filter(folder_id=referral_id).values_list("compartment", flat=True)) == {
        "request",
        "contact",
        "incident",
        "clinical",
    }
    labels = {label["code"] for section in opened.sections for label in section.tree["meta"]["security"]}
    assert labels == {"N", "R"}


def test_the_officer_sees_the_urgency_and_the_clients_name_but_not_what_was_answered(merrow):
    _plan, referral_id = send(merrow, "alder officer", PLAN, born="2007-05-11", gender="female")
    screen = merrow.screen("alder officer", referral_id).decode()
    assert '"priority":"stat"' in screen
    assert words_in(screen)
    assert "QuestionnaireResponse" not in screen
    assert "93250-9" not in screen
    assert merrow.open("alder officer", referral_id).scores == ()
    assert merrow.turned_away("alder officer", referral_id, Compartment.CLINICAL) == "ROLE"


def test_the_coordinator_reads_the_level_and_not_the_answers(merrow):
    _plan, referral_id = send(merrow, "alder officer", PLAN)
    shown = as_json(merrow.open("coordinator", referral_id))
    assert "risk-high" in shown
    assert "93250-9" not in shown


def test_nobody_else_in_the_department_sees_that_there_is_a_referral(merrow):
    _plan, referral_id = send(merrow, "alder officer", PLAN)
    for who in ("alder night officer", "alder chief", "alder privacy", "brindle officer", "stranger"):
        assert merrow.turned_away(who, referral_id) == "NOT_FOUND"
    assert inbox(merrow.people["alder night officer"]) == []


@pytest.mark.parametrize(
    ("screen", "goes"),
    [
        (PLAN, "request+contact+incident+clinical"),
        (INTENT_ALONE, "request+contact+incident+clinical"),
        (LONG_AGO, "request"),
    ],
    ids=["high", "intent-alone", "moderate"],
)
def test_who_says_no_is_named_all_the_same_when_life_is_at_risk_and_else_is_not(merrow, screen, goes):
    act = Send(data=call(screen), to=merrow.at("bhu"), agreed=Agreed.NO)
    done = merrow.do("alder officer", act)
    assert [entry.parts for entry in ledger(done.referral_id)] == [goes]
    assert bool(words_in(merrow.open("clinician", done.referral_id))) is (goes != "request")


def test_what_was_shown_is_what_is_sent(merrow):
    plan = preview(merrow.people["alder officer"], Send(data=call(PLAN), to=merrow.at("bhu")))
    other = Send(data=call(PLAN), to=merrow.at("willow"), previewed=plan.digest)
    assert type(merrow.refused("alder officer", other)) is PreviewChanged


def test_a_provider_that_is_asked_reads_how_grave_it_is_and_not_who(merrow):
    _plan, referral_id = send(merrow, "eastgrove officer", INTENT_ALONE, born="1974-02-08")
    merrow.step("clinician", merrow.task(referral_id, "bhu"), "accept")
    merrow.do("clinician", Offer(referral_id=referral_id, to=merrow.at("hospital")))
    shown = as_json(merrow.open("ED nurse", referral_id))
    assert "suicide risk: high" in shown
    assert '"priority":"stat"' in shown
    assert not words_in(shown)
    assert "1974" not in shown
    assert "eastgrove" not in shown
    assert told(referral_id) == [("bhu", "", "send"), ("eastgrove-pd", "", "received"), ("hospital", "", "send")]
