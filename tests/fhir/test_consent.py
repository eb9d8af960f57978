"""A consent is written in one shape, read back as what was written, and in any other shape it grounds nothing."""

import copy
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fhir.content import consent_times
from fhir.content.compartments import Compartment, Source, place
from fhir.content.consent import CLIENT, Facts, Signer, build, read
from fhir.content.exact import dump, parse
from fhir.content.validate import check
from tests.fhir.samples import EXAMPLES, exact, example

ID = UUID(int=7)
DETOX = "Organization/00000000-0000-0000-0000-0000000000d1"
ACT = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
REASON = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
OURS = "https://bhu.example.org/fhir"
EXTENSION = f"{OURS}/StructureDefinition/consent-"
PERMIT = "Consent.provision.provision[0]"

FULL = Facts(
    status="active",
    patient="Patient/p1",
    signed="2026-11-22T10:12:00-05:00",
    signers=(CLIENT,),
    discloser="merrow-bhu",
    source="DocumentReference/d1",
    form="https://bhu.example.org/consent-forms/named/v1/en",
    form_hash="ab" * 32,
    language="en",
    method="on_screen",
    witness="Ana Example",
    recipients=(DETOX, "harbor-light"),
    purposes=("TREAT", "COC"),
    compartments=(Compartment.CONTACT, Compartment.SUD),
    since="2026-11-22",
    until="2027-05-22",
)

# Written by hand: the one shape.
TREE: dict[str, Any] = {
    "resourceType": "Consent",
    "id": str(ID),
    "extension": [
        {"url": f"{EXTENSION}form-hash", "valueString": "ab" * 32},
        {"url": f"{EXTENSION}language", "valueCode": "en"},
        {"url": f"{EXTENSION}method", "valueCode": "on_screen"},
        {"url": f"{EXTENSION}witness", "valueString": "Ana Example"},
    ],
    "status": "active",
    "scope": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "patient-privacy"}]},
    "category": [{"coding": [{"system": ACT, "code": "IDSCL"}, {"system": "http://loinc.org", "code": "59284-0"}]}],
    "patient": {"reference": "Patient/p1"},
    "dateTime": "2026-11-22T10:12:00-05:00",
    "performer": [{"reference": "Patient/p1"}],
    "organization": [
        {"type": "Organization", "identifier": {"system": f"{OURS}/NamingSystem/agency", "value": "merrow-bhu"}}
    ],
    "sourceReference": {"reference": "DocumentReference/d1"},
    "policy": [{"uri": "https://bhu.example.org/consent-forms/named/v1/en"}],
    "provision": {
        "type": "deny",
        "provision": [
            {
                "type": "permit",
                "period": {"start": "2026-11-22", "end": "2027-05-22"},
                "actor": [
                    {
                        "role": {
                            "coding": [
                                {
                                    "system": "http://terminology.hl7.org/CodeSystem/v3-ParticipationType",
                                    "code": "IRCP",
                                }
                            ]
                        },
                        "reference": reference,
                    }
                    for reference in (
                        {"reference": DETOX},
                        {
                            "type": "Organization",
                            "identifier": {"system": f"{OURS}/NamingSystem/agency", "value": "harbor-light"},
                        },
                    )
                ],
                "purpose": [{"system": REASON, "code": "TREAT"}, {"system": REASON, "code": "COC"}],
                "securityLabel": [
                    {"system": f"{OURS}/CodeSystem/compartment", "code": "contact"},
                    {"system": f"{OURS}/CodeSystem/compartment", "code": "sud"},
                    {"system": ACT, "code": "42CFRPart2"},
                ],
            }
        ],
    },
}


def changed(change: Callable[[Any], object]) -> Any:
    """The tree by hand, changed."""
    tree = copy.deepcopy(TREE)
    change(tree)
    return exact(tree)


def permit(tree: Any) -> Any:
    return tree["provision"]["provision"][0]


def test_what_is_built_is_the_one_shape() -> None:
    assert build(FULL, id_=ID) == exact(TREE)
    check(build(FULL, id_=ID))


def test_what_is_read_is_what_was_built() -> None:
    assert read(changed(lambda tree: None)) == FULL
    assert read(build(FULL, id_=ID)) == FULL
    assert FULL.grounds


@pytest.mark.parametrize(
    "facts",
    [
        Facts(
            **{
                **{name: getattr(FULL, name) for name in FULL.__slots__},
                "recipients": (),
                "classes": ("treating_providers", "program_helpers"),
                "until": "",
                "event": "end-of-treatment",
            }
        ),
        Facts(
            **{
                **{name: getattr(FULL, name) for name in FULL.__slots__},
                "signers": (Signer(name="Lee Example"), Signer(relationship="PRN", name="Kim Example")),
                "source": "",
                "attachment": {"contentType": "application/pdf", "title": "Signed on paper"},
                "compartments": (Compartment.CLINICAL,),
                "witness": "",
            }
        ),
    ],
    ids=["classes and an event", "two signers and a paper inside"],
)
def test_other_consents_of_the_shape_come_back_too(facts: Facts) -> None:
    made = build(facts, id_=ID)
    check(made)
    assert read(made) == facts
    assert read(parse(dump(made))) == facts  # type: ignore[arg-type]  # an object, as it was
    assert facts.grounds


TEXT = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=12)


def several(each: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(each, min_size=1, max_size=4, unique=True).map(tuple)


AGENCIES = st.one_of(st.from_regex(r"[a-z][a-z0-9-]{0,20}", fullmatch=True), st.uuids().map("Organization/{}".format))
DAYS = st.dates(min_value=date(2000, 1, 1), max_value=date(2199, 12, 31)).map(str)
FACTS = st.builds(
    Facts,
    status=st.sampled_from(["draft", "active", "inactive"]),
    patient=TEXT.map("Patient/{}".format),
    signed=DAYS,
    signers=several(st.builds(Signer, relationship=st.sampled_from(["", "PRN", "GUARD"]), name=st.just(""))),
    discloser=AGENCIES,
    source=TEXT.map("DocumentReference/{}".format),
    form=TEXT.map("https://bhu.example.org/consent-forms/{}/v1/en".format),
    form_hash=TEXT,
    language=TEXT,
    method=TEXT,
    witness=st.one_of(st.just(""), TEXT),
    recipients=several(AGENCIES),
    classes=several(TEXT),
    purposes=several(TEXT),
    compartments=several(st.sampled_from(Compartment)),
    since=st.just("2000-01-01"),
    until=DAYS,
)


@given(FACTS)
@settings(max_examples=60, deadline=None)
def test_any_facts_are_valid_fhir_and_come_back(facts: Facts) -> None:
    made = build(facts, id_=ID)
    check(made)
    assert read(made) == facts


def test_a_consent_for_substance_use_records_lies_with_them() -> None:
    made = build(FULL, id_=ID)
    assert place(made, source=Source(sworn=False, part2=True)) is Compartment.SUD


# What is taken away, and the element that is then missing.
MISSING = [
    (lambda tree: tree.pop("dateTime"), "Consent.dateTime"),
    (lambda tree: tree.pop("performer"), "Consent.performer"),
    (lambda tree: tree.pop("organization"), "Consent.organization"),
    (lambda tree: tree.pop("sourceReference"), "Consent.source"),
    (lambda tree: tree.pop("policy"), "Consent.policy[0].uri"),
    (lambda tree: tree["extension"].pop(0), "Consent.extension"),
    (lambda tree: tree["extension"].pop(1), "Consent.extension"),
    (lambda tree: tree["extension"].pop(2), "Consent.extension"),
    (lambda tree: permit(tree)["period"].pop("end"), f"{PERMIT}.period.end"),
    (lambda tree: permit(tree).pop("actor"), f"{PERMIT}.actor"),
    (lambda tree: permit(tree).pop("purpose"), f"{PERMIT}.purpose"),
    (lambda tree: permit(tree).pop("securityLabel"), f"{PERMIT}.securityLabel"),
    (lambda tree: tree.pop("scope"), "Consent.scope"),
    (lambda tree: tree.pop("category"), "Consent.category"),
]


@pytest.mark.parametrize(
    ("take", "path"), MISSING, ids=[f"{number} {path}" for number, (_, path) in enumerate(MISSING)]
)
def test_what_is_missing_is_named_and_the_rest_is_read(take: Callable[[Any], object], path: str) -> None:
    facts = read(changed(take))
    assert [(issue.code, issue.expression) for issue in facts.issues] == [("required", path)]
    assert not facts.grounds


def test_without_a_patient_nobody_can_have_signed_as_one() -> None:
    facts = read(changed(lambda tree: tree.pop("patient")))
    assert [issue.expression for issue in facts.issues] == [
        "Consent.performer[0]",
        "Consent.patient",
        "Consent.performer",
    ]


def reference(tree: Any) -> Any:
    return permit(tree)["actor"][0]["reference"]


# What is put in or changed, and where a reader is told of it. Each would otherwise be read as more than was meant.
OTHER = {
    "a verification": (lambda tree: tree.update(verification=[{"verified": True}]), "Consent.verification"),
    "a rule besides the policy": (
        lambda tree: tree.update(policyRule={"coding": [{"system": ACT, "code": "OPTIN"}]}),
        "Consent.policyRule",
    ),
    "a modifier": (
        lambda tree: tree.update(modifierExtension=[{"url": "https://example.org/x", "valueBoolean": True}]),
        "Consent.modifierExtension",
    ),
    "a modifier of the permit": (
        lambda tree: permit(tree).update(modifierExtension=[{"url": "https://example.org/x", "valueBoolean": True}]),
        f"{PERMIT}.modifierExtension",
    ),
    "rules we do not know": (lambda tree: tree.update(implicitRules="https://example.org"), "Consent.implicitRules"),
    "an action": (lambda tree: permit(tree).update(action=[{"text": "access"}]), f"{PERMIT}.action"),
    "a class": (lambda tree: permit(tree).update({"class": [{"code": "x"}]}), f"{PERMIT}.class"),
    "a code": (lambda tree: permit(tree).update(code=[{"text": "x"}]), f"{PERMIT}.code"),
    "only some data": (
        lambda tree: permit(tree).update(data=[{"meaning": "instance", "reference": {"reference": "Task/1"}}]),
        f"{PERMIT}.data",
    ),
    "only some of the time": (
        lambda tree: permit(tree).update(dataPeriod={"start": "2026-01-01"}),
        f"{PERMIT}.dataPeriod",
    ),
    "a third provision": (
        lambda tree: permit(tree).update(provision=[{"type": "deny"}]),
        f"{PERMIT}.provision",
    ),
    "something in the denial": (
        lambda tree: tree["provision"].update(period={"end": "2026-12-01"}),
        "Consent.provision.period",
    ),
    "two permits": (
        lambda tree: tree["provision"]["provision"].append({"type": "permit"}),
        "Consent.provision.provision",
    ),
    "a root that permits": (lambda tree: tree["provision"].update(type="permit"), "Consent.provision.type"),
    "a permit that denies": (lambda tree: permit(tree).update(type="deny"), f"{PERMIT}.type"),
    "two organizations": (
        lambda tree: tree["organization"].append({"reference": DETOX}),
        "Consent.organization",
    ),
    "an organization by its display": (
        lambda tree: tree.update(organization=[{"display": "Merrow Regional BHU"}]),
        "Consent.organization[0]",
    ),
    "a class that shares": (
        lambda tree: tree["organization"][0]["identifier"].update(system=f"{OURS}/CodeSystem/recipient-class"),
        "Consent.organization[0]",
    ),
    "two policies": (lambda tree: tree["policy"].append({"uri": "https://example.org"}), "Consent.policy"),
    "another scope": (lambda tree: tree["scope"]["coding"][0].update(code="research"), "Consent.scope"),
    "a scope besides": (
        lambda tree: tree["scope"]["coding"].append({"system": "https://example.org", "code": "research"}),
        "Consent.scope",
    ),
    "another category": (lambda tree: tree["category"][0]["coding"].pop(0), "Consent.category"),
    "another role": (
        lambda tree: permit(tree)["actor"][0]["role"]["coding"][0].update(code="AUT"),
        f"{PERMIT}.actor[0].role",
    ),
    "a recipient by its display": (
        lambda tree: reference(tree).pop("reference") and reference(tree).update(display="Merrow Detox"),
        f"{PERMIT}.actor[0].reference",
    ),
    "a recipient by two names": (
        lambda tree: reference(tree).update(identifier={"system": f"{OURS}/NamingSystem/agency", "value": "detox"}),
        f"{PERMIT}.actor[0].reference",
    ),
    "a recipient elsewhere": (
        lambda tree: reference(tree).update(reference=f"https://example.org/{DETOX}"),
        f"{PERMIT}.actor[0].reference",
    ),
    "a recipient of another naming system": (
        lambda tree: permit(tree)["actor"][1]["reference"]["identifier"].update(system="https://example.org"),
        f"{PERMIT}.actor[1].reference",
    ),
    "a recipient of no naming system": (
        lambda tree: permit(tree)["actor"][1]["reference"]["identifier"].pop("system"),
        f"{PERMIT}.actor[1].reference",
    ),
    "a person as recipient": (
        lambda tree: reference(tree).update(reference="Practitioner/1"),
        f"{PERMIT}.actor[0].reference",
    ),
    "another patient who signs": (
        lambda tree: tree.update(performer=[{"reference": "Patient/p2"}]),
        "Consent.performer[0]",
    ),
    "a relative without a relationship": (
        lambda tree: tree["performer"].append({"type": "RelatedPerson", "display": "Kim"}),
        "Consent.performer[1]",
    ),
    "a clinician who signs": (
        lambda tree: tree["performer"].append(
            {
                "reference": "Practitioner/1",
                "extension": [{"url": f"{EXTENSION}relationship", "valueCode": "PRN"}],
            }
        ),
        "Consent.performer[1]",
    ),
    "a group as patient": (lambda tree: tree.update(patient={"display": "Jane"}), "Consent.patient"),
    "a contract as source": (
        lambda tree: tree.update(sourceReference={"reference": "Contract/1"}),
        "Consent.source",
    ),
    "two sources": (lambda tree: tree.update(sourceAttachment={"title": "Signed on paper"}), "Consent.source"),
    "a purpose of another system": (
        lambda tree: permit(tree)["purpose"][0].update(system="https://example.org"),
        f"{PERMIT}.purpose",
    ),
    "a part we do not have": (
        lambda tree: permit(tree)["securityLabel"][0].update(code="everything"),
        f"{PERMIT}.securityLabel",
    ),
    "a label of another system": (
        lambda tree: permit(tree)["securityLabel"].append({"system": "https://example.org", "code": "x"}),
        f"{PERMIT}.securityLabel",
    ),
    "substance use without its label": (
        lambda tree: permit(tree)["securityLabel"].pop(2),
        f"{PERMIT}.securityLabel",
    ),
    "the label without substance use": (
        lambda tree: permit(tree)["securityLabel"].pop(1),
        f"{PERMIT}.securityLabel",
    ),
    "a method twice": (
        lambda tree: tree["extension"].append({"url": f"{EXTENSION}method", "valueCode": "paper"}),
        "Consent.extension",
    ),
    "an extension of ours we do not know": (
        lambda tree: tree["extension"].append({"url": f"{EXTENSION}only-on-mondays", "valueBoolean": True}),
        "Consent.extension",
    ),
    "an extension of ours in another place": (
        lambda tree: tree["extension"].append({"url": f"{EXTENSION}expiry-event", "valueCode": "none"}),
        "Consent.extension",
    ),
}


@pytest.mark.parametrize(("change", "path"), OTHER.values(), ids=OTHER)
def test_a_consent_of_another_shape_grounds_nothing_and_says_where(change: Callable[[Any], object], path: str) -> None:
    facts = read(changed(change))
    assert path in [fault.expression for fault in facts.faults]
    assert not facts.grounds


# What others may add without changing what it says.
SAME = {
    "a display": lambda tree: reference(tree).update(display="Merrow Detox"),
    "labels and a profile": lambda tree: tree.update(meta={"profile": ["https://example.org"], "security": []}),
    "somebody's extension": lambda tree: tree["extension"].append({"url": "https://example.org", "valueCode": "x"}),
    "an authority": lambda tree: tree["policy"][0].update(authority="https://www.ecfr.gov"),
    "a narrative": lambda tree: tree.update(text={"status": "generated", "div": "<div/>"}),
}


@pytest.mark.parametrize("change", SAME.values(), ids=SAME)
def test_what_changes_nothing_is_passed_over(change: Callable[[Any], object]) -> None:
    assert read(changed(change)) == FULL


@pytest.mark.parametrize("status", ["draft", "proposed", "rejected", "inactive", "entered-in-error"])
def test_only_an_active_consent_is_one(status: str) -> None:
    facts = read(changed(lambda tree: tree.update(status=status)))
    assert facts.issues == ()
    assert not facts.grounds


def test_labels_we_do_not_give_are_handed_on() -> None:
    facts = read(changed(lambda tree: permit(tree)["securityLabel"].append({"system": ACT, "code": "PSYTHPN"})))
    assert facts.labels == ("PSYTHPN",)


@pytest.mark.parametrize("facts", [read(changed(OTHER["an action"][0])), Facts(labels=("PSYTHPN",))])
def test_a_consent_of_another_shape_is_not_washed_clean_by_writing_it_anew(facts: Facts) -> None:
    with pytest.raises(ValueError, match="not of our shape"):
        build(facts, id_=ID)


@pytest.mark.parametrize(
    "reference", [f"Organization/{ID}", "Organization/00000000-0000-0000-0000-00000000ABCD", "Organization/x", f"{ID}"]
)
def test_an_agency_is_named_by_its_id_as_we_write_it(reference: str) -> None:
    facts = read(changed(lambda tree: tree.update(organization=[{"reference": reference}])))
    assert facts.discloser == (reference if reference == f"Organization/{ID}" else "")


@pytest.mark.skipif(not EXAMPLES.exists(), reason="NO OFFICIAL EXAMPLES")
@pytest.mark.parametrize("name", ["consent-example-basic", "consent-example-notThis", "consent-example-signature"])
def test_hl7s_own_examples_ground_nothing_and_are_no_error(name: str) -> None:
    tree = example(f"Consent-{name}")
    check(tree)
    facts = read(tree)
    assert not facts.grounds
    assert facts.status == "active"
    assert "Consent.policyRule" in [fault.expression for fault in facts.faults]


JSON = st.recursive(
    st.none() | st.booleans() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_reading_raises_nothing_whatever_stands_where(data: st.DataObject) -> None:
    tree: Any = copy.deepcopy(TREE)
    holder, key = tree, data.draw(st.sampled_from(sorted(tree)))
    while data.draw(st.booleans()) and isinstance(holder[key], dict | list) and holder[key]:
        holder = holder[key]
        key = data.draw(st.sampled_from(sorted(holder) if isinstance(holder, dict) else range(len(holder))))
    holder[key] = data.draw(JSON)
    assert isinstance(read(tree), Facts)


EASTERN = ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("text", "begin", "end"),
    [
        ("2026-11-22", "2026-11-22T05:00", "2026-11-23T05:00"),
        ("2026-03-08", "2026-03-08T05:00", "2026-03-09T04:00"),
        ("2026-11-22T10:12:00-05:00", "2026-11-22T15:12", "2026-11-22T15:12"),
        ("2000-01-01", "2000-01-01T05:00", "2000-01-02T05:00"),
        ("2199-12-31", "2199-12-31T05:00", "2200-01-01T05:00"),
    ],
)
def test_a_day_counts_whole_where_it_is_kept_and_a_moment_as_it_is(text: str, begin: str, end: str) -> None:
    assert consent_times.begins(text, EASTERN) == datetime.fromisoformat(f"{begin}+00:00")
    assert consent_times.ends(text, EASTERN) == datetime.fromisoformat(f"{end}+00:00")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026",
        "2026-11",
        "1999-12-31",
        "2200-01-01",
        "9999-12-31",
        "1999-12-31T23:59:59Z",
        "9999-12-31T23:59:59-14:00",
        "0001-01-01T00:00:00+14:00",
        "2026-11-22T10:12:60Z",
        "2026-11-22T10:12:00",
        "2026-02-30",
        "soon",
    ],
)
def test_what_is_no_whole_day_or_moment_of_two_hundred_years_is_none(text: str) -> None:
    assert consent_times.begins(text, EASTERN) is None
    assert consent_times.ends(text, EASTERN) is None


def test_a_moment_is_counted_in_utc() -> None:
    there = datetime(2026, 11, 22, 10, 12, tzinfo=timezone(timedelta(hours=-5)))
    assert consent_times.ends(there.isoformat(), EASTERN) == there
    found = consent_times.ends(there.isoformat(), EASTERN)
    assert found is not None
    assert found.tzinfo is UTC
