from collections.abc import Callable

import pytest
from django.db import DatabaseError, connection, transaction

from audit.models import AuditCheckpoint, AuditCosignature, AuditEvent, AuditLeaf, AuditNode, Log
from tests.audit.conftest import Town, Write
from tests.audit.tampering import sql, tables

pytestmark = pytest.mark.django_db
MODELS = [AuditEvent, AuditLeaf, AuditNode, AuditCheckpoint, AuditCosignature]
SET = {
    AuditEvent: "code = ''",
    AuditLeaf: "hash = hash",
    AuditNode: "hash = hash",
    AuditCheckpoint: "note = ''",
    AuditCosignature: "line = ''",
}


@pytest.fixture(autouse=True)
def rows(grow: Write, town: Town) -> None:
    grow(3)
    town.cosign()


def refused(act: Callable[[], object]) -> bool:
    try:
        with transaction.atomic():
            act()
    except DatabaseError as error:
        return "append-only" in str(error)
    return False


@pytest.mark.parametrize("model", MODELS)
def test_rows_cannot_be_updated_or_deleted(model) -> None:
    table = model._meta.db_table
    before = list(model.objects.order_by("pk").values_list())
    assert refused(lambda: sql(f"UPDATE {table} SET {SET[model]}"))
    assert refused(lambda: sql(f"DELETE FROM {table}"))
    assert refused(model.objects.all().delete)
    assert list(model.objects.order_by("pk").values_list()) == before != []


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("way", ["INSERT OR REPLACE INTO", "REPLACE INTO", "INSERT OR IGNORE INTO", "INSERT INTO"])
def test_rows_cannot_be_replaced_by_their_key_in_sqlite(model, way: str) -> None:
    if connection.vendor != "sqlite":
        way = "INSERT INTO"
    table = model._meta.db_table
    before = list(model.objects.order_by("pk").values_list())
    with pytest.raises(DatabaseError), transaction.atomic():
        sql(f"{way} {table} SELECT * FROM {table}")
    assert list(model.objects.order_by("pk").values_list()) == before


def test_a_leaf_cannot_be_replaced_by_its_event() -> None:
    way = "INSERT OR REPLACE" if connection.vendor == "sqlite" else "INSERT"
    with pytest.raises(DatabaseError), transaction.atomic():
        sql(f"{way} INTO audit_leaf (seq, event_id, hash) SELECT 99, event_id, hash FROM audit_leaf WHERE seq = 0")
    assert list(AuditLeaf.objects.order_by("seq").values_list("seq", flat=True)) == [0, 1, 2]


def test_a_row_cannot_be_replaced_by_sqlites_own_rowid() -> None:
    if connection.vendor == "sqlite":
        assert refused(
            lambda: sql(
                "INSERT OR REPLACE INTO audit_checkpoint (rowid, size, root, note, at) VALUES (1, 99, '', '', '')"
            )
        )
    assert AuditCheckpoint.objects.filter(size=3).exists()


def test_an_upsert_is_refused() -> None:
    assert refused(
        lambda: sql(
            "INSERT INTO audit_leaf (seq, event_id, hash) SELECT seq, event_id, hash FROM audit_leaf WHERE true"
            " ON CONFLICT (seq) DO UPDATE SET hash = audit_leaf.hash"
        )
    )


def test_a_new_row_is_let_in_beside_the_old() -> None:
    sql('INSERT INTO audit_node (level, "index", hash) SELECT 60, 0, hash FROM audit_node')
    assert AuditNode.objects.filter(level=60).exists()


def test_the_logs_lock_is_one_row() -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        Log(pk=2, origin="example.org/other", created_at=Log.objects.get().created_at).save()
    assert Log.objects.count() == 1


@pytest.mark.postgres
@pytest.mark.parametrize("statement", ["TRUNCATE {}", "DELETE FROM {}", "UPDATE {} SET {}"])
def test_every_table_and_partition_refuses_every_change_even_without_rows(statement: str) -> None:
    assert len(tables()) == 5 + 11
    for table in tables():
        change = "hash = hash" if table in ("audit_leaf", "audit_node") else "at = at"
        assert refused(lambda table=table, change=change: sql(statement.format(table, change))), table


@pytest.mark.postgres
def test_the_guards_hold_for_a_superuser_who_plays_a_replica() -> None:
    sql("SET LOCAL session_replication_role = replica")
    for table in tables():
        assert refused(lambda table=table: sql(f"DELETE FROM {table}")), table


@pytest.mark.postgres
def test_events_lie_in_the_partition_of_their_year() -> None:
    years = sql("SELECT DISTINCT tableoid::regclass::text, 'audit_event_' || date_part('year', at) FROM audit_event")
    assert years
    assert all(found == expected for found, expected in years)


@pytest.mark.postgres
def test_an_event_of_a_year_without_partition_is_kept_all_the_same() -> None:
    sql(
        "INSERT INTO audit_event SELECT 'ff000000-0000-7000-8000-000000000000', at, door, request_id, actor, agency,"
        " action, target, outcome, code, purpose, digest, body FROM audit_event LIMIT 1"
    )
    assert sql("SELECT count(*) FROM audit_event_default") == [(1,)]
