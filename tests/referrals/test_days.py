"""A day begins and ends where the agency is: never the evening before, when it is tomorrow in UTC."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import pytest
import time_machine

from agencies.days import local_day
from agencies.models import Agency, Agreement
from fhir.content.compartments import Compartment
from referrals.acts import AddSection, Offer, Send, TakeStep
from referrals.errors import Denied
from referrals.legal.shelltext import as_text as legal_text
from referrals.lines import as_text as signing_text
from referrals.lines import time_in_words
from referrals.opening import open_referral
from referrals.perform import perform
from referrals.shelltext import as_json
from tests.county import County, bundle_of, consent_in

EVENING = "2031-01-15T04:59:00Z"  # a minute before midnight of the fourteenth in New York
MORNING = "2031-01-15T05:00:00Z"
FIFTEENTH = date(2031, 1, 15)


@dataclass(frozen=True)
class Row:
    at: datetime


def send(county: County, *to: Agency, born: str = "1990-01-01") -> UUID:
    bundle = json.loads(bundle_of())
    bundle["entry"][0]["resource"]["birthDate"] = born
    act = Send(data=json.dumps(bundle).encode(), to=tuple(agency.id for agency in to))
    return perform(county.officer, [act]).referral_id


@pytest.mark.parametrize("as_text", [legal_text, signing_text])
def test_a_time_printed_with_a_z_is_one_of_utc(as_text: Callable[[object], str]) -> None:
    assert as_text(Row(datetime.fromisoformat("2026-11-25T21:30:00-05:00"))) == "at: 2026-11-26 02:30Z"


def test_every_time_of_the_shell_is_one_of_utc() -> None:
    assert time_in_words(datetime.fromisoformat("2026-11-26T04:30:00+02:00")) == "2026-11-26 02:30Z"


@pytest.mark.parametrize(
    ("zone", "day"),
    [("America/New_York", "2031-01-14"), ("UTC", "2031-01-15"), ("Pacific/Kiritimati", "2031-01-15")],
)
def test_the_day_is_the_one_where_the_agency_is(zone: str, day: str) -> None:
    assert local_day(Agency(time_zone=zone), datetime.fromisoformat(EVENING)).isoformat() == day


def test_an_agreement_does_not_open_the_evening_before_its_day(county: County) -> None:
    Agreement.objects.update(effective_on=FIFTEENTH)
    with time_machine.travel(EVENING, tick=False), pytest.raises(Denied) as refusal:
        send(county, county.bhu)
    assert refusal.value.code == "AGREEMENT_MISSING"
    with time_machine.travel(MORNING, tick=False):
        send(county, county.bhu)


def test_what_was_promised_is_not_released_the_evening_before_the_agreement_of_who_promised_it(county: County) -> None:
    with time_machine.travel("2031-01-14T17:00:00Z"):
        referral_id = send(county, county.bhu)
        (task,) = open_referral(county.clinician, referral_id).tasks
        perform(county.clinician, [TakeStep(task_id=task.id, step="accept")])
        signed = consent_in(referral_id, signed=date(2031, 1, 14))
        perform(county.clinician, [AddSection(referral_id=referral_id, data=signed)])
        release = frozenset({Compartment.CONTACT})
        perform(county.clinician, [Offer(referral_id=referral_id, to=(county.detox.id,), release=release)])
        (offered,) = open_referral(county.detox_intake, referral_id).tasks
    Agency.objects.filter(pk=county.detox.pk).update(time_zone="UTC")
    Agreement.objects.update(effective_on=FIFTEENTH)
    accept = TakeStep(task_id=offered.id, step="accept")
    with time_machine.travel(EVENING, tick=False), pytest.raises(Denied) as refusal:
        perform(county.detox_intake, [accept])
    assert refusal.value.code == "AGREEMENT_MISSING"
    with time_machine.travel(MORNING, tick=False):
        perform(county.detox_intake, [accept])


def test_other_police_are_told_of_nobody_the_evening_before_they_are_eighteen(county: County) -> None:
    with time_machine.travel(EVENING, tick=False), pytest.raises(Denied) as refusal:
        send(county, county.bhu, county.other_police, born="2013-01-15")
    assert refusal.value.code == "KEPT_LOCAL"
    with time_machine.travel(MORNING, tick=False):
        send(county, county.bhu, county.other_police, born="2013-01-15")


@pytest.mark.parametrize(("at", "band"), [(EVENING, "age-13-17"), (MORNING, "age-18-24")])
def test_the_ask_names_the_age_of_the_day_it_is_there(county: County, at: str, band: str) -> None:
    with time_machine.travel(at, tick=False):
        referral_id = send(county, county.bhu, born="2013-01-15")
        ask = as_json(open_referral(county.clinician, referral_id, compartments=[Compartment.REQUEST]))
    assert [each for each in ("age-13-17", "age-18-24") if each in ask] == [band]
