"""What a report may say: fields by whitelist, and no word that implies what the kind may not say."""

import pytest

from fhir.content.builders import Pathway
from referrals.errors import Invalid
from referrals.legal.kinds import Report
from referrals.legal.reports import build_report

SEEN = {"name": "Wilhelmina Ostrander", "circumstances": "Alone and without food since Monday."}
TELLING = ("substance_use", "treatment", "program", "pathway", "unit", "patient_status")
SILENT = (Report.ELDER, Report.DISABLED, Report.OTHER)


def faults(kind, fields, **more):
    with pytest.raises(Invalid) as refusal:
        build_report(kind, fields, **more)
    return [(issue.expression, issue.text) for issue in refusal.value.issues]


@pytest.mark.parametrize("kind", SILENT)
@pytest.mark.parametrize("field", TELLING)
def test_substance_use_unit_program_and_pathway_do_not_stand_in_it(kind, field):
    ((named, said),) = faults(kind, SEEN | {field: "yes"})
    assert named == field
    assert kind in said
    assert "circumstances" in said
    assert field not in said


def test_what_is_built_has_the_fields_given_and_no_others():
    built = build_report(Report.ELDER, SEEN)
    assert dict(built.fields) == SEEN
    assert built.text == (
        "Report of suspected abuse or neglect of an elder\n\n"
        "Name: Wilhelmina Ostrander\nWhat happened: Alone and without food since Monday."
    )


def test_the_order_is_the_kinds_not_the_senders():
    assert list(build_report(Report.ELDER, dict(reversed(SEEN.items()))).fields) == ["name", "circumstances"]


def test_a_childs_first_report_may_say_all_of_it():
    told = SEEN | dict.fromkeys(TELLING[:-1], "methadone at the detox") | {"circumstances": "Found after an overdose."}
    assert dict(build_report(Report.CHILD, told, units=["Merrow Detox"]).fields) == told


def test_a_crime_on_the_premises_is_told_in_its_five_facts_and_no_sixth():
    five = {
        "circumstances": "took a lock box",
        "patient_status": "patient of the detox",
        "name": "W. Ostrander",
        "address": "12 Larkspur Court",
        "whereabouts": "bus stop",
    }
    assert dict(build_report(Report.PREMISES, five).fields) == five
    ((named, _),) = faults(Report.PREMISES, five | {"substance_use": "opioids"})
    assert named == "substance_use"


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ("His mother is an Addict.", "addict"),
        ("smelled of alcohol", "alcohol"),
        ("came home DRUNK", "drunk"),
        ("history of drug use", "drug use"),
        ("known for substance abuse", "substance use"),
        ("took FENTANYL", "opioid"),
        ("after her overdose", "overdose"),
        ("was given Narcan", "naloxone"),
        ("is in recovery", "recovery"),
        ("her recovery coach says", "recovery"),
        ("twelve-step group", "twelve steps"),
        ("goes to AA meetings", "twelve steps"),
        ("is on Suboxone", "methadone"),
        ("left detox yesterday", "detox"),
        ("came by the deflection desk", "deflection"),
        ("after withdrawal symptoms", "withdrawal symptoms"),
        ("under 42 CFR", "part 2"),
        ("de\u00adtox", "detox"),
        ("\uff44etox", "detox"),
        ("recovery\n  coach", "recovery"),
    ],
)
def test_a_word_that_implies_it_is_refused_by_name_with_the_reason(said, word):
    ((named, text),) = faults(Report.ELDER, SEEN | {"circumstances": said})
    assert named == "circumstances"
    assert text.startswith(f"'{word}' says or implies ")


@pytest.mark.parametrize("way", Pathway)
@pytest.mark.parametrize("blank", ["_", "-", " "])
def test_no_pathway_is_named(way, blank):
    said = [text for _, text in faults(Report.DISABLED, SEEN | {"danger": f"came by {way.value.replace('_', blank)}"})]
    assert said[-1].startswith(f"'{way.value.replace('_', ' ')}' says or implies a program")


@pytest.mark.parametrize(
    "said",
    [
        "Withdrawals of $4,000 from her bank account.",
        "Her own medication is kept from her.",
        "Meals are brought by a senior program.",
        "He recovered from surgery.",
        "Methods of restraint: a belt.",
        "Ms. Naa called.",
    ],
)
def test_what_such_reports_are_about_can_be_said(said):
    assert build_report(Report.ELDER, SEEN | {"circumstances": said})


def test_the_name_of_a_unit_that_tells_is_refused_in_any_field_and_case():
    ((named, text),) = faults(Report.ELDER, SEEN | {"employer": "harbor  LIGHT otp"}, units=["Harbor Light OTP"])
    assert named == "employer"
    assert "'harbor light otp' is the name of a unit" in text
    assert build_report(Report.ELDER, SEEN | {"employer": "Town of Brindle"}, units=["Harbor Light OTP", ""])


def test_every_fault_is_named_at_once():
    named = [field for field, _ in faults(Report.ELDER, {"unit": "Detox", "name": "left rehab"})]
    assert named == ["unit", "circumstances", "unit", "name"]


@pytest.mark.parametrize("value", ["", "   ", "x" * 8001, 7, None, ["a"]])
def test_a_field_is_text_of_some_length(value):
    ((named, _),) = faults(Report.ELDER, SEEN | {"danger": value})
    assert named == "danger"


def test_what_is_no_name_of_a_field_is_not_repeated():
    assert faults(Report.ELDER, SEEN | {"Wilhelmina Ostrander": "x"})[0][0] == "field"
    assert faults(Report.ELDER, SEEN | {"diagnosis": "x"})[0][0] == "diagnosis"
