"""What can be wrong with a log, or with what was taken out of it, in one word each; and what stops before that."""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple


class Fault(StrEnum):
    """What is wrong at a bad place."""

    GAP = "gap"
    MISSING = "missing"
    HASH = "hash"
    BODY = "body"
    CLOCK = "clock"
    PROJECTION = "projection"
    NODE = "node"
    CHECKPOINT = "checkpoint"
    SIGNATURE = "signature"
    COSIGNATURE = "cosignature"
    DUPLICATE = "duplicate"
    STRAY = "stray"
    PENDING = "pending"
    DETAIL = "detail"
    KEPT = "kept"
    CUT = "cut"
    LINE = "line"
    LOG = "log"
    PROOF = "proof"
    QUORUM = "quorum"


MEANS: Mapping[Fault, str] = {
    Fault.GAP: "events are not numbered 0, 1, 2, …: one is missing, or two were swapped",
    Fault.MISSING: "a leaf whose event is gone",
    Fault.HASH: "an event or its leaf was changed or swapped",
    Fault.BODY: "the bytes are not the one form of an event",
    Fault.CLOCK: "the time is not the one in the id",
    Fault.PROJECTION: "the columns do not say what the bytes say",
    Fault.NODE: "a stored node is wrong, missing or too many",
    Fault.CHECKPOINT: "a tree head is not the tree's, or leaves lie beyond the last one",
    Fault.SIGNATURE: "a tree head is not signed by the log's key",
    Fault.COSIGNATURE: "a line in a witness's name is not its signature of this tree head",
    Fault.DUPLICATE: "an event with two leaves",
    Fault.STRAY: "an event neither sequenced nor pending: written past the log",
    Fault.PENDING: "a pending row without its event, or of a sequenced one",
    Fault.DETAIL: "a sealed detail that is not what its event says",
    Fault.KEPT: "not the log that the checkpoint kept elsewhere is of, or shorter than it was then",
    Fault.CUT: "the file ends before what its first line promises",
    Fault.LINE: "a line that is not written in the one way it is written",
    Fault.LOG: "of another log than the policy names",
    Fault.PROOF: "the proof does not lead from the event to the tree head",
    Fault.QUORUM: "fewer witnesses have cosigned than the policy asks for",
}
UNREADABLE = 2
EXITS: Mapping[Fault, int] = {fault: code for code, fault in enumerate(MEANS, 10)}
"""What the verifier of files exits with; the order of ``MEANS`` is for ever."""


class Bad(NamedTuple):
    """The first bad place: its position in the log, where it has one, and what is wrong there."""

    seq: int | None
    fault: Fault


class Wrong(Exception):
    """Raised at the first bad place, with it."""


class Unusable(Exception):
    """A policy, checkpoint or file that cannot be read as what it should be: nothing was verified."""
