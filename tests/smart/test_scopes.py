"""SMART scopes of version 2, and the most each role may be granted: worked out by hand from docs/permissions.md."""

import pytest

from agencies.capabilities import GRANTS, Capability
from agencies.roles import Role
from fhir.smart import scopes
from fhir.smart.ceiling import ROLES, ceiling
from fhir.smart.scopes import UnknownScope, beyond, covers, intersect, parse, parse_known, text

INTAKE, OFFICER = (
    ceiling(Role.INTAKE, GRANTS[Role.INTAKE]),
    ceiling(Role.OFFICER, GRANTS[Role.OFFICER]),
)


@pytest.mark.parametrize(
    ("asked", "read"),
    [
        ("system/Task.rus", "system/Task.rus"),
        ("system/Task.read", "system/Task.rs"),
        ("system/Task.write", "system/Task.cud"),
        ("system/Task.*", "system/Task.cruds"),
        ("system/*.rs", "system/*.rs"),
        ("system/Task.r system/Task.s", "system/Task.rs"),
        ("system/*.rs system/Task.rus system/Patient.r", "system/*.rs system/Task.rus"),
        ("", ""),
    ],
)
def test_a_scope_is_read_into_its_one_spelling(asked: str, read: str) -> None:
    assert text(parse(asked)) == read


@pytest.mark.parametrize(
    "wrong",
    [
        "system/Task.dus",  # out of order
        "system/Task.rr",
        "system/Task.",
        "system/Task",
        "system/Task.rs?status=requested",  # a filter that is not kept must not be granted without it
        "patient/Task.rs",
        "user/Task.rs",
        "system/task.rs",
        "system/Täsk.rs",
        "system/*.x",
        "launch",
        "openid",
        "offline_access",
    ],
)
def test_what_is_no_scope_of_a_system_is_refused_or_left_out(wrong: str) -> None:
    with pytest.raises(UnknownScope):
        parse(f"system/Patient.r {wrong}")
    assert text(parse_known(f"system/Patient.r {wrong}")) == "system/Patient.r"


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        ("system/Task.rus", "system/Task.cr", "system/Task.r"),
        ("system/*.rs", "system/Task.cru", "system/Task.r"),
        ("system/*.rs", "system/*.r", "system/*.r"),
        ("system/*.cruds", "system/Task.rs system/Patient.c", "system/Patient.c system/Task.rs"),
        ("system/Task.c system/*.r", "system/Task.cr system/Patient.r", "system/Patient.r system/Task.cr"),
        ("system/Task.rs", "system/Patient.rs", ""),
        ("system/Task.rs", "", ""),
    ],
)
def test_what_two_allow_is_what_both_allow(one: str, other: str, both: str) -> None:
    assert text(intersect(parse(one), parse(other))) == both
    assert text(intersect(parse(other), parse(one))) == both


@pytest.mark.parametrize(
    ("letter", "interactions"),
    [
        ("c", {"create"}),
        ("r", {"read", "vread", "history-instance"}),
        ("u", {"update", "patch"}),
        ("d", {"delete"}),
        ("s", {"search-type", "search-system", "history-type", "history-system"}),
    ],
)
def test_each_letter_covers_its_interactions_on_its_type(letter: str, interactions: set[str]) -> None:
    task = parse(f"system/Task.{letter}")
    assert {each for each in scopes.INTERACTIONS if covers(task, "Task", each)} == interactions
    assert not any(covers(task, "Patient", each) for each in scopes.INTERACTIONS)
    assert not any(covers(task, "*", each) for each in scopes.INTERACTIONS)
    assert {each for each in scopes.INTERACTIONS if covers(parse(f"system/*.{letter}"), "Task", each)} == interactions


def test_nothing_covers_what_fhir_does_not_know() -> None:
    with pytest.raises(KeyError):
        covers(parse("system/*.cruds"), "Task", "launch")


def test_only_types_that_are_named_can_go_beyond() -> None:
    limit = parse("system/Task.rs")
    assert text(beyond(parse("system/*.cruds system/Task.rs"), limit)) == ""
    assert text(beyond(parse("system/Task.rus system/Patient.r"), limit)) == "system/Patient.r system/Task.u"


@pytest.mark.parametrize(
    ("limit", "type_", "letters"),
    [
        (INTAKE, "Task", "crus"),
        (INTAKE, "ServiceRequest", "crus"),
        (INTAKE, "Patient", "rs"),  # reads contact, may not write it
        (INTAKE, "QuestionnaireResponse", "crus"),  # creates and corrects sud
        (INTAKE, "Observation", "crus"),
        (INTAKE, "AuditEvent", ""),
        (INTAKE, "HealthcareService", "rs"),
        (OFFICER, "Task", "crus"),
        (OFFICER, "Patient", "crus"),
        (OFFICER, "QuestionnaireResponse", "c"),  # writes a screening, reads none
        (OFFICER, "Observation", "crus"),  # incident
        (OFFICER, "AuditEvent", ""),
        (OFFICER, "Binary", ""),
        (ceiling(Role.PRIVACY_OFFICER, GRANTS[Role.PRIVACY_OFFICER]), "AuditEvent", "rs"),
        (ceiling(Role.PRIVACY_OFFICER, GRANTS[Role.PRIVACY_OFFICER]), "Task", ""),
        (ceiling(Role.DISPATCHER, GRANTS[Role.DISPATCHER]), "Patient", "c"),
        (ceiling(Role.DISPATCHER, GRANTS[Role.DISPATCHER]), "Task", "cu"),
        (ceiling(Role.CLINICIAN, GRANTS[Role.CLINICIAN]), "Consent", "crus"),
        (ceiling(Role.INTAKE, []), "Task", ""),
        (ceiling(Role.INTAKE, []), "Patient", ""),
        (ceiling(Role.INTAKE, []), "QuestionnaireResponse", ""),
        (ceiling(Role.INTAKE, [Capability.ANSWER_REFERRALS]), "QuestionnaireResponse", "cu"),
        (ceiling(Role.INTAKE, [Capability.OPEN_SUD]), "QuestionnaireResponse", "rs"),
    ],
)
def test_a_role_can_be_granted_what_it_can_do(limit: scopes.Scopes, type_: str, letters: str) -> None:
    assert scopes.letters(limit, type_) == frozenset(letters)


@pytest.mark.parametrize("role", sorted(frozenset(Role) - ROLES))
def test_a_role_no_system_may_have_is_granted_nothing_whatever_it_holds(role: Role) -> None:
    assert ceiling(role, Capability) == {}


@pytest.mark.parametrize("role", sorted(ROLES))
def test_no_role_deletes_anything_but_a_subscription(role: Role) -> None:
    limit = ceiling(role, Capability)
    assert {type_ for type_, may in limit.items() if "d" in may} <= {"Subscription"}
    assert "*" not in limit


def test_roles_that_manage_or_approve_are_none_of_a_system() -> None:
    assert not ROLES & {Role.AGENCY_ADMIN, Role.NETWORK_ADMIN, Role.CLIENT, Role.MACHINE, Role.CHIEF}
