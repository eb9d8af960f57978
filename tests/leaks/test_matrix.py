"""Every role tries every part through every door, and gets what the page of rules says."""

import pytest

from agencies.roles import Role
from bhu.leaks import run
from bhu.leaks.matrix import Matrix
from bhu.leaks.run import Report
from bhu.leaks.town import PLACES, Town
from bhu.leaks.worlds import WORLDS
from fhir.content.compartments import Compartment
from referrals.policy.bases import Basis


@pytest.mark.django_db
@pytest.mark.parametrize("world", WORLDS)
def test_nobody_sees_more_or_less_than_the_page_says(world: str, matrix: Matrix, town: Town) -> None:
    found = Report.of(run.in_worlds(matrix, town, world))
    assert found.cells > 100
    assert found.differing == ()


@pytest.mark.django_db
def test_no_part_is_handed_on_but_on_the_grounds_the_page_names(matrix: Matrix, town: Town) -> None:
    found = Report.of(run.shares(matrix, town))
    assert {ground for share in matrix.shares for ground, _to, _part in share.answers} == set(Basis)
    assert found.differing == ()


@pytest.mark.django_db
def test_who_may_begin_a_referral_is_who_the_page_says(matrix: Matrix, town: Town) -> None:
    found = Report.of(run.beginnings(matrix, town))
    assert found.cells == len(matrix.staff["police"]) + len(matrix.staff["bhu"])
    assert found.differing == ()


@pytest.mark.django_db
def test_who_is_a_member_where_is_who_the_page_says(matrix: Matrix, town: Town) -> None:
    found = Report.of(run.places(matrix, town))
    assert found.cells == len(town.agencies) * len(Role)
    assert found.differing == ()


def test_every_role_sits_somewhere(matrix: Matrix) -> None:
    assert {role for name, role in PLACES if any(seat.agency == name for seat in matrix.seats)} == set(Role)


def test_the_page_has_every_role_part_relation_and_ground_it_must_speak_of(matrix: Matrix) -> None:
    assert set(matrix.people) == set(Role)
    held = {part for seat in matrix.seats for part in seat.holds}
    assert held == set(Compartment) - {Compartment.TRANSPORT}  # no resource is placed there yet
    relations = {
        "own unit, began it", "own unit, a colleague began it", "recipient that accepted",
        "recipient that has not answered", "recipient that lost", "recipient that declined", "withdrawn",
        "consent revoked", "consent held", "consent expired", "emergency within the hour", "emergency after the hour",
        "never a party",
    }  # fmt: skip
    assert relations <= {seat.relation for seat in matrix.seats}
    grounds = {
        "referral_for_help", "police_business", "consent_named", "consent_tpo", "deidentified", "hipaa_treatment",
        "hipaa_512j", "medical_emergency",
    }  # fmt: skip
    assert grounds == {seat.basis for seat in matrix.seats} - {""}
    assert {seat.world for seat in matrix.seats} == set(WORLDS)
