"""What the same work costs Medplum 5.0.10, measured on such a machine: a figure to stand beside ours, no budget.

One Node process, PostgreSQL with its defaults, Redis; 102,000 stored referrals; the median of three quiet runs. Every
row has its saved audit events switched on, but for the inbox: Medplum saves none of a search. CPU is of all three.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

from tests.bench.figures import Figure


class Peer(NamedTuple):
    """CPU and the median on the wall, in ms, of one operation; ``n`` of them were timed."""

    cpu: float
    p50: float
    n: int = 450


MEDPLUM: Mapping[tuple[str, int], Peer] = MappingProxyType(
    {
        ("create", 1): Peer(53.2, 48.3),
        ("create", 8): Peer(47.5, 271.5),
        ("read", 1): Peer(13.7, 10.4),
        ("read", 8): Peer(10.3, 58.0),
        ("inbox of 20", 1): Peer(7.8, 7.4, 600),
        ("inbox of 20", 8): Peer(6.2, 40.1, 600),
        ("accept", 1): Peer(23.6, 20.6),
        ("accept", 8): Peer(19.9, 109.1),
    }
)


def beside(operation: str, clients: int) -> Iterator[Figure]:
    """Medplum's figures for an operation with so many clients at once."""
    peer = MEDPLUM[operation, clients]
    name = f"http: {operation}, c={clients}"
    yield Figure(name=f"{name}: (Medplum: CPU)", value=peer.cpu, unit="ms", n=peer.n)
    yield Figure(name=f"{name}: (Medplum: wall median)", value=peer.p50, unit="ms", n=peer.n)
