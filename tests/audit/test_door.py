from concurrent.futures import ThreadPoolExecutor

import pytest

from audit import door
from audit.canonical import NotCanonical


def test_outside_of_every_door_it_is_the_system() -> None:
    assert door.current() == door.Door("system", "")


def test_a_door_is_open_only_inside_its_block_even_when_it_fails() -> None:
    def fail() -> None:
        with door.opened(door="cli", request_id="r-1"):
            raise RuntimeError(door.current())

    with pytest.raises(RuntimeError, match="name='cli', request_id='r-1'"):
        fail()
    assert door.current().name == "system"


def test_doors_nest() -> None:
    with door.opened(door="web", request_id="r-1"):
        with door.opened(door="worker"):
            assert door.current() == door.Door("worker", "")
        assert door.current().request_id == "r-1"


def test_a_door_is_not_seen_by_other_threads() -> None:
    with door.opened(door="web"), ThreadPoolExecutor(1) as pool:
        assert pool.submit(door.current).result().name == "system"


@pytest.mark.parametrize(("name", "request_id"), [("", ""), ("we b", ""), ("web", "a\nb"), ("web", "x" * 129)])
def test_a_name_the_log_cannot_hold_is_refused_at_the_door(name: str, request_id: str) -> None:
    with pytest.raises(NotCanonical), door.opened(door=name, request_id=request_id):
        pytest.fail("entered")
    assert door.current().name == "system"
