import pytest
from django.core import checks
from django.db import connection

from audit.checks import rows_are_final
from tests.audit.tampering import sql

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


@pytest.fixture
def role() -> str:
    """A role that may do what the application needs, made and taken on inside the test's transaction."""
    sql("CREATE ROLE audit_test_app")
    tables = "audit_event, audit_leaf, audit_node, audit_checkpoint, audit_cosignature"
    sql(f"GRANT SELECT, INSERT ON {tables} TO audit_test_app")
    return "audit_test_app"


def found(role: str) -> list[str]:
    sql(f"SET LOCAL ROLE {role}")
    errors = rows_are_final()
    sql("RESET ROLE")
    return [f"{error.id} {error.msg}" for error in errors]


def test_the_owner_must_not_run_the_application() -> None:
    (error,) = rows_are_final()
    assert error.id == "audit.E002"
    assert "audit_event_2026" in error.msg


def test_a_role_that_may_select_and_insert_passes(role: str) -> None:
    assert found(role) == []


@pytest.mark.parametrize("privilege", ["UPDATE", "DELETE", "TRUNCATE", "TRIGGER"])
@pytest.mark.parametrize(
    "table",
    ["audit_event", "audit_event_2030", "audit_leaf", "audit_node", "audit_checkpoint", "audit_cosignature"],
)
def test_any_other_right_on_any_table_or_partition_is_named(role: str, privilege: str, table: str) -> None:
    sql(f"GRANT {privilege} ON {table} TO {role}")
    assert found(role) == [f"audit.E003 The application's role may {privilege} {table}."]


def test_a_right_on_one_column_is_found(role: str) -> None:
    sql(f"GRANT UPDATE (code) ON audit_event TO {role}")
    assert found(role) == ["audit.E003 The application's role may UPDATE audit_event."]


def test_a_role_that_cannot_write_the_log_is_told(role: str) -> None:
    sql(f"REVOKE INSERT ON audit_leaf FROM {role}")
    assert found(role) == ["audit.E004 The application's role may not SELECT and INSERT audit_leaf."]


@pytest.mark.parametrize("inherits", ["INHERIT", "NOINHERIT"])
def test_a_member_of_the_owner_is_an_owner(role: str, inherits: str) -> None:
    sql("CREATE ROLE audit_test_owner")
    sql(f"ALTER ROLE {role} {inherits}")
    sql("ALTER TABLE audit_leaf OWNER TO audit_test_owner")
    sql(f"GRANT audit_test_owner TO {role}")
    assert found(role) == ["audit.E002 The application's role owns audit_leaf."]


def test_a_database_without_the_log_is_an_error() -> None:
    sql("ALTER TABLE audit_node RENAME TO audit_elsewhere")
    assert [error.id for error in rows_are_final() if "audit_node" in error.msg] == ["audit.E001"]


def test_it_runs_with_check_deploy() -> None:
    assert connection.vendor == "postgresql"
    assert rows_are_final in checks.registry.registry.get_checks(include_deployment_checks=True)
    assert rows_are_final not in checks.registry.registry.get_checks()
