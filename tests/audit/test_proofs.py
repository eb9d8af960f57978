import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit import proofs
from audit.models import AuditCheckpoint, AuditLeaf
from audit.standalone.tree import BadProof, check_consistency, check_inclusion
from tests.audit.conftest import Write

pytestmark = pytest.mark.django_db
SIZES = (1, 3, 4, 7, 12)


@pytest.fixture(autouse=True)
def log(grow: Write) -> None:
    for before, size in zip((0, *SIZES), SIZES, strict=False):
        grow(size - before)


@pytest.mark.parametrize("size", SIZES)
def test_every_leaf_is_proven_in_every_checkpoint_that_covers_it(size: int) -> None:
    root = bytes(AuditCheckpoint.objects.get(size=size).root)
    for leaf in AuditLeaf.objects.filter(seq__lt=size):
        check_inclusion(bytes(leaf.hash), leaf.seq, size, proofs.inclusion(seq=leaf.seq, size=size), root)


def test_every_checkpoint_is_proven_to_grow_out_of_every_earlier_one() -> None:
    roots = {row.size: bytes(row.root) for row in AuditCheckpoint.objects.all()}
    for old in SIZES:
        for new in (size for size in SIZES if size >= old):
            check_consistency(old, new, proofs.consistency(old=old, new=new), roots[old], roots[new])


def test_a_proof_reads_two_tables_once() -> None:
    with CaptureQueriesContext(connection) as queries:
        proofs.inclusion(seq=5, size=12)
    assert len(queries) == 2


def test_nothing_is_proven_beyond_the_log() -> None:
    with pytest.raises(KeyError):
        proofs.inclusion(seq=3, size=13)
    with pytest.raises(BadProof):
        proofs.inclusion(seq=12, size=12)
