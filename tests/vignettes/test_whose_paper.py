"""Which paper an offer stands on: one of the unit's own that still stands, never one that somebody else filed."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
import time_machine
from django.utils import timezone

from fhir.content.builders import Agreed, Pathway
from fhir.content.compartments import Compartment
from referrals.acts import AddSection, Offer, Send, StopConsent
from referrals.errors import PreviewChanged
from referrals.later.models import QueuedAct
from referrals.later.services import do_due, put_off
from referrals.models import Participation
from referrals.previewing import preview
from referrals.shelltext import as_json
from tests.county import consent_in
from tests.vignettes.people import Merrow, call, of, seen, told

USE = seen("15167005", "Alcohol use disorder", value="Two bottles a day")
LATER = seen("75544000", "Opioid dependence", value="Since last week")
RELEASE = frozenset({Compartment.CONTACT, Compartment.SUD})
PARTS = ("contact", "sud", "outcome")
FOR_POLICE = {"form": "police-outcome", "to": ("alder-pd",), "parts": ("outcome",), "purposes": ("COC",)}


@pytest.fixture
def begun(merrow: Merrow) -> UUID:
    act = Send(data=call(born="1968-01-11"), to=merrow.at("bhu"), pathway=Pathway.SELF_REFERRAL, agreed=Agreed.YES)
    referral_id = merrow.do("alder officer", act).referral_id
    merrow.step("clinician", merrow.task(referral_id, "bhu"), "accept", "start")
    merrow.add("clinician", referral_id, of(USE))
    return referral_id


def offer(merrow: Merrow, referral_id: UUID, to: str = "detox", release: frozenset[Compartment] = RELEASE) -> Offer:
    return Offer(referral_id=referral_id, to=merrow.at(to), release=release)


def ground(merrow: Merrow, referral_id: UUID, of_: str) -> tuple[str, UUID | None]:
    place = Participation.objects.get(referral_id=referral_id, agency=merrow.agencies[of_])
    return place.basis, place.consent


def test_an_officers_paper_does_not_become_the_one_the_unit_stands_on(merrow: Merrow, begun: UUID) -> None:
    signed = merrow.sign("clinician", begun, to=("detox",), parts=PARTS)
    paper = consent_in(begun, discloser="bhu", **FOR_POLICE)
    merrow.do("alder officer", AddSection(referral_id=begun, data=paper))
    merrow.do("clinician", offer(merrow, begun))
    assert ground(merrow, begun, "detox") == ("consent_named", signed)


def test_an_officers_paper_carries_no_offer_of_the_unit(merrow: Merrow, begun: UUID) -> None:
    paper = consent_in(begun, to=("detox",), parts=("contact",), discloser="bhu")
    merrow.do("alder officer", AddSection(referral_id=begun, data=paper))
    refused = merrow.refused("clinician", offer(merrow, begun, release=frozenset({Compartment.CONTACT})))
    assert refused.code in {"CONSENT_MISSING", "NO_BASIS"}


def test_of_several_papers_it_is_the_newest_that_stands_and_names_whom_it_is_put_to(
    merrow: Merrow, begun: UUID
) -> None:
    first = merrow.sign("clinician", begun, to=("detox",), parts=PARTS)
    stopped = merrow.sign("clinician", begun, to=("detox",), parts=PARTS)
    merrow.sign("clinician", begun, to=("clinic",), parts=PARTS)
    merrow.do("clinician", StopConsent(referral_id=begun, consent_id=stopped, written=True))
    merrow.do("clinician", offer(merrow, begun))
    assert ground(merrow, begun, "detox") == ("consent_named", first)


def test_after_a_stop_the_search_without_a_name_goes_on(merrow: Merrow, begun: UUID) -> None:
    signed = merrow.sign("clinician", begun, to=("detox",), parts=PARTS)
    merrow.do("clinician", StopConsent(referral_id=begun, consent_id=signed, written=True))
    assert merrow.refused("clinician", offer(merrow, begun)).code == "CONSENT_REVOKED"
    merrow.do("clinician", offer(merrow, begun, "clinic", frozenset()))
    assert ground(merrow, begun, "clinic") == ("deidentified", None)


def test_a_yes_after_the_paper_ended_is_one_without_a_name_and_who_asked_is_told(merrow: Merrow, begun: UUID) -> None:
    merrow.sign("clinician", begun, to=("detox",), parts=PARTS, days=2)
    merrow.do("clinician", offer(merrow, begun))
    with time_machine.travel(timezone.now() + timedelta(days=5), tick=True):
        merrow.step("detox intake", merrow.task(begun, "detox"), "accept")
        assert merrow.parts("detox intake", begun) == {"request"}
    assert ("bhu", "", "accepted-anonymous") in told(begun)
    assert ground(merrow, begun, "detox") == ("deidentified", None)


def test_a_provider_with_whom_it_did_not_work_out_receives_nothing_new(merrow: Merrow, begun: UUID) -> None:
    merrow.sign("clinician", begun, to=("detox",), parts=PARTS)
    merrow.do("clinician", offer(merrow, begun))
    task = merrow.task(begun, "detox")
    merrow.step("detox intake", task, "accept", "start")
    merrow.step("detox intake", task, "fail", reason="no-capacity")
    merrow.add("clinician", begun, of(LATER))
    read = as_json(merrow.open("detox intake", begun))
    assert "Two bottles" in read
    assert "Since last week" not in read


def put_off_for_an_hour(merrow: Merrow, act: Offer) -> UUID:
    return put_off(merrow.people["clinician"], act, not_before=timezone.now() + timedelta(hours=1))


def done_in_two_hours(queued: UUID) -> QueuedAct:
    with time_machine.travel(timezone.now() + timedelta(hours=2), tick=True):
        do_due(at=timezone.now())
    return QueuedAct.objects.get(pk=queued)


def test_what_was_put_off_on_a_paper_that_was_stopped_does_not_go_on_another(merrow: Merrow, begun: UUID) -> None:
    signed = merrow.sign("clinician", begun, to=("detox",), parts=PARTS)
    queued = put_off_for_an_hour(merrow, offer(merrow, begun))
    merrow.do("clinician", StopConsent(referral_id=begun, consent_id=signed, written=True))
    merrow.sign("clinician", begun, to=("detox",), parts=PARTS)
    done = done_in_two_hours(queued)
    assert (done.status, done.code) == ("blocked_consent", "CONSENT_REVOKED")


def test_what_was_put_off_after_a_look_is_what_was_looked_at(merrow: Merrow, begun: UUID) -> None:
    merrow.sign("clinician", begun, to=("detox",), parts=PARTS)
    act, clinician = offer(merrow, begun), merrow.people["clinician"]
    with pytest.raises(PreviewChanged):
        put_off_for_an_hour(merrow, replace(act, previewed="0" * 64))
    queued = put_off_for_an_hour(merrow, replace(act, previewed=preview(clinician, act).digest))
    merrow.add("clinician", begun, of(LATER))
    assert done_in_two_hours(queued).code == "PREVIEW_CHANGED"
