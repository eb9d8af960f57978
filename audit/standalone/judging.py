"""What a witness has seen and what it makes of the next tree head (C2SP tlog-witness), in one SQLite file.

To check, to remember and only then to sign is one transaction: two requests at once, or a crash, never lead to two
signatures that do not fit each other.
"""

import re
import sqlite3
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit.standalone.notes import (
    COSIGNS,
    BadNote,
    Checkpoint,
    Key,
    checkpoint,
    cosigned_text,
    exact_base64,
    opened,
    signature_line,
    signed_lines,
    text_of,
)
from audit.standalone.tree import EMPTY, BadProof, check_consistency

LARGEST = 1 << 16
OLD = re.compile(r"old (0|[1-9][0-9]{0,17})")
LONGEST_PROOF = 63
SEEN = "CREATE TABLE IF NOT EXISTS seen (origin TEXT PRIMARY KEY, size INTEGER NOT NULL, note TEXT NOT NULL)"
REMEMBER = "INSERT OR REPLACE INTO seen (origin, size, note) VALUES (?, ?, ?)"


class Answer(NamedTuple):
    """What a witness answers: a status of HTTP and a text."""

    status: int
    text: str
    kind: str = "text/plain; charset=utf-8"


class Asked(NamedTuple):
    """A request as it was read: from which size, by which proof, to which signed tree head."""

    old: int
    proof: list[bytes]
    note: str
    head: Checkpoint


class Refused(Exception):
    """Raised with the answer to a request that is not cosigned."""


def asked(body: str) -> Asked:
    """Read the body of an add-checkpoint. Raises BadNote."""
    lines, blank, note = body.partition("\n\n")
    first, *proof = lines.split("\n")
    old = OLD.fullmatch(first)
    hashes = [exact_base64(each) for each in proof]
    if not blank or not old or len(proof) > LONGEST_PROOF or not all(len(each) == 32 for each in hashes):
        raise BadNote("not an old size, a proof of at most 63 hashes, an empty line and a checkpoint")
    return Asked(int(old[1]), hashes, note, checkpoint(text_of(note)))


class Store:
    """The folder of a witness: what it has cosigned, and what it has against whom."""

    def __init__(self, folder: Path, name: str, seed: bytes, logs: Sequence[Key]) -> None:
        self.folder, self.logs = folder, {each.name: each for each in logs}
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self.key = Key(name, COSIGNS, self._private.public_key().public_bytes_raw())
        with self._database() as database:
            database.execute(SEEN)

    def add(self, body: str) -> Answer:
        """Judge a request; cosign what it asks for, or say why not."""
        try:
            request = asked(body)
            self._signed(request)
            return Answer(200, self._added(request))
        except BadNote as problem:
            return Answer(400, f"{problem}\n")
        except Refused as refused:
            answer: Answer = refused.args[0]
            return answer

    def size(self, origin: str) -> int:
        """Return how many events of a log were cosigned."""
        with self._database() as database:
            return self._seen(database, origin)[0]

    def shown(self, log: str) -> str | None:
        """Return the last tree head cosigned, under both signatures, of the log whose origin has this SHA-256."""
        found = [origin for origin in self.logs if sha256(origin.encode()).hexdigest() == log]
        with self._database() as database:
            return self._seen(database, found[0])[1] or None if found else None

    def evidence(self) -> list[Path]:
        """Return what was kept because it does not fit."""
        return sorted((self.folder / "evidence").glob("*.txt"))

    def _signed(self, request: Asked) -> None:
        log = self.logs.get(request.head.origin)
        if log is None:
            raise Refused(Answer(404, "This witness does not know that log.\n"))
        try:
            opened(request.note, log)
        except BadNote as problem:
            raise Refused(Answer(403, f"The checkpoint is not signed as it must be: {problem}.\n")) from None
        if request.old > request.head.size:
            raise Refused(Answer(400, "The old size is larger than the checkpoint's.\n"))

    def _added(self, request: Asked) -> str:
        head = request.head
        with self._database() as database:
            database.execute("BEGIN IMMEDIATE")
            size, note = self._seen(database, head.origin)
            self._fits(request, size, note)
            moment = int(time.time())
            message = cosigned_text(head.text(), moment)
            line = signature_line(self.key, moment.to_bytes(8, "big") + self._private.sign(message))
            ours = "".join(signed_lines(request.note, self.logs[head.origin]))
            database.execute(REMEMBER, (head.origin, head.size, f"{head.text()}\n{ours}{line}"))
            database.execute("COMMIT")
        return line

    def _fits(self, request: Asked, size: int, note: str) -> None:
        """Raise Refused unless the tree head grew out of the one that was seen."""
        head = request.head
        seen = checkpoint(text_of(note)) if note else Checkpoint(head.origin, 0, EMPTY)
        if size and head.size == size and head.root != seen.root:
            raise Refused(self._accuse(request, note, "FORK: the log signed two different trees of one size."))
        if request.old != size:
            raise Refused(Answer(409, f"{size}\n", "text/x.tlog.size"))
        if size == 0:
            if request.proof or (head.size == 0 and head.root != EMPTY):
                raise Refused(Answer(422, "From nothing no proof leads, and nothing has one root.\n"))
            return
        try:
            check_consistency(size, head.size, request.proof, seen.root, head.root)
        except BadProof as problem:
            said = f"NOT SHOWN TO HAVE GROWN: {problem}. It may be a fork; a later proof that fits clears it."
            raise Refused(self._accuse(request, note, said)) from None

    def _accuse(self, request: Asked, note: str, said: str) -> Answer:
        """Keep both tree heads, and the proof that does not lead from one to the other. Say so."""
        shown = f"{request.head.text()}\n{''.join(signed_lines(request.note, self.logs[request.head.origin]))}"
        proof = "\n".join(["the proof given:", f"old {request.old}", *(each.hex() for each in request.proof)])
        text = f"{said}\n\nseen before:\n\n{note}\nshown now:\n\n{shown}\n{proof}\n"
        # By the pair alone: whoever sends the same tree head with ever other proofs fills no disk.
        pair = sha256(f"{text_of(note)}{request.head.text()}".encode()).hexdigest()
        place = self.folder / "evidence" / f"{pair[:16]}.txt"
        place.parent.mkdir(mode=0o700, exist_ok=True)
        if not place.exists():
            place.write_text(text, "utf-8")
            print(f"{time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())} {said} {place}", file=sys.stderr, flush=True)
        return Answer(422, f"{said} This witness keeps both as evidence.\n")

    def _seen(self, database: sqlite3.Connection, origin: str) -> tuple[int, str]:
        found = database.execute("SELECT size, note FROM seen WHERE origin = ?", (origin,)).fetchone()
        return found or (0, "")

    @contextmanager
    def _database(self) -> Iterator[sqlite3.Connection]:
        """The file, for one transaction; what was not committed is rolled back by closing it."""
        with closing(sqlite3.connect(self.folder / "seen.sqlite3", timeout=20, isolation_level=None)) as database:
            database.execute("PRAGMA synchronous = FULL")
            yield database
