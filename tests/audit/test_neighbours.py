"""Other towns' witnesses as real processes over loopback HTTP: honest, forked, nonsensical, silent, and on a visit."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from django.core.wsgi import get_wsgi_application

from audit import exporting, witnesses
from audit.models import AuditCheckpoint, AuditCosignature
from audit.standalone.notes import COSIGNS, checkpoint, opened
from audit.standalone.notes import key as vkey
from audit.standalone.policy import policy
from audit.standalone.reading import verify as verify_file
from audit.verify import verify
from audit.witnessing import ask_all, request
from bhu.cosigning import post
from tests.audit.conftest import Write
from tests.audit.neighbours import Neighbour
from tests.audit.signing import LogKey
from tests.audit.test_judging import FORK, Grown
from tests.databases import OwnDatabase


@pytest.fixture
def named(settings: Any, tmp_path: Path) -> Callable[..., None]:
    """Write the policy: these witnesses, all of them needed."""
    path = tmp_path / "policy"
    settings.BHU_WITNESSES = str(path)

    def write(*lines: str) -> None:
        names = " ".join(line.split()[1] for line in lines)
        path.write_text(f"{''.join(lines)}group towns all {names}\nquorum towns\n")

    return write


@pytest.mark.django_db
def test_two_towns_cosign_and_the_one_that_was_given_another_log_refuses_and_keeps_evidence(
    grow: Write, named: Callable[..., None], tmp_path: Path, key: LogKey
) -> None:
    alder, birch = Neighbour(tmp_path / "alder", "alder"), Neighbour(tmp_path / "birch", "birch")
    with alder.serving(), birch.serving():
        named(alder.line, birch.line)
        grow(4)
        assert ask_all(post) == {"alder": "", "birch": ""}
        assert [each.size for each in witnesses.standings()] == [4, 4]
        whole = tmp_path / "log.jsonl"
        whole.write_bytes(b"".join(exporting.whole()))
        report = verify_file(whole, policy(witnesses.as_policy()))
        assert (report.ok, report.cosigned) == (True, 4)

        # Somebody with the log's own key shows birch another tree of seven events.
        forged = FORK.request(4, 7)
        assert post(f"http://127.0.0.1:{birch.port}/add-checkpoint", forged.encode()).status == 422
        # And another of four: two trees of one size, both signed. No doubt is left.
        assert post(f"http://127.0.0.1:{birch.port}/add-checkpoint", FORK.request(4, 4).encode()).status == 422
        grow(3)
        assert ask_all(post) == {"alder": "", "birch": ""}
    (fork, unproven) = sorted(birch.evidence(), key=lambda text: not text.startswith("FORK"))
    assert fork.startswith("FORK")
    assert unproven.startswith("NOT SHOWN TO HAVE GROWN")
    assert alder.evidence() == []
    assert birch.run().stdout.count("EVIDENCE") == 2


@pytest.mark.django_db
def test_a_town_that_saw_another_log_refuses_ours_from_then_on(
    grow: Write, named: Callable[..., None], tmp_path: Path
) -> None:
    """The log was rewritten with its own key: the town that saw the true one is the one that says so."""
    birch = Neighbour(tmp_path / "birch", "birch")
    with birch.serving():
        named(birch.line)
        url = f"http://127.0.0.1:{birch.port}/add-checkpoint"
        assert post(url, Grown("true").request(0, 4).encode()).status == 200
        grow(7)
        assert ask_all(post) == {"birch": "fork"}
        assert witnesses.standings()[0].alarming
    (evidence,) = birch.evidence()
    shown = evidence.partition("shown now:\n\n")[2].partition("\nthe proof given:")[0]
    assert checkpoint(opened(shown, LogKey().verifier)).size == 7


@pytest.mark.django_db
def test_what_a_witness_saw_outlives_kill_nine(grow: Write, named: Callable[..., None], tmp_path: Path) -> None:
    alder = Neighbour(tmp_path / "alder", "alder")
    process = alder.start()
    named(alder.line)
    for size in range(1, 6):
        grow(1)
        assert ask_all(post) == {"alder": ""}
        alder.kill(process)
        process = alder.start()
        assert f"{size:,} events cosigned" in alder.run().stdout
    alder.kill(process)
    assert ask_all(post) == {"alder": ""}
    grow(1)
    assert ask_all(post) == {"alder": "silent"}


@contextmanager
def answering(what: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that accepts and then does as it likes."""
    listener = socket.create_server(("127.0.0.1", 0))
    stop = threading.Event()

    def run() -> None:
        listener.settimeout(0.1)
        while not stop.is_set():
            try:
                there, _ = listener.accept()
            except TimeoutError:
                continue
            with there:
                what(there)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        stop.set()
        thread.join()
        listener.close()


def saying(data: bytes) -> Callable[[socket.socket], None]:
    def answer(there: socket.socket) -> None:
        there.recv(65536)
        there.sendall(data)

    return answer


def drip(there: socket.socket) -> None:
    """A letter now and then, for longer than anybody waits."""
    there.recv(65536)
    try:
        for _ in range(100):
            there.sendall(b"H")
            time.sleep(0.1)
    except OSError:
        return


ANSWERS = {
    "noise": (saying(b"\0\1\2\3"), "silent"),
    "a page": (saying(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"), "nonsense"),
    "the way to another place": (saying(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n\r\n"), "nonsense"),
    "too much": (saying(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 200_000), "silent"),
    "nothing": (saying(b""), "silent"),
    "a letter now and then": (drip, "silent"),
}


@pytest.mark.django_db
@pytest.mark.parametrize("name", ANSWERS)
def test_whatever_stands_at_a_witnesss_address_the_hub_goes_on(
    name: str, grow: Write, named: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agencies.outside.SECONDS", 1.0)
    what, trouble = ANSWERS[name]
    known = Neighbour(tmp_path / "alder", "alder")
    grow(2)
    with answering(what) as url:
        named(f"witness alder {known.key} {url}\n")
        began = time.monotonic()
        assert ask_all(post) == {"alder": trouble}
        assert time.monotonic() - began < 5
    assert not AuditCosignature.objects.exists()


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"POST /add-checkpoint HTTP/1.0\r\nContent-Length: 99999999\r\n\r\n", b"413"),
        (b"POST /add-checkpoint HTTP/1.0\r\n\r\n", b"413"),
        (b"POST /add-checkpoint HTTP/1.0\r\nContent-Length: -1\r\n\r\n", b"413"),
        (b"POST /add-checkpoint HTTP/1.0\r\nContent-Length: 3\r\n\r\nold", b"400"),
        (b"POST /other HTTP/1.0\r\nContent-Length: 0\r\n\r\n", b"404"),
        (b"GET /none/checkpoint HTTP/1.0\r\n\r\n", b"404"),
        (b"GET / HTTP/1.0\r\n\r\n", b"404"),
        (b"DELETE / HTTP/1.0\r\n\r\n", b"501"),
        (b"\0\0\0\0\r\n\r\n", b"400"),
    ],
)
def test_a_witness_answers_what_is_no_request(witness: Neighbour, request_: bytes, status: bytes) -> None:
    assert status in exchanged(witness, request_)


@pytest.fixture(scope="module")
def witness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Neighbour]:
    """One that serves, with eight events seen."""
    made = Neighbour(tmp_path_factory.mktemp("cedar"), "cedar")
    with made.serving():
        assert post(f"http://127.0.0.1:{made.port}/add-checkpoint", Grown().request(0, 8).encode()).status == 200
        yield made


def exchanged(there: Neighbour, data: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", there.port), timeout=20) as stream:
        stream.sendall(data)
        answer = b""
        while part := stream.recv(65536):
            answer += part
    return answer


def test_whoever_monitors_is_shown_what_was_cosigned(witness: Neighbour) -> None:
    origin = sha256(LogKey.name.encode()).hexdigest()
    answer = exchanged(witness, f"GET /{origin}/checkpoint HTTP/1.0\r\n\r\n".encode())
    note = answer.partition(b"\r\n\r\n")[2].decode()
    assert checkpoint(opened(note, LogKey().verifier)).size == 8
    assert "cedar.example.org/witness" in note


def test_who_says_nothing_for_long_keeps_nobody_from_being_heard(witness: Neighbour) -> None:
    idle = [socket.create_connection(("127.0.0.1", witness.port), timeout=20) for _ in range(15)]
    try:
        began = time.monotonic()
        assert b"404" in exchanged(witness, b"GET / HTTP/1.0\r\n\r\n")
        assert time.monotonic() - began < 5
    finally:
        for each in idle:
            each.close()


class Quiet(WSGIRequestHandler):
    def log_message(self, *_arguments: object) -> None:
        pass


@contextmanager
def hub() -> Iterator[str]:
    """Our own pages, served."""
    with make_server("127.0.0.1", 0, get_wsgi_application(), handler_class=Quiet) as server:
        thread = threading.Thread(target=_serve, args=(server,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/log"
        finally:
            server.shutdown()
            thread.join()


def _serve(server: Any) -> None:
    from django.db import connections

    try:
        server.serve_forever(poll_interval=0.05)
    finally:
        connections.close_all()


def test_a_desktop_that_nobody_can_reach_visits_by_one_line(
    own_database: OwnDatabase, grow: Write, named: Callable[..., None], tmp_path: Path
) -> None:
    dogwood = Neighbour(tmp_path / "dogwood", "dogwood")
    named(f"witness dogwood {dogwood.key}\n")
    with hub() as url:
        assert "404" in dogwood.run("--once", url).stderr
        for new, size in ((4, 4), (0, 4), (3, 7)):
            if new:
                grow(new)
            visit = dogwood.run("--once", url)
            assert (visit.returncode, visit.stderr) == (0, "")
            assert visit.stdout.startswith(f"Cosigned {size} events")
        known = {"dogwood": vkey(dogwood.key, COSIGNS)}
        report = verify(name=LogKey.name, public=LogKey().public, witnesses=known)
        assert (report.ok, [(each.name, each.size) for each in report.witnesses]) == (True, [("dogwood", 7)])
        stranger = Neighbour(tmp_path / "elm", "elm")
        visit = stranger.run("--once", url)
        assert (visit.returncode, "403" in visit.stderr, "policy" in visit.stderr) == (2, True, True)
    gone = dogwood.run("--once", url)
    assert (gone.returncode, "does not answer" in gone.stderr) == (2, True)


@pytest.mark.django_db
def test_a_request_of_ours_is_what_a_witness_reads(grow: Write) -> None:
    grow(4)
    grow(3)
    row = AuditCheckpoint.objects.get(size=7)
    assert request(row, 0).startswith("old 0\n\nexample.org/log\n7\n")
    assert request(row, 7).startswith("old 7\n\nexample.org/log\n7\n")
    assert request(row, 4).count("\n") > request(row, 0).count("\n")
