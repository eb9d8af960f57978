"""The paper as a page: what it names when something is missing, its languages, and its markup."""

import hashlib
from typing import Any

import pytest

from referrals.consents import forms
from referrals.consents.models import ConsentTerms
from referrals.signing.papers import Wanted
from tests.legal.town import refused
from tests.signing.desk import NAMED, SIGNATURE, Desk, Phone, attached, consent_and_document, said_in

TPO = Wanted(paper="tpo", recipients=("detox",))
POLICE = Wanted(paper="police-outcome", recipients=("other-police",))


@pytest.mark.parametrize(
    ("changes", "anchor", "said"),
    [
        ({"place": None}, "place-0", "Tick at least one place, or say no."),
        ({"tick": ["TREAT"]}, "part-0", "Tick at least one thing that may be shared, or say no."),
        ({"tick": ["contact"]}, "purpose-0", "Tick at least one reason."),
        ({"name-0": None}, "name-0", "Write your name."),
        ({"name-0": "   "}, "name-0", "Write your name."),
        ({"name-0": "1234"}, "name-0", "Write your name."),
        ({"name-0": "N" * 121}, "name-0", "Write your name."),
    ],
)
def test_what_is_missing_is_named_and_what_was_typed_is_kept(
    desk: Desk, phone: Phone, changes: dict[str, Any], anchor: str, said: str
) -> None:
    typed = desk.filled(**changes)
    answer = phone.sign(typed)
    assert (answer.status, answer.title) == (422, "Error: Read and sign")
    assert f"#{anchor}" in answer.links
    assert anchor in answer.ids
    assert answer.text.count(said) == 2  # in the summary, and at the field
    assert answer.ticked() == {*typed.get("place", []), *typed["tick"]}
    assert answer.value("name-0") == " ".join(typed.get("name-0", "").split())
    assert not ConsentTerms.objects.exists()
    assert phone.post(ticket=answer.value("ticket"), **desk.filled()).status == 200


def test_everything_missing_is_named_at_once_in_the_order_of_the_page(desk: Desk, phone: Phone) -> None:
    answer = phone.sign({"step": "sign"})
    assert [link for link in answer.links if link.startswith("#") and link != "#content"] == [
        "#place-0", "#part-0", "#purpose-0", "#name-0"
    ]  # fmt: skip


def test_nothing_is_ticked_to_begin_with(desk: Desk) -> None:
    for wanted in (NAMED, TPO, POLICE):
        assert Phone(desk.ask(wanted)).say().ticked() == set()


def test_what_is_not_on_the_paper_cannot_be_ticked(desk: Desk, phone: Phone) -> None:
    answer = phone.sign(
        desk.filled(place=[desk.place("paper-clinic")], tick=["incident", "HPAYMT", "treating_providers"])
    )
    assert answer.status == 422
    assert answer.ticked() == set()


def test_the_language_changes_and_what_was_typed_stays(desk: Desk, phone: Phone) -> None:
    shown = phone.say()
    typed = {name: value for name, value in desk.filled().items() if name != "step"}
    spanish = phone.post(ticket=shown.value("ticket"), lang="en", switch="es", **typed)
    assert 'lang="es"' in spanish.html
    assert (forms.FOLDER / "named.v1.es.txt").read_text("utf-8").splitlines()[0].removeprefix("# ") in spanish.text
    assert spanish.ticked() == {*typed["place"], *typed["tick"]}
    assert spanish.value("name-0") == SIGNATURE
    assert spanish.value("lang") == "es"
    assert phone.post(ticket=spanish.value("ticket"), lang="es", **desk.filled()).status == 200
    consent, document = consent_and_document(desk)
    form = (forms.FOLDER / "named.v1.es.txt").read_bytes()
    said = said_in(consent)
    assert said["form-hash"] == hashlib.sha256(form).hexdigest()
    assert said["language"] == "es"
    assert f"Firma: {SIGNATURE}" in attached(document).decode()


def test_a_link_asked_for_in_spanish_opens_in_spanish(desk: Desk) -> None:
    phone = Phone(desk.ask(language="es"))
    assert phone.link.path.endswith("?lang=es")
    assert 'html lang="es"' in phone.look().html


@pytest.mark.parametrize("language", ["km", "pt", "fr", ""])
def test_languages_nobody_has_reviewed_are_not_offered(desk: Desk, phone: Phone, language: str) -> None:
    assert "language" in str(refused(desk.ask, language=language))
    shown = phone.post(step="open", code=phone.link.code, lang=language)
    assert 'html lang="en"' in shown.html
    assert {each["value"] for each in shown.fields if each.get("name") == "switch"} == {"es"}


def test_all_that_a_page_shows_is_labelled_for_who_does_not_see_it(desk: Desk, phone: Phone) -> None:
    for shown in (phone.look(), phone.say("1"), phone.say(), phone.sign({"step": "sign"})):
        for each in shown.fields:
            if each["tag"] == "input" and each.get("type") != "hidden":
                assert f'for="{each["id"]}"' in shown.html
            for named in each.get("aria-describedby", "").split():
                assert named in shown.ids
        assert all(link[1:] in shown.ids for link in shown.links if link.startswith("#"))
        assert 'href="tel:911"' in shown.html
        assert "weather.gov" in shown.html
        assert shown.html.count("<h1") == 1
