from datetime import datetime
from hashlib import sha256
from uuid import UUID

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from audit import door, log
from audit.canonical import NotCanonical, decode
from audit.models import AuditDetail, AuditEvent, PendingEvent
from audit.outcome import Outcome
from audit.uuid7 import moment

pytestmark = pytest.mark.django_db
HEX = "a" * 64


def send(**changes) -> UUID:
    return log.record(**{"action": "referral.send", "target": "Referral/1", "actor": "Membership/1", **changes})


def test_an_event_is_a_row_whose_columns_repeat_its_bytes_and_a_pending_row() -> None:
    with door.opened(door="cli", request_id="r-9"):
        id_ = send(agency="Agency/1", code="c", purpose="TREAT", digest=f"000002.{HEX}", outcome=Outcome.REFUSED)
    row = AuditEvent.objects.get(pk=id_)
    event = decode(bytes(row.body))
    columns = [
        "id",
        "door",
        "request_id",
        "actor",
        "agency",
        "action",
        "target",
        "outcome",
        "code",
        "purpose",
        "digest",
    ]
    assert {name: getattr(row, name) for name in columns} == {name: getattr(event, name) for name in columns}
    assert (row.door, row.request_id, row.outcome, event.detail) == ("cli", "r-9", "4", "")
    assert isinstance(row.at, datetime)
    assert row.at == moment(id_)
    assert PendingEvent.objects.filter(pk=id_).exists()


def test_an_event_costs_two_inserts_at_most_and_no_savepoint() -> None:
    with transaction.atomic(), CaptureQueriesContext(connection) as queries:
        send()
        said = [query["sql"] for query in queries]
    assert len(said) == (1 if connection.vendor == "postgresql" else 2)
    assert all("INSERT INTO" in statement for statement in said)


def test_detail_is_kept_beside_the_event_which_holds_only_its_hash() -> None:
    id_ = send(detail=b"sealed by the caller")
    assert bytes(AuditDetail.objects.get(pk=id_).sealed) == b"sealed by the caller"
    assert decode(bytes(AuditEvent.objects.get(pk=id_).body)).detail == sha256(b"sealed by the caller").hexdigest()


def test_detail_can_be_shredded() -> None:
    id_ = send(detail=b"sealed")
    AuditDetail.objects.filter(pk=id_).delete()
    assert AuditEvent.objects.filter(pk=id_).exists()


def test_what_is_rolled_back_was_never_recorded() -> None:
    with transaction.atomic():
        send()
        transaction.set_rollback(True)
    assert not AuditEvent.objects.exists()
    assert not PendingEvent.objects.exists()


def test_a_refusal_recorded_after_the_rollback_stays() -> None:
    with transaction.atomic():
        send()
        transaction.set_rollback(True)
    refused = send(outcome=Outcome.REFUSED, code="NOT_OPEN")
    assert list(AuditEvent.objects.values_list("pk", "outcome", "code")) == [(refused, "4", "NOT_OPEN")]


def test_an_event_that_cannot_be_written_takes_the_act_with_it() -> None:
    with transaction.atomic():
        with pytest.raises(NotCanonical):
            send(target="Jane Doe")
        assert transaction.get_rollback()
        transaction.set_rollback(False)
    assert not AuditEvent.objects.exists()


def test_an_unknown_outcome_is_refused_by_the_database_too() -> None:
    row = AuditEvent.objects.get(pk=send())
    row.pk, row.outcome = UUID(int=row.pk.int + 1), "5"
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save(force_insert=True)


def test_the_newest_digest_is_the_highest_recorded_for_that_target() -> None:
    for digest in (f"000002.{HEX}", f"000010.{HEX}", f"000009.{HEX}", ""):
        send(digest=digest)
    send(target="Referral/2", digest=f"000099.{HEX}")
    send(target="Referral/3")
    assert log.newest_digest("Referral/1") == f"000010.{HEX}"
    assert log.newest_digest("Referral/3") == ""
    assert log.newest_digest("Referral/4") == ""
    assert log.newest_digests({f"Referral/{number}" for number in range(1, 5)}) == {
        "Referral/1": f"000010.{HEX}",
        "Referral/2": f"000099.{HEX}",
    }
    assert log.newest_digests([]) == {}


@pytest.mark.parametrize("query", [log.NEWEST_DIGEST["sqlite"], log.NEWEST_DIGESTS % "%s"], ids=["one", "many"])
def test_the_newest_digest_is_found_in_its_own_index(query: str) -> None:
    explain = "EXPLAIN QUERY PLAN " if connection.vendor == "sqlite" else "EXPLAIN (COSTS OFF) "
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(explain + query, ["Referral/1"])
        plan = str(cursor.fetchall())
    index = "audit_event_digest" if connection.vendor == "sqlite" else "target_digest_idx"
    assert index in plan
    assert "Seq Scan" not in plan
