"""An emergency opens what its opener opens, beside what others asked: no more, and nobody is left in doubt."""

from datetime import timedelta
from uuid import UUID

import pytest
import time_machine
from django.utils import timezone

from fhir.content.builders import Agreed, Pathway
from fhir.content.compartments import Compartment
from referrals.acts import Offer, OpenInEmergency, Send, StopConsent
from referrals.emergencies.natures import Nature
from referrals.listing import history
from referrals.models import ReferralTask
from referrals.policy.bases import Basis
from referrals.shelltext import as_json
from tests.vignettes.people import Merrow, call, ledger, of, said, seen, told

USE = seen("15167005", "Alcohol use disorder", value="Two bottles a day")
CLINICAL, WITHOUT = ("contact", "clinical", "sud", "outcome"), ("contact", "sud", "outcome")


def opening(merrow: Merrow, referral_id: UUID, to: str = "hospital") -> OpenInEmergency:
    return OpenInEmergency(referral_id=referral_id, agency_id=merrow.agencies[to].id, nature=Nature.SEIZURE)


def share(merrow: Merrow, referral_id: UUID, to: str, who: str, parts: tuple[str, ...]) -> UUID:
    """On the client's signature, and taken on."""
    consent = merrow.sign("clinician", referral_id, to=(to,), parts=parts)
    release = frozenset(map(Compartment, parts)) - {Compartment.OUTCOME}
    act = Offer(referral_id=referral_id, to=merrow.at(to), release=release, consent=consent, basis=Basis.CONSENT_NAMED)
    merrow.do("clinician", act)
    merrow.step(who, merrow.task(referral_id, to), "accept", "start")
    return consent


@pytest.fixture
def begun(merrow: Merrow) -> UUID:
    act = Send(data=call(born="1968-01-11"), to=merrow.at("bhu"), pathway=Pathway.SELF_REFERRAL, agreed=Agreed.YES)
    referral_id = merrow.do("alder officer", act).referral_id
    merrow.step("clinician", merrow.task(referral_id, "bhu"), "accept", "start")
    merrow.add("clinician", referral_id, of(USE))
    merrow.add("clinician", referral_id, said("Known seizures"))
    return referral_id


def test_the_hour_reopens_nothing_the_client_stopped_that_the_opener_has_not(merrow: Merrow, begun: UUID) -> None:
    stopped = share(merrow, begun, "hospital", "ED nurse", CLINICAL)
    share(merrow, begun, "detox", "detox intake", WITHOUT)
    merrow.do("clinician", StopConsent(referral_id=begun, consent_id=stopped))
    merrow.do("detox intake", opening(merrow, begun))
    assert "clinical" not in merrow.parts("ED nurse", begun)
    assert "Known seizures" not in as_json(merrow.open("ED nurse", begun))
    assert set(ledger(begun)[-1].parts.split("+")) - {"request"} == merrow.parts("ED nurse", begun) - {"request"}


def test_who_had_asked_the_house_is_told_that_its_task_ended_and_may_ask_again(merrow: Merrow, begun: UUID) -> None:
    stopped = share(merrow, begun, "hospital", "ED nurse", CLINICAL)
    share(merrow, begun, "detox", "detox intake", WITHOUT)
    merrow.do("clinician", StopConsent(referral_id=begun, consent_id=stopped))
    merrow.do("detox intake", opening(merrow, begun))
    assert ("bhu", "", "withdraw") in told(begun)
    with time_machine.travel(timezone.now() + timedelta(minutes=61), tick=True):
        share(merrow, begun, "hospital", "ED nurse", CLINICAL)
        assert "clinical" in merrow.parts("ED nurse", begun)


def test_police_see_nothing_of_it_and_may_still_call_off_what_they_asked(merrow: Merrow) -> None:
    act = Send(data=call(born="1968-01-11"), to=merrow.at("bhu", "hospital"), agreed=Agreed.NO)
    referral_id = merrow.do("alder officer", act).referral_id
    merrow.step("clinician", merrow.task(referral_id, "bhu"), "accept", "start")
    merrow.add("clinician", referral_id, of(said("We met him; seizing")))
    officer = merrow.people["alder officer"]
    before = [as_json(row) for row in history(officer, referral_id)], merrow.screen("alder officer", referral_id)
    merrow.do("clinician", opening(merrow, referral_id))
    after = [as_json(row) for row in history(officer, referral_id)], merrow.screen("alder officer", referral_id)
    assert before == after
    asked = merrow.task(referral_id, "hospital")
    with time_machine.travel(timezone.now() + timedelta(minutes=61), tick=True):
        merrow.add("clinician", referral_id, of(said("He is back")))
        merrow.step("alder officer", asked, "cancel", reason="no-longer-needed")
    assert ReferralTask.objects.get(pk=asked).status == "cancelled"


def test_two_houses_do_not_renew_each_others_hour(merrow: Merrow, begun: UUID) -> None:
    merrow.do("clinician", opening(merrow, begun))
    with time_machine.travel(timezone.now() + timedelta(minutes=50), tick=True):
        assert merrow.refused("ED doctor", opening(merrow, begun, "clinic")).code == "COMPARTMENT"
        merrow.add("ED doctor", begun, of(said("Intubated at 11:20")))
        merrow.do("ED doctor", opening(merrow, begun, "clinic"))
        shown = as_json(merrow.open("clinic intake", begun))
    assert "Intubated" in shown
    assert "Known seizures" not in shown
