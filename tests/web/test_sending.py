"""A new referral over the pages: told, looked at, sent once; drafts; what is refused and who finds nothing."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from http import HTTPStatus
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from agencies.actor import Actor
from agencies.models import Membership, Town
from agencies.roles import Role
from agencies.services import actor_for, add_member
from audit.models import AuditEvent
from fhir.content.compartments import Compartment
from referrals.drafts import services as drafts
from referrals.drafts.models import Draft
from referrals.models import Participation, Referral, ReferralTask
from referrals.opening import open_referral
from tests.county import SETUP, County, make_county
from tests.web.signing import signed_in

pytestmark = pytest.mark.django_db

NAME, STREET, WORDS = "Castlemoor", "22 Tanner's Row", "She has worked out what she would do tonight"


@pytest.fixture(scope="module")
def county(build_once: Callable[[Callable[[], County]], County]) -> County:
    return build_once(make_towns)


def make_towns() -> County:
    made = make_county()
    town = Town.objects.create(slug="alder", name="Alder Falls", state="MA")
    made.police.towns_served.set([town])
    made.other_police.towns_served.set([Town.objects.create(slug="brindle", name="Brindle", state="MA")])
    return made


def browser_of(actor: Actor) -> Client:
    return signed_in(Membership.objects.get(pk=actor.membership_id).user)


def at(actor: Actor) -> list[str]:
    return [Membership.objects.get(pk=actor.membership_id).agency.slug, actor.role.value]


def told(county: County, **changes: Any) -> dict[str, Any]:
    """What an officer fills in."""
    return {
        "draft": str(uuid4()),
        "version": "0",
        "do": "preview",
        "occurred": (timezone.now().astimezone(ZoneInfo("America/New_York"))).strftime("%Y-%m-%dT%H:%M"),
        "town": "Alder Falls",
        "to": [str(county.bhu.id)],
        "about": ["problem:suicidal"],
        "urgency": "urgent",
        "disposition": "left-with-family",
        "agreed": "yes",
        "given": "Wrenna",
        "family": NAME,
        "born": "3/14/2007",
        "phone": "555-0173",
        "street": STREET,
        "narrative": WORDS,
        "service": "135",
    } | changes


def desk(county: County, **changes: Any) -> dict[str, Any]:
    """What a coordinator fills in."""
    said = told(county, to=[str(county.detox.id)], **{"way-in": "walk-in"}) | changes
    del said["disposition"]
    return said


def post(client: Client, actor: Actor, said: dict[str, Any]) -> Any:
    return client.post(reverse("referrals:new", args=at(actor)), said)


def page(client: Client, actor: Actor, name: str, draft: str, **query: str) -> Any:
    return client.get(reverse(f"referrals:{name}", args=[*at(actor), draft]), query)


def text(answer: Any) -> str:
    return re.sub(r"\s+", " ", unescape(answer.content.decode()))


def faults(answer: Any) -> str:
    """What the summary of errors says."""
    found = re.search(r'class="faults".*?</div>', answer.content.decode(), re.DOTALL)
    return re.sub(r"<[^>]*>|\s+", " ", found[0]) if found else ""


def hidden(answer: Any, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', answer.content.decode())
    assert found is not None, name
    return found[1]


def look(client: Client, actor: Actor, said: dict[str, Any]) -> Any:
    """Tell it and come to the preview."""
    answer = post(client, actor, said)
    assert answer.status_code == HTTPStatus.SEE_OTHER, faults(answer)
    return client.get(answer.headers["Location"])


def send(client: Client, actor: Actor, said: dict[str, Any]) -> Any:
    seen = look(client, actor, said)
    url = reverse("referrals:new-preview", args=[*at(actor), said["draft"]])
    return client.post(url, {"version": hidden(seen, "version"), "digest": hidden(seen, "digest")})


def test_an_officer_tells_looks_and_sends(county: County) -> None:
    client, said = browser_of(county.officer), told(county)
    seen = look(client, county.officer, said)
    assert "Bhu" in text(seen)
    assert "Contact: name, date of birth" in text(seen)
    assert "Nobody else sees it" in text(seen)
    answer = send(client, county.officer, said)
    assert answer.status_code == HTTPStatus.SEE_OTHER
    referral = Referral.objects.get()
    receipt = text(client.get(answer.headers["Location"]))
    assert referral.reference in receipt
    assert NAME not in receipt
    opened = open_referral(county.clinician, referral.pk)
    patient = next(section.tree for section in opened.sections if section.type == "Patient")
    assert patient["birthDate"] == "2007-03-14"
    assert patient["name"] == [{"use": "usual", "family": NAME, "given": ["Wrenna"]}]
    assert {section.compartment for section in opened.sections} == {"request", "contact", "incident"}


def test_what_a_screen_was_answered_goes_to_the_unit_and_not_back_to_the_officer(county: County) -> None:
    client, said = browser_of(county.officer), told(county, do="suicide")
    asking = client.get(post(client, county.officer, said).headers["Location"])
    yes = {"93246-7": "LA33-6", "93247-5": "LA33-6", "93250-9": "LA33-6", "93267-3": "LA32-8"}
    url = reverse("referrals:new-suicide", args=[*at(county.officer), said["draft"]])
    seen = client.get(client.post(url, {"version": hidden(asking, "version"), **yes}).headers["Location"])
    assert "Do not leave the person alone" in text(seen)
    assert "Clinical: the answers to health screens" in text(seen)
    sent = client.post(
        seen.request["PATH_INFO"], {"version": hidden(seen, "version"), "digest": hidden(seen, "digest")}
    )
    referral = Referral.objects.get()
    assert referral.priority == "stat"
    link = re.search(r'href="([^"]*/copy/)"', client.get(sent.headers["Location"]).content.decode())
    assert link is not None
    report = client.get(link[1])
    assert NAME in text(report)
    assert "wished you were dead" not in text(report)
    assert any(score.level == "high" for score in open_referral(county.clinician, referral.pk).scores)


def test_the_questions_are_offered_and_never_forced(county: County) -> None:
    client = browser_of(county.officer)
    seen = look(client, county.officer, told(county, about=["problem:memory"], call="wellness"))
    assert seen.resolver_match.url_name == "new-preview"


@pytest.mark.parametrize(
    "changes",
    [{"location": "station"}, {"call": "overdose"}, {"about": ["substance:overdose"]}, {"naloxone": "1"},
     {"disposition": "voluntary-ed"}, {"service": "465"}],
    ids=["walk-in", "overdose call", "overdose", "naloxone", "to the hospital", "ride"],
)  # fmt: skip
def test_the_medical_check_comes_first_after_a_walk_in_an_overdose_or_before_a_ride(
    county: County, changes: dict[str, Any]
) -> None:
    seen = look(browser_of(county.officer), county.officer, told(county, **changes))
    assert seen.resolver_match.url_name == "new-medical"


def test_when_the_medical_check_is_asked_is_the_ems_directors_to_say(county: County, settings: Any) -> None:
    settings.MEDICAL_CHECK_FOR = ["transport"]
    seen = look(browser_of(county.officer), county.officer, told(county, call="overdose"))
    assert seen.resolver_match.url_name == "new-preview"


def checked(client: Client, county: County, **ticks: Any) -> Any:
    """A walk-in, and what the medical check was answered."""
    said = told(county, location="station")
    asked = look(client, county.officer, said)
    return client.post(asked.request["PATH_INFO"], {"version": hidden(asked, "version"), **ticks})


def test_the_medical_check_is_a_tap_or_one_explicit_i_checked(county: County) -> None:
    client = browser_of(county.officer)
    for ticks in ({}, {"amber": ["daily-use"]}):
        answer = checked(client, county, **ticks)
        assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
        assert "Tap what you see" in faults(answer)
    assert checked(client, county, checked="on").headers["Location"].endswith("/preview/")
    assert checked(client, county, amber=["daily-use"], checked="on").headers["Location"].endswith("/preview/")


def test_a_red_flag_stops_everything_and_the_referral_waits_for_the_ambulance(county: County) -> None:
    client = browser_of(county.officer)
    stop = client.get(checked(client, county, red=["breathing"]).headers["Location"])
    assert stop.resolver_match.url_name == "new-stop"
    for words in ("Call 911", "988", "Give naloxone and rescue breaths."):
        assert words in text(stop)
    seen = client.get(re.search(r'class="button" href="([^"]*)"', stop.content.decode())[1])
    sent = client.post(
        seen.request["PATH_INFO"], {"version": hidden(seen, "version"), "digest": hidden(seen, "digest")}
    )
    assert "An ambulance comes first" in text(client.get(sent.headers["Location"]))
    assert Referral.objects.get().ems_called_at is not None


def test_a_coordinator_starts_one_without_police_and_without_a_name(county: County) -> None:
    client, said = browser_of(county.coordinator), desk(county, **{"way-in": "phone"})
    seen = look(client, county.coordinator, said)
    assert "No police agency is in this referral" in text(seen)
    now, _never, hidden_parts = text(seen).partition("Does not see:")
    assert "Contact:" in hidden_parts
    assert "Contact:" not in now
    send(client, county.coordinator, said)
    referral = Referral.objects.get()
    places = Participation.objects.filter(referral=referral)
    assert {place.agency.slug for place in places} == {"bhu", "detox"}
    opened = open_referral(county.detox_intake, referral.pk)
    assert {section.compartment for section in opened.sections} == {Compartment.REQUEST}


def test_a_desk_is_not_asked_what_only_an_officer_knows(county: County) -> None:
    form = text(browser_of(county.clinician).get(reverse("referrals:new", args=at(county.clinician))))
    assert "How they came to you" in form
    assert "Force used" not in form
    assert "Other-Police" not in form


def test_a_dispatcher_tells_it_without_a_screen(county: County) -> None:
    user = Membership.objects.get(pk=county.officer.membership_id).user
    dispatcher = actor_for(add_member(by=SETUP, agency=county.police, role=Role.DISPATCHER, user=user))
    client, said = browser_of(dispatcher), told(county)
    assert "Six questions" not in text(client.get(reverse("referrals:new", args=at(dispatcher))))
    receipt = client.get(send(client, dispatcher, said).headers["Location"])
    assert Referral.objects.get().reference in text(receipt)
    assert page(client, dispatcher, "new-suicide", told(county)["draft"]).status_code == HTTPStatus.NOT_FOUND


@pytest.mark.parametrize("who", ["detox_intake", "other_officer", "admin"])
def test_who_begins_no_referral_is_told_so(county: County, who: str) -> None:
    actor = getattr(county, who)
    answer = browser_of(actor).get(reverse("referrals:new", args=at(actor)))
    assert answer.status_code == HTTPStatus.FORBIDDEN
    assert "Your role may not do this" in text(answer)


def test_new_referral_goes_to_the_one_place_or_asks_which(county: County) -> None:
    client = browser_of(county.officer)
    assert client.get(reverse("referrals:new-where")).headers["Location"].endswith("/at/police/officer/new/")
    user = Membership.objects.get(pk=county.officer.membership_id).user
    add_member(by=SETUP, agency=county.bhu, role=Role.COORDINATOR, user=user)
    asked = text(client.get(reverse("referrals:new-where")))
    assert "/at/police/officer/new/" in asked
    assert "/at/bhu/coordinator/new/" in asked
    nobody = browser_of(county.detox_intake).get(reverse("referrals:new-where"))
    assert "None of your roles begins a referral" in text(nobody)


# What is wrong


def test_every_fault_stands_by_its_box_and_in_the_summary_and_nothing_is_lost(county: County) -> None:
    client = browser_of(county.officer)
    said = told(county, born="31/31/2007", phone="12", urgency="", agreed="", to=[])
    answer = post(client, county.officer, said)
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    shown = answer.content.decode()
    assert "<title>" in shown
    assert re.search(r"<title>\s*Error: new referral", shown)
    for name in ("born", "phone", "urgency", "agreed", "to"):
        assert f'href="#id_{name}"' in shown
        assert f'id="id_{name}' in shown
    assert shown.count('class="wrong"') == 5
    for typed in ("31/31/2007", NAME, WORDS):
        assert typed in unescape(shown)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("3/14/2007", "2007-03-14"),
        ("03142007", "2007-03-14"),
        ("2007-3-14", "2007-03-14"),
        ("1998", "1998"),
        ("", None),
    ],
)
def test_a_date_of_birth_is_what_was_said_and_no_more(county: County, typed: str, kept: str | None) -> None:
    client = browser_of(county.officer)
    send(client, county.officer, told(county, born=typed))
    opened = open_referral(county.clinician, Referral.objects.get().pk)
    patient = next(section.tree for section in opened.sections if section.type == "Patient")
    assert patient.get("birthDate") == kept


def test_words_that_are_too_many_are_said_to_be_and_kept(county: County) -> None:
    said = told(county, narrative="word " * 300)
    client = browser_of(county.officer)
    assert (
        "maxlength"
        not in client.get(reverse("referrals:new", args=at(county.officer)))
        .content.decode()
        .split('name="narrative"')[1]
        .split(">")[0]
    )
    answer = post(client, county.officer, said)
    assert "at most 1000 characters" in faults(answer)
    assert text(answer).count("word ") >= 299


def test_a_time_to_come_is_refused(county: County) -> None:
    later = (timezone.now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    assert "still to come" in faults(post(browser_of(county.officer), county.officer, told(county, occurred=later)))


def test_an_agency_without_an_agreement_cannot_be_chosen(county: County) -> None:
    stranger = Membership.objects.get(pk=county.outsider.membership_id).agency_id
    answer = post(browser_of(county.officer), county.officer, told(county, to=[str(stranger)]))
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "Who should help" in faults(answer)


def test_what_the_gate_refuses_is_said_by_the_box_and_the_draft_stays(county: County) -> None:
    client, said = browser_of(county.officer), told(county, do="suicide", to=[str(county.other_police.id)])
    asking = client.get(post(client, county.officer, said).headers["Location"])
    url = asking.request["PATH_INFO"]
    client.post(url, {"version": hidden(asking, "version"), "93246-7": "LA33-6"})
    answer = page(client, county.officer, "new-preview", said["draft"])
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "There is no legal ground" in faults(answer)
    assert NAME in text(answer)


def test_words_of_criminal_history_warn_and_stop_nothing(county: County) -> None:
    seen = look(browser_of(county.officer), county.officer, told(county, narrative="Ran NCIC, open warrant."))
    assert "sounds like criminal history" in text(seen)
    assert "NCIC, warrant" in text(seen)


def test_a_pasted_line_fills_in_time_place_and_number_and_is_not_kept(county: County) -> None:
    line = "INC# 26-0041877 | 11/21/2025 21:08:14 | 22 TANNERS ROW APT 4 | SUICIDAL SUBJECT | NCIC CLEAR"
    client, said = browser_of(county.officer), told(county, do="cad", cad=line)
    answer = client.get(post(client, county.officer, said).headers["Location"])
    for words in ("2025-11-21T21:08", "22 TANNERS ROW APT 4", "26-0041877", "Filled in from the line"):
        assert words in text(answer)
    assert "NCIC" not in text(answer)


# Once


def test_a_second_click_sends_nothing_more(county: County) -> None:
    client, said = browser_of(county.officer), told(county)
    seen = look(client, county.officer, said)
    body = {"version": hidden(seen, "version"), "digest": hidden(seen, "digest")}
    first, second = (client.post(seen.request["PATH_INFO"], body) for _click in range(2))
    assert first.headers["Location"] == second.headers["Location"]
    assert Referral.objects.count() == ReferralTask.objects.count() == 1


def test_going_back_and_telling_it_again_finds_what_was_sent(county: County) -> None:
    client, said = browser_of(county.officer), told(county)
    sent = send(client, county.officer, said).headers["Location"]
    assert page(client, county.officer, "new-draft", said["draft"]).headers["Location"] == sent
    assert post(client, county.officer, said).headers["Location"] == sent
    assert Referral.objects.count() == 1


def test_what_was_not_looked_at_is_not_sent(county: County) -> None:
    client, said = browser_of(county.officer), told(county)
    seen = look(client, county.officer, said)
    body = {"version": hidden(seen, "version"), "digest": "0" * 64}
    answer = client.post(seen.request["PATH_INFO"], body)
    assert answer.status_code == HTTPStatus.CONFLICT
    assert "Nothing was sent" in text(answer)
    post(client, county.officer, {**said, "version": "1", "given": "Somebody else"})
    answer = client.post(seen.request["PATH_INFO"], {**body, "digest": hidden(seen, "digest")})
    assert answer.status_code == HTTPStatus.CONFLICT
    assert not Referral.objects.exists()


# Drafts


def test_a_draft_is_kept_sealed_and_opened_by_its_author_alone(county: County) -> None:
    client, said = browser_of(county.officer), told(county, do="keep")
    kept = client.get(post(client, county.officer, said).headers["Location"])
    assert NAME in text(kept)
    row = Draft.objects.get()
    assert NAME.encode() not in bytes(row.sealed)
    listed = client.get(reverse("referrals:drafts", args=at(county.officer)))
    assert said["draft"] in text(listed)
    assert NAME not in text(listed)
    colleague = browser_of(actor_for(add_member(
        by=SETUP, agency=county.police, role=Role.OFFICER,
        user=Membership.objects.get(pk=county.other_officer.membership_id).user,
    )))  # fmt: skip
    for name in ("new-draft", "new-preview", "new-suicide", "new-medical", "new-stop"):
        answer = page(colleague, county.officer, name, said["draft"])
        assert answer.status_code == HTTPStatus.NOT_FOUND
        assert NAME not in text(answer)
    assert said["draft"] not in text(colleague.get(reverse("referrals:drafts", args=at(county.officer))))


def test_what_is_typed_is_kept_at_every_pause(county: County) -> None:
    client, said = browser_of(county.officer), told(county)
    url = reverse("referrals:new-keep", args=at(county.officer))
    first = client.post(url, said).json()
    second = client.post(url, {**said, "version": first["version"], "narrative": "on probation"}).json()
    assert (first["version"], second["version"], second["words"]) == (1, 2, ["probation or parole"])
    assert client.post(url, {**said, "version": "1", "given": "Other"}).status_code == HTTPStatus.CONFLICT
    assert "on probation" in text(client.get(first["url"]))


def test_two_tabs_do_not_overwrite_each_other(county: County) -> None:
    client, said = browser_of(county.officer), told(county, do="keep")
    post(client, county.officer, said)
    post(client, county.officer, {**said, "version": "1", "given": "Jessamy"})
    answer = post(client, county.officer, {**said, "version": "1", "given": "Wrenny"})
    assert answer.status_code == HTTPStatus.CONFLICT
    assert "changed in another tab" in faults(answer)
    assert "Jessamy" in text(answer)
    assert "Wrenny" in text(answer)
    again = {**said, "version": hidden(answer, "version"), "given": "Wrenny"}
    assert "Wrenny" in text(client.get(post(client, county.officer, again).headers["Location"]))


def test_a_draft_is_gone_when_it_is_sent_deleted_or_seven_days_old(county: County) -> None:
    client = browser_of(county.officer)
    said = told(county)
    send(client, county.officer, said)
    row = Draft.objects.get(pk=said["draft"])
    assert bytes(row.sealed) == bytes(row.wrapped) == b""
    let_go, forgotten = told(county, do="keep"), told(county, do="keep")
    for each in (let_go, forgotten):
        post(client, county.officer, each)
    client.post(reverse("referrals:new-discard", args=[*at(county.officer), let_go["draft"]]))
    assert not Draft.objects.filter(pk=let_go["draft"]).exists()
    assert drafts.expire(at=timezone.now() + timedelta(days=6, hours=23)) == 0
    assert drafts.expire(at=timezone.now() + timedelta(days=7)) == 2
    assert not Draft.objects.exists()


def test_nothing_of_the_client_is_in_an_address_a_cookie_a_title_or_the_log(county: County) -> None:
    client, said = browser_of(county.officer), told(county, do="keep")
    answers = [post(client, county.officer, said)]
    answers.append(client.get(answers[0].headers["Location"]))
    answers.append(send(client, county.officer, {**said, "do": "preview", "version": "1"}))
    answers.append(client.get(answers[2].headers["Location"]))
    for answer in answers:
        assert NAME not in answer.headers.get("Location", "")
        assert NAME not in answer.request["PATH_INFO"] + answer.request["QUERY_STRING"]
        title = re.search(r"<title>(.*?)</title>", answer.content.decode(), re.DOTALL)
        assert NAME not in (title[1] if title else "")
        assert answer.headers["Cache-Control"] == "no-store"
    assert not any(NAME in cookie.value for cookie in client.cookies.values())
    assert not any(NAME.encode() in bytes(event.body) for event in AuditEvent.objects.all())


def test_those_asked_most_stand_first(county: County) -> None:
    client = browser_of(county.officer)
    send(client, county.officer, told(county, to=[str(county.detox.id)]))
    form = client.get(reverse("referrals:new", args=at(county.officer))).content.decode()
    assert form.index(str(county.detox.id)) < form.index("Other agencies") < form.index(str(county.clinic.id))
