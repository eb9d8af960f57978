"""A small file from a partner's own address, as ``agencies.outside`` reaches it, and for how long a copy is good."""

import re
from dataclasses import dataclass

from agencies.outside import REAL, CannotFetch, Network, ask

LONGEST_AGE = 3600

MAX_AGE = re.compile(r"(?:^|[,\s])max-age\s*=\s*\"?([0-9]{1,9})", re.IGNORECASE)
NO_STORE = re.compile(r"(?:^|[,\s])no-(?:store|cache)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came, and for how many seconds its server says it is good."""

    body: bytes
    max_age: int


def fetch(url: str, network: Network = REAL) -> Fetched:
    """What stands at ``url``. Raises ``CannotFetch`` for whatever keeps it from being had safely, in time and whole."""
    answer = ask(url, network)
    if answer.status != 200:
        raise CannotFetch(f"The answer was {answer.status}.")
    return Fetched(body=answer.body, max_age=_max_age(answer.headers.get("Cache-Control", "")))


def _max_age(header: str) -> int:
    """For how long a copy is good: as its server says, an hour at most, not at all if it says nothing."""
    if NO_STORE.search(header):
        return 0
    said = MAX_AGE.search(header)
    return min(int(said[1]), LONGEST_AGE) if said else 0
