"""Whose work a page is: the places of the person signed in, and the one its address names."""

import pytest
from django.http import Http404, HttpRequest, HttpResponse
from django.test import RequestFactory
from django.utils import timezone

from agencies.models import Membership, User
from agencies.roles import Role
from agencies.services import add_member, end_membership
from agencies.web.places import Place, at_place, place_at, places_of
from tests.county import SETUP, County, make_county

pytestmark = pytest.mark.django_db


@pytest.fixture
def county() -> County:
    return make_county()


def request_of(user: User) -> HttpRequest:
    request = RequestFactory().get("/")
    request.user = user
    return request


def user_of(county: County) -> User:
    return Membership.objects.get(pk=county.clinician.membership_id).user


def test_who_works_for_two_agencies_has_two_places(county: County) -> None:
    user = user_of(county)
    second = add_member(by=SETUP, agency=county.clinic, role=Role.COORDINATOR, user=user)
    places = places_of(request_of(user))
    assert [place.at for place in places] == [("bhu", "clinician"), ("clinic", "coordinator")]
    assert places[1].actor.membership_id == second.pk


def test_a_place_that_ended_is_gone_at_once(county: County) -> None:
    user = user_of(county)
    end_membership(by=SETUP, membership_id=county.clinician.membership_id, at=timezone.now())
    assert places_of(request_of(user)) == ()


def test_an_address_of_a_place_one_does_not_have_is_not_there(county: County) -> None:
    request = request_of(user_of(county))
    assert place_at(request, "bhu", "clinician").actor == county.clinician
    for agency, role in (("bhu", "coordinator"), ("detox", "clinician"), ("nowhere", "clinician")):
        with pytest.raises(Http404):
            place_at(request, agency, role)


def test_a_page_runs_by_the_clock_of_its_agency(county: County) -> None:
    county.bhu.time_zone = "America/Los_Angeles"
    county.bhu.save()

    @at_place
    def view(request: HttpRequest, place: Place) -> HttpResponse:
        return HttpResponse(f"{timezone.get_current_timezone_name()} {place.role_name}")

    answer = view(request_of(user_of(county)), agency="bhu", role="clinician")
    assert answer.content.decode() == "America/Los_Angeles Clinician"
