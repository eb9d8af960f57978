import base64
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit.standalone import notes
from audit.standalone.notes import SIGNS, BadNote, Checkpoint, Key
from tests.audit.signing import LogKey, WitnessKey

VECTORS = json.loads((Path(__file__).parent.parent / "vectors" / "audit_notes.json").read_text())["notes"]
KEY = LogKey()
HEAD = Checkpoint("example.org/log", 12, bytes(range(32)))


def signed(text: str = HEAD.text(), key: LogKey = KEY) -> str:
    return notes.signed(text, key=key.verifier, signature=key.sign(text.encode()))


def opened(note: str) -> str:
    return notes.opened(note, KEY.verifier)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_notes_of_other_implementations_open(vector: dict[str, str]) -> None:
    public = base64.b64decode(vector["public"])
    key = Key(vector["name"], SIGNS, public)
    assert key.id.hex() == vector["key_id"]
    assert notes.opened(vector["note"], key) == vector["text"]


def test_we_write_the_note_another_implementation_wrote_with_that_key() -> None:
    (vector,) = (vector for vector in VECTORS if "seed" in vector)
    key = Ed25519PrivateKey.from_private_bytes(base64.b64decode(vector["seed"]))
    made = notes.signed(
        vector["text"],
        key=Key(vector["name"], SIGNS, key.public_key().public_bytes_raw()),
        signature=key.sign(vector["text"].encode()),
    )
    assert made == vector["note"]


def test_a_real_tree_head_is_read() -> None:
    head = notes.checkpoint(VECTORS[2]["text"])
    assert (head.origin, head.size, len(head.root)) == ("go.sum database tree", 20852163, 32)
    assert head.text() == VECTORS[2]["text"]


def test_a_checkpoint_comes_back_as_it_was_signed() -> None:
    assert notes.checkpoint(opened(signed())) == HEAD


def test_signatures_of_unknown_keys_are_ignored() -> None:
    witness = LogKey(b"w" * 32)
    line = signed(key=witness).rsplit("\n\n", 1)[1]
    text, ours = signed().rsplit("\n\n", 1)
    assert opened(f"{text}\n\n{ours}{line}") == opened(f"{text}\n\n{line}{ours}") == HEAD.text()


def test_a_note_of_another_key_alone_does_not_open() -> None:
    with pytest.raises(BadNote, match="not signed by this key"):
        opened(signed(key=LogKey(b"w" * 32)))


def test_a_wrong_signature_under_our_name_spoils_a_note_that_also_carries_a_right_one() -> None:
    wrong = KEY.sign(b"something else")
    line = base64.b64encode(KEY.verifier.id + wrong).decode()
    with pytest.raises(BadNote, match="wrong"):
        opened(f"{signed()}— {KEY.name} {line}\n")


@pytest.mark.parametrize("moment", [0, 1 << 63])
def test_a_cosignature_without_a_time_does_not_count(moment: int) -> None:
    town = WitnessKey()
    assert notes.cosigned(signed() + town.line(signed(), 1), town.verifier) == 1
    with pytest.raises(BadNote, match="without a time"):
        notes.cosigned(signed() + town.line(signed(), moment), town.verifier)


@pytest.mark.parametrize(("old", "new"), [("12", "13"), ("example.org/log\n", "example.org/gol\n"), ("AAEC", "AAEB")])
def test_a_changed_text_does_not_open(old: str, new: str) -> None:
    assert old in signed()
    with pytest.raises(BadNote, match="wrong"):
        opened(signed().replace(old, new, 1))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda note: note.rstrip("\n"),
        lambda note: note + "\n",
        lambda note: note.replace("\n\n", "\n"),
        lambda note: note.replace("— ", "- "),
        lambda note: note.replace("— example", "—  example"),
        lambda note: note.replace("\n", "\r\n"),
        lambda note: note + "— example.org/log \n",
        lambda note: note + "— example.org/log AAAA\n",
        lambda note: note + "— other+name AAAAAAA=\n",
        lambda note: note.rstrip("=\n") + "\n",
        lambda note: note + "— other AAAAAAB=\n",
        lambda note: note + "— other AAAA*AAA\n",
        lambda note: "",
    ],
)
def test_a_malformed_note_does_not_open(spoil) -> None:
    with pytest.raises(BadNote):
        opened(spoil(signed()))


@pytest.mark.parametrize("text", ["a\tb\n", "a\r\n", "\0\n", "x" * notes.MAX_BYTES + "\n"])
def test_a_text_no_note_may_hold_does_not_open_though_signed(text: str) -> None:
    with pytest.raises(BadNote, match="control"):
        opened(signed(text))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "example.org/log\n12\n",
        HEAD.text() + "extension\n",
        HEAD.text().rstrip("\n"),
        HEAD.text().replace("\n12\n", "\n012\n"),
        HEAD.text().replace("\n12\n", "\n-1\n"),
        HEAD.text().replace("\n12\n", "\n+12\n"),
        HEAD.text().replace("\n12\n", "\n１２\n"),
        HEAD.text().replace("example.org/log\n", "\n"),
        HEAD.text().replace("Hh8=", "Hh9="),
        HEAD.text().replace("Hh8=", "Hg=="),
    ],
)
def test_only_the_exact_form_of_a_tree_head_is_read(text: str) -> None:
    assert notes.checkpoint(HEAD.text()) == HEAD
    with pytest.raises(BadNote):
        notes.checkpoint(text)
