import json
import random
from dataclasses import fields, replace
from pathlib import Path
from uuid import UUID

import pytest

from audit.canonical import GRAMMAR, Event, NotCanonical, decode, encode
from audit.standalone.events import event_fault
from audit.uuid7 import uuid7

VECTORS = json.loads((Path(__file__).parent.parent / "vectors" / "audit_events.json").read_text())["events"]
EVENT = Event(
    id=UUID("019f7b2c-8c7b-7abc-8def-0123456789ab"),
    door="web",
    request_id="r-1",
    actor="Membership/1",
    agency="Agency/2",
    action="referral.send",
    target="Referral/3",
    outcome="0",
    code="",
    purpose="TREAT",
    digest="000001." + "a" * 64,
    detail="b" * 64,
)
TEXTS = [field.name for field in fields(Event) if field.name != "id"]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["event"]["action"])
def test_an_event_is_written_as_the_vectors_say(vector: dict) -> None:
    event = Event(**{**vector["event"], "id": UUID(vector["event"]["id"])})
    assert encode(event) == vector["body"].encode()
    assert decode(vector["body"].encode()) == event


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("value", [" ", "a b", "a\n", "\n", "a\tb", "a\0b", "é", "名", "\x7f", "x" * 129])
def test_no_field_holds_spaces_line_ends_controls_foreign_letters_or_too_much(name: str, value: str) -> None:
    with pytest.raises(NotCanonical, match=name):
        encode(replace(EVENT, **{name: value}))


@pytest.mark.parametrize("name", ["door", "actor", "action", "target", "outcome"])
def test_what_every_event_must_say_cannot_be_left_empty(name: str) -> None:
    with pytest.raises(NotCanonical, match=name):
        encode(replace(EVENT, **{name: ""}))


@pytest.mark.parametrize("name", ["request_id", "agency", "code", "purpose", "digest", "detail"])
def test_what_an_event_may_not_know_is_empty(name: str) -> None:
    event = replace(EVENT, **{name: ""})
    assert decode(encode(event)) == event


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("outcome", "1"),
        ("outcome", "00"),
        ("digest", "1." + "a" * 64),
        ("digest", "000001." + "A" * 64),
        ("digest", "000001." + "a" * 63),
        ("digest", "0000001." + "a" * 64),
        ("detail", "B" * 64),
        ("detail", "b" * 63),
    ],
)
def test_coded_fields_have_one_spelling(name: str, value: str) -> None:
    with pytest.raises(NotCanonical, match=name):
        encode(replace(EVENT, **{name: value}))


def test_a_refused_value_is_not_repeated_in_the_refusal() -> None:
    with pytest.raises(NotCanonical) as refused:
        encode(replace(EVENT, target="Jane Doe"))
    assert "Doe" not in str(refused.value)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda body: body + b"\n",
        lambda body: b"\n" + body,
        lambda body: body[:-1],
        lambda body: body.replace(b"v1", b"v2", 1),
        lambda body: body.replace(b"\n", b"\r\n"),
        lambda body: body.replace(b"web", b"web\nweb"),
        lambda body: body.replace(b"web\n", b""),
        lambda body: body.replace(b"019f", b"019F", 1),
        lambda body: body.replace(b"-7abc", b"-4abc", 1),
        lambda body: body.replace(b"-8def", b"-cdef", 1),
        lambda body: body.replace(b"-", b"", 1),
        lambda body: body.replace(b"Z\n", b"+00:00\n", 1),
        lambda body: body.replace(b"web", b"w\xc3\xa9b"),
        lambda body: body.replace(b"web", b"w\xe9b"),
        lambda body: b"",
    ],
)
def test_any_other_form_of_the_same_event_is_refused(spoil) -> None:
    with pytest.raises(NotCanonical):
        decode(spoil(encode(EVENT)))


def test_a_time_that_is_not_the_ids_is_refused() -> None:
    body = encode(EVENT)
    at = body.split(b"\n")[2]
    later = at[:-2] + (b"0" if at[-2:-1] != b"0" else b"1") + b"Z"
    with pytest.raises(NotCanonical, match="time"):
        decode(body.replace(at, later))


def test_an_id_beyond_the_calendar_is_refused() -> None:
    with pytest.raises(NotCanonical):
        encode(replace(EVENT, id=UUID(int=EVENT.id.int | 0xFFFFFFFFFFFF << 80)))
    with pytest.raises(NotCanonical):
        decode(encode(EVENT).replace(b"019f7b2c-8c7b", b"ffffffff-ffff"))


def test_whatever_decodes_encodes_to_the_same_bytes_and_the_verifier_agrees() -> None:
    """Random edits of a body: both readers, written apart, accept and refuse the same ones."""
    chance, accepted = random.Random(7), 0
    for _ in range(3_000):
        body = bytearray(encode(replace(EVENT, id=uuid7())))
        body[chance.randrange(len(body))] = chance.choice(b"\n 09afZz-\xff~!")
        agreed = event_fault(bytes(body)) is None
        assert read(bytes(body)) == (bytes(body) if agreed else None)
        accepted += agreed
    assert accepted > 500


def read(body: bytes) -> bytes | None:
    try:
        return encode(decode(body))
    except NotCanonical:
        return None


def test_the_grammar_names_every_field_in_order() -> None:
    assert list(GRAMMAR) == ["id", "at", *TEXTS]
