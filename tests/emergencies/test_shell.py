"""``manage.py emergency`` as a person types it: what it prints is what is needed next."""

import json

import pytest
from django.core.management import call_command

from referrals.emergencies.models import EmergencyAccess
from referrals.lines import time_in_words
from referrals.models import Referral
from tests.emergencies.wards import Ward


def opened(ward: Ward, capsys: pytest.CaptureFixture[str], *options: str) -> str:
    number = Referral.objects.get(pk=ward.referral_id).reference
    said = ("open", number, "--to", "hospital", "--nature", "seizure", "--as", "clinician@bhu.example.org", *options)
    call_command("emergency", *said)
    return capsys.readouterr().out


def test_opening_says_until_when_its_id_and_what_comes_next(ward: Ward, capsys: pytest.CaptureFixture[str]) -> None:
    text = opened(ward, capsys)
    access = EmergencyAccess.objects.get()
    first, second, third = text.splitlines()
    assert first.endswith(f"open to hospital until {time_in_words(access.until)}")
    assert second == f"  emergency {access.id}  words due {time_in_words(access.words_due)}"
    assert third.startswith(f"  next: python3 manage.py emergency document {access.id} --recipient ")


def test_as_json_it_is_the_row_that_the_list_shows(ward: Ward, capsys: pytest.CaptureFixture[str]) -> None:
    shown = json.loads(opened(ward, capsys, "--json"))
    assert (shown["id"], shown["recipient"]) == (str(EmergencyAccess.objects.get().id), "hospital")
    assert shown["until"]
