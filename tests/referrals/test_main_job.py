"""The main job: sent, opened, offered, accepted, completed, and what each side sees on the way."""

import pytest

from audit.models import AuditEvent
from fhir.content.compartments import Compartment
from referrals.acts import AddAgency, AddSection, Offer, Send, TakeStep
from referrals.errors import Denied, Gone, IllegalStep, NotFound, Stale
from referrals.listing import history, inbox
from referrals.models import Notice, Participation, Wrap
from referrals.opening import open_referral
from referrals.perform import perform
from referrals.policy.bases import Basis
from referrals.shelltext import as_json
from tests.county import SCREEN, bundle_of, consent_in

RELEASE = frozenset({Compartment.CONTACT, Compartment.CLINICAL})


def types(opened):
    return sorted((section.compartment.value, section.type) for section in opened.sections)


@pytest.fixture
def sent(county):
    """Sent by the officer, accepted and started by the clinician."""
    done = perform(county.officer, [Send(data=bundle_of(SCREEN), to=(county.bhu.id,))])
    (task,) = done.tasks
    perform(county.clinician, [TakeStep(task_id=task, step="accept")])
    return done


@pytest.fixture
def offered(county, sent):
    """Offered by the clinician to two providers on the client's consent: (done, detox's task, clinic's task)."""
    perform(county.clinician, [AddSection(referral_id=sent.referral_id, data=consent_in(sent.referral_id))])
    to = (county.detox.id, county.clinic.id)
    done = perform(county.clinician, [Offer(referral_id=sent.referral_id, to=to, release=RELEASE)])
    tasks = {row.owner_id: row.id for row in sent_tasks(sent.referral_id)}
    return done, tasks[county.detox.id], tasks[county.clinic.id]


def sent_tasks(referral_id):
    return Participation.objects.get(referral_id=referral_id, status="accepted").referral.tasks.all()


def test_the_clinician_opens_everything_the_officer_sent_and_the_officer_not_the_screen(county, sent):
    clinician = open_referral(county.clinician, sent.referral_id)
    officer = open_referral(county.officer, sent.referral_id)
    assert ("clinical", "QuestionnaireResponse") in types(clinician)
    assert ("contact", "Patient") in types(clinician)
    assert ("contact", "Patient") in types(officer)
    assert {section.compartment for section in officer.sections} <= {"request", "contact", "incident"}


def test_an_offered_provider_opens_the_anonymous_ask_alone(county, offered):
    done, _detox, _clinic = offered
    opened = open_referral(county.detox_intake, done.referral_id)
    assert {section.compartment for section in opened.sections} == {Compartment.REQUEST}
    shown = as_json([opened, inbox(county.detox_intake), history(county.detox_intake, done.referral_id)])
    hidden = ("Zwillinger", "Ottilie", "0147", "river", "police", str(county.police.id))
    assert not [word for word in hidden if word in shown]


def test_who_accepts_opens_what_was_released_and_the_other_holds_nothing(county, offered):
    done, detox, clinic = offered
    perform(county.detox_intake, [TakeStep(task_id=detox, step="accept")])
    winner = open_referral(county.detox_intake, done.referral_id)
    assert {section.compartment.value for section in winner.sections} == {"request", "contact", "clinical"}
    assert not Wrap.objects.filter(folder_id=done.referral_id, agency=county.clinic).exists()
    with pytest.raises(Gone):
        perform(county.clinic_intake, [TakeStep(task_id=clinic, step="accept")])
    with pytest.raises(Denied) as refusal:
        open_referral(county.clinic_intake, done.referral_id, compartments=[Compartment.CONTACT])
    assert refusal.value.code == "COMPARTMENT"
    assert open_referral(county.clinic_intake, done.referral_id).sections == ()


def test_the_officers_view_is_the_same_bytes_whatever_the_provider_does(county, offered):
    done, detox, _clinic = offered
    perform(county.clinician, [TakeStep(task_id=first_hop(county, done), step="start")])

    def view():
        return as_json([open_referral(county.officer, done.referral_id), history(county.officer, done.referral_id)])

    before = view()
    for step in ("accept", "start", "no-show", "complete"):
        perform(county.detox_intake, [TakeStep(task_id=detox, step=step)])
        assert view() == before
    assert "detox" not in before


def first_hop(county, done):
    return open_referral(county.officer, done.referral_id).tasks[0].id


def test_the_officer_sees_his_first_hop_truly_and_then_coarsely(county):
    done = perform(county.officer, [Send(data=bundle_of(), to=(county.bhu.id,))])
    (task,) = done.tasks
    seen = [inbox(county.officer)[0].task.label]
    for step in ("accept", "start", "hold", "resume", "complete"):
        reason = "waiting-for-answer" if step == "hold" else ""
        perform(county.clinician, [TakeStep(task_id=task, step=step, reason=reason)])
        seen.append(inbox(county.officer)[0].task.label)
    assert seen == ["not picked up yet", "received", "with the team", "with the team", "with the team", "closed"]
    steps = history(county.officer, done.referral_id)
    assert [step.name for step in steps] == ["not-picked-up", "received", "with-the-team", "closed"]
    assert all((step.at.hour, step.at.minute) in {(4, 0), (5, 0)} for step in steps[2:])  # the day, in New York


def test_a_declined_referral_tells_the_officer_a_reason_he_may_know(county):
    done = perform(county.officer, [Send(data=bundle_of(), to=(county.bhu.id,))])
    (task,) = done.tasks
    step = TakeStep(task_id=task, step="reject", reason="no-capacity", note="knows her from detox in May")
    perform(county.clinician, [step])
    shown = inbox(county.officer)[0].task
    assert (shown.label, shown.reason) == ("not taken", "other")
    assert "detox" not in as_json(open_referral(county.officer, done.referral_id))
    assert "knows her from detox in May" in as_json(open_referral(county.clinician, done.referral_id))


def test_the_sender_among_helpers_reads_the_words_of_who_declined(county, offered):
    done, detox, _clinic = offered
    step = TakeStep(task_id=detox, step="reject", reason="level-of-care", note="needs a medical bed")
    perform(county.detox_intake, [step])
    assert "needs a medical bed" in as_json(open_referral(county.clinician, done.referral_id))
    assert "needs a medical bed" not in as_json(open_referral(county.clinic_intake, done.referral_id))


def test_a_strangers_look_and_a_look_at_nothing_are_one_answer(county, sent):
    texts = set()
    for referral_id in (sent.referral_id, first_hop(county, sent)):
        with pytest.raises(NotFound) as refusal:
            open_referral(county.outsider, referral_id)
        texts.add((str(refusal.value), refusal.value.code))
    assert len(texts) == 1


@pytest.mark.parametrize("who", ["other_officer", "outsider", "admin"])
def test_nobody_outside_opens_or_steps(county, sent, who):
    actor = getattr(county, who)
    with pytest.raises((NotFound, Denied)):
        open_referral(actor, sent.referral_id)
    with pytest.raises((NotFound, Denied)):
        perform(actor, [TakeStep(task_id=next(iter(sent.tasks)), step="start")])


def test_every_act_and_every_refusal_leaves_an_event(county, offered):
    done, detox, _clinic = offered
    perform(county.detox_intake, [TakeStep(task_id=detox, step="accept")])
    with pytest.raises(NotFound):
        open_referral(county.outsider, done.referral_id)
    events = AuditEvent.objects.filter(target=f"Referral/{done.referral_id}").order_by("id")
    actions = list(events.values_list("action", "outcome", "code"))
    assert [action for action, outcome, _code in actions if outcome == "0"] == [
        "referral.send",
        "task.accept",
        "section.add",
        "referral.offer",
        "task.accept",
        "keys.delegate",
    ]
    assert ("referral.open", "4", "NOT_FOUND") in actions


def test_notices_are_written_with_the_change_and_tell_an_officer_only_what_he_sees(county, offered):
    done, detox, _clinic = offered
    perform(county.detox_intake, [TakeStep(task_id=detox, step="accept")])
    told = set(Notice.objects.filter(referral_id=done.referral_id).values_list("agency__slug", "code"))
    assert ("bhu", "send") in told
    assert ("detox", "send") in told
    assert ("clinic", "lapse") in told
    assert {code for slug, code in told if slug == "police"} == {"received"}


def test_an_offer_without_consent_says_nothing_that_identifies(county, sent):
    done = perform(county.clinician, [Offer(referral_id=sent.referral_id, to=(county.detox.id,))])
    place = Participation.objects.get(referral_id=done.referral_id, agency=county.detox)
    assert place.basis == Basis.DEIDENTIFIED
    with pytest.raises(Denied) as refusal:
        perform(
            county.clinician,
            [Offer(referral_id=sent.referral_id, to=(county.clinic.id,), release=RELEASE)],
        )
    assert refusal.value.code == "NO_BASIS"


def test_what_a_police_sender_is_refused_or_answered_names_his_coarse_view_alone(county):
    done = perform(county.officer, [Send(data=bundle_of(), to=(county.bhu.id,))])
    (task,) = done.tasks
    answers = set()
    for steps in (["accept", "start"], ["hold"]):
        for step in steps:
            reason = "waiting-for-answer" if step == "hold" else ""
            perform(county.clinician, [TakeStep(task_id=task, step=step, reason=reason)])
        with pytest.raises(IllegalStep) as refusal:
            perform(county.officer, [TakeStep(task_id=task, step="cancel", reason="mistake")])
        with pytest.raises(Stale) as stale:
            perform(county.officer, [TakeStep(task_id=task, step="request-cancel", reason="mistake", version=1)])
        asked = perform(county.officer, [TakeStep(task_id=task, step="request-cancel", reason="mistake")])
        answers.add((str(refusal.value), str(stale.value), asked.tasks[task]))
    assert len(answers) == 1
    assert "on-hold" not in str(answers)


def test_who_accepts_is_not_told_who_else_was_asked(county, offered):
    _done, detox, _clinic = offered
    assert perform(county.detox_intake, [TakeStep(task_id=detox, step="accept")]).tasks == {detox: "accepted"}


def test_nobody_learns_who_is_in_a_referral_by_trying_whom_he_can_bring_in(county, offered):
    done, detox, _clinic = offered

    def answer(actor, agency, basis, part):
        act = AddAgency(referral_id=done.referral_id, agency_id=agency.id, compartments=frozenset({part}), basis=basis)
        with pytest.raises(Denied) as refusal:
            perform(actor, [act])
        return str(refusal.value), refusal.value.code

    everybody = (county.police, county.clinic, county.paper_clinic)
    asked = {answer(county.detox_intake, each, Basis.DEIDENTIFIED, Compartment.REQUEST) for each in everybody}
    assert len(asked) == 1
    perform(county.detox_intake, [TakeStep(task_id=detox, step="accept")])
    won = {answer(county.detox_intake, each, Basis.DEIDENTIFIED, Compartment.REQUEST) for each in everybody}
    helpers = (county.bhu, county.detox, county.clinic, county.paper_clinic)
    sent = {answer(county.officer, each, Basis.REFERRAL_FOR_HELP, Compartment.CONTACT) for each in helpers}
    assert len(won) == len(sent) == 1


def test_the_loser_is_not_told_who_won(county, offered):
    done, detox, _clinic = offered
    perform(county.detox_intake, [TakeStep(task_id=detox, step="accept")])
    assert "detox" not in as_json(history(county.clinic_intake, done.referral_id))
