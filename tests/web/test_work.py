"""The board as a page: what it shows, how it narrows, one tap, and finding."""

import re
from html import unescape
from http import HTTPStatus
from urllib.parse import parse_qsl

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from agencies.models import Membership, User
from agencies.roles import Role
from agencies.services import add_member
from audit.models import AuditEvent
from referrals.acts import Send
from referrals.board import board
from referrals.models import ReferralTask
from referrals.perform import perform
from tests.county import CANARIES, SETUP, bundle_of
from tests.web.signing import signed_in

pytestmark = pytest.mark.django_db

WORK = "referrals:work"


def user_of(actor) -> User:
    return Membership.objects.get(pk=actor.membership_id).user


def send(county, *, to=None, priority="urgent"):
    return perform(county.officer, [Send(data=bundle_of(request={"priority": priority}), to=(to or county.bhu.id,))])


def page_of(actor, **query) -> str:
    answer = signed_in(user_of(actor)).get(reverse(WORK), query)
    assert answer.status_code == HTTPStatus.OK
    return answer.content.decode()


def test_who_is_not_signed_in_is_asked_to():
    answer = Client().get(reverse(WORK))
    assert answer.status_code == HTTPStatus.FOUND
    assert answer.headers["Location"].startswith(reverse("account_login"))


def test_an_empty_pile_says_so_in_its_own_words(county):
    assert "Nothing waits for your answer." in page_of(county.clinician)
    assert "You are working on nothing now." in page_of(county.clinician, show="ours")
    assert "Nothing you sent is open." in page_of(county.officer)


def test_a_row_says_who_asks_how_urgent_and_since_when_and_nothing_of_the_client(county):
    done = send(county)
    page = page_of(county.clinician)
    assert done.reference in page
    assert "Police" in page
    assert "urgent" in page
    assert "0 min" in page
    assert not [canary for canary in CANARIES if canary in page]


def test_the_officer_reads_whom_to_call_and_has_no_button_to_accept(county):
    county.bhu.phone = "555-0131"
    county.bhu.save()
    send(county)
    page = page_of(county.officer)
    assert "not picked up yet" in page
    assert "tel:555-0131" in page
    assert "data-key=" not in page


def test_who_answers_nothing_has_no_heading_for_it(county):
    assert ">To answer" not in page_of(county.officer)
    assert ">To answer" in page_of(county.clinician)


def test_one_tap_accepts_what_was_seen_and_comes_back_to_the_same_list(county):
    done = send(county)
    client = signed_in(user_of(county.clinician))
    page = client.get(reverse(WORK), {"show": "answer", "urgency": "urgent"}).content.decode()
    action, key = (
        re.search(r'action="(/at/[^"]+/accept/)"', page)[1],
        re.search(r"name=.key.\s+value=.([^\"]+).", page)[1],
    )
    posted = {"version": "1", "key": key, "back": "show=answer&urgency=urgent"}
    for _twice in range(2):
        answer = client.post(action, posted, follow=True)
        assert answer.redirect_chain == [(f"{reverse(WORK)}?show=answer&urgency=urgent", HTTPStatus.SEE_OTHER)]
        assert f"{done.reference} is accepted." in answer.content.decode()
    assert ReferralTask.objects.get(pk=next(iter(done.tasks))).version == 2


def test_what_changed_since_it_was_seen_is_not_accepted(county):
    done = send(county)
    (task,) = done.tasks
    place = ("bhu", "clinician")
    answer = signed_in(user_of(county.clinician)).post(
        reverse("referrals:accept", args=[*place, task]), {"version": "7"}
    )
    assert answer.status_code == HTTPStatus.PRECONDITION_FAILED
    assert ReferralTask.objects.get(pk=task).status == "requested"


def test_nobody_accepts_in_a_place_that_is_not_theirs(county):
    (task,) = send(county).tasks
    for actor, place in ((county.outsider, ("bhu", "clinician")), (county.outsider, ("stranger", "clinician"))):
        answer = signed_in(user_of(actor)).post(reverse("referrals:accept", args=[*place, task]), {"version": "1"})
        assert answer.status_code == HTTPStatus.NOT_FOUND
    assert ReferralTask.objects.get(pk=task).status == "requested"


def test_who_works_for_two_agencies_sees_both_with_the_name_of_each_and_narrows_to_one(county):
    user = user_of(county.clinician)
    second = add_member(by=SETUP, agency=county.detox, role=Role.INTAKE, user=user)
    ours, theirs = send(county), send(county, to=county.detox.id)
    client = signed_in(user)
    page = client.get(reverse(WORK)).content.decode()
    assert {ours.reference, theirs.reference} <= set(re.findall(r">([0-9A-Z]{4}-[0-9A-Z]{4})<", page))
    assert "<small>Detox</small>" in page
    narrowed = client.get(reverse(WORK), {"place": str(second.pk)}).content.decode()
    assert theirs.reference in narrowed
    assert ours.reference not in narrowed


def test_what_narrows_the_list_is_kept_in_every_link_and_a_foreign_place_narrows_to_nothing_foreign(county):
    send(county)
    page = page_of(county.clinician, urgency="urgent", place=str(county.outsider.membership_id))
    assert "show=ours" in page
    assert "urgency=urgent&amp;" in page or "&amp;urgency=urgent" in page
    assert "Stranger" not in page


NOWHERE = [{"after": each} for each in ("x", "0", "0.x.0", f"0.{'9' * 17}.{'0' * 32}", f"9.{'9' * 16}.{'f' * 32}")]


@pytest.mark.parametrize("query", [*NOWHERE, {"show": "x"}, {"urgency": "x"}])
def test_an_address_that_makes_no_sense_shows_the_list(county, query):
    page_of(county.clinician, **query)


def test_a_page_that_asks_again_is_told_nothing_while_nothing_changed(county):
    client = signed_in(user_of(county.clinician))
    mark = re.search(r'data-mark="(\w+)"', client.get(reverse(WORK)).content.decode())[1]
    before = AuditEvent.objects.count()
    assert client.get(reverse("referrals:still"), {"mark": mark}).status_code == HTTPStatus.NO_CONTENT
    assert AuditEvent.objects.count() == before
    send(county)
    answer = client.get(reverse("referrals:still"), {"mark": mark})
    assert (answer.status_code, answer.content) == (HTTPStatus.OK, b"")


def test_asked_by_the_page_itself_the_list_comes_without_its_frame(county):
    page = signed_in(user_of(county.clinician)).get(reverse(WORK), headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in page
    assert "data-mark=" in page


def test_a_full_list_takes_no_more_queries_than_one_row(county):
    client = signed_in(user_of(county.clinician))
    counted = []
    for _more in range(2):
        send(county)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            client.get(reverse(WORK))
        counted.append(len(queries))
    assert counted[0] == counted[1]


def test_a_long_list_goes_on_from_its_last_row_whatever_comes_before_it_meanwhile(county, monkeypatch):
    sent = [send(county).reference for _ in range(3)]
    monkeypatch.setattr("referrals.board.board.__kwdefaults__", {**board.__kwdefaults__, "size": 2})
    first = page_of(county.clinician)
    address = re.search(r'id="next"\s+href="[^"?]*\?([^"]*)"', first)[1]
    assert "First page" not in first
    send(county, priority="stat")
    second = page_of(county.clinician, **dict(parse_qsl(unescape(address))))
    assert [number for number in sent if number in second] == sent[2:]
    assert "First page" in second
    assert "Next page" not in second


def test_a_number_said_on_the_phone_opens_its_page_and_a_wrong_one_stays_typed(county):
    done = send(county)
    client = signed_in(user_of(county.clinician))
    spoken = done.reference.lower().replace("-", " ")
    answer = client.post(reverse("referrals:find"), {"number": spoken})
    assert answer.status_code == HTTPStatus.SEE_OTHER
    assert str(done.referral_id) in answer.headers["Location"]
    wrong = client.post(reverse("referrals:find"), {"number": "0000-0000"})
    assert wrong.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert 'value="0000-0000"' in wrong.content.decode()
    assert "<title>" in wrong.content.decode()
    assert "Error:" in wrong.content.decode().split("</title>")[0]


def test_ones_own_client_is_found_by_name_and_birth_date_and_nobody_elses(county):
    done = send(county)
    asked = {"family": CANARIES[0], "given": CANARIES[1], "born": "2007-05-11"}
    assert done.reference in found_by(county.clinician, asked)
    assert done.reference not in found_by(county.outsider, asked)
    assert "One of your clients" not in found_by(county.officer, asked)


def test_a_birth_date_alone_finds_nobody_and_what_was_typed_stays(county):
    answer = signed_in(user_of(county.clinician)).post(
        reverse("referrals:find"), {"born": "2007-05-11", "given": "Ann"}
    )
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert 'value="2007-05-11"' in answer.content.decode()
    assert 'value="Ann"' in answer.content.decode()


def found_by(actor, asked) -> str:
    return signed_in(user_of(actor)).post(reverse("referrals:find"), asked).content.decode()
