"""Single acts: what they refuse, what they leave behind, and that a refusal leaves nothing."""

import json
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from agencies.errors import NotAMember
from agencies.models import Agreement
from agencies.services import end_membership
from agencies.vault.purposes import KeyPurpose
from audit.models import AuditEvent
from fhir.content.compartments import Compartment
from referrals.acts import AddAgency, AddSection, CorrectSection, Offer, Send, TakeStep, WithdrawAgency
from referrals.blind import by_name, by_phone
from referrals.errors import Denied, Gone, IllegalStep, Invalid, KeyReused, NotFound, ReasonRequired, Stale, TooEarly
from referrals.listing import history, inbox
from referrals.models import Disclosure, Folder, Manifest, Notice, Participation, ReferralTask, Section, Wrap
from referrals.opening import open_referral
from referrals.perform import perform
from referrals.policy.bases import Basis
from referrals.services import clients, rewrapping
from referrals.shelltext import as_json
from tests.county import SCREEN, bundle_of, consent_in
from tests.integrity.stage import RELEASE


def send(county, *, to=None, data=None, key=None, **more):
    act = Send(data=data or bundle_of(), to=to or (county.bhu.id,), **more)
    return perform(county.officer, [act], key=key)


def rows():
    return {model: model.objects.count() for model in (Folder, Section, Wrap, Manifest, Participation, Disclosure)}


def test_sending_without_an_agreement_is_refused_and_leaves_nothing_but_the_refusal(county):
    Agreement.objects.all().update(ended_on="2026-01-02")
    before = rows()
    with pytest.raises(Denied) as refusal:
        send(county)
    assert refusal.value.code == "AGREEMENT_MISSING"
    assert rows() == before
    assert AuditEvent.objects.filter(action="referral.send", outcome="4", code="AGREEMENT_MISSING").count() == 1


def test_an_agreement_stops_exchange_from_the_day_it_ends(county):
    ends = timezone.now().date() + timedelta(days=3)  # in UTC, where it may be tomorrow already
    Agreement.objects.all().update(expires_on=ends)
    assert send(county).reference
    with time_machine.travel(timezone.now() + timedelta(days=5), tick=True), pytest.raises(Denied):
        send(county)


def test_substance_use_records_do_not_leave_a_police_unit_on_the_ground_of_help(county):
    labelled = SCREEN | {
        "meta": {"security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "42CFRPart2"}]}
    }
    with pytest.raises(Denied) as refusal:
        send(county, data=bundle_of(labelled))
    assert refusal.value.code in {"NO_BASIS", "COMPARTMENT"}
    assert "sud" in str(refusal.value)


@pytest.mark.parametrize("who", ["admin", "outsider"])
def test_who_may_not_send_cannot(county, who):
    with pytest.raises(Denied):
        perform(getattr(county, who), [Send(data=bundle_of(), to=(county.bhu.id,))])


@pytest.mark.parametrize("recipients", ["none", "self", "twice", "stranger"])
def test_a_send_to_nobody_oneself_twice_or_a_stranger_is_refused_by_name(county, recipients):
    to = {
        "none": (),
        "self": (county.police.id,),
        "twice": (county.bhu.id, county.bhu.id),
        "stranger": (county.officer.membership_id,),
    }[recipients]
    with pytest.raises(Invalid) as refusal:
        perform(county.officer, [Send(data=bundle_of(), to=to)])
    assert refusal.value.issues[0].expression == "to"


def test_the_same_key_and_content_give_the_first_result_and_no_second_referral(county):
    data = bundle_of()
    first = send(county, data=data, key="k-1")
    before = rows()
    assert send(county, data=data, key="k-1") == first
    assert rows() == before


def test_the_same_key_with_other_content_is_refused(county):
    send(county, key="k-1")
    before = rows()
    with pytest.raises(KeyReused):
        send(county, key="k-1")
    assert rows() == before


def test_an_illegal_step_names_what_is_allowed(county):
    (task,) = send(county).tasks
    with pytest.raises(IllegalStep) as refusal:
        perform(county.clinician, [TakeStep(task_id=task, step="complete")])
    assert refusal.value.allowed == ("accept", "reject")


@pytest.mark.parametrize("reason", ["", "no-longer-needed", "nonsense"])
def test_a_step_that_needs_a_reason_refuses_none_and_the_wrong_one(county, reason):
    (task,) = send(county).tasks
    with pytest.raises(ReasonRequired, match="no-capacity"):
        perform(county.clinician, [TakeStep(task_id=task, step="reject", reason=reason)])


def test_a_step_on_a_task_that_moved_on_is_refused_with_what_it_is_now(county):
    (task,) = send(county).tasks
    perform(county.clinician, [TakeStep(task_id=task, step="accept", version=1)])
    with pytest.raises(Stale, match="accepted"):
        perform(county.clinician, [TakeStep(task_id=task, step="start", version=1)])


def test_cancelling_after_acceptance_asks_first_and_may_go_on_after_a_day(county):
    (task,) = send(county).tasks
    perform(county.clinician, [TakeStep(task_id=task, step="accept")])
    force = TakeStep(task_id=task, step="force-cancel", reason="no-longer-needed")
    with pytest.raises(TooEarly):
        perform(county.officer, [force])
    perform(county.officer, [TakeStep(task_id=task, step="request-cancel", reason="no-longer-needed")])
    with pytest.raises(TooEarly):
        perform(county.officer, [force])
    with time_machine.travel(timezone.now() + timedelta(hours=25), tick=True):
        perform(county.officer, [force])
    assert ReferralTask.objects.get(pk=task).status == "cancelled"


def test_a_cancelled_request_is_revoked_and_the_other_side_opens_nothing_any_more(county):
    done = send(county)
    (task,) = done.tasks
    perform(county.officer, [TakeStep(task_id=task, step="cancel", reason="mistake")])
    assert open_referral(county.clinician, done.referral_id).sections == ()
    officer = open_referral(county.officer, done.referral_id)
    (request,) = [
        section for section in officer.sections if section.type == "ServiceRequest" and section.tree.get("note")
    ]
    assert request.tree["status"] == "revoked"


def test_the_answer_of_an_agency_off_the_network_is_recorded_by_who_asked_it(county):
    done = send(county)
    (task,) = done.tasks
    perform(county.clinician, [TakeStep(task_id=task, step="accept")])
    from referrals.acts import Offer

    perform(county.clinician, [Offer(referral_id=done.referral_id, to=(county.paper_clinic.id,))])
    asked = ReferralTask.objects.get(owner=county.paper_clinic)
    assert not Wrap.objects.filter(agency=county.paper_clinic).exists()
    answer = TakeStep(task_id=asked.id, step="accept", how="phone", said_by="front desk, first name Dana")
    perform(county.clinician, [answer])
    (step,) = [row for row in history(county.clinician, done.referral_id) if row.how]
    assert (step.name, step.how, step.by) == ("accept", "phone", "bhu")
    assert "Dana" in as_json(open_referral(county.clinician, done.referral_id))


def test_nobody_records_an_answer_for_an_agency_that_is_on_the_network(county):
    (task,) = send(county).tasks
    with pytest.raises(NotFound):
        perform(county.officer, [TakeStep(task_id=task, step="accept", how="phone")])


def test_a_way_of_answering_that_is_none_is_refused_by_name(county):
    (task,) = send(county).tasks
    with pytest.raises(Invalid, match="fax"):
        perform(county.clinician, [TakeStep(task_id=task, step="accept", how="telepathy")])


def test_a_correction_is_a_new_version_and_the_old_one_stays(county):
    done = send(county)
    perform(county.clinician, [AddSection(referral_id=done.referral_id, data=json.dumps(SCREEN).encode())])
    first = Section.objects.get(type="QuestionnaireResponse")
    better = SCREEN | {"status": "amended"}
    act = CorrectSection(referral_id=done.referral_id, resource_id=first.resource_id, data=json.dumps(better).encode())
    perform(county.clinician, [act])
    versions = Section.objects.filter(resource_id=first.resource_id).order_by("version")
    assert [row.version for row in versions] == [1, 2]
    assert bytes(versions[0].sealed) == bytes(first.sealed)
    shown = [
        section for section in open_referral(county.clinician, done.referral_id).sections if section.type == first.type
    ]
    assert [section.tree["status"] for section in shown] == ["completed", "amended"]


def test_nobody_corrects_what_another_agency_wrote(county):
    done = send(county, data=bundle_of(SCREEN))
    written = Section.objects.get(type="QuestionnaireResponse")
    act = CorrectSection(
        referral_id=done.referral_id, resource_id=written.resource_id, data=json.dumps(SCREEN).encode()
    )
    with pytest.raises(NotFound):
        perform(county.clinician, [act])


def test_what_the_clinician_adds_does_not_reach_the_officer(county):
    done = send(county)
    perform(county.clinician, [AddSection(referral_id=done.referral_id, data=json.dumps(SCREEN).encode())])
    wraps = Wrap.objects.filter(folder_id=done.referral_id, agency=county.police)
    manifests = Manifest.objects.filter(folder_id=done.referral_id).count()
    assert manifests == 2
    assert wraps
    assert all(wrap.created_at <= Manifest.objects.get(number=1).folder.created_at for wrap in wraps)
    assert "QuestionnaireResponse" not in as_json(open_referral(county.officer, done.referral_id))


def test_an_agency_is_added_on_a_ground_and_opens_old_and_new(county):
    done = send(county)
    act = AddAgency(
        referral_id=done.referral_id,
        agency_id=county.other_police.id,
        compartments=frozenset({Compartment.CONTACT, Compartment.INCIDENT}),
        basis=Basis.POLICE_BUSINESS,
    )
    perform(county.officer, [act])
    opened = open_referral(county.other_officer, done.referral_id)
    assert {section.compartment.value for section in opened.sections} == {"contact", "incident"}


def test_an_agency_is_not_added_to_what_the_actor_cannot_open(county):
    done = send(county, data=bundle_of(SCREEN))
    act = AddAgency(
        referral_id=done.referral_id,
        agency_id=county.detox.id,
        compartments=frozenset({Compartment.CLINICAL}),
        basis=Basis.POLICE_BUSINESS,
    )
    with pytest.raises(Denied):
        perform(county.officer, [act])


@pytest.mark.parametrize(("revoked", "code"), [(False, "WITHDRAWN"), (True, "CONSENT_REVOKED")])
def test_a_withdrawn_agency_is_told_so_and_opens_nothing(county, revoked, code):
    done = send(county)
    act = WithdrawAgency(referral_id=done.referral_id, agency_id=county.bhu.id, consent_revoked=revoked)
    perform(county.officer, [act])
    with pytest.raises(Denied) as refusal:
        open_referral(county.clinician, done.referral_id)
    assert refusal.value.code == code
    assert not Wrap.objects.filter(folder_id=done.referral_id, agency=county.bhu).exists()
    assert inbox(county.clinician) == []


def offered(county):
    """A referral that the unit took and offered to the detox unit, which has not answered."""
    done = send(county, data=bundle_of(SCREEN))
    perform(county.clinician, [TakeStep(task_id=next(iter(done.tasks)), step="accept")])
    perform(county.clinician, [AddSection(referral_id=done.referral_id, data=consent_in(done.referral_id))])
    perform(county.clinician, [Offer(referral_id=done.referral_id, to=(county.detox.id,), release=RELEASE)])
    return done, ReferralTask.objects.get(referral_id=done.referral_id, owner=county.detox)


def test_an_offer_ends_with_the_part_of_the_agency_that_made_it(county):
    """Its promise cannot be kept any more: who accepted would get the ask alone and think that he has the client."""
    done, asked = offered(county)
    perform(county.clinician, [WithdrawAgency(referral_id=done.referral_id, agency_id=county.bhu.id)])
    asked.refresh_from_db()
    assert asked.status == "cancelled"
    assert Notice.objects.filter(task=asked, agency=county.detox, code="withdraw").count() == 1
    with pytest.raises(Gone):
        perform(county.detox_intake, [TakeStep(task_id=asked.id, step="accept")])
    assert not Wrap.objects.filter(folder_id=done.referral_id, agency=county.detox).exists()


def test_who_asked_is_told_when_the_agency_it_asked_leaves(county):
    done, asked = offered(county)
    perform(county.detox_intake, [TakeStep(task_id=asked.id, step="accept")])
    perform(county.detox_intake, [WithdrawAgency(referral_id=done.referral_id, agency_id=county.detox.id)])
    told = Notice.objects.filter(referral_id=done.referral_id, code="withdraw").values_list("agency__slug", flat=True)
    assert list(told) == ["bhu"]


def test_nobody_ends_the_part_of_the_agency_that_sent_it(county):
    done = send(county)
    with pytest.raises(NotFound):
        perform(county.clinician, [WithdrawAgency(referral_id=done.referral_id, agency_id=county.police.id)])


def test_every_crossing_of_an_agency_boundary_is_one_row_of_the_ledger_with_its_ground(county):
    done = send(county)
    (row,) = Disclosure.objects.filter(referral_id=done.referral_id)
    assert (row.discloser.slug, row.recipient.slug, row.recipient_name, row.basis, row.purpose) == (
        "police",
        "bhu",
        "Bhu",
        "referral_for_help",
        "COC",
    )


def test_both_agencies_find_their_own_client_again_and_no_other_agency_does(county):
    done = send(county)
    ways = by_name(family="zwilinger", given="Ottilie", born="2007-05-11")
    by_number = by_phone(phone="555-0147", born="2007-05-11")
    for lookups in (ways, by_number):
        found = clients.find(county.clinician, lookups)
        assert clients.referrals_of(county.clinician, found) == [done.referral_id]
        assert clients.find(county.outsider, lookups) == []
    with pytest.raises(Denied):
        clients.find(county.officer, by_number)


def test_the_same_identifier_is_the_same_client_and_a_like_name_is_not_assumed_to_be(county):
    send(county)
    send(county)
    ways = by_name(family="Zwillinger", given="Ottilie", born="2007-05-11")
    assert len(clients.find(county.clinician, ways)) == 1


def test_a_referral_put_to_two_agencies_has_a_task_for_each(county):
    done = send(county, to=(county.bhu.id, county.other_police.id), basis=None)
    assert len(done.tasks) == 2


@pytest.mark.parametrize("family", ["សុខ", "李", "Иванов", "W", "O'Neil-Señor"])
def test_a_name_in_any_script_can_be_sent_and_found(county, family):
    data = bundle_of().replace(b"Zwillinger", family.encode())
    done = send(county, data=data)
    found = clients.find(county.clinician, by_name(family=family, given="Ottilie", born="2007-05-11"))
    assert clients.referrals_of(county.clinician, found) == [done.referral_id]


def test_one_corrects_ones_own_words_about_a_step(county):
    done = send(county)
    (task,) = done.tasks
    perform(county.clinician, [TakeStep(task_id=task, step="accept", note="on my way")])
    note = Section.objects.get(type="Communication")
    better = {"resourceType": "Communication", "status": "completed", "payload": [{"contentString": "at nine"}]}
    act = CorrectSection(referral_id=done.referral_id, resource_id=note.resource_id, data=json.dumps(better).encode())
    perform(county.clinician, [act])
    assert Section.objects.filter(resource_id=note.resource_id).count() == 2


def test_the_acts_of_one_perform_are_about_one_referral(county):
    first, second = send(county), send(county)
    acts = [AddSection(referral_id=each.referral_id, data=json.dumps(SCREEN).encode()) for each in (first, second)]
    before = rows()
    with pytest.raises(ValueError, match="one referral"):
        perform(county.clinician, acts)
    assert rows() == before


def test_one_key_for_two_kinds_of_act_is_refused(county):
    done = send(county)
    add = AddSection(referral_id=done.referral_id, data=json.dumps(SCREEN).encode())
    perform(county.clinician, [add], key="k-9")
    with pytest.raises(KeyReused):
        perform(county.clinician, [WithdrawAgency(referral_id=done.referral_id, agency_id=county.bhu.id)], key="k-9")


def test_a_mistake_is_recorded_once(county):
    (task,) = send(county).tasks
    step = TakeStep(task_id=task, step="enter-in-error", reason="mistake")
    perform(county.officer, [step])
    with pytest.raises(IllegalStep):
        perform(county.officer, [step])


def test_after_a_rotation_wraps_are_carried_over_and_one_that_is_broken_holds_nobody_up(county):
    done, other = send(county), send(county)
    bad = Wrap.objects.filter(folder_id=done.referral_id, agency=county.bhu, key__purpose="general").first()
    Wrap.objects.filter(pk=bad.pk).update(sealed=bytes(bad.sealed)[:-1] + b"x")
    rewrapping.rotate(by="System/test", agency=county.bhu, purpose=KeyPurpose.GENERAL)
    rewrapping.rewrap_all()
    carried = Wrap.objects.filter(agency=county.bhu, key__purpose="general").exclude(pk=bad.pk)
    assert set(carried.values_list("key__epoch", flat=True)) == {2}
    assert open_referral(county.clinician, other.referral_id).sections
    assert AuditEvent.objects.filter(action="keys.rewrap", outcome="8", target=f"Wrap/{bad.id}").count() == 1


def test_an_ended_membership_is_not_brought_back(county):
    end_membership(by="System/test", membership_id=county.officer.membership_id)
    with pytest.raises(NotAMember):
        end_membership(
            by="System/test", membership_id=county.officer.membership_id, at=timezone.now() + timedelta(days=9)
        )


@pytest.mark.parametrize("ending", ["reject", "withdraw"])
def test_who_declined_or_was_withdrawn_does_not_find_the_client_any_more(county, ending):
    done = send(county)
    (task,) = done.tasks
    lookups = by_name(family="Zwillinger", given="Ottilie", born="2007-05-11")
    assert clients.find(county.clinician, lookups)
    if ending == "reject":
        perform(county.clinician, [TakeStep(task_id=task, step="reject", reason="outside-towns")])
    else:
        perform(county.officer, [WithdrawAgency(referral_id=done.referral_id, agency_id=county.bhu.id)])
    assert clients.find(county.clinician, lookups) == []


def test_a_step_of_the_other_side_tells_a_police_sender_nothing_through_his_own_cancel(county):
    (task,) = send(county).tasks
    for step in ("accept", "start"):
        perform(county.clinician, [TakeStep(task_id=task, step=step)])
    perform(county.officer, [TakeStep(task_id=task, step="request-cancel", reason="no-longer-needed")])
    force = TakeStep(task_id=task, step="force-cancel", reason="no-longer-needed")
    texts = set()
    for step in ("schedule", "no-show"):
        with pytest.raises(TooEarly) as refusal:
            perform(county.officer, [force])
        texts.add(str(refusal.value))
        perform(county.clinician, [TakeStep(task_id=task, step=step)])
    assert len(texts) == 1


@pytest.mark.parametrize("note", ["x" * 4001, "a\x00b", "caf\udce9"])
def test_words_that_cannot_be_kept_are_refused_by_name(county, note):
    (task,) = send(county).tasks
    with pytest.raises(Invalid, match="note"):
        perform(county.clinician, [TakeStep(task_id=task, step="accept", note=note)])
