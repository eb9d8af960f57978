"""Who would see what is shown before, and what is done is what was shown."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from agencies.agreements import AgreementParty
from audit.models import AuditEvent
from fhir.content.builders import Agreed
from fhir.content.compartments import Compartment
from referrals import shelltext
from referrals.acts import AddAgency, AddSection, Offer, Send, TakeStep
from referrals.errors import Denied, NotFound, PreviewChanged
from referrals.models import Disclosure, Folder, Referral
from referrals.opening import open_referral
from referrals.perform import perform
from referrals.policy.bases import Basis
from referrals.previewing import preview
from tests.county import SCREEN, County, bundle_of, consent_in

RELEASE = frozenset({Compartment.CONTACT, Compartment.CLINICAL})


def taken_on(county: County) -> Referral:
    done = perform(county.officer, [Send(data=bundle_of(SCREEN), to=(county.bhu.id,))])
    (task,) = done.tasks
    perform(county.clinician, [TakeStep(task_id=task, step="accept")])
    perform(county.clinician, [AddSection(referral_id=done.referral_id, data=consent_in(done.referral_id))])
    return Referral.objects.get(pk=done.referral_id)


def offer(county: County, referral: Referral) -> Offer:
    return Offer(referral_id=referral.pk, to=(county.detox.id, county.clinic.id), release=RELEASE)


def test_a_sender_sees_recipient_parts_ground_and_what_to_do(county: County) -> None:
    send = Send(data=bundle_of(SCREEN), to=(county.bhu.id,))
    plan = preview(county.officer, send)
    (row,) = plan.recipients
    assert (row.agency, row.basis, row.purpose) == ("bhu", Basis.REFERRAL_FOR_HELP, "COC")
    assert row.now == ("request", "contact", "incident", "clinical")
    assert row.never == row.on_accept == ()
    assert plan.police
    assert any("988" in words for words in plan.advice)


def test_looking_writes_nothing_but_that_somebody_looked(county: County) -> None:
    before = Folder.objects.count()
    preview(county.officer, Send(data=bundle_of(), to=(county.bhu.id,)))
    assert Folder.objects.count() == before
    assert AuditEvent.objects.filter(action="referral.preview", outcome="0").count() == 1


def test_an_offer_says_what_opens_on_acceptance_until_when_and_who_learns_nothing(county: County) -> None:
    plan = preview(county.clinician, offer(county, taken_on(county)))
    row = plan.recipients[0]
    assert (row.agency, row.now, row.on_accept) == ("detox", ("request",), ("contact", "clinical"))
    assert row.never == ("incident",)
    assert row.basis is Basis.CONSENT_NAMED
    assert row.until is not None
    assert row.until > datetime.now(UTC)
    assert plan.others == ("police",)


def test_what_was_shown_is_done_and_anything_else_is_not(county: County) -> None:
    act = offer(county, taken_on(county))
    shown = preview(county.clinician, act).digest
    for other in (
        replace(act, release=RELEASE - {Compartment.CLINICAL}),
        replace(act, to=(county.detox.id,)),
        replace(act, basis=Basis.DEIDENTIFIED, release=frozenset()),
    ):
        with pytest.raises(PreviewChanged):
            perform(county.clinician, [replace(other, previewed=shown)])
    assert not Disclosure.objects.filter(recipient=county.detox).exists()
    perform(county.clinician, [replace(act, previewed=shown)])
    assert Disclosure.objects.filter(recipient=county.detox).count() == 1


def test_a_consent_that_changed_since_is_asked_about_again(county: County) -> None:
    referral = taken_on(county)
    act = offer(county, referral)
    shown = preview(county.clinician, act).digest
    shorter = consent_in(referral.pk, days=30)
    perform(county.clinician, [AddSection(referral_id=referral.pk, data=shorter)])
    with pytest.raises(PreviewChanged):
        perform(county.clinician, [replace(act, previewed=shown)])


def test_what_came_into_a_part_since_is_asked_about_again(county: County) -> None:
    referral = taken_on(county)
    act = offer(county, referral)
    shown = preview(county.clinician, act).digest
    screen = json.dumps(SCREEN).encode()
    perform(county.clinician, [AddSection(referral_id=referral.pk, data=screen)])
    with pytest.raises(PreviewChanged):
        perform(county.clinician, [replace(act, previewed=shown)])


def test_a_preview_is_refused_as_the_act_would_be(county: County) -> None:
    referral = taken_on(county)
    with pytest.raises(NotFound):
        preview(county.outsider, offer(county, referral))
    AgreementParty.objects.filter(agency=county.detox).update(left_on="2026-01-02")
    with pytest.raises(Denied) as refused:
        preview(county.clinician, offer(county, referral))
    assert refused.value.code == "AGREEMENT_MISSING"
    assert AuditEvent.objects.filter(action="referral.preview", outcome="4").count() == 2


def test_bringing_an_agency_in_is_previewed_too(county: County) -> None:
    referral = taken_on(county)
    act = AddAgency(
        referral_id=referral.pk,
        agency_id=county.clinic.id,
        compartments=frozenset({Compartment.CLINICAL}),
        basis=Basis.CONSENT_NAMED,
    )
    plan = preview(county.clinician, act)
    assert plan.recipients[0].now == ("clinical",)
    perform(county.clinician, [replace(act, previewed=plan.digest)])
    assert {section.compartment for section in open_referral(county.clinic_intake, referral.pk).sections} == {
        Compartment.CLINICAL
    }


def test_a_client_who_said_no_goes_along_without_a_name_unless_life_is_at_risk(county: County) -> None:
    plain, endangered = bundle_of(), bundle_of(SCREEN)
    shy = preview(county.officer, Send(data=plain, to=(county.bhu.id,), agreed=Agreed.NO)).recipients[0]
    assert (shy.now, shy.never) == (("request",), ("contact", "incident"))
    assert (
        "contact"
        in preview(county.officer, Send(data=endangered, to=(county.bhu.id,), agreed=Agreed.NO)).recipients[0].now
    )
    done = perform(county.officer, [Send(data=plain, to=(county.bhu.id,), agreed=Agreed.NO)])
    sections = open_referral(county.clinician, done.referral_id).sections
    assert {section.compartment for section in sections} == {Compartment.REQUEST}
    assert {section.compartment for section in open_referral(county.officer, done.referral_id).sections} > {
        Compartment.CONTACT
    }


def test_a_plan_is_read_by_a_person_and_by_a_program(county: County) -> None:
    plan = preview(county.officer, Send(data=bundle_of(SCREEN), to=(county.bhu.id,)))
    text = shelltext.as_text(plan)
    assert "bhu: now request, contact, incident, clinical" in text
    assert plan.digest in text
    assert plan.digest in shelltext.as_json(plan)
