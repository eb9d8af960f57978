"""Reads what was taken out of a log, from beginning to end, and stops at the first place that is not right."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO

from audit.standalone.events import GRAPHIC, LINES, VERSION, columns_fault, event_fault, leaf_hash
from audit.standalone.faults import Bad, Fault, Unusable, Wrong
from audit.standalone.notes import BadNote, Checkpoint, checkpoint, cosigned, exact_base64, in_base64, opened, text_of
from audit.standalone.policy import Policy
from audit.standalone.tree import BadProof, Tree, check_inclusion

EXPORT, SLICE, ENTRY_PROOF = "bhu/audit/export/v1", "bhu/audit/slice/v1", "c2sp.org/tlog-proof@v1"
FIELDS = [
    *("version", "id", "at", "door", "request_id", "actor", "agency"),
    *("action", "target", "outcome", "code", "purpose", "digest", "detail"),
]
BLOCK = 1 << 17
QUOTES, BREAKS = 10, LINES - 1  # in the line of an event: quotes, and line ends of its body
END = b'"}\n'

Progress = Callable[[int], None]


@dataclass(kw_only=True)
class Report:
    """What was found. ``cosigned`` is how many events enough witnesses have vouched for."""

    kind: str
    ok: bool = False
    origin: str = ""
    size: int = 0
    root: str = ""
    events: int = 0
    cosigned: int = 0
    witnesses: list[dict[str, Any]] = field(default_factory=list)
    first_bad: dict[str, Any] | None = None
    rate_per_s: int = 0
    event: dict[str, str] | None = None


class Heads:
    """What tree heads are held against: the policy's keys. It keeps who vouched for how much."""

    def __init__(self, policy: Policy, origin: object) -> None:
        if origin not in policy.logs:
            raise Wrong(Bad(None, Fault.LOG))
        self.policy, self.log = policy, policy.logs[str(origin)]
        self.seen: dict[str, tuple[int, int]] = {}

    def head(self, note: object, place: int) -> Checkpoint:
        """Return the tree head of a note that the log signed, its cosignatures verified. Raises Wrong."""
        try:
            found = checkpoint(opened(str(note), self.log))
        except BadNote:
            raise Wrong(Bad(place, Fault.SIGNATURE)) from None
        if found.origin != self.log.name:
            raise Wrong(Bad(place, Fault.LOG))
        for name, witness in self.policy.witnesses.items():
            try:
                moment = cosigned(str(note), witness.key)
            except BadNote:
                raise Wrong(Bad(place, Fault.COSIGNATURE)) from None
            if moment is not None:
                self.seen[name] = max(self.seen.get(name, (0, 0)), (found.size, moment))
        return found

    def vouched(self) -> int | None:
        """Return the largest size that enough witnesses cosigned, or a larger one; None if there is none."""
        if self.policy.quorum == "none":
            return 0
        sizes = sorted({size for size, _ in self.seen.values()}, reverse=True)
        met = (size for size in sizes if self.policy.met([name for name, (own, _) in self.seen.items() if own >= size]))
        return next(met, None)

    def tell(self, report: Report) -> None:
        """Write down who vouched. Raises Wrong if they are too few."""
        report.witnesses = [
            {"name": name, "size": size, "at": datetime.fromtimestamp(moment, UTC).isoformat()}
            for name, (size, moment) in self.seen.items()
        ]
        enough = self.vouched()
        if enough is None:
            raise Wrong(Bad(None, Fault.QUORUM))
        report.cosigned = enough


class Export:
    """A whole log, or what came after its first ``start`` events, read from beginning to end."""

    def __init__(self, header: dict[str, Any], policy: Policy, kept: Checkpoint | None) -> None:
        self.start, self.size = _number(header["start"]), _number(header["size"])
        before = [_hash(each) for each in header["before"]]
        if header["fields"] != FIELDS or len(before) != self.start.bit_count() or self.start > self.size:
            raise Wrong(Bad(None, Fault.LINE))
        self.heads = Heads(policy, header["origin"])
        self.tree, self.ended, self.kept = Tree(), self.start == 0 == self.size, kept
        self.tree.begin(self.start, before)
        if kept and (kept.origin != header["origin"] or kept.size < self.start):
            raise Wrong(Bad(None, Fault.KEPT))
        self._compare()

    def read(self, block: bytes) -> None:
        """Take some whole lines. Raises Wrong at the first that is not right."""
        if not self._events(block):
            for line in block.splitlines(keepends=True):
                self._line(line)

    def end(self, report: Report) -> None:
        """Say what came out. Raises Wrong if something is left over or missing."""
        report.size, report.root = self.tree.size, in_base64(self.tree.root())
        if not self.ended or self.tree.size != self.size:
            raise Wrong(Bad(self.tree.size, Fault.CUT))
        if self.kept and self.kept.size > self.tree.size:
            raise Wrong(Bad(self.tree.size, Fault.KEPT))
        report.events = self.size - self.start
        self.heads.tell(report)

    def _events(self, block: bytes) -> bool:
        """Take a block of nothing but sound events whose lines need no escapes but line ends, which is most of them."""
        cells = block.split(b"\\n")
        plain = b"\n".join(cells)
        pieces, seq = plain.split(END), self.tree.size
        count = len(pieces) - 1
        if pieces.pop() or b"\\" in plain or plain.count(b'"') != QUOTES * count:
            return False
        skip = len(_before(seq, b"0" * 64)) - len(VERSION)
        leaves = [sha256(b"\x00" + piece[skip:]).digest() for piece in pieces]
        if len(cells) != BREAKS * count + 1 or block.count(b"\n") != count or plain.translate(None, GRAPHIC):
            return False
        # What stands between two line ends that are escaped is a cell; where an event ends and the next begins, both.
        *edges, _rest = END.join(cells[::BREAKS]).split(END)
        if edges[::2] != [_before(place, leaf.hex().encode()) for place, leaf in enumerate(leaves, seq)]:
            return False
        if columns_fault([edges[::2], *(cells[place::BREAKS] for place in range(1, BREAKS)), edges[1::2]]):
            return False
        self._grow(leaves)
        return True

    def _line(self, line: bytes) -> None:
        """Take one line, whatever it is."""
        seq, found = self.tree.size, _spelled(line, self.tree.size)
        if set(found) == {"checkpoint"}:
            stated = self.heads.head(found["checkpoint"], seq - 1)
            if stated != Checkpoint(self.heads.log.name, seq, self.tree.root()):
                raise Wrong(Bad(seq - 1, Fault.CHECKPOINT))
            self.ended = seq == self.size
            return
        body, leaf = _body(found, {"seq", "leaf", "body"}, seq), found["leaf"]
        if found["seq"] != seq or seq >= self.size:
            raise Wrong(Bad(seq, Fault.GAP))
        if leaf_hash(body).hex() != leaf:
            raise Wrong(Bad(seq, Fault.HASH))
        fault = event_fault(body)
        if fault:
            raise Wrong(Bad(seq, fault))
        self._grow([leaf_hash(body)])

    def _grow(self, leaves: Sequence[bytes]) -> None:
        upto = self.kept.size - self.tree.size if self.kept else 0
        self.tree.grow(leaves[:upto])
        if upto > 0:
            self._compare()
        self.tree.grow(leaves[max(upto, 0) :])
        self.ended = False

    def _compare(self) -> None:
        if self.kept and self.kept.size == self.tree.size and self.kept.root != self.tree.root():
            raise Wrong(Bad(max(self.tree.size - 1, 0), Fault.KEPT))


class Slice:
    """Some events of a log, each with its proof. What was left out, nothing can show."""

    def __init__(self, header: dict[str, Any], policy: Policy, kept: Checkpoint | None) -> None:
        if kept:
            raise Unusable("--kept goes with a whole export: a slice does not show how the log grew.")
        self.heads, self.count = Heads(policy, header["origin"]), _number(header["count"])
        if header["fields"] != FIELDS:
            raise Wrong(Bad(None, Fault.LINE))
        self.head = self.heads.head(header["checkpoint"], 0)
        self.taken, self.last = 0, -1

    def read(self, block: bytes) -> None:
        """Take some whole lines. Raises Wrong at the first that is not right."""
        for line in block.splitlines(keepends=True):
            self._line(line)

    def end(self, report: Report) -> None:
        """Say what came out. Raises Wrong if lines are missing."""
        report.size, report.root = self.head.size, in_base64(self.head.root)
        if self.taken != self.count:
            raise Wrong(Bad(None, Fault.CUT))
        report.events = self.count
        self.heads.tell(report)

    def _line(self, line: bytes) -> None:
        found = _spelled(line, self.last + 1)
        body = _body(found, {"seq", "body", "proof"}, self.last + 1)
        seq = _number(found["seq"])
        if seq <= self.last or self.taken >= self.count:
            raise Wrong(Bad(seq, Fault.GAP))
        _prove(body, seq, [_hash(each) for each in found["proof"]], self.head)
        self.taken, self.last = self.taken + 1, seq


def _prove(body: bytes, seq: int, path: Sequence[bytes], head: Checkpoint) -> None:
    fault = event_fault(body)
    if fault:
        raise Wrong(Bad(seq, fault))
    try:
        check_inclusion(leaf_hash(body), seq, head.size, path, head.root)
    except BadProof:
        raise Wrong(Bad(seq, Fault.PROOF)) from None


def entry_proof(text: str, policy: Policy, report: Report) -> None:
    """Check one event's proof, a C2SP tlog-proof whose extra data are the event's bytes. Raises Wrong."""
    proof, blank, note = text.partition("\n\n")
    name, *lines = proof.split("\n")
    try:
        extra, index, *path = lines
        body, seq = exact_base64(extra.removeprefix("extra ")), _number(int(index.removeprefix("index ")))
        hashes = [exact_base64(each) for each in path]
        written = [name, f"extra {extra.removeprefix('extra ')}", f"index {seq}", *path]
        stated = checkpoint(text_of(note))
    except (ValueError, Wrong):
        raise Wrong(Bad(None, Fault.CUT if not blank else Fault.LINE)) from None
    if proof.split("\n") != written or not all(len(each) == 32 for each in hashes):
        raise Wrong(Bad(None, Fault.LINE))
    heads = Heads(policy, stated.origin)
    head = heads.head(note, seq)
    _prove(body, seq, hashes, head)
    report.origin, report.events = head.origin, 1
    report.size, report.root = head.size, in_base64(head.root)
    report.event = dict(zip(FIELDS, body.decode("ascii").split("\n"), strict=True))
    heads.tell(report)


def lines_of(file: BinaryIO) -> Iterator[bytes]:
    """Yield whole lines, many at once. Raises Wrong for a last one without its end."""
    rest = b""
    while chunk := file.read(BLOCK):
        upto = chunk.rfind(b"\n") + 1
        if upto:
            yield rest + chunk[:upto]
            rest = chunk[upto:]
        else:
            rest += chunk
    if rest:
        raise Wrong(Bad(None, Fault.CUT))


def verify(
    path: Path, policy: Policy, kept: Checkpoint | None = None, progress: Progress = lambda _done: None
) -> Report:
    """Verify a file and say what was found; ``progress`` is told the bytes done. Raises Unusable and OSError."""
    began, report = time.perf_counter(), Report(kind="export")
    try:
        with path.open("rb") as file:
            first = file.readline(BLOCK << 4)
            if first == f"{ENTRY_PROOF}\n".encode():
                report.kind = "proof"
                entry_proof((first + file.read(BLOCK)).decode("utf-8", "replace"), policy, report)
            else:
                reading = _begun(first, policy, kept, report)
                for block in lines_of(file):
                    reading.read(block)
                    progress(file.tell())
                reading.end(report)
        report.ok = True
    except Wrong as wrong:
        bad: Bad = wrong.args[0]
        report.first_bad = {"seq": bad.seq, "class": bad.fault}
    report.rate_per_s = int(report.events / (time.perf_counter() - began))
    return report


def _begun(first: bytes, policy: Policy, kept: Checkpoint | None, report: Report) -> Export | Slice:
    """Return what reads a file that begins with this line."""
    header = _spelled(first, None)
    if header.get("format") not in (EXPORT, SLICE):
        raise Unusable("This is no export, slice or proof of a BHU log.")
    report.kind, report.origin = header["format"].split("/")[2], str(header.get("origin", ""))
    try:
        return (Export if report.kind == "export" else Slice)(header, policy, kept)
    except (KeyError, TypeError):
        raise Wrong(Bad(None, Fault.LINE)) from None


def _before(seq: int, leaf: bytes) -> bytes:
    return b'{"seq":%d,"leaf":"%b","body":"%b' % (seq, leaf, VERSION)


def _spelled(line: bytes, seq: int | None) -> dict[str, Any]:
    """Return what a line says, if it is spelled in the one way. Raises Wrong."""
    try:
        found = json.loads(line)
    except ValueError:
        found = None
    if not isinstance(found, dict) or spelled(found) != line:
        raise Wrong(Bad(seq, Fault.LINE))
    return found


def spelled(found: dict[str, Any]) -> bytes:
    """Return the one line that says this."""
    return json.dumps(found, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n"


def _body(found: dict[str, Any], keys: set[str], seq: int) -> bytes:
    if set(found) != keys or not isinstance(found["body"], str) or not found["body"].isascii():
        raise Wrong(Bad(seq, Fault.LINE))
    return found["body"].encode("ascii")


def _number(value: object) -> int:
    if type(value) is not int or value < 0:
        raise Wrong(Bad(None, Fault.LINE))
    return value


def _hash(value: object) -> bytes:
    try:
        data = exact_base64(str(value))
    except BadNote:
        data = b""
    if len(data) != 32:
        raise Wrong(Bad(None, Fault.LINE))
    return data
