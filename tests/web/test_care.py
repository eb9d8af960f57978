"""What who helps does in a referral, as pages: screens, notes, offers, consents, emergencies."""

import re
from html import unescape
from http import HTTPStatus

import pytest
from django.urls import reverse
from django.utils import timezone

from agencies.models import Membership
from fhir.content.compartments import Compartment
from referrals.acts import AddSection, Send, TakeStep
from referrals.emergencies.models import EmergencyAccess
from referrals.models import Participation, ReferralTask, Section
from referrals.opening import open_referral
from referrals.perform import perform
from referrals.policy.codes import WORDS
from referrals.signing.models import OralYes, SigningRequest
from referrals.web.care.screens import NAMES
from tests.county import CANARIES, bundle_of, consent_in
from tests.web.signing import signed_in

pytestmark = pytest.mark.django_db

YES, NO = "LA33-6", "LA32-8"


@pytest.fixture
def sent(county):
    """Sent by the officer, accepted by the clinician."""
    done = perform(county.officer, [Send(data=bundle_of(), to=(county.bhu.id,))])
    perform(county.clinician, [TakeStep(task_id=next(iter(done.tasks)), step="accept")])
    return done


def client_of(actor):
    return signed_in(Membership.objects.get(pk=actor.membership_id).user)


def address(name, actor, *args):
    membership = Membership.objects.select_related("agency").get(pk=actor.membership_id)
    return reverse(f"referrals:{name}", args=[membership.agency.slug, membership.role, *args])


def hidden(page: str, name: str) -> str:
    return re.search(rf'name="{name}"[^>]* value="([^"]+)"|value="([^"]+)"[^>]* name="{name}"', page)[1]


def text(answer) -> str:
    return answer.content.decode()


# Screens


@pytest.mark.parametrize("name", NAMES)
def test_every_instrument_has_a_page_with_its_questions_word_for_word(county, sent, name):
    page = text(client_of(county.clinician).get(address("screen", county.clinician, sent.referral_id, name)))
    for item in NAMES[name].questions:
        assert f'name="{item.code}"' in page
    assert NAMES[name].copyright[:30] in page


def test_a_screen_is_added_once_and_scored_and_the_line_after_says_nothing_of_it(county, sent):
    client, where = client_of(county.clinician), address("screen", county.clinician, sent.referral_id, "cssrsscreener")
    key = hidden(text(client.get(where)), "key")
    codes = [item.code for item in NAMES["cssrsscreener"].questions]
    posted = {"key": key, "language": "en", **dict.fromkeys(codes, NO), codes[1]: YES, codes[4]: YES}
    for _twice in range(2):
        answer = client.post(where, posted)
        assert answer.status_code == HTTPStatus.SEE_OTHER
    opened = open_referral(county.clinician, sent.referral_id)
    (score,) = opened.scores
    assert score.level == "high"
    said = [str(message) for message in client.get(reverse("referrals:work")).context["messages"]]
    assert said
    assert not any("high" in each for each in said)


def test_a_screen_with_nothing_answered_says_so(county, sent):
    client, where = client_of(county.clinician), address("screen", county.clinician, sent.referral_id, "gad7")
    answer = client.post(where, {"key": hidden(text(client.get(where)), "key")})
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "Nothing is answered yet" in text(answer)
    assert not Section.objects.filter(type="QuestionnaireResponse").exists()


def test_intake_that_may_not_write_there_is_refused_in_plain_words(county, sent):
    perform(county.officer, [Send(data=bundle_of(), to=(county.detox.id,))])
    task = ReferralTask.objects.get(owner=county.detox)
    perform(county.detox_intake, [TakeStep(task_id=task.pk, step="accept")])
    client = client_of(county.detox_intake)
    where = address("screen", county.detox_intake, task.referral_id, "cssrsscreener")
    code = NAMES["cssrsscreener"].questions[0].code
    answer = client.post(where, {"key": hidden(text(client.get(where)), "key"), code: NO})
    assert answer.status_code == HTTPStatus.FORBIDDEN
    assert "This was not done" in text(answer)


# Notes


def test_a_note_is_sealed_where_its_author_puts_it(county, sent):
    client, where = client_of(county.clinician), address("note", county.clinician, sent.referral_id)
    key = hidden(text(client.get(where)), "key")
    posted = {"key": key, "note": "Sister will drive on Friday.", "part": "sud"}
    for _twice in range(2):
        assert client.post(where, posted).status_code == HTTPStatus.SEE_OTHER
    notes = [
        each for each in open_referral(county.clinician, sent.referral_id).sections if each.type == "Communication"
    ]
    assert [(each.compartment, each.tree["payload"][0]["contentString"]) for each in notes] == [
        (Compartment.SUD, "Sister will drive on Friday.")
    ]


@pytest.mark.parametrize("note", ["", "   ", "x" * 4001, "a\x00b"])
def test_a_note_that_cannot_be_kept_stays_typed(county, sent, note):
    client, where = client_of(county.clinician), address("note", county.clinician, sent.referral_id)
    answer = client.post(where, {"key": hidden(text(client.get(where)), "key"), "note": note, "part": "clinical"})
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "Error:" in text(answer)


# Offers


def test_an_offer_is_shown_before_it_is_made_and_then_is_what_was_shown(county, sent):
    perform(county.clinician, [AddSection(referral_id=sent.referral_id, data=consent_in(sent.referral_id))])
    client, where = client_of(county.clinician), address("offer", county.clinician, sent.referral_id)
    typed = {
        "key": hidden(text(client.get(where)), "key"),
        "to": [str(county.detox.id), str(county.clinic.id)],
        "release": ["contact"],
    }
    looked = client.post(where, typed)
    page = text(looked)
    assert looked.status_code == HTTPStatus.OK
    assert "Reads when it says yes" in page
    assert "the client signed a paper that names them" in page
    assert "A police agency takes part" in page
    assert not ReferralTask.objects.filter(owner=county.detox).exists()
    answer = client.post(where, {**typed, "previewed": hidden(page, "previewed"), "send": "yes"})
    assert answer.status_code == HTTPStatus.SEE_OTHER
    assert ReferralTask.objects.filter(owner__in=[county.detox, county.clinic]).count() == 2


def test_without_a_consent_a_release_is_refused_and_what_was_chosen_stays(county, sent):
    client, where = client_of(county.clinician), address("offer", county.clinician, sent.referral_id)
    typed = {
        "key": hidden(text(client.get(where)), "key"),
        "to": [str(county.detox.id)],
        "release": ["contact"],
    }
    answer = client.post(where, typed)
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert any(word in unescape(text(answer)) for word in WORDS.values())
    assert re.search(rf'value="{county.detox.id}"[^>]*checked', text(answer))


def test_what_was_shown_and_has_changed_is_not_sent_but_shown_again(county, sent):
    client, where = client_of(county.clinician), address("offer", county.clinician, sent.referral_id)
    typed = {"key": hidden(text(client.get(where)), "key"), "to": [str(county.detox.id)]}
    answer = client.post(where, {**typed, "previewed": "0" * 64, "send": "yes"})
    assert answer.status_code == HTTPStatus.CONFLICT
    assert "has changed" in text(answer)
    assert not ReferralTask.objects.filter(owner=county.detox).exists()


def test_police_are_not_among_those_who_can_be_asked(county, sent):
    page = text(client_of(county.clinician).get(address("offer", county.clinician, sent.referral_id)))
    assert str(county.detox.id) in page
    assert str(county.police.id) not in page
    assert str(county.other_police.id) not in page


# Consents


def ask(county, sent, **typed):
    client, where = client_of(county.clinician), address("ask-consent", county.clinician, sent.referral_id)
    posted = {
        "paper": "named",
        "to": ["detox"],
        "signers": ["client"],
        "language": "en",
        "how": "own_phone",
        **typed,
    }
    return client, client.post(where, posted)


def test_a_link_comes_with_a_code_that_is_shown_once_and_a_square_to_scan(county, sent):
    client, answer = ask(county, sent)
    page = text(answer)
    assert re.search(r'<p class="number">\s*\d{6}', page)
    assert "<svg" in page
    assert not [name for name in CANARIES if name in page]
    overview = text(client.get(address("consents", county.clinician, sent.referral_id)))
    assert "Waiting for a signature" in overview
    waiting = SigningRequest.objects.get()
    dropped = client.post(address("drop-consent", county.clinician, sent.referral_id, waiting.pk))
    assert dropped.status_code == HTTPStatus.SEE_OTHER
    assert SigningRequest.objects.get().state == "withdrawn"


def test_whoever_is_handed_the_screen_is_signed_in_as_nobody(county, sent):
    client, answer = ask(county, sent, how="on_screen")
    path = hidden(text(answer), "path").replace("&amp;", "&")
    handed = client.post(address("hand-over", county.clinician, sent.referral_id), {"path": path})
    assert handed.headers["Location"] == path
    assert client.get(reverse("referrals:work")).status_code == HTTPStatus.FOUND
    assert client.get(path).status_code == HTTPStatus.OK


@pytest.mark.parametrize("path", ["", "//elsewhere.example.org", "/s/../list/\\", "https://elsewhere.example.org/s/"])
def test_nothing_else_can_be_handed_over(county, sent, path):
    client = client_of(county.clinician)
    answer = client.post(address("hand-over", county.clinician, sent.referral_id), {"path": path})
    assert answer.status_code in (HTTPStatus.BAD_REQUEST, HTTPStatus.SEE_OTHER)
    assert "elsewhere" not in answer.headers.get("Location", "")


def test_a_paper_is_printed_under_the_strict_policy(county, sent):
    _client, answer = ask(county, sent, how="paper")
    assert answer.status_code == HTTPStatus.OK
    assert "<style" not in text(answer)
    assert sent.reference in text(answer)


def test_a_yes_that_was_only_spoken_is_a_to_do_and_lets_nothing_through(county, sent):
    client, answer = ask(county, sent, spoken="yes")
    assert answer.status_code == HTTPStatus.SEE_OTHER
    assert OralYes.objects.count() == 1
    assert "lets nothing through" in text(client.get(answer.headers["Location"]))


def test_no_agency_named_is_an_error_at_the_form(county, sent):
    _client, answer = ask(county, sent, to=[])
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY


def test_the_client_says_stop_and_lets_it_go_on_and_ends_it(county, sent):
    perform(county.clinician, [AddSection(referral_id=sent.referral_id, data=consent_in(sent.referral_id))])
    consent = Section.objects.get(type="Consent").resource_id
    client, where = client_of(county.clinician), address("stand-consent", county.clinician, sent.referral_id, consent)
    for said, shown in (("stop", "stopped aloud"), ("resume", "in force"), ("written", "ended")):
        answer = client.post(where, {"said": said})
        assert answer.status_code == HTTPStatus.SEE_OTHER
        assert shown in text(client.get(answer.headers["Location"]))
    assert client.post(where, {"said": "burn"}).status_code == HTTPStatus.BAD_REQUEST


# Emergencies


def test_two_taps_open_it_and_the_words_come_after(county, sent):
    client, where = client_of(county.clinician), address("emergency", county.clinician, sent.referral_id)
    page = text(client.get(where))
    posted = {"key": hidden(page, "key"), "to": str(county.detox.id), "nature": "overdose"}
    answer = client.post(where, posted)
    assert answer.status_code == HTTPStatus.SEE_OTHER
    assert Participation.objects.get(agency=county.detox).basis == "medical_emergency"
    words = text(client.get(answer.headers["Location"]))
    assert "Overdose: opened" in words
    short = client.post(answer.headers["Location"], {"recipient": "Dr. Example", "words": "short"})
    assert short.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "Dr. Example" in text(short)
    done = client.post(answer.headers["Location"], {"recipient": "Dr. Example", "words": "Found blue, naloxone twice."})
    assert done.status_code == HTTPStatus.SEE_OTHER
    assert EmergencyAccess.objects.get().documented_at is not None


def test_a_second_press_leads_to_the_same_words_also_when_all_is_done(county, sent):
    client, where = client_of(county.clinician), address("emergency", county.clinician, sent.referral_id)
    posted = {"key": hidden(text(client.get(where)), "key"), "to": str(county.detox.id), "nature": "overdose"}
    first = client.post(where, posted)
    who, now = county.clinician.membership_id, timezone.now()
    EmergencyAccess.objects.update(
        documented_at=now, documented_by=who, reviewed_at=now, reviewed_by=county.admin.membership_id, justified=True
    )
    again = client.post(where, posted)
    assert again.status_code == HTTPStatus.SEE_OTHER
    assert again.headers["Location"] == first.headers["Location"]


def test_police_cannot_be_the_facility(county, sent):
    client, where = client_of(county.clinician), address("emergency", county.clinician, sent.referral_id)
    key = hidden(text(client.get(where)), "key")
    answer = client.post(where, {"key": key, "to": str(county.police.id), "nature": "overdose"})
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert not EmergencyAccess.objects.exists()


# Everybody else


@pytest.mark.parametrize("name", ["screens", "note", "offer", "consents", "ask-consent", "emergency"])
def test_to_an_agency_that_never_was_in_it_there_is_nothing(county, sent, name):
    answer = client_of(county.outsider).get(address(name, county.outsider, sent.referral_id))
    assert answer.status_code == HTTPStatus.NOT_FOUND
    assert sent.reference not in text(answer)
