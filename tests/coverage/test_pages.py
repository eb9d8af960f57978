"""The page of who covers whom, and what a sender is shown before it is sent."""

import re
from html import unescape
from http import HTTPStatus
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from agencies.actor import Actor
from agencies.agreements import AgreementParty
from agencies.coverage import services
from agencies.coverage.models import Coverage
from agencies.models import Membership
from referrals.models import ReferralTask
from tests.coverage.conftest import NIGHT, Towns, covers, entered
from tests.web.signing import signed_in
from tests.web.test_sending import faults, hidden, told

pytestmark = pytest.mark.django_db


def browser(actor: Actor) -> Client:
    return signed_in(Membership.objects.get(pk=actor.membership_id).user)


def at(actor: Actor, *more: Any) -> list[Any]:
    return [Membership.objects.get(pk=actor.membership_id).agency.slug, actor.role.value, *more]


def text(answer: Any) -> str:
    return re.sub(r"<[^>]*>|\s+", " ", unescape(answer.content.decode().partition("<main")[2]))


def words(answer: Any) -> str:
    return re.sub(r"\s+", " ", text(answer))


def typed(towns: Towns, **changes: Any) -> dict[str, Any]:
    return {
        "covering": f"{towns.county.clinic.pk}/{towns.paper.pk}",
        "days": [str(1 << n) for n in range(7)],
        "begins": "20:00",
        "ends": "06:00",
        "since": "2026-03-01",
        "until": "",
    } | changes


def test_one_enters_the_other_confirms_and_either_ends_it(towns: Towns, clock: Any) -> None:
    ours, theirs = browser(towns.unit), browser(towns.clinic)
    page, page_of_theirs = (reverse("agencies:coverage", args=at(each)) for each in (towns.unit, towns.clinic))
    assert ours.post(page, typed(towns)).status_code == HTTPStatus.SEE_OTHER
    assert "not confirmed: nothing goes there yet" in words(ours.get(page))
    assert "waits for you: nothing comes to you before you confirm" in words(theirs.get(page_of_theirs))
    assert "Refuse Bhu" in words(theirs.get(page_of_theirs))
    row = Coverage.objects.get()
    theirs.post(reverse("agencies:confirm-coverage", args=at(towns.clinic, row.pk)))
    assert "every day, 20:00–06:00" in (shown := words(ours.get(page)))
    assert "confirmed" in shown
    assert "Refuse" not in words(theirs.get(page_of_theirs))
    theirs.post(reverse("agencies:end-coverage", args=at(towns.clinic, row.pk)))
    assert "Nobody. What is sent to you comes to you at any hour." in words(ours.get(page))


def test_what_is_wrong_stands_by_its_box_and_nothing_typed_is_lost(towns: Towns, clock: Any) -> None:
    page = reverse("agencies:coverage", args=at(towns.unit))
    answer = browser(towns.unit).post(page, typed(towns, ends="", until="2026-02-01"))
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert 'value="20:00"' in answer.content.decode()
    answer = browser(towns.unit).post(page, typed(towns, until="2026-02-01"))
    assert "Must not be before the first day." in faults(answer)
    assert 'value="2026-02-01"' in answer.content.decode()
    assert not Coverage.objects.exists()


def test_what_would_be_handed_on_is_said_in_the_form(towns: Towns, clock: Any) -> None:
    covers(towns, towns.unit, towns.clinic)
    page = reverse("agencies:coverage", args=at(towns.clinic))
    answer = browser(towns.clinic).post(page, typed(towns, covering=f"{towns.county.detox.pk}/{towns.paper.pk}"))
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "Clinic covers Bhu then" in faults(answer)


def test_only_agencies_of_one_agreement_on_the_network_are_there_to_choose(towns: Towns, clock: Any) -> None:
    answer = browser(towns.unit).get(reverse("agencies:coverage", args=at(towns.unit)))
    offered = re.findall(r"<option[^>]*>\s*([A-Z][^<]*?) –", answer.content.decode())
    assert sorted(offered) == ["Clinic", "Detox", "Other-Police", "Police"]


def test_anybody_but_an_administrator_finds_no_such_page(towns: Towns, clock: Any) -> None:
    row = covers(towns, towns.unit, towns.clinic)
    for actor in (towns.county.clinician, towns.county.officer):
        for name, more in (("coverage", ()), ("confirm-coverage", (row.pk,)), ("end-coverage", (row.pk,))):
            for method in ("get", "post"):
                answer = getattr(browser(actor), method)(reverse(f"agencies:{name}", args=at(actor, *more)))
                assert answer.status_code in (404, 405)
    another = browser(towns.detox)
    another.post(reverse("agencies:end-coverage", args=at(towns.detox, row.pk)))
    assert Coverage.objects.get().ended_at is None


def test_how_many_lines_there_are_costs_no_query_more(
    towns: Towns, clock: Any, django_assert_max_num_queries: Any
) -> None:
    entered(towns, towns.unit, towns.clinic)
    entered(towns, towns.detox, towns.unit)
    client, page = browser(towns.unit), reverse("agencies:coverage", args=at(towns.unit))
    client.get(page)
    with django_assert_max_num_queries(12):
        client.get(page)


# Before it is sent


@pytest.fixture
def night(towns: Towns, clock: Any) -> Coverage:
    row = covers(towns, towns.unit, towns.clinic)
    clock.move_to(NIGHT)
    return row


def looked(towns: Towns, client: Client) -> tuple[str, Any]:
    """Tell it to the unit, and come to the preview: its address and what it shows."""
    said = told(towns.county)
    answer = client.post(reverse("referrals:new", args=at(towns.county.officer)), said)
    assert answer.status_code == HTTPStatus.SEE_OTHER, faults(answer)
    url = answer.headers["Location"]
    return url, client.get(url)


def asked() -> list[str]:
    return list(ReferralTask.objects.values_list("owner__slug", flat=True))


def post(client: Client, url: str, seen: Any, **more: str) -> Any:
    return client.post(url, {"version": hidden(seen, "version"), **more})


def test_the_sender_sees_who_covers_until_when_on_what_and_it_goes_there(
    towns: Towns, night: Coverage, towned: None
) -> None:
    client = browser(towns.county.officer)
    url, seen = looked(towns, client)
    assert "Clinic covers Bhu until 6 a.m. (03/05/2026). It goes to Clinic." in words(seen)
    assert "Agreement: County. Ground: a referral for help under the agencies' agreement." in words(seen)
    answer = post(client, url, seen, digest=hidden(seen, "digest"))
    assert asked() == ["clinic"]
    receipt = words(client.get(answer.headers["Location"]))
    assert "Clinic" in receipt
    assert "It covers Bhu now." in receipt


def test_one_button_sends_it_to_the_covered_one_itself_and_another_back(
    towns: Towns, night: Coverage, towned: None
) -> None:
    client = browser(towns.county.officer)
    url, seen = looked(towns, client)
    unit = str(towns.county.bhu.pk)
    assert post(client, url, seen, cover=unit).status_code == HTTPStatus.SEE_OTHER
    seen = client.get(url)
    assert "It goes to Bhu all the same: nobody there may answer before then." in words(seen)
    post(client, url, seen, cover=unit)
    seen = client.get(url)
    assert "It goes to Clinic." in words(seen)
    post(client, url, seen, cover=unit)
    seen = client.get(url)
    post(client, url, seen, digest=hidden(seen, "digest"))
    assert asked() == ["bhu"]


def test_a_choice_made_on_an_old_page_changes_nothing(towns: Towns, night: Coverage, towned: None) -> None:
    client = browser(towns.county.officer)
    url, seen = looked(towns, client)
    unit = str(towns.county.bhu.pk)
    post(client, url, seen, cover=unit)
    assert post(client, url, seen, cover=unit).status_code == HTTPStatus.CONFLICT
    assert "It goes to Bhu all the same" in words(client.get(url))


@pytest.mark.parametrize("choice", ["nonsense", "018f0000-0000-7000-8000-000000000000"])
def test_only_who_was_picked_can_be_chosen(towns: Towns, night: Coverage, towned: None, choice: str) -> None:
    client = browser(towns.county.officer)
    url, seen = looked(towns, client)
    assert post(client, url, seen, cover=choice).status_code == HTTPStatus.NOT_FOUND


def test_where_it_may_not_go_to_who_covers_that_is_said_with_how_to_get_on(
    towns: Towns, night: Coverage, towned: None, monkeypatch: Any
) -> None:
    client = browser(towns.county.officer)
    url, _seen = looked(towns, client)
    # Another agreement holds the unit and the police; of the county's the police are a party no more.
    from agencies.agreements import sign
    from agencies.kinds import Purpose

    AgreementParty.objects.filter(agency=towns.county.police).update(left_on="2026-03-04")
    sign(
        by="System/setup",
        title="Police and unit",
        document_sha256="1" * 64,
        parties=[towns.county.police, towns.county.bhu],
        purposes=[Purpose.COORDINATION],
        effective_on=NIGHT.date(),
    )
    seen = client.get(url)
    assert seen.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "Clinic covers Bhu until 6 a.m. (03/05/2026), and there it may not go." in words(seen)
    assert "Nothing was sent" in words(seen)
    post(client, url, seen, cover=str(towns.county.bhu.pk))
    seen = client.get(url)
    post(client, url, seen, digest=hidden(seen, "digest"))
    assert asked() == ["bhu"]


def test_one_that_ended_while_it_was_looked_at_is_shown_anew(towns: Towns, night: Coverage, towned: None) -> None:
    client = browser(towns.county.officer)
    url, seen = looked(towns, client)
    services.end(towns.unit, night.pk)
    answer = post(client, url, seen, digest=hidden(seen, "digest"))
    assert answer.status_code == HTTPStatus.CONFLICT
    assert "covers" not in words(answer)
    assert asked() == []


@pytest.fixture
def towned(towns: Towns) -> None:
    """The police serve one town, so that the form knows it."""
    from agencies.models import Town

    towns.county.police.towns_served.set([Town.objects.create(slug="alder", name="Alder Falls", state="MA")])
