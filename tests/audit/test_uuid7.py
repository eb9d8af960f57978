from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import RFC_4122

import pytest
import time_machine

from audit import uuid7 as module
from audit.uuid7 import moment, uuid7, uuid7_floor

NOON = datetime(2026, 11, 22, 12, 0, 0, 123000, tzinfo=UTC)


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_last", (0, 0))


def test_an_id_is_a_version_7_uuid_of_this_millisecond() -> None:
    with time_machine.travel(NOON, tick=False):
        made = uuid7()
    assert (made.version, made.variant) == (7, RFC_4122)
    assert moment(made) == NOON


def test_the_example_of_rfc_9562_has_its_moment() -> None:
    """RFC 9562 appendix A.6: 2022-02-22 14:22:22.00 GMT-05:00."""
    from uuid import UUID

    assert moment(UUID("017F22E2-79B0-7CC3-98C4-DC0C0C07398F")) == datetime(2022, 2, 22, 19, 22, 22, tzinfo=UTC)


def test_ids_of_one_process_only_rise_and_never_repeat() -> None:
    made = [uuid7() for _ in range(20_000)]
    assert made == sorted(set(made))


def test_ids_rise_within_one_frozen_millisecond_beyond_the_counter() -> None:
    with time_machine.travel(NOON, tick=False):
        made = [uuid7() for _ in range(10_000)]
    assert made == sorted(set(made))
    assert moment(made[-1]) - NOON <= timedelta(milliseconds=5)


def test_threads_never_share_an_id() -> None:
    with ThreadPoolExecutor(4) as pool:
        made = [id_ for ids in pool.map(lambda _: [uuid7() for _ in range(2_000)], range(4)) for id_ in ids]
    assert len(set(made)) == len(made)


def test_a_small_step_back_of_the_clock_is_waited_out() -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        first = uuid7()
        clock.shift(timedelta(seconds=-9))
        assert uuid7() > first


def test_a_clock_set_back_far_is_believed() -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        uuid7()
        clock.shift(timedelta(minutes=-1))
        assert moment(uuid7()) == NOON - timedelta(minutes=1)


def test_the_floor_is_the_smallest_id_of_its_millisecond() -> None:
    with time_machine.travel(NOON, tick=False):
        made = [uuid7() for _ in range(50)]
    assert all(uuid7_floor(NOON) <= id_ < uuid7_floor(NOON + timedelta(milliseconds=5)) for id_ in made)
    assert moment(uuid7_floor(NOON + timedelta(microseconds=999))) == NOON
    assert uuid7_floor(NOON).version == 7


def test_before_1970_the_bound_is_the_first_id_there_can_be() -> None:
    assert uuid7_floor(datetime(1600, 1, 1, tzinfo=UTC)) == uuid7_floor(datetime(1970, 1, 1, tzinfo=UTC))
