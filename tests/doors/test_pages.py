"""Every address of the URL table leaves its event: opened or done, refused, and sent to a place that is not one's own.

What leaves none stands in ``bhu.web.leaving.SILENT`` with its reason, and is held to it.
"""

from collections.abc import Iterator

import pytest
from django.apps import apps
from django.db import transaction
from django.test import Client
from django.urls import NoReverseMatch, reverse

from agencies.roles import Role
from agencies.services import actor_for, add_member
from audit import log
from audit.models import AuditEvent
from bhu.web.leaving import SILENT
from tests.county import CANARIES, SETUP
from tests.doors.addresses import Address, addresses
from tests.web.desk import Desk, Seat, make_desk, user_of
from tests.web.signing import signed_in

pytestmark = pytest.mark.django_db

ADDRESSES = {each.name: each for each in addresses()}
PAGES = sorted(set(ADDRESSES) - set(SILENT))
OPENED = {
    "referrals:work": "referral.list",
    "referrals:find": "page.open",
    "referrals:new-where": "page.open",
    "referrals:new": "page.open",
    "referrals:drafts": "draft.list",
    "referrals:file": "referral.open",
    "referrals:file-own": "referral.open-own",
    "referrals:file-history": "referral.history",
    "referrals:file-told": "referral.told",
    "referrals:file-why": "page.open",
    "referrals:file-print": "referral.print",
    "referrals:file-copy": "referral.copy",
    "referrals:file-bundle": "referral.download",
    "referrals:screens": "page.open",
    "referrals:note": "page.open",
    "referrals:offer": "page.open",
    "referrals:consents": "consent.list",
    "referrals:ask-consent": "page.open",
    "referrals:emergency": "page.open",
    "agencies:members": "page.open",
    "agencies:coverage": "page.open",
    "agencies:invite": "page.open",
    "signin:notice": "page.open",
    "signin:setup": "page.open",
    "usersessions_list": "page.open",
    "mfa_index": "page.open",
}
"""By hand: what opening a page that opens leaves. A page about a referral is opened by its clinician."""


@pytest.fixture(scope="module")
def shared_desk(build_once) -> Desk:
    """One referral on its way, made once for the module."""
    return build_once(make_desk)


@pytest.fixture
def desk(shared_desk: Desk, db: None) -> Iterator[Desk]:
    """The same, as each test finds it."""
    return shared_desk


def path_of(address: Address, **known: object) -> str:
    """The address with ids that are nobody's, except for what is ``known``."""
    kwargs = {name: known.get(name, value) for name, value in address.kwargs.items()}
    try:
        return reverse(address.name, kwargs=kwargs)
    except NoReverseMatch:
        return f"/{address.route}" if "<" not in address.route else f"/{address.route.partition('<')[0]}1/"


def left_by(client: Client, method: str, path: str, **data: object) -> tuple[int, list[AuditEvent]]:
    """The status of the answer, wherever it led, and the events it left."""
    before = set(AuditEvent.objects.values_list("pk", flat=True))
    answer = getattr(client, method)(
        path, data, follow=method == "get" and client.session.get("_auth_user_id") is not None
    )
    return answer.status_code, list(AuditEvent.objects.exclude(pk__in=before).order_by("pk"))


def require_whole(events: list[AuditEvent]) -> None:
    """The six things of CJIS AU-3 stand in each, and none of a client."""
    for event in events:
        what, when, where, source, outcome, who = (
            f"{event.action} {event.target}", event.at, event.door, event.request_id, event.outcome, event.actor
        )  # fmt: skip
        assert all((what.strip(), when, where, source, outcome, who))
        assert not [canary for canary in CANARIES if canary.lower() in bytes(event.body).decode().lower()]


@pytest.mark.parametrize("name", PAGES, ids=lambda name: name[:29])
def test_an_address_asked_for_with_ids_that_are_nobodys_leaves_its_event(desk: Desk, name, record_property):
    left = 0
    seat = Seat(desk.county.outsider)
    for method in ("get", "post"):
        path = path_of(ADDRESSES[name], agency=seat.at[0], role=seat.at[1])
        status, events = left_by(signed_in(user_of(desk.county.outsider)), method, path)
        assert events, f"{method} {name} answered {status} and left nothing"
        require_whole(events)
        if status >= 400 and status != 422:
            assert {event.outcome for event in events} & {"4"}, f"{method} {name} answered {status}"
        left += len(events)
    record_property("doors", 1)
    record_property("events", left)


@pytest.mark.parametrize("name", [name for name in PAGES if "agency" in ADDRESSES[name].kwargs])
def test_a_place_that_is_not_ones_own_is_refused_and_recorded_as_tried_by_that_person(desk: Desk, name):
    person = user_of(desk.county.outsider)
    known = {"agency": "bhu", "role": "clinician", "referral_id": desk.referral_id, "task_id": desk.first}
    for method in ("get", "post"):
        status, events = left_by(signed_in(person), method, path_of(ADDRESSES[name], **known))
        assert status == 404 or status == 405, status
        assert [(event.action, event.outcome) for event in events] == [("page.refuse", "4")]
        assert events[0].actor == f"Person/{person.pk}"
        assert events[0].agency == str(desk.county.outsider.agency_id)


@pytest.mark.parametrize(("name", "action"), OPENED.items())
def test_a_page_that_opens_leaves_what_it_is_by_hand(desk: Desk, name, action):
    who = desk.county.admin if name.startswith("agencies:") else desk.county.clinician
    seat = Seat(who)
    known = {"agency": seat.at[0], "role": seat.at[1], "referral_id": desk.referral_id}
    status, events = left_by(seat.client, "get", path_of(ADDRESSES[name], **known))
    assert status == 200
    assert action in {event.action for event in events}
    assert {event.outcome for event in events} == {"0"}
    require_whole(events)
    if "referral_id" in ADDRESSES[name].kwargs:
        assert f"Referral/{desk.referral_id}" in {event.target for event in events}
        assert {event.agency for event in events} == {str(who.agency_id)}


@pytest.mark.parametrize("name", sorted(SILENT))
def test_what_leaves_none_shows_nothing_of_anybody(desk: Desk, name):
    client = signed_in(user_of(desk.county.clinician))
    _status, events = left_by(client, "get", path_of(ADDRESSES[name]))
    assert events == []
    page = client.get(path_of(ADDRESSES[name])).content.decode()
    assert not [canary for canary in CANARIES if canary in page]


def test_every_page_that_is_for_nobody_signed_in_asks_to_sign_in_and_leaves_none(desk: Desk):
    shown = [name for name in PAGES if "agency" in ADDRESSES[name].kwargs]
    for name in shown:
        status, events = left_by(Client(), "get", path_of(ADDRESSES[name], agency="bhu", role="clinician"))
        assert (status, events) == (302, [])


def test_technical_staff_leave_one_at_every_table_they_look_at(desk: Desk):
    root = desk.county.superuser
    for name in ("admin:index", "admin:agencies_user_changelist", "admin:agencies_membership_changelist"):
        status, events = left_by(signed_in(root), "get", reverse(name))
        assert (status, [event.action for event in events]) == (200, ["page.open"])
        assert (events[0].actor, events[0].target) == (f"Person/{root.pk}", f"Page/{name}")


def test_a_page_whose_event_cannot_be_written_is_not_shown_and_somebody_hears_of_it(desk: Desk, monkeypatch, caplog):
    seat = Seat(desk.county.admin)
    seat.client.raise_request_exception = False

    def full(_event: object) -> None:
        raise log.DatabaseError("disk full")

    monkeypatch.setattr(log, "_execute", full)
    with transaction.atomic():
        answer = seat.client.get(reverse("agencies:members", args=seat.at))
        transaction.set_rollback(False)
    assert answer.status_code == 500
    assert user_of(desk.county.admin).email not in answer.content.decode()
    assert "audit event not written" in caplog.text


def test_an_agencys_own_event_is_not_doubled_by_that_of_the_page(desk: Desk):
    seat = Seat(desk.county.clinician)
    _status, events = left_by(seat.client, "get", seat.address("file-history", desk.referral_id))
    assert [event.action for event in events] == ["referral.history"]


def test_who_works_for_two_agencies_leaves_each_agency_its_own(desk: Desk):
    person = user_of(desk.county.clinician)
    second = actor_for(add_member(by=SETUP, agency=desk.county.detox, role=Role.AGENCY_ADMIN, user=person))
    path = reverse("agencies:members", args=["detox", "agency_admin"])
    _status, events = left_by(signed_in(person), "get", path)
    assert [(event.agency, event.actor) for event in events] == [(str(second.agency_id), second.name)]


def test_no_table_of_the_log_holds_a_name_a_word_or_what_was_searched_for(desk: Desk):
    seat = Seat(desk.county.clinician)
    typed = {"family": CANARIES[0], "given": CANARIES[1], "born": "2007-05-11"}
    assert seat.client.post(reverse("referrals:find"), typed).status_code == 200
    seat.client.post(reverse("referrals:find"), {"number": CANARIES[3]})
    seat.get("file", desk.referral_id)
    held = b""
    for model in apps.get_app_config("audit").get_models():
        for row in model.objects.values_list():
            held += b"\n".join(
                bytes(cell) if isinstance(cell, bytes | memoryview) else str(cell).encode() for cell in row
            )
    assert b"client.find" in held
    searched = (*CANARIES, "2007-05-11", "Ottilie@")
    assert [each for each in searched if each.lower().encode() in held.lower()] == []


def test_a_link_for_a_new_password_is_recorded_as_asked_by_nobody_known_and_only_for_somebody_who_is_there(desk: Desk):
    person = user_of(desk.county.clinician)
    for typed in (person.email, "nobody.there@example.org"):
        status, events = left_by(Client(), "post", reverse("account_reset_password"), email=typed)
        assert status == 302
        if typed == person.email:
            assert [(event.action, event.target, event.actor) for event in events] == [
                ("signin.mail", f"Person/{person.pk}", "Person/unknown")
            ]
            assert typed not in bytes(events[0].body).decode()
        else:
            assert events == []
