"""What the pages for staff ask of the database: one table. What is over it is listed with who of us asked.

Every page of the URL table, in a browser, is held against its budget by tests/browser/test_every_page.py.
"""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from agencies.actor import Actor
from agencies.models import Agency, Town
from tests.web.asked import listening
from tests.web.desk import Desk, make_desk
from tests.web.desk import Seat as Chair
from tests.web.test_sending import told

pytestmark = pytest.mark.django_db

FILES: tuple[tuple[str, str, int], ...] = (
    ("clinician", "file", 12),
    ("clinician", "file?part=all", 12),
    ("officer", "file", 11),
    ("detox_intake", "file", 11),
    ("clinician", "file-history", 9),
    ("clinician", "file-own", 12),
    ("clinician", "file-why?about=sud", 8),
    ("clinician", "file-print", 12),
    ("clinician", "file-copy", 12),
    ("clinician", "file-bundle", 10),
    ("clinician", "screens", 7),
    ("clinician", "note", 7),
    ("clinician", "offer", 10),
    ("clinician", "consents", 11),
    ("clinician", "ask-consent", 10),
    ("clinician", "emergency", 8),
)
DRAFTS = (("new-draft", 10), ("new-suicide", 8), ("new-medical", 8), ("new-preview", 14))
"""By name of the page, how many queries it takes: four say who is there, in which places, how much news waits."""


@pytest.fixture(scope="module")
def desk(build_once: Callable[[Callable[[], Desk]], Desk]) -> Desk:
    return build_once(_desk)


def _desk() -> Desk:
    desk = make_desk()
    Agency.objects.get(slug="police").towns_served.set([Town.objects.create(slug="alder", name="Alder Falls")])
    return desk


def stays_within(client: Client, address: str, most: int) -> None:
    """What is kept in memory is kept from the first answer on; the second is counted."""
    assert client.get(address).status_code == 200
    with listening() as asked:
        client.get(address)
    assert len(asked.queries) <= most, f"{len(asked.queries)} queries\n{asked}"


@pytest.mark.parametrize(("who", "page", "most"), FILES, ids=[f"{who}-{page}" for who, page, _most in FILES])
def test_a_page_of_a_referral_asks_no_more_than_it_must(desk: Desk, who: str, page: str, most: int) -> None:
    seat, (name, mark, query) = Chair(getattr(desk.county, who)), page.partition("?")
    stays_within(seat.client, seat.address(name, desk.referral_id) + mark + query, most)


@pytest.mark.parametrize(("name", "most"), DRAFTS)
def test_a_page_of_a_new_referral_asks_no_more_than_it_must(desk: Desk, name: str, most: int) -> None:
    """A preview is the whole act, gated and taken back, after the draft was opened: two events."""
    seat, said = Chair(desk.county.officer), told(desk.county, do="keep")
    seat.client.post(seat.address("new"), said)
    stays_within(seat.client, seat.address(name, said["draft"]), most)


@pytest.mark.parametrize(("who", "most"), [("clinician", 8), ("officer", 8), ("detox_intake", 8)])
def test_the_list_asks_no_more_than_it_must(desk: Desk, who: str, most: int) -> None:
    actor: Actor = getattr(desk.county, who)
    stays_within(Chair(actor).client, reverse("referrals:work"), most)
