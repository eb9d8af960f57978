"""The gate's answers, against expectations written by hand from the law."""

import itertools

import pytest

from agencies.capabilities import GRANTS, OPEN
from agencies.kinds import AgencyKind
from agencies.roles import Role
from agencies.vault.purposes import OPENED_BY, PURPOSES
from fhir.content.compartments import Compartment
from referrals.policy.bases import RULES, Basis
from referrals.policy.codes import WORDS, DenyCode
from referrals.policy.gate import Access, Crossing, Deny, Permit, Unit, decide
from referrals.policy.matrix import MATRIX, Action, read_table

READERS = {
    "request": {"officer", "bhu_officer", "clinician", "coordinator", "coach", "intake"},
    "contact": {"officer", "bhu_officer", "clinician", "coordinator", "coach", "intake", "driver"},
    "incident": {"officer", "bhu_officer", "clinician", "coordinator", "coach"},
    "clinical": {"clinician", "coordinator", "intake"},
    "sud": {"clinician", "coordinator", "coach", "intake"},
    "transport": {"officer", "bhu_officer", "clinician", "coordinator", "coach", "intake", "driver"},
    "outcome": {"clinician", "coordinator", "intake"},
}
WRITERS = {
    "request": {"clinician", "coordinator"},
    "contact": {"officer", "dispatcher", "clinician", "coordinator"},
    "incident": {"officer", "bhu_officer", "dispatcher"},
    "clinical": {"officer", "clinician", "coordinator"},
    "sud": {"clinician", "coordinator", "intake"},
    "transport": {"officer", "bhu_officer", "dispatcher", "clinician", "coordinator"},
    "outcome": {"clinician", "coordinator", "coach", "intake"},
}
POLICE = Unit(kind=AgencyKind.POLICE, part2=False, covered=False, treating=False)
BHU = Unit(kind=AgencyKind.BHU, part2=True, covered=True, treating=False)
COVERED = Unit(kind=AgencyKind.CRISIS_TEAM, part2=False, covered=True, treating=True)
PROVIDER = Unit(kind=AgencyKind.PROVIDER, part2=True, covered=True, treating=True)
DRIVERS = Unit(kind=AgencyKind.TRANSPORT, part2=False, covered=False, treating=False)
UNITS = {"police": POLICE, "bhu": BHU, "covered": COVERED, "provider": PROVIDER, "drivers": DRIVERS}

MAY_CROSS = {
    ("referral_for_help", "police", "bhu"): {"request", "contact", "incident", "clinical"},
    ("referral_for_help", "police", "covered"): {"request", "contact", "incident", "clinical"},
    ("referral_for_help", "police", "provider"): {"request", "contact", "incident", "clinical"},
    ("police_business", "police", "police"): {"request", "contact", "incident"},
    ("hipaa_treatment", "covered", "covered"): {"request", "contact", "clinical", "outcome"},
    ("hipaa_treatment", "covered", "provider"): {"request", "contact", "clinical", "outcome"},
    **{
        ("consent_named", here, there): {"request", "contact", "clinical", "sud", "transport", "outcome"}
        for here, there in itertools.product(UNITS, UNITS)
        if there != "police"
    },
    **{
        ("deidentified", here, there): {"request"}
        for here, there in itertools.product(UNITS, UNITS)
        if there != "police"
    },
}


def access(role: Role, compartment: Compartment, action: Action, **facts: bool) -> Access:
    known = {"granted": True, "takes_part": True, "holds_compartment": True} | facts
    return Access(role=role, compartment=compartment, action=action, **known)


@pytest.mark.parametrize(("role", "compartment"), list(itertools.product(Role, Compartment)))
def test_each_role_reads_and_creates_what_the_table_of_the_law_says(role, compartment):
    reads = decide(access(role, compartment, Action.READ))
    creates = decide(access(role, compartment, Action.CREATE))
    assert isinstance(reads, Permit) is (role.value in READERS[compartment.value])
    assert isinstance(creates, Permit) is (role.value in WRITERS[compartment.value])


@pytest.mark.parametrize("fact", ["granted", "takes_part", "holds_compartment"])
def test_every_fact_that_is_missing_shuts_the_gate(fact):
    assert isinstance(decide(access(Role.CLINICIAN, Compartment.CONTACT, Action.READ)), Permit)
    assert isinstance(decide(access(Role.CLINICIAN, Compartment.CONTACT, Action.READ, **{fact: False})), Deny)


@pytest.mark.parametrize(("basis", "here"), list(itertools.product(Basis, UNITS)))
def test_what_may_cross_an_agency_boundary_on_which_ground(basis, here):
    for there, compartment in itertools.product(UNITS, Compartment):
        answer = decide(
            Crossing(
                compartment=compartment,
                discloser=UNITS[here],
                recipient=UNITS[there],
                basis=basis,
                agreement=True,
                consent=True,
                switched_on=True,
            )
        )
        expected = compartment.value in MAY_CROSS.get((basis.value, here, there), set())
        assert isinstance(answer, Permit) is expected, (there, compartment)


@pytest.mark.parametrize("basis", [basis for basis, rule in RULES.items() if rule.needs_agreement])
def test_without_a_live_agreement_nothing_crosses(basis):
    for here, there, compartment in itertools.product(UNITS.values(), UNITS.values(), Compartment):
        answer = decide(
            Crossing(
                compartment=compartment,
                discloser=here,
                recipient=there,
                basis=basis,
                agreement=False,
                consent=True,
                switched_on=True,
            )
        )
        assert isinstance(answer, Deny)


def test_a_consent_that_names_nobody_is_no_ground():
    answer = decide(
        Crossing(
            compartment=Compartment.CONTACT,
            discloser=BHU,
            recipient=PROVIDER,
            basis=Basis.CONSENT_NAMED,
            agreement=True,
            consent=False,
            switched_on=True,
        )
    )
    assert answer == Deny(DenyCode.CONSENT_MISSING)


def test_the_treatment_ground_is_shut_until_counsel_opens_it():
    answer = decide(
        Crossing(
            compartment=Compartment.CONTACT,
            discloser=COVERED,
            recipient=PROVIDER,
            basis=Basis.HIPAA_TREATMENT,
            agreement=True,
            consent=False,
            switched_on=False,
        )
    )
    assert answer == Deny(DenyCode.STATE_PACK)


def test_no_ground_but_consent_carries_substance_use_records():
    assert {basis for basis, rule in RULES.items() if Compartment.SUD in rule.opens} == {Basis.CONSENT_NAMED}


@pytest.mark.parametrize(("role", "compartment"), list(itertools.product(Role, Compartment)))
def test_whoever_is_granted_to_open_a_part_may_by_the_matrix_and_has_the_key(role, compartment):
    if OPEN[compartment] in GRANTS[role]:
        assert Action.READ in MATRIX[role, compartment]
        assert OPENED_BY[compartment] in PURPOSES[role]


def test_the_matrix_has_every_cell_and_every_deny_code_has_words():
    assert set(MATRIX) == set(itertools.product(Role, Compartment))
    assert set(WORDS) == set(DenyCode)


@pytest.mark.parametrize(
    "text",
    [
        "role request\nmayor R",
        "role cellar\nofficer R",
        "role request\nofficer X",
        "role request contact\nofficer R",
    ],
)
def test_a_table_with_an_unknown_name_raises(text):
    with pytest.raises(ValueError, match=r"not a valid|argument"):
        read_table(text)
