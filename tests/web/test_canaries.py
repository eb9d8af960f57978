"""A client's name stands where it may be read and nowhere else: no address, title, header, cookie or log line."""

import logging
import re
from http import HTTPStatus

import pytest
from django.core import mail
from django.core.cache import cache
from django.urls import get_resolver, reverse

from agencies.models import Membership
from referrals.acts import AddSection, Offer, Send, TakeStep
from referrals.perform import perform
from tests.browser.test_every_page import names
from tests.county import CANARIES, SCREEN, bundle_of, consent_in
from tests.web.signing import signed_in

pytestmark = pytest.mark.django_db

OF_A_REFERRAL = (
    "file",
    "file-own",
    "file-history",
    "file-why",
    "file-told",
    "file-print",
    "file-copy",
    "file-bundle",
    "screens",
    "note",
    "offer",
    "consents",
    "ask-consent",
    "emergency",
)
MAY = {
    "officer": {"file", "file-own", "file-print", "file-copy", "file-bundle"},
    "clinician": {"file", "file-print", "file-copy", "file-bundle"},
    "coordinator": {"file", "file-print", "file-copy", "file-bundle"},
}
"""By hand: on which pages who may read who the client is, of a referral that was sent to the unit and not accepted
by anybody else (README, Who can read what)."""
EVERYBODY = (
    "officer",
    "other_officer",
    "clinician",
    "coordinator",
    "detox_intake",
    "clinic_intake",
    "outsider",
    "admin",
)


@pytest.fixture
def sent(county):
    """Sent by the officer, accepted by the unit, offered on a consent to two providers that have not answered."""
    done = perform(county.officer, [Send(data=bundle_of(SCREEN), to=(county.bhu.id,))])
    perform(county.clinician, [TakeStep(task_id=next(iter(done.tasks)), step="accept")])
    perform(county.clinician, [AddSection(referral_id=done.referral_id, data=consent_in(done.referral_id))])
    perform(county.clinician, [Offer(referral_id=done.referral_id, to=(county.detox.id, county.clinic.id))])
    return done


def membership_of(actor) -> Membership:
    return Membership.objects.select_related("agency", "user").get(pk=actor.membership_id)


def told(text: str) -> list[str]:
    return [canary for canary in CANARIES if canary.lower() in text.lower()]


def test_every_page_of_one_referral_is_tried():
    """A page added later that begins in a referral must be added above, or shown to be no page."""
    pages = {name.removeprefix("referrals:") for name in names(get_resolver()) if name.startswith("referrals:")}
    acts = {"accept", "drop-consent", "stand-consent", "hand-over", "file-step", "file-note", "file-number", "screen"}
    others = {"work", "still", "find", "anywhere", "emergency-words"}
    assert {name for name in pages if not name.startswith(("new", "draft", "desk"))} == set(
        OF_A_REFERRAL
    ) | acts | others


@pytest.mark.parametrize("who", EVERYBODY)
def test_who_the_client_is_stands_on_the_pages_of_those_who_may_know_alone(county, sent, who, caplog):
    actor = getattr(county, who)
    member = membership_of(actor)
    client, cookies = signed_in(member.user), set()
    seen = set()
    with caplog.at_level(logging.DEBUG):
        for name in OF_A_REFERRAL:
            address = reverse(f"referrals:{name}", args=[member.agency.slug, member.role, sent.referral_id])
            answer = client.get(address)
            body = b"".join(answer) if answer.streaming else answer.content
            text = body.decode()
            if told(text):
                seen.add(name)
            assert told(text.partition("</title>")[0] if "</title>" in text else "") == []
            assert told(" ".join(f"{key}: {value}" for key, value in answer.headers.items())) == []
            assert answer.status_code < HTTPStatus.INTERNAL_SERVER_ERROR
            cookies |= {str(morsel) for morsel in client.cookies.values()}
        for address in (reverse("referrals:work"), reverse("referrals:find")):
            assert told(client.get(address).content.decode()) == []
    assert seen == MAY.get(who, set())
    assert told(" ".join(cookies)) == []
    assert told(caplog.text) == []
    assert told(" ".join(f"{message.subject} {message.body}" for message in mail.outbox)) == []
    assert told(repr(getattr(cache, "_cache", ""))) == []


def test_the_search_for_a_client_leaves_her_name_in_no_log_and_in_no_address(county, sent, caplog):
    client = signed_in(membership_of(county.clinician).user)
    typed = {"family": CANARIES[0], "given": CANARIES[1], "born": "2007-05-11"}
    with caplog.at_level(logging.DEBUG):
        page = client.post(reverse("referrals:find"), typed).content.decode()
    assert sent.reference in page
    assert told(caplog.text) == []
    assert told(" ".join(re.findall(r'(?:href|action)="([^"]*)"', page))) == []
