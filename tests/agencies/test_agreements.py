"""Agreements: who may exchange with whom, for what, on which day."""

from datetime import date, timedelta

import pytest

from agencies.agreements import WARN_DAYS, expiring, partners, sign
from agencies.kinds import AgencyKind, Purpose
from agencies.models import Agency, AgreementParty

DAY = date(2026, 11, 22)
pytestmark = pytest.mark.django_db


@pytest.fixture
def agencies():
    return [
        Agency.objects.create(slug=f"a{number}", name=f"A{number}", kind=AgencyKind.BHU.value) for number in range(4)
    ]


def signed(parties, **more):
    return sign(
        by="System/setup",
        title="Exchange",
        document_sha256="0" * 64,
        parties=parties,
        purposes=[Purpose.TREATMENT],
        effective_on=DAY - timedelta(days=100),
        **more,
    )


def found(agencies, *, purpose=Purpose.TREATMENT, on=DAY):
    ids = {agency.id: agency.slug for agency in agencies}
    answer = partners(agency_id=agencies[0].id, on=on)
    return {ids[agency_id] for agency_id in answer.get(purpose, ())}


def test_the_parties_of_one_live_agreement_are_partners_and_others_are_not(agencies):
    signed(agencies[:3])
    assert found(agencies) == {"a1", "a2"}


def test_two_agreements_do_not_make_their_parties_partners_of_each_other(agencies):
    signed([agencies[0], agencies[1]])
    signed([agencies[1], agencies[2]])
    assert found(agencies) == {"a1"}


def test_an_agreement_for_another_purpose_is_none(agencies):
    signed(agencies)
    assert found(agencies, purpose=Purpose.COORDINATION) == set()


@pytest.mark.parametrize(
    ("days", "live"),
    [(-101, False), (-100, True), (0, True), (30, True), (31, False)],
)
def test_an_agreement_holds_from_its_first_to_its_last_day(agencies, days, live):
    signed(agencies, expires_on=DAY + timedelta(days=30))
    assert bool(found(agencies, on=DAY + timedelta(days=days))) is live


def test_a_party_that_left_is_a_partner_no_more(agencies):
    agreement = signed(agencies)
    AgreementParty.objects.filter(agreement=agreement, agency=agencies[1]).update(left_on=DAY)
    assert found(agencies) == {"a2", "a3"}
    AgreementParty.objects.filter(agreement=agreement, agency=agencies[0]).update(left_on=DAY)
    assert found(agencies) == set()


def test_an_agreement_that_was_ended_is_none(agencies):
    agreement = signed(agencies)
    agreement.ended_on = DAY
    agreement.save()
    assert found(agencies) == set()
    assert found(agencies, on=DAY - timedelta(days=1)) == {"a1", "a2", "a3"}


def test_partners_are_one_question_however_many_are_asked_about(agencies, django_assert_num_queries):
    signed(agencies)
    with django_assert_num_queries(1):
        found(agencies)


@pytest.mark.parametrize(("left", "warning"), [(61, None), (60, 60), (31, 60), (30, 30), (8, 30), (7, 7), (0, 7)])
def test_a_warning_comes_at_sixty_thirty_and_seven_days(agencies, left, warning):
    signed(agencies, expires_on=DAY + timedelta(days=left))
    assert [row.days for row in expiring(on=DAY)] == ([] if warning is None else [warning])
    assert WARN_DAYS == (60, 30, 7)
