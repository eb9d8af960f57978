"""What we write is read by others: OpenSSL, a reader written from the specifications, and pymerkle's hashes."""

import base64
import json
import time
from hashlib import sha256
from uuid import UUID

import pymerkle
import pytest

from audit import entry_proofs, exporting, witnesses
from audit.models import AuditCheckpoint, AuditEvent, AuditLeaf
from tests.audit import second
from tests.audit.conftest import Town, Write
from tests.audit.signing import LogKey

pytestmark = pytest.mark.django_db


@pytest.fixture
def log(grow: Write, town: Town) -> list[UUID]:
    ids = [*grow(4), *grow(9)]
    town.cosign()
    return ids


def theirs(log: list[UUID]) -> pymerkle.InmemoryTree:
    tree = pymerkle.InmemoryTree(algorithm="sha256")
    for id_ in log:
        tree.append_entry(bytes(AuditEvent.objects.get(pk=id_).body))
    return tree


def test_checkpoints_and_cosignatures_are_read_by_a_second_implementation(
    log: list[UUID], town: Town, key: LogKey
) -> None:
    tree = theirs(log)
    for row in AuditCheckpoint.objects.all():
        note = witnesses.note(row).encode()
        assert second.signed_by(note, key.verifier.text()) == [0]
        assert second.head(second.parts(note)[0]) == (key.name.encode(), row.size, tree.get_root(row.size))
    (moment,) = second.signed_by(
        witnesses.note(AuditCheckpoint.objects.get(size=13)).encode(), town.key.verifier.text()
    )
    assert abs(moment - time.time()) < 60
    assert second.signed_by(AuditCheckpoint.objects.get(size=4).note.encode(), town.key.verifier.text()) == []


def test_the_second_implementation_knows_a_wrong_signature(log: list[UUID], key: LogKey) -> None:
    note = AuditCheckpoint.objects.get(size=4).note.replace("\n4\n", "\n5\n").encode()
    with pytest.raises(AssertionError):
        second.signed_by(note, key.verifier.text())


def test_proofs_are_read_by_a_second_implementation_and_proven_by_pymerkle(log: list[UUID], key: LogKey) -> None:
    tree = theirs(log)
    for place, id_ in enumerate(log):
        body, index, path, note = second.proof(entry_proofs.entry_proof(id_).encode())
        _, size, root = second.head(second.parts(note)[0])
        assert (body, index) == (bytes(AuditEvent.objects.get(pk=id_).body), place)
        assert second.signed_by(note, key.verifier.text()) == [0]
        proof = tree.prove_inclusion(index + 1, size)
        assert proof.path == [sha256(b"\0" + body).digest(), *path]
        pymerkle.verify_inclusion(tree.get_leaf(index + 1), root, proof)


def test_an_export_is_what_its_description_says(log: list[UUID]) -> None:
    """Read with nothing but json and hashlib, as docs/audit.md describes it."""
    header, *lines = map(json.loads, b"".join(exporting.whole()).splitlines())
    events = [line for line in lines if "body" in line]
    tree = pymerkle.InmemoryTree(algorithm="sha256")
    for place, line in enumerate(events):
        assert line["seq"] == place
        assert line["leaf"] == sha256(b"\0" + line["body"].encode()).hexdigest()
        assert line["body"].split("\n")[1] == str(log[place])
        tree.append_entry(line["body"].encode())
    _, size, root = second.head(second.parts(lines[-1]["checkpoint"].encode())[0])
    assert (header["size"], size, root) == (13, 13, tree.get_root(13))


def test_an_agencys_part_is_proven_by_pymerkle(log: list[UUID]) -> None:
    from tests.audit.test_reading import own

    header, *lines = map(json.loads, own())
    _, size, root = second.head(second.parts(header["checkpoint"].encode())[0])
    tree = theirs(log)
    assert tree.get_root(size) == root
    for line in lines:
        path = [base64.b64decode(each) for each in line["proof"]]
        assert tree.prove_inclusion(line["seq"] + 1, size).path[1:] == path


def test_a_leaf_is_what_the_row_says(log: list[UUID]) -> None:
    for leaf in AuditLeaf.objects.all():
        assert bytes(leaf.hash) == sha256(b"\0" + bytes(AuditEvent.objects.get(pk=leaf.event_id).body)).digest()
