"""A red flag: the ambulance first. The unit is told at once; search, offer and transport wait for its outcome."""

import json
from uuid import uuid4

import pytest

from fhir.content.questionnaires import QUESTIONNAIRES, response
from referrals import listing
from referrals.acts import AddSection, Offer, RecordAmbulance, Send, TakeStep
from referrals.acts.ambulance import AmbulanceOutcome
from referrals.errors import Denied, IllegalStep, NotFound
from referrals.models import Notice, Referral
from referrals.opening import open_referral
from referrals.perform import perform
from tests.county import PATIENT, County, bundle_of
from tests.vignettes.people import of

CHECK = "https://bhu.example.org/fhir/Questionnaire/medical-check"
FLAGS = [item["linkId"] for item in QUESTIONNAIRES[CHECK]["item"] if item["type"] == "choice"]
HOSPITAL = "Merrow General, bed four"


def check(*red: str):
    """The medical check with these flags answered yes and every other no."""
    answers = {flag: flag in red for flag in FLAGS}
    made = response(CHECK, answers, id_=uuid4(), patient_id=uuid4(), authored="2026-11-22T10:40:00Z")
    return made | {"subject": {"reference": PATIENT}}


def sent(county: County, *red: str) -> Referral:
    done = perform(county.officer, [Send(data=bundle_of(check(*red)), to=(county.bhu.id,))])
    (task,) = done.tasks
    perform(county.clinician, [TakeStep(task_id=task, step="accept")])
    return Referral.objects.get(pk=done.referral_id)


def offer(county: County, referral: Referral) -> None:
    perform(county.clinician, [Offer(referral_id=referral.pk, to=(county.detox.id,))])


@pytest.fixture
def red(county: County) -> Referral:
    return sent(county, FLAGS[0])


def test_the_unit_is_told_that_an_ambulance_was_called(county: County, red: Referral) -> None:
    assert Notice.objects.filter(referral=red, agency=county.bhu, code="send-ems").count() == 1
    (row,) = listing.inbox(county.clinician)
    assert row.ambulance == "called"


def test_nobody_is_searched_for_until_its_outcome_is_there(county: County, red: Referral) -> None:
    with pytest.raises(Denied) as refused:
        offer(county, red)
    assert refused.value.code == "ESCALATED_911"
    perform(county.clinician, [RecordAmbulance(referral_id=red.pk, outcome=AmbulanceOutcome.TREATED)])
    offer(county, red)
    (row,) = listing.inbox(county.clinician)
    assert row.ambulance == "answered"


def test_everything_else_goes_on_meanwhile(county: County, red: Referral) -> None:
    assert open_referral(county.clinician, red.pk).sections
    perform(county.clinician, [TakeStep(task_id=red.tasks.get().id, step="start")])


def test_the_officer_may_record_it_and_where_they_went_is_sealed(county: County, red: Referral) -> None:
    act = RecordAmbulance(referral_id=red.pk, outcome=AmbulanceOutcome.TAKEN, where=HOSPITAL)
    perform(county.officer, [act])
    assert HOSPITAL in str([section.tree for section in open_referral(county.clinician, red.pk).sections])
    assert Notice.objects.filter(referral=red, agency=county.bhu, code="ems-outcome").exists()


def test_without_a_red_flag_nothing_waits_and_nothing_is_recorded(county: County) -> None:
    calm = sent(county)
    offer(county, calm)
    with pytest.raises(IllegalStep, match="while the ambulance is not called"):
        perform(county.clinician, [RecordAmbulance(referral_id=calm.pk, outcome=AmbulanceOutcome.TREATED)])


def test_what_became_of_it_is_recorded_once(county: County, red: Referral) -> None:
    act = RecordAmbulance(referral_id=red.pk, outcome=AmbulanceOutcome.TREATED)
    perform(county.clinician, [act])
    with pytest.raises(IllegalStep, match="while the ambulance is answered for"):
        perform(county.clinician, [act])


def test_nobody_outside_records_it(county: County, red: Referral) -> None:
    with pytest.raises(NotFound):
        perform(county.outsider, [RecordAmbulance(referral_id=red.pk, outcome=AmbulanceOutcome.TREATED)])


def test_police_who_try_to_pass_it_on_do_not_learn_that_the_unit_called_one(county: County) -> None:
    calm = sent(county)
    act = AddSection(referral_id=calm.pk, data=json.dumps(of(check(FLAGS[0]))).encode())
    perform(county.clinician, [act])
    assert Referral.objects.get(pk=calm.pk).ems_called_at
    with pytest.raises(Denied) as refused:
        perform(county.officer, [Offer(referral_id=calm.pk, to=(county.detox.id,))])
    assert refused.value.code == "ROLE"
