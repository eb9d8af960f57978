"""Somebody with SQL forges the rows beside the sealed ones: places, tasks, grounds, consents.

They route and sort; none of them may open, release or redirect what the signed chain does not say.
"""

import json
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from agencies.models import Agency
from audit.uuid7 import uuid7
from fhir.content.compartments import Compartment
from referrals.acts import AddSection, CorrectSection, Offer, TakeStep
from referrals.errors import Broken, Denied, Gone, NotFound
from referrals.models import Participation, ReferralTask, Section, StepTaken, Wrap
from referrals.opening import open_referral
from referrals.perform import perform
from referrals.policy.bases import Basis
from tests.county import SCREEN, consent_in
from tests.integrity.alarms import alarms, doing, opening, raises_alarm
from tests.integrity.stage import Stage

EVERYTHING = 127


def forge_place(referral_id: UUID, agency: Agency, *, mask: int, task: UUID | None = None) -> None:
    """A row that says ``agency`` takes part."""
    place, _ = Participation.objects.update_or_create(
        referral_id=referral_id,
        agency=agency,
        defaults={
            "mask": mask,
            "status": "accepted",
            "basis": Basis.CONSENT_NAMED.value,
            "consent": uuid4(),
            "purpose": "TREAT",
            "since": timezone.now(),
            "until": None,
            "ended_as": "",
            "task_id": task,
        },
    )
    assert place.pk


def stranger(stage: Stage) -> Agency:
    return Agency.objects.get(pk=stage.county.outsider.agency_id)


@pytest.mark.parametrize("mask", [EVERYTHING, 1, 128])
def test_a_forged_place_for_a_stranger_opens_nothing(stage: Stage, mask: int) -> None:
    with pytest.raises(NotFound):
        open_referral(stage.county.outsider, stage.taken)
    forge_place(stage.taken, stranger(stage), mask=mask)
    raises_alarm(opening(stage.county.outsider, stage.taken), stage.county.outsider)


def test_a_forged_place_for_an_agency_that_lost_the_offer_opens_nothing(stage: Stage) -> None:
    forge_place(stage.taken, stage.county.clinic, mask=EVERYTHING)
    raises_alarm(opening(stage.county.clinic_intake, stage.taken), stage.county.clinic_intake)


def test_a_wider_mask_for_an_agency_that_takes_part_opens_nothing_more(stage: Stage) -> None:
    """The provider that was only asked: the anonymous ask is signed for it, the name is not."""
    county = stage.county
    Participation.objects.filter(referral_id=stage.standing, agency=county.detox).update(mask=EVERYTHING)
    raises_alarm(opening(county.detox_intake, stage.standing), county.detox_intake)


@pytest.mark.parametrize("mask", [0, EVERYTHING])
@pytest.mark.parametrize("step", ["accept", "reject"])
def test_a_task_re_pointed_to_a_stranger_is_not_answered_by_it(stage: Stage, step: str, mask: int) -> None:
    task, agency = stage.task(stage.standing, stage.county.detox), stranger(stage)
    forge_place(stage.standing, agency, mask=mask, task=task)
    ReferralTask.objects.filter(pk=task).update(owner=agency)
    reason = "no-capacity" if step == "reject" else ""
    raises_alarm(
        doing(stage.county.outsider, TakeStep(task_id=task, step=step, reason=reason)),
        stage.county.outsider,
    )
    assert ReferralTask.objects.get(pk=task).status == "requested"
    assert not Wrap.objects.filter(folder_id=stage.standing, agency=agency).exists()


def test_a_task_re_pointed_to_another_agency_that_was_asked_releases_nothing_to_it(stage: Stage) -> None:
    county = stage.county
    mine, other = stage.task(stage.standing, county.clinic), stage.task(stage.standing, county.detox)
    ReferralTask.objects.filter(pk=other).update(owner=county.clinic)
    raises_alarm(doing(county.clinic_intake, TakeStep(task_id=other, step="accept")), county.clinic_intake)
    assert set(ReferralTask.objects.filter(pk__in=[mine, other]).values_list("status", flat=True)) == {"requested"}


@pytest.mark.parametrize("step", ["cancel", "enter-in-error"])
def test_a_task_whose_requester_was_forged_is_not_called_off_by_it(stage: Stage, step: str) -> None:
    task, agency = stage.task(stage.standing, stage.county.detox), stranger(stage)
    forge_place(stage.standing, agency, mask=0)
    ReferralTask.objects.filter(pk=task).update(requester=agency)
    with pytest.raises((Broken, Denied)):
        perform(stage.county.outsider, [TakeStep(task_id=task, step=step, reason="mistake")])
    assert ReferralTask.objects.get(pk=task).status == "requested"


def test_an_accept_under_a_forged_requester_releases_nothing(stage: Stage) -> None:
    """The promise is the BHU's; with the police put in its place nobody promised anything."""
    task = stage.task(stage.standing, stage.county.detox)
    ReferralTask.objects.filter(pk=task).update(requester=stage.county.police)
    raises_alarm(doing(stage.county.detox_intake, TakeStep(task_id=task, step="accept")), stage.county.detox_intake)


def test_words_about_a_re_pointed_task_do_not_go_to_its_new_owner(stage: Stage) -> None:
    """Detox has the referral and writes for its own task; a thief at the clinic made the task his."""
    county = stage.county
    task = stage.task(stage.taken, county.detox)
    forge_place(stage.taken, county.clinic, mask=1, task=task)
    ReferralTask.objects.filter(pk=task).update(owner=county.clinic)
    add = AddSection(referral_id=stage.taken, data=json.dumps(SCREEN).encode())
    raises_alarm(doing(county.detox_intake, add), county.detox_intake)
    assert not Wrap.objects.filter(folder_id=stage.taken, agency=county.clinic).exists()


def test_a_step_on_a_task_re_pointed_to_nobody_who_takes_part_is_refused(stage: Stage) -> None:
    task = stage.task(stage.standing, stage.county.detox)
    ReferralTask.objects.filter(pk=task).update(owner=stranger(stage))
    cancel = TakeStep(task_id=task, step="cancel", reason="mistake", note="not needed")
    raises_alarm(doing(stage.county.clinician, cancel), stage.county.clinician)


@pytest.mark.parametrize("column", ["basis", "consent", "no consent", "task"])
def test_a_forged_ground_releases_nothing(stage: Stage, column: str) -> None:
    """On what ground an agency takes part, and by which task, is signed with its place."""
    county = stage.county
    forged = {
        "basis": {"basis": Basis.HIPAA_TREATMENT.value},
        "consent": {"consent": uuid4()},
        "no consent": {"consent": None},
        "task": {"task": stage.task(stage.standing, county.clinic)},
    }[column]
    Participation.objects.filter(referral_id=stage.standing, agency=county.detox).update(**forged)
    accept = TakeStep(task_id=stage.task(stage.standing, county.detox), step="accept")
    raises_alarm(doing(county.detox_intake, accept), county.detox_intake)
    assert not Wrap.objects.filter(folder_id=stage.standing, agency=county.detox, mask__gt=1).exists()


def test_a_forged_ground_of_the_receivers_does_not_carry_the_helpers_words_to_the_police(stage: Stage) -> None:
    """The police take part in ``contact``; under a consent the BHU's own contact notes would go there."""
    county = stage.county
    consent = Section.objects.get(folder_id=stage.taken, type="Consent").resource_id
    Participation.objects.filter(referral_id=stage.taken, agency=county.bhu).update(
        basis=Basis.CONSENT_NAMED.value, consent=consent
    )
    before = Wrap.objects.filter(folder_id=stage.taken, agency=county.police).count()
    add = AddSection(referral_id=stage.taken, data=consent_in(stage.taken))
    raises_alarm(doing(county.clinician, add), county.clinician)
    assert Wrap.objects.filter(folder_id=stage.taken, agency=county.police).count() == before


@pytest.mark.parametrize("group", [None, uuid4()], ids=["no group", "another group"])
@pytest.mark.parametrize("whose", ["detox", "clinic"])
def test_a_task_moved_out_of_its_offer_gives_the_offer_no_second_winner(
    stage: Stage, whose: str, group: UUID | None
) -> None:
    county = stage.county
    ReferralTask.objects.filter(pk=stage.task(stage.standing, getattr(county, whose))).update(offer_group=group)
    accept = TakeStep(task_id=stage.task(stage.standing, county.detox), step="accept")
    raises_alarm(doing(county.detox_intake, accept), county.detox_intake)


@pytest.mark.parametrize("mask", [0, 1])
def test_a_narrower_mask_does_not_hide_what_an_agency_was_given(stage: Stage, mask: int) -> None:
    Participation.objects.filter(referral_id=stage.taken, agency=stage.county.bhu).update(mask=mask)
    raises_alarm(opening(stage.county.clinician, stage.taken), stage.county.clinician)


def test_an_act_on_a_referral_that_lost_a_place_is_refused(stage: Stage) -> None:
    """Else the words of the one would go to nobody, or the program would fall over the missing row."""
    Participation.objects.filter(referral_id=stage.taken, agency=stage.county.police).delete()
    add = AddSection(referral_id=stage.taken, data=json.dumps(SCREEN).encode())
    raises_alarm(doing(stage.county.clinician, add), stage.county.clinician)


def test_a_promise_made_by_sql_alone_releases_nothing(stage: Stage) -> None:
    """An offer without a promise; the columns are made to look like those of one with it."""
    county = stage.county
    standing = ReferralTask.objects.get(pk=stage.task(stage.standing, county.detox))
    forged = ReferralTask.objects.get(pk=standing.pk)
    forged.pk = uuid7()
    forged.save(force_insert=True)
    Participation.objects.filter(referral_id=stage.standing, agency=county.detox).update(
        task=forged.pk, mask=EVERYTHING, basis=Basis.CONSENT_NAMED.value, consent=uuid4()
    )
    raises_alarm(doing(county.detox_intake, TakeStep(task_id=forged.pk, step="accept")), county.detox_intake)


def forge_consent(stage: Stage) -> None:
    row = stage.sections(stage.standing, Compartment.CONTACT)[0]
    row.pk, row.resource_id, row.type = uuid7(), uuid7(), "Consent"
    row.save(force_insert=True)


def test_a_consent_made_by_sql_is_no_ground_for_an_offer(stage: Stage) -> None:
    """Without the client's consent the BHU may not release the name; a row that says Consent changes nothing."""
    from referrals.acts import Send
    from tests.county import bundle_of

    county = stage.county
    done = perform(county.officer, [Send(data=bundle_of(), to=(county.bhu.id,))])
    perform(county.clinician, [TakeStep(task_id=next(iter(done.tasks)), step="accept")])
    offer = Offer(referral_id=done.referral_id, to=(county.detox.id,), release=frozenset({Compartment.CONTACT}))
    for basis in (None, Basis.CONSENT_NAMED):
        with pytest.raises(Denied):
            perform(county.clinician, [Offer(**{**vars_of(offer), "basis": basis})])
    Section.objects.filter(folder_id=done.referral_id, type="Observation").update(type="Consent")
    with pytest.raises((Denied, Broken)):
        perform(county.clinician, [offer])
    with pytest.raises((Denied, Broken)):
        perform(county.clinician, [Offer(**{**vars_of(offer), "basis": Basis.CONSENT_NAMED})])


def vars_of(offer: Offer) -> dict[str, object]:
    return {name: getattr(offer, name) for name in ("referral_id", "to", "release")}


def test_nobody_corrects_what_sql_says_is_his(stage: Stage) -> None:
    county = stage.county
    written = Section.objects.get(folder_id=stage.taken, type="QuestionnaireResponse")
    Section.objects.filter(pk=written.pk).update(agency=county.bhu)
    correct = CorrectSection(referral_id=stage.taken, resource_id=written.resource_id, data=json.dumps(SCREEN).encode())
    raises_alarm(doing(county.clinician, correct), county.clinician)


def test_an_agency_that_lost_is_told_so_and_raises_no_alarm(stage: Stage) -> None:
    """It is no attack to come late: whatever it tries is refused by a code, and the alarm stays for real ones."""
    county = stage.county
    with pytest.raises(Gone):
        perform(county.clinic_intake, [TakeStep(task_id=stage.task(stage.taken, county.clinic), step="accept")])
    with pytest.raises(Denied):
        perform(county.clinic_intake, [AddSection(referral_id=stage.taken, data=json.dumps(SCREEN).encode())])
    assert alarms() == []


def test_rows_of_the_history_put_in_by_sql_show_no_more_than_the_task(stage: Stage) -> None:
    """The history is a convenience, the log is the record: what is forged there gives nobody a place."""
    from referrals.listing import history

    StepTaken.objects.filter(task__referral_id=stage.taken).update(agency=stranger(stage))
    with pytest.raises(NotFound):
        history(stage.county.outsider, stage.taken)
