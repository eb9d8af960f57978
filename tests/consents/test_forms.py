"""The papers: every text is pinned word for word, states what the law asks, and can be read by a sixth-grader."""

import re
from itertools import pairwise

import pytest

from fhir.content.compartments import Compartment
from referrals.consents import forms
from referrals.consents.forms import FormVersion, Paper, find, registry
from referrals.policy.terms import Form, Recipients

FORMS = tuple(registry().values())
EACH = pytest.mark.parametrize("form", FORMS, ids=lambda form: f"{form.paper.slug} {form.language}")

# SHA-256 of each text. A changed word is a new version of its paper: never change a line here, add one.
PINNED = {
    "named/v1/en": "7f3c4d3fc5ead54ed7f4c9182cc666fd140f7641ad6dcbf4e36663147ba65410",
    "named/v1/es": "d2871edd14d69b5d88b8b0a58d275d278c0de0e59441091408849497bc3ddad2",
    "named/v1/km": "0c1c1526b5e60c07bf3732a446681c48c1e4428a36358840907364d19e3dd0ea",
    "named/v1/pt": "d321d75c0018470883a3d96527a531dceac4730f8395f3690e806542bca3546e",
    "police-outcome/v1/en": "5bfce7db0b81b646503d162473c100647e0ce651387c21d3d785cc452cf84d80",
    "police-outcome/v1/es": "dadc7a76dc5d3512c317969916897742749d7c8688261bd318fa6352796ab17f",
    "police-outcome/v1/km": "98eb16cf10a7509919ccc29b07b8bd1917a99581d3c970f9c10d0baf3a22fbd8",
    "police-outcome/v1/pt": "2db6dfc1c03f4bb6ae9c76c175b84cf512f096265e1260f3b6a54053eabdf8e4",
    "tpo/v1/en": "095b1c4ce28000aefdc253cc6849e4444cdb1a47d05d0be8b91bfca0360fdc87",
    "tpo/v1/es": "1154394320f881566f465d31bbb09ed6178dc6ded7a4c60800abc5b892e73df7",
    "tpo/v1/km": "11b3afa5a5376d4d5f8bf84c3d6c3266931a52af993ee5039dc59e97a3457a12",
    "tpo/v1/pt": "6b0c34af9dd9a38b63aa293abc395c49e702d90655577e9b7525cbfcceedbfca",
}

# What each paper has to state, by the element of 42 CFR 2.31(a) (domain rule R-P2-04), written out once more.
OF_LAW = {
    "tpo": "patient discloser description recipients redisclosure purpose revoke relied expiry signature date risk "
    "refusal",
    "named": "patient discloser description recipients redisclosure purpose revoke relied expiry signature date risk "
    "refusal",
    "police-outcome": "patient discloser description recipients proceedings purpose revoke relied expiry signature "
    "date risk refusal",
}
BLANKS = {"client", "discloser", "recipients", "until", "address", "signer", "signed", "witness"}
CARE = {"TREAT", "COC", "CAREMGT"}
PARTS = {"contact", "clinical", "sud", "transport", "outcome"}
BOXES = {
    "tpo": PARTS
    | CARE
    | {"HPAYMT", "HOPERAT", "treating_providers", "program_helpers", "date", "end-of-treatment", "none"},
    "named": PARTS | CARE | {"PATRQT"},
    "police-outcome": {"outcome", "COC", "PATRQT"},
}


def test_there_are_three_papers_in_four_languages() -> None:
    assert {(form.paper.slug, form.language) for form in FORMS} == {
        (slug, language) for slug in BOXES for language in ("en", "es", "pt", "km")
    }


def test_the_address_says_paper_version_and_language() -> None:
    assert find("https://bhu.example.org/consent-forms/named/v1/en") is not None
    assert all(form.uri == uri for uri, form in registry().items())


@pytest.mark.parametrize(
    ("uri", "ours"),
    [
        ("https://bhu.example.org/consent-forms/named/v1/en", True),
        ("https://bhu.example.org/consent-forms/named/v9/en", True),
        ("https://bhu.example.org/consent-forms-of-others/named/v1/en", False),
        ("https://example.org/consent-forms/named/v1/en", False),
        ("", False),
    ],
)
def test_a_form_is_ours_by_its_address_known_or_not(uri: str, ours: bool) -> None:
    assert forms.is_ours(uri) is ours


@EACH
def test_a_text_is_pinned(form: FormVersion) -> None:
    assert form.sha256 == PINNED[form.uri.removeprefix("https://bhu.example.org/consent-forms/")]


@EACH
def test_every_statement_of_the_law_stands_in_the_text(form: FormVersion) -> None:
    assert set(OF_LAW[form.paper.slug].split()) <= form.stated
    assert form.paper.states <= form.stated
    assert form.stated == set(form.statements), "a sentence beside the text is not in it"


@EACH
def test_no_statement_is_empty_or_part_of_another(form: FormVersion) -> None:
    said = sorted(form.statements.values(), key=form.text.index)
    places = [(form.text.index(each), form.text.index(each) + len(each)) for each in said]
    assert all(len(each) > 3 for each in said)
    assert all(before[1] <= after[0] for before, after in pairwise(places))


@EACH
def test_a_text_has_the_boxes_and_blanks_of_its_paper(form: FormVersion) -> None:
    paper = form.paper
    assert set(form.boxes) == BOXES[paper.slug]
    ends = {forms.DATE, *paper.events} if paper.events else set()
    assert set(form.boxes) == {*paper.compartments, *paper.purposes, *paper.classes, *ends}
    assert set(re.findall(r"\{(.*?)\}", form.text)) == BLANKS


@EACH
def test_only_reviewed_languages_can_be_signed(form: FormVersion) -> None:
    assert form.unreviewed is (form.language in {"pt", "km"})


@EACH
def test_a_text_is_plain_lines(form: FormVersion) -> None:
    assert form.text.startswith("# ")
    assert form.text.endswith("\n")
    assert not re.search(r"[\r\t]|\n\n\n|  | \n", form.text)


def test_the_papers_let_through_what_their_table_says() -> None:
    by_slug = {paper.slug: paper for paper in forms.PAPERS}
    assert {slug: paper.kind for slug, paper in by_slug.items()} == {
        "tpo": Form.TPO,
        "named": Form.NAMED,
        "police-outcome": Form.NAMED,
    }
    police = by_slug["police-outcome"]
    assert police.police
    assert police.compartments == {Compartment.OUTCOME}
    assert [paper.slug for paper in forms.PAPERS if paper.police] == ["police-outcome"]
    assert [paper.slug for paper in forms.PAPERS if paper.classes] == ["tpo"]
    assert by_slug["tpo"].classes == set(Recipients)
    assert {slug: paper.events for slug, paper in by_slug.items() if paper.events} == {
        "tpo": {"none", "end-of-treatment"}
    }
    assert not police.answers


@pytest.mark.parametrize("paper", forms.PAPERS, ids=lambda paper: paper.slug)
def test_no_paper_covers_what_police_wrote_or_serves_a_case(paper: Paper) -> None:
    assert Compartment.INCIDENT not in paper.compartments
    assert paper.purposes.isdisjoint({"LEGAL", "HLEGAL"})


def syllables(word: str) -> int:
    """Roughly, for English."""
    groups = re.findall(r"[aeiouy]+", word.lower())
    silent = word.lower().endswith("e") and not word.lower().endswith("le") and len(groups) > 1
    return max(1, len(groups) - silent)


@pytest.mark.parametrize("form", [form for form in FORMS if form.language == "en"], ids=lambda form: form.paper.slug)
def test_the_english_reads_at_about_sixth_grade(form: FormVersion) -> None:
    lines = [re.sub(r"^#+ |^\[.*?\] |[{}]", "", line) for line in form.text.splitlines() if line]
    sentences = [each for line in lines for each in re.split(r"[.:?!]", line) if each.strip()]
    words = [word for sentence in sentences for word in re.findall(r"[A-Za-z]+", sentence)]
    grade = 0.39 * len(words) / len(sentences) + 11.8 * sum(map(syllables, words)) / len(words) - 15.59
    assert grade < 6.5
    assert max(len(re.findall(r"[A-Za-z]+", sentence)) for sentence in sentences) <= 35


@pytest.mark.parametrize("form", [form for form in FORMS if form.language == "es"], ids=lambda form: form.paper.slug)
def test_the_spanish_is_in_short_sentences(form: FormVersion) -> None:
    sentences = [each for line in form.text.splitlines() for each in re.split(r"[.:?!]", line) if each.strip()]
    words = [len(sentence.split()) for sentence in sentences]
    assert sum(words) / len(words) < 12
    assert max(words) <= 40
