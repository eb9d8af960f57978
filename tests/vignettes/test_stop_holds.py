"""What a client stopped is shut in two places, the rows lists are cut by and the signed terms; each holds alone."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from fhir.content.compartments import Compartment
from referrals.acts import Offer, Send, StopConsent
from referrals.explaining import explain
from referrals.models import Participation, Referral
from referrals.policy.bases import Basis
from referrals.policy.matrix import Action
from tests.vignettes.people import Merrow, call, seen

USE = seen("75544000", "Opioid dependence", value="Two bags a day")
RELEASE = frozenset({Compartment.CONTACT, Compartment.SUD})


@pytest.fixture
def taken(merrow: Merrow):
    """He came by himself; detox took him on his signature and has begun. Gives the referral and the consent."""
    act = Send(data=call(USE), to=merrow.at("willow"), basis=Basis.DEIDENTIFIED)
    referral_id = merrow.do("coordinator", act).referral_id
    signed = merrow.sign("coordinator", referral_id, to=("detox",), parts=("contact", "sud", "outcome"), days=30)
    merrow.do("coordinator", Offer(referral_id=referral_id, to=merrow.at("detox"), release=RELEASE))
    merrow.step("detox intake", merrow.task(referral_id, "detox"), "accept", "start")
    return referral_id, signed


def listed(merrow: Merrow) -> list[list[object]]:
    """What detox finds by each part it was given."""
    detox = merrow.people["detox intake"]
    return [list(Referral.objects.visible_to(detox, compartment=part).values_list("pk", flat=True)) for part in RELEASE]


def test_from_the_word_on_the_gate_names_the_stop_and_no_list_by_part_holds_it(merrow, taken):
    referral_id, signed = taken
    assert listed(merrow) == [[referral_id], [referral_id]]
    merrow.do("coordinator", StopConsent(referral_id=referral_id, consent_id=signed))
    for part in RELEASE:
        assert explain(merrow.people["detox intake"], referral_id, part, Action.READ).code == "CONSENT_REVOKED"
    assert listed(merrow) == [[], []]


@pytest.mark.parametrize(("days", "code"), [(0, "CONSENT_REVOKED"), (40, "CONSENT_EXPIRED")], ids=["stop", "end"])
def test_it_stays_shut_though_somebody_writes_into_the_rows_that_it_stands(merrow, taken, days, code):
    referral_id, signed = taken
    if not days:
        merrow.do("coordinator", StopConsent(referral_id=referral_id, consent_id=signed))
    places = Participation.objects.filter(referral_id=referral_id, agency=merrow.agencies["detox"])
    places.update(consent_until=None, ended_as="")
    with time_machine.travel(timezone.now() + timedelta(days=days), tick=True):
        assert merrow.turned_away("detox intake", referral_id) == code
