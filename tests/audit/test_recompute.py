"""What the verifier makes of one row, by itself: rows and times here are written by hand."""

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from audit.recompute import FIELDS, examine, examine_all, in_columns
from audit.standalone.events import SECONDS, THOUSANDTHS
from audit.standalone.faults import Fault

VECTORS = json.loads((Path(__file__).parent.parent / "vectors" / "audit_events.json").read_text())["events"]
SPELLED = (
    ("019f7b2c8c7b7abc8def0123456789ab", "2026-07-19 16:19:04.955000"),
    ("00000000000070008000000000000000", "1970-01-01 00:00:00"),
    ("017f22e279b07cc398c4dc0c0c07398f", "2022-02-22 19:22:22"),
)
ID, AT, BODY, DOOR, ACTOR, AGENCY, DIGEST = 2, 3, 4, 5, 7, 8, 14
COLUMNS = [place for place in range(ID, DIGEST + 1) if place != BODY]


def stored(number: int = 0) -> tuple[Any, ...]:
    """The row of a vector, as SQLite gives it: a value for each column."""
    vector = VECTORS[number]
    body = vector["body"].encode()
    return number, leaf(body), *SPELLED[number], body, *list(vector["event"].values())[1:-1]


def leaf(body: bytes) -> bytes:
    return sha256(b"\0" + body).digest()


def joined(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """The same row, as PostgreSQL gives it: the columns from door to digest in one."""
    return *row[:DOOR], "\n".join(row[DOOR:])


def changed(place: int, value: Any) -> tuple[Any, ...]:
    row = stored()
    return *row[:place], value, *row[place + 1 :]


@pytest.mark.parametrize("number", range(len(SPELLED)))
def test_a_row_that_says_what_its_body_says_is_sound(number: int) -> None:
    row = stored(number)
    assert examine(row) == examine(joined(row)) == (row[1], None)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda body: body + b"\n",
        lambda body: body + b"0",
        lambda body: body[:-1],
        lambda body: b"\n" + body,
        lambda body: body.replace(b"v1", b"v2", 1),
        lambda body: body.replace(b"019f", b"019F", 1),
        lambda body: body.replace(b"-7abc", b"-4abc", 1),
        lambda body: body.replace(b"web", b"w b", 1),
        lambda body: body.replace(b"web", b"w\xe9b", 1),
        lambda body: body.replace(b"\n0\n", b"\n1\n", 1),
        lambda body: body.replace(b"\n", b"\r\n"),
    ],
)
def test_bytes_in_any_other_form_are_not_an_event(spoil: Callable[[bytes], bytes]) -> None:
    row = stored()
    body = spoil(row[BODY])
    assert body != row[BODY]
    assert examine((0, leaf(body), *row[ID:BODY], body, *row[DOOR:])) == (leaf(body), Fault.BODY)


@pytest.mark.parametrize("place", COLUMNS)
@pytest.mark.parametrize("other", [lambda was: was + "x", lambda was: was + "\n", lambda was: was[1:] or " "])
def test_no_column_says_anything_else_than_the_body(place: int, other: Callable[[str], str]) -> None:
    row = changed(place, other(stored()[place]))
    assert examine(row)[1] is examine(joined(row))[1] is Fault.PROJECTION


@pytest.mark.parametrize("place", COLUMNS)
@pytest.mark.parametrize("other", [str.encode, lambda _was: None])
def test_no_column_says_it_in_a_way_no_search_would_find(place: int, other: Callable[[str], object]) -> None:
    assert examine(changed(place, other(stored()[place])))[1] is Fault.PROJECTION


def test_sound_rows_are_sound_together() -> None:
    rows = [stored(number) for number in range(len(SPELLED))]
    assert examine_all(rows) == examine_all([joined(row) for row in rows]) == ([row[1] for row in rows], None)


@pytest.mark.parametrize("bad", range(len(SPELLED)))
@pytest.mark.parametrize("place", [1, *range(ID, DIGEST + 1)])
def test_no_row_hides_among_sound_ones(bad: int, place: int) -> None:
    rows = [stored(number) for number in range(len(SPELLED))]
    row = rows[bad]
    rows[bad] = (*row[:place], row[place] * 2 or "x", *row[place + 1 :])
    fault = examine(rows[bad])[1]
    assert fault is not None
    assert examine_all(rows)[1] is fault


def test_a_column_that_is_null_among_joined_ones_is_found() -> None:
    assert examine((*stored()[:DOOR], None))[1] is Fault.PROJECTION


def test_a_null_is_not_the_word_none() -> None:
    row = stored()
    body = row[BODY].replace(row[AGENCY].encode(), b"None")
    for said, fault in (("None", None), (None, Fault.PROJECTION)):
        assert examine((0, leaf(body), *row[ID:BODY], body, *row[DOOR:AGENCY], said, *row[AGENCY + 1 :]))[1] is fault


def test_a_value_does_not_move_into_the_column_before_it() -> None:
    row = list(stored())
    row[ACTOR], row[AGENCY] = f"{row[ACTOR]}\n{row[AGENCY]}", ""
    assert examine(tuple(row))[1] is examine(joined(tuple(row)))[1] is Fault.PROJECTION


@pytest.mark.parametrize("at", ["1970-01-01 00:00:00.000000", "1970-01-01T00:00:00", "1970-01-01 00:00:00.000001", ""])
def test_a_time_on_the_full_second_has_one_spelling(at: str) -> None:
    row = stored(1)
    assert examine((*row[:AT], at, *row[BODY:]))[1] is Fault.PROJECTION


@pytest.mark.parametrize(
    ("millisecond", "in_body", "column"),
    [
        ("000000000000", "1970-01-01T00:00:00.000Z", "1970-01-01 00:00:00"),
        ("000000000001", "1970-01-01T00:00:00.001Z", "1970-01-01 00:00:00.001000"),
        ("00000000ea5f", "1970-01-01T00:00:59.999Z", "1970-01-01 00:00:59.999000"),
        ("00000000ea60", "1970-01-01T00:01:00.000Z", "1970-01-01 00:01:00"),
        ("018df74f83ff", "2024-02-29T23:59:59.999Z", "2024-02-29 23:59:59.999000"),
        ("e677d21fdbff", "9999-12-31T23:59:59.999Z", "9999-12-31 23:59:59.999000"),
        ("e677d21fdc00", "", ""),
        ("ffffffffffff", "", ""),
    ],
)
def test_the_time_of_an_id_is_that_of_the_calendar(millisecond: str, in_body: str, column: str) -> None:
    second, rest = divmod(int(millisecond, 16), 1000)
    assert SECONDS[second] + THOUSANDTHS[rest] == (in_body or f".{rest:03d}Z").encode()
    assert not in_body or in_columns(in_body) == column


def test_two_bodies_do_not_make_two_events_together_that_neither_is() -> None:
    """The first ends within the second: put together, their lines read as two events."""
    first, second = stored(0), stored(2)
    lines = second[BODY].split(b"\n")
    begun = b"\n".join([first[BODY], *lines[:3]])
    rest = b"\n".join([lines[0], *lines[4:]])
    text = rest.decode()
    rows = [
        (0, leaf(begun), *first[ID:BODY], begun, *first[DOOR:]),
        (1, leaf(rest), *second[ID:BODY], rest, *text[FIELDS:].split("\n")[:-1]),
    ]
    assert len(b"\n".join([begun, rest]).split(b"\n")) == 28
    assert examine_all(rows)[1] is Fault.BODY
