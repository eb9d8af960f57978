"""Entering, confirming and ending a coverage: by whom, on which agreement, and what cannot stand."""

from datetime import date, time
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from agencies.agreements import AgreementParty
from agencies.coverage import services
from agencies.coverage.models import Coverage
from agencies.errors import CannotCover, NotAllowed
from audit.models import AuditEvent
from tests.coverage.conftest import DAY, NIGHT, Towns, covers, entered, nights

pytestmark = pytest.mark.django_db


def newest() -> tuple[str, str, str, str]:
    row = AuditEvent.objects.order_by("-pk")[0]
    return row.action, row.outcome, row.actor, row.code


def goes_to(towns: Towns, at: Any = NIGHT) -> str:
    """Where what is put to the unit goes."""
    unit = towns.county.bhu
    route = services.routes([unit.pk], at=at).get(unit.pk)
    return route.covering.slug if route else unit.slug


def test_what_one_enters_and_the_other_confirms_routes_in_its_hours_and_in_no_other(towns: Towns, clock: Any) -> None:
    row = entered(towns, towns.unit, towns.clinic)
    assert newest() == ("coverage.enter", "0", towns.unit.name, f"Agency/{towns.county.clinic.pk}")
    assert goes_to(towns) == "bhu"
    services.confirm(towns.clinic, row.pk)
    assert newest() == ("coverage.confirm", "0", towns.clinic.name, f"Agency/{towns.county.bhu.pk}")
    assert (goes_to(towns), goes_to(towns, DAY)) == ("clinic", "bhu")
    (route,) = services.routes([towns.county.bhu.pk], at=NIGHT).values()
    assert (route.agreement, route.until.isoformat()) == ("County", "2026-03-05T11:00:00+00:00")


def test_either_ends_it_at_once_and_it_does_not_come_back(towns: Towns, clock: Any) -> None:
    for who in (towns.unit, towns.clinic):
        row = covers(towns, towns.unit, towns.clinic)
        services.end(who, row.pk)
        assert goes_to(towns) == "bhu"
        for act in (services.end, services.confirm):
            with pytest.raises(CannotCover):
                act(towns.clinic, row.pk)


def test_only_the_covered_agencys_administrator_enters_and_only_the_covering_ones_confirms(
    towns: Towns, clock: Any
) -> None:
    row = entered(towns, towns.unit, towns.clinic)
    for actor in (towns.unit, towns.detox, towns.stranger):
        with pytest.raises(CannotCover):
            services.confirm(actor, row.pk)
        assert newest() == ("coverage.confirm", "4", actor.name, "COVERAGE")
    for actor in (towns.county.clinician, towns.county.clinic_intake, towns.county.officer):
        for act in (services.confirm, services.end):
            with pytest.raises(NotAllowed):
                act(actor, row.pk)
        assert newest()[:3] == ("coverage.end", "4", actor.name)
        with pytest.raises(NotAllowed):
            services.enter(actor, covering_id=row.covering_id, agreement_id=towns.paper.pk, hours=nights())
    for actor in (towns.detox, towns.stranger):
        with pytest.raises(CannotCover):
            services.end(actor, row.pk)
    assert Coverage.objects.get().confirmed_at is None


def test_only_an_administrator_sees_who_covers_whom_of_their_own_agency(towns: Towns, clock: Any) -> None:
    row = covers(towns, towns.unit, towns.clinic)
    assert services.listed(towns.unit) == services.listed(towns.clinic) == [row]
    assert services.listed(towns.detox) == []
    for actor in (towns.county.clinician, towns.county.clinic_intake, towns.county.officer):
        with pytest.raises(NotAllowed):
            services.listed(actor)
        assert newest()[:3] == ("coverage.list", "4", actor.name)


def test_it_rests_on_an_agreement_in_force_between_the_two(towns: Towns, clock: Any) -> None:
    with pytest.raises(ValidationError) as refused:
        entered(towns, towns.unit, towns.stranger)
    assert refused.value.message_dict == {"agreement": ["Choose an agreement in force between the two: none."]}
    assert newest()[1] == "4"
    covers(towns, towns.unit, towns.clinic)
    AgreementParty.objects.filter(agency=towns.county.clinic).update(left_on="2026-03-04")
    assert goes_to(towns) == "bhu"


def test_an_agreement_that_ended_meanwhile_is_not_confirmed(towns: Towns, clock: Any) -> None:
    row = entered(towns, towns.unit, towns.clinic)
    AgreementParty.objects.filter(agency=towns.county.bhu).update(left_on="2026-03-04")
    with pytest.raises(ValidationError):
        services.confirm(towns.clinic, row.pk)


def test_nothing_is_routed_to_who_is_not_there_any_more(towns: Towns, clock: Any) -> None:
    covers(towns, towns.unit, towns.clinic)
    clinic = towns.county.clinic
    for field in ("is_active", "connected"):
        setattr(clinic, field, False)
        clinic.save()
        assert goes_to(towns) == "bhu"
        setattr(clinic, field, True)
        clinic.save()
    assert goes_to(towns) == "clinic"


def test_nobody_is_covered_by_who_is_off_the_network_or_by_itself(towns: Towns, clock: Any) -> None:
    for other in (towns.county.paper_clinic, towns.county.bhu):
        with pytest.raises(ValidationError) as refused:
            services.enter(towns.unit, covering_id=other.pk, agreement_id=towns.paper.pk, hours=nights())
        assert list(refused.value.message_dict) == ["covering"]


@pytest.mark.parametrize(
    ("hours", "field"),
    [
        (nights(until=date(2026, 2, 1)), "until"),
        (nights(since=date(2026, 1, 1), until=date(2026, 3, 1)), "until"),
        (nights(days=0), "days"),
    ],
)  # fmt: skip
def test_hours_without_a_day_are_refused_by_their_field(towns: Towns, clock: Any, hours: Any, field: str) -> None:
    with pytest.raises(ValidationError) as refused:
        entered(towns, towns.unit, towns.clinic, hours)
    assert field in refused.value.message_dict


def test_what_is_handed_over_is_not_handed_on_and_it_is_said_why(towns: Towns, clock: Any) -> None:
    covers(towns, towns.unit, towns.clinic)
    with pytest.raises(CannotCover, match="Clinic covers Bhu then, and who covers another is not covered itself"):
        entered(towns, towns.clinic, towns.detox)
    assert newest() == ("coverage.enter", "4", towns.clinic.name, "COVERAGE")
    with pytest.raises(CannotCover, match="Bhu is covered by Clinic then, and what is handed to it is not handed on"):
        entered(towns, towns.detox, towns.unit)
    with pytest.raises(CannotCover, match="each would hand it to the other"):
        entered(towns, towns.clinic, towns.unit)
    with pytest.raises(CannotCover, match="End that first"):
        entered(towns, towns.unit, towns.detox)
    covers(towns, towns.clinic, towns.unit, nights(begins=time(6), ends=time(20)))


def test_a_chain_that_was_entered_on_both_ends_stops_where_it_is_confirmed(towns: Towns, clock: Any) -> None:
    first, second = entered(towns, towns.unit, towns.clinic), entered(towns, towns.clinic, towns.detox)
    services.confirm(towns.clinic, first.pk)
    with pytest.raises(CannotCover):
        services.confirm(towns.detox, second.pk)
    assert goes_to(towns) == "clinic"


def test_what_nobody_confirmed_stands_in_nobodys_way(towns: Towns, clock: Any) -> None:
    """Else any agency could keep another from being covered, by entering that it is covered by it."""
    entered(towns, towns.detox, towns.unit)
    covers(towns, towns.unit, towns.clinic)
    assert goes_to(towns) == "clinic"


def test_it_is_entered_by_the_clock_of_the_agency_that_is_covered(towns: Towns, clock: Any) -> None:
    towns.county.bhu.time_zone = "America/Chicago"
    towns.county.bhu.save()
    assert entered(towns, towns.unit, towns.clinic).time_zone == "America/Chicago"
