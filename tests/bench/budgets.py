"""What each measured thing may cost: the budgets, per core, as one table. A figure that is not in it is context."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Budget:
    """A limit, and whether staying under it or reaching it is good."""

    limit: float
    at_most: bool

    def met(self, value: float) -> bool:
        """Whether ``value`` keeps to the budget; the limit itself does."""
        return value <= self.limit if self.at_most else value >= self.limit

    def __str__(self) -> str:
        return f"{'≤' if self.at_most else '≥'} {self.limit:,g}"


def at_most(limit: float) -> Budget:
    return Budget(limit, at_most=True)


def at_least(limit: float) -> Budget:
    return Budget(limit, at_most=False)


PAGES = (
    "list, officer", "list, clinician", "list of what is closed, clinician", "list, coordinator", "list, intake",
    "list, chief", "file, officer", "file, clinician", "whole file, clinician", "file, intake", "history, clinician",
    "print, clinician", "screens, clinician", "offer, coordinator", "consents, clinician", "new, officer",
    "draft, officer", "preview, officer", "search, clinician", "members, agency admin",
)  # fmt: skip
"""Each kind of page, by whose it is."""

BUDGETS: Mapping[str, Budget] = MappingProxyType(
    {
        "send: per app core": at_least(120),
        "send: wall p95": at_most(40),
        "open: per app core": at_least(150),
        "open: wall p95": at_most(25),
        "inbox: large over small": at_most(1.3),
        "inbox: wall p95": at_most(20),
        "inbox: queries": at_most(12),
        "gate: one decision": at_most(50),
        "append: with its action": at_least(1000),
        "append: sequencer lag p99": at_most(2),
        "verify: per app core": at_least(150_000),
        "verify: an export, per core": at_least(150_000),
        "absent: read, off a coin's toss": at_most(0.05),
        "absent: step, off a coin's toss": at_most(0.05),
        "absent: add, off a coin's toss": at_most(0.05),
        "absent: search, off a coin's toss": at_most(0.05),
        "http: create, c=1: CPU": at_most(17),
        "http: create, c=8: CPU": at_most(17),
        "http: read, c=1: CPU": at_most(6),
        "http: read, c=8: CPU": at_most(6),
        "http: inbox of 20, c=1: CPU": at_most(5),
        "http: inbox of 20, c=8: CPU": at_most(5),
        "http: accept, c=1: CPU": at_most(10),
        "http: accept, c=8: CPU": at_most(10),
        **{f"pages: {each}: p95": at_most(300) for each in PAGES},
        "web: memory of one process": at_most(250),
        "web: fhir.resources loaded": at_most(0),
        "web: demo's history loaded": at_most(60),
        "web: warm start to first page": at_most(3),
    }
)
