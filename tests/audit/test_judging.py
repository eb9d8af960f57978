"""A witness's answers, as C2SP tlog-witness asks for them, and what it keeps of a log that does not fit."""

import sqlite3
import stat
from base64 import b64encode
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from audit.merkle import Frontier, Subtree, consistency_ranges, leaf_hash, proof
from audit.standalone.judging import Answer, Store, asked
from audit.standalone.notes import BadNote, Checkpoint, checkpoint, cosigned, opened, signed, text_of
from audit.standalone.tree import EMPTY
from audit.standalone.witness import main, prepared
from tests.audit.signing import LogKey
from tests.databases import together

LOG = LogKey()
SEED = b"w" * 32


class Grown:
    """A log that can prove any size of itself out of any other."""

    def __init__(self, word: str = "event", size: int = 20) -> None:
        self.stored: dict[Subtree, bytes] = {}
        tree = Frontier()
        self.roots = [tree.root()]
        for number in range(size):
            leaf = leaf_hash(f"{word} {number}".encode())
            self.stored |= {Subtree(0, number): leaf, **dict(tree.append(leaf))}
            self.roots.append(tree.root())

    def note(self, size: int, *, key: LogKey = LOG, origin: str = LOG.name) -> str:
        text = Checkpoint(origin, size, self.roots[size]).text()
        return signed(text, key=key.verifier, signature=key.sign(text.encode()))

    def path(self, old: int, new: int) -> list[bytes]:
        return proof(consistency_ranges(old, new), self.stored.__getitem__) if 0 < old < new else []

    def request(self, old: int, new: int, *, path: list[bytes] | None = None, **how: Any) -> str:
        hashes = self.path(old, new) if path is None else path
        return "\n".join([f"old {old}", *(b64encode(each).decode() for each in hashes), "", self.note(new, **how)])


TRUE, FORK = Grown(), Grown("other")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path, "town.example.org/witness", SEED, [LOG.verifier])


def add(store: Store, *requests: str) -> Answer:
    for request in requests:
        answer = store.add(request)
    return answer


def test_a_log_that_grows_is_cosigned_step_by_step(store: Store) -> None:
    seen = 0
    for size in (1, 2, 3, 8, 13, 13, 20):
        answer = add(store, TRUE.request(seen, size))
        assert answer.status == 200
        assert cosigned(TRUE.note(size) + answer.text, store.key) is not None
        assert store.size(LOG.name) == seen == size or store.size(LOG.name) == size
        seen = size
    assert store.evidence() == []


def test_the_empty_log_has_one_root(store: Store) -> None:
    assert add(store, TRUE.request(0, 0)).status == 200
    other = Grown()
    other.roots[0] = b"\1" * 32
    assert add(store, other.request(0, 0)).status == 422
    assert TRUE.roots[0] == EMPTY


ANSWERS: dict[str, tuple[str, int]] = {
    "another old size": (TRUE.request(5, 13), 409),
    "an old size of nothing": (TRUE.request(0, 13), 409),
    "smaller than seen": (TRUE.request(8, 13).replace(TRUE.note(13), TRUE.note(5)), 400),
    "smaller, and said so": (TRUE.request(3, 5), 409),
    "a proof too short": (TRUE.request(8, 13, path=TRUE.path(8, 13)[:-1]), 422),
    "a proof too long": (TRUE.request(8, 13, path=[*TRUE.path(8, 13), b"\0" * 32]), 422),
    "no proof": (TRUE.request(8, 13, path=[]), 422),
    "a proof of another log": (FORK.request(8, 13), 422),
    "the same size, another tree": (FORK.request(8, 8), 422),
    "the same size, another tree, and a wrong old size": (FORK.request(3, 8), 422),
    "an unknown log": (TRUE.request(8, 13, origin="example.org/none"), 404),
    "a stranger's key": (TRUE.request(8, 13, key=LogKey(b"z" * 32)), 403),
    "no signature": (TRUE.request(8, 13).rpartition("— ")[0], 400),
    "a wrong signature": (TRUE.request(8, 13).replace(TRUE.note(13), TRUE.note(13).replace("\n13\n", "\n12\n")), 403),
    "nothing": ("", 400),
    "no old size": (TRUE.request(8, 13).removeprefix("old 8\n"), 400),
    "an old size spelled otherwise": (TRUE.request(8, 13).replace("old 8", "old 08"), 400),
    "an old size below nothing": (TRUE.request(8, 13).replace("old 8", "old -8"), 400),
    "an old size too long to be one": (TRUE.request(8, 13).replace("old 8", "old " + "9" * 5000), 400),
    "no base64": (TRUE.request(8, 13).replace("old 8\n", "old 8\nnot base64\n"), 400),
    "hashes of another length": (TRUE.request(8, 13, path=[b"\0" * 31]), 400),
    "more than 63 hashes": (TRUE.request(8, 13, path=[b"\0" * 32] * 64), 400),
    "a checkpoint of more lines": (TRUE.request(8, 13).replace("\n13\n", "\n13\nx\n"), 400),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_what_does_not_fit_is_answered_as_the_protocol_says_and_changes_nothing(name: str, store: Store) -> None:
    request, status = ANSWERS[name]
    assert add(store, TRUE.request(0, 8)).status == 200
    answer = add(store, request)
    assert answer.status == status
    assert (answer.kind == "text/x.tlog.size") == (status == 409)
    assert status != 409 or answer.text == "8\n"
    assert store.size(LOG.name) == 8
    assert add(store, TRUE.request(8, 13)).status == 200


def test_a_fork_is_kept_as_evidence_that_anybody_can_check(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    add(store, TRUE.request(0, 8), FORK.request(8, 8))
    (place,) = store.evidence()
    text = place.read_text("utf-8")
    add(store, FORK.request(8, 8, path=[b"\1" * 32]))
    assert place.read_text("utf-8") == text
    before, _, after = text.partition("\nshown now:\n\n")
    seen, shown = before.partition("seen before:\n\n")[2], after.partition("\nthe proof given:")[0] + ""
    heads = [checkpoint(opened(note, LOG.verifier)) for note in (seen, shown)]
    assert [head.size for head in heads] == [8, 8]
    assert heads[0].root != heads[1].root
    assert cosigned(seen, store.key)
    assert "FORK" in text
    assert capsys.readouterr().err.count(str(place)) == 1


def test_a_larger_tree_that_did_not_grow_out_of_what_was_seen_is_kept_and_not_called_more_than_it_is(
    store: Store,
) -> None:
    add(store, TRUE.request(0, 8), FORK.request(8, 13))
    (place,) = store.evidence()
    assert "NOT SHOWN TO HAVE GROWN" in place.read_text("utf-8")


def test_who_sends_one_tree_head_with_ever_other_proofs_fills_no_disk(store: Store) -> None:
    junk = "— junk.example.org AAAAAAAA\n"
    add(store, TRUE.request(0, 8), *(TRUE.request(8, 13, path=[bytes([n]) * 32]) + junk * n for n in range(9)))
    assert len(store.evidence()) == 1
    assert "junk" not in store.evidence()[0].read_text("utf-8")


def test_what_is_shown_carries_the_logs_signature_and_ours_and_no_other(store: Store) -> None:
    other = LogKey(b"z" * 32)
    add(
        store,
        TRUE.request(0, 8) + signed("x\n", key=other.verifier, signature=other.sign(b"x\n")).splitlines()[-1] + "\n",
    )
    shown = store.shown(sha256(LOG.name.encode()).hexdigest())
    assert shown is not None
    assert opened(shown, LOG.verifier) == text_of(TRUE.note(8))
    assert cosigned(shown, store.key)
    assert shown.count("— ") == 2
    assert store.shown("0" * 64) is None


def test_of_two_requests_at_once_no_two_trees_are_cosigned(store: Store) -> None:
    """Every pair of sizes from one seen size, at once: what was answered fits what is remembered."""
    add(store, TRUE.request(0, 3))
    for size in range(4, 20):
        before = store.size(LOG.name)
        requests = [TRUE.request(before, size), FORK.request(before, size), TRUE.request(before, 20)]
        answers = together([lambda each=each: store.add(each) for each in requests])
        assert sorted(each.status for each in answers if each.status == 200) in ([200], [])
        if store.size(LOG.name) == 20:
            break
    assert add(store, TRUE.request(store.size(LOG.name), 20)).status == 200


def test_a_crash_between_judging_and_remembering_leaves_what_was(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    add(store, TRUE.request(0, 8))
    monkeypatch.setattr("audit.standalone.judging.REMEMBER", "INSERT INTO nowhere VALUES (?, ?, ?)")
    with pytest.raises(sqlite3.OperationalError):
        add(store, TRUE.request(8, 13))
    monkeypatch.undo()
    assert store.size(LOG.name) == 8
    assert add(store, TRUE.request(8, 13)).status == 200


def test_the_folder_remembers(store: Store, tmp_path: Path) -> None:
    add(store, TRUE.request(0, 8))
    again = Store(tmp_path, "town.example.org/witness", SEED, [LOG.verifier])
    assert add(again, FORK.request(0, 13)).status == 409
    assert add(again, TRUE.request(8, 13)).status == 200


def test_a_witness_is_set_up_once_and_says_who_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "witness"
    assert main(["--folder", str(folder)]) == 2
    assert "There is no key" in capsys.readouterr().err
    assert main(["--folder", str(folder), "--name", "two words"]) == 2
    assert main(["--folder", str(folder), "--name", "town.example.org/w", "--log", LOG.verifier.text()]) == 0
    said = capsys.readouterr().out
    assert main(["--folder", str(folder), "--name", "other.example.org/w", "--log", LOG.verifier.text()]) == 0
    assert capsys.readouterr().out == said
    assert stat.S_IMODE((folder / "key").stat().st_mode) == 0o600
    assert prepared(folder, None, []).key.text() in said
    assert main(["--folder", str(folder), "--log", "no key"]) == 2
    assert main(["--folder", str(folder), "--log", prepared(folder, None, []).key.text()]) == 2
    assert main(["--folder", str(folder), "--listen", "nowhere"]) == 2
    assert main(["--folder", str(folder), "--once", "http://bhu.example.org/log"]) == 2
    assert "over https" in capsys.readouterr().err


@pytest.mark.parametrize("spoil", [lambda body: body[:-1], lambda body: body.replace("\n\n", "\n", 1), str.strip])
def test_a_request_is_read_in_one_form(spoil: Callable[[str], str]) -> None:
    assert asked(TRUE.request(8, 13)).head.size == 13
    with pytest.raises(BadNote):
        asked(spoil(TRUE.request(8, 13)))
