"""The medical check is the act's to demand, so that no door goes past it."""

import json
from typing import Any

import pytest

from audit.models import AuditEvent
from fhir.content.systems import ENCOUNTER
from referrals.acts import Send
from referrals.errors import Invalid
from referrals.models import Referral
from referrals.perform import perform
from referrals.previewing import preview
from tests.county import County, bundle_of
from tests.fhir.questionnaires.forms import MEDICAL_CHECK, form

pytestmark = pytest.mark.django_db

OVERDOSE: dict[str, Any] = {
    "resourceType": "Observation",
    "status": "final",
    "code": {"coding": [{"system": ENCOUNTER, "code": "encounter"}]},
    "component": [
        {
            "code": {"coding": [{"system": ENCOUNTER, "code": "call"}]},
            "valueCodeableConcept": {"coding": [{"system": ENCOUNTER, "code": "overdose"}]},
        }
    ],
}
CHECK = json.loads(json.dumps(form(MEDICAL_CHECK, {"seizure": {"valueBoolean": False}}), default=str))


def act(county: County, *more: dict[str, Any]) -> Send:
    return Send(data=bundle_of(*more), to=(county.bhu.id,))


def test_what_tells_of_an_overdose_is_not_sent_without_one_by_any_door(county: County) -> None:
    for door in (
        lambda: preview(county.officer, act(county, OVERDOSE)),
        lambda: perform(county.officer, [act(county, OVERDOSE)]),
    ):
        with pytest.raises(Invalid, match="medical check"):
            door()
    assert not Referral.objects.exists()
    refused = AuditEvent.objects.filter(outcome="4").values_list("action", flat=True)
    assert set(refused) == {"referral.preview", "referral.send"}


def test_with_one_it_goes(county: County) -> None:
    assert perform(county.officer, [act(county, OVERDOSE, CHECK)]).reference


def test_where_the_ems_director_asks_for_none_it_goes_without(county: County, settings: Any) -> None:
    settings.MEDICAL_CHECK_FOR = ["walk-in"]
    assert perform(county.officer, [act(county, OVERDOSE)]).reference
