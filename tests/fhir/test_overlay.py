"""State laid over a stored resource: only that changes, everything else byte for byte."""

from fhir.content.exact import Object, dump, parse
from fhir.content.overlay import service_request_now, task_now

STORED = (
    '{"resourceType":"Task","id":"t","statusReason":{"text":"waiting"},"status":"requested","intent":"order",'
    '"note":[{"text":"x","time":"2015-02-07T13:28:17+00:00"}],"owner":{"reference":"Organization/a","display":"A"},'
    '"input":[{"type":{"text":"dose"},"valueDecimal":1.10}]}'
)


def stored() -> Object:
    tree = parse(STORED.encode())
    assert isinstance(tree, dict)
    return tree


def test_a_state_replaces_in_its_place_and_leaves_all_else() -> None:
    now = task_now(stored(), status="accepted")
    assert dump(now).decode() == STORED.replace('"requested"', '"accepted"')


def test_a_state_that_was_not_written_comes_last() -> None:
    now = task_now(
        stored(), status="accepted", business_status={"text": "Accepted"}, last_modified="2026-11-22T10:00:00Z"
    )
    added = ',"businessStatus":{"text":"Accepted"},"lastModified":"2026-11-22T10:00:00Z"}'
    assert dump(now).decode() == STORED.replace('"requested"', '"accepted"')[:-1] + added


def test_a_state_that_is_none_is_taken_away_and_one_not_named_is_kept() -> None:
    now = task_now(stored(), status="in-progress", status_reason=None)
    expected = STORED.replace('"statusReason":{"text":"waiting"},', "").replace('"requested"', '"in-progress"')
    assert dump(now).decode() == expected


def test_a_time_that_is_told_by_its_day_is_not_before_the_task_was_authored() -> None:
    """FHIR R4 inv-1; the time it was authored at is known anyway."""
    authored = stored() | {"authoredOn": "2026-11-22T10:42:00+00:00"}
    now = task_now(authored, status="in-progress", last_modified="2026-11-22T05:00:00+00:00")
    assert now["lastModified"] == now["authoredOn"]
    now = task_now(authored, status="in-progress", last_modified="2026-11-23T05:00:00+00:00")
    assert now["lastModified"] == "2026-11-23T05:00:00+00:00"


def test_an_owner_is_replaced_whole() -> None:
    now = task_now(stored(), status="requested", owner={"reference": "Organization/b"})
    assert dump(now).decode() == STORED.replace(
        '{"reference":"Organization/a","display":"A"}', '{"reference":"Organization/b"}'
    )


def test_the_stored_tree_is_not_touched() -> None:
    tree = stored()
    task_now(tree, status="accepted", owner=None)
    assert tree == stored()


def test_a_request_gets_its_status() -> None:
    tree: Object = {"resourceType": "ServiceRequest", "status": "active", "intent": "order"}
    assert dump(service_request_now(tree, status="revoked")) == (
        b'{"resourceType":"ServiceRequest","status":"revoked","intent":"order"}'
    )
