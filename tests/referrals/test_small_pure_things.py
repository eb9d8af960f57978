"""Masks, reference numbers, reasons, the coarse view and the lookups of a client."""

import pytest

from referrals.blind import Lookup, by_name, by_phone, lookups_of, normal
from referrals.masks import ALL, BIT, compartments_in, mask_of
from referrals.projection import COARSE, FIRST_HOP, STATUS, WORDS, Coarse, shown_reason
from referrals.reasons import REASONS, reasons_for
from referrals.reference import CROCKFORD, new_reference, read_reference
from referrals.workflow import STEPS, State


def test_every_compartment_has_a_bit_of_its_own_that_never_changes():
    assert {part.value: bit for part, bit in BIT.items()} == {
        "request": 1,
        "contact": 2,
        "incident": 4,
        "clinical": 8,
        "sud": 16,
        "transport": 32,
        "outcome": 64,
    }


@pytest.mark.parametrize("mask", range(ALL + 1))
def test_a_mask_is_read_back_as_the_set_it_was_made_of(mask):
    assert mask_of(compartments_in(mask)) == mask


def test_an_unknown_bit_raises():
    with pytest.raises(ValueError, match="does not exist"):
        compartments_in(128)


def test_a_reference_number_is_eight_crockford_letters_in_two_groups():
    number = new_reference()
    assert number[4] == "-"
    assert len(number) == 9
    assert set(number) - {"-"} <= set(CROCKFORD)


@pytest.mark.parametrize("spoken", ["k7qf-2m9d", "K7QF2M9D", " k7qf 2m9d ", "K7QF-2M9D"])
def test_a_reference_number_is_understood_however_it_is_typed(spoken):
    assert read_reference(spoken) == "K7QF-2M9D"


def test_letters_that_sound_like_digits_are_heard_as_digits():
    assert read_reference("O1LI-0000") == "0111-0000"


@pytest.mark.parametrize("spoken", ["", "K7QF", "K7QF-2M9U", "K7QF-2M9D-1"])
def test_what_cannot_be_a_reference_number_is_none(spoken):
    assert read_reference(spoken) is None


def test_every_step_that_needs_a_reason_has_some_to_choose_from():
    for step in STEPS:
        assert bool(reasons_for(step.name)) is step.needs_reason, step.name


def test_the_coarse_view_covers_every_state_and_every_word():
    assert set(COARSE) == set(State)
    assert set(STATUS) == set(WORDS) == set(Coarse)


def test_all_a_provider_can_do_after_accepting_is_two_coarse_states():
    after = {COARSE[state] for state in State} - FIRST_HOP
    assert after == {Coarse.WITH_TEAM, Coarse.CLOSED}


@pytest.mark.parametrize("code", ["no-capacity", "level-of-care", "client-left", "consent-withdrawn", "payer"])
def test_a_clinical_reason_is_shown_to_a_sworn_sender_as_another_reason(code):
    assert REASONS[code].clinical
    assert shown_reason(code) == "other"


@pytest.mark.parametrize("code", ["outside-towns", "duplicate", "no-way-to-reach", "passed-on"])
def test_the_reasons_an_officer_may_learn_are_shown_as_they_are(code):
    assert shown_reason(code) == code


def test_names_are_compared_without_accents_case_and_marks():
    assert normal("O'Brien-Señor") == "obriensenor"


def test_a_name_that_sounds_alike_gives_the_same_sound_lookup():
    first = by_name(family="Catherine", given="Ann", born="1990-01-02")[1]
    second = by_name(family="Katharine", given="Anna", born="1990-01-02")[1]
    assert first == second
    assert first.kind == "sound"


def test_a_telephone_number_is_compared_by_its_last_seven_digits():
    assert by_phone(phone="+1 (978) 555-0142", born="1990-01-02") == by_phone(phone="5550142", born="1990-01-02")


@pytest.mark.parametrize("born", ["", "1990", "1990-01"])
def test_nothing_is_looked_up_without_a_whole_date_of_birth(born):
    assert by_name(family="Doe", given="Ann", born=born) == []
    assert by_phone(phone="555-0142", born=born) == []


def test_a_patient_gives_one_lookup_per_way_to_be_found():
    patient = {
        "name": [{"family": "Ames", "given": ["Rosa"]}],
        "birthDate": "2007-03-04",
        "telecom": [{"system": "phone", "value": "555-0142"}, {"system": "email", "value": "r@example.org"}],
        "identifier": [{"system": "urn:x", "value": "1"}, {"value": "no system"}],
    }
    assert lookups_of(patient) == [
        Lookup("name", ("ames", "rosa", "2007-03-04")),
        Lookup("sound", ("AMS", "r", "2007-03-04")),
        Lookup("phone", ("5550142", "2007-03-04")),
        Lookup("identifier", ("urn:x", "1")),
    ]
