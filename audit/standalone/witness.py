"""A witness: it cosigns the tree heads of other towns' logs, each only if it grew out of the last one it saw.

    python3 witness.py --name town.example.org/witness --log LOGKEY      once: makes a key, says its public half
    python3 witness.py --listen 127.0.0.1:8720                           a service (C2SP tlog-witness)
    python3 witness.py --once https://bhu.example.org/log                one visit, for cron or a scheduled task
    python3 witness.py                                                   says what it has seen

It keeps a folder: its private key, the last tree head of each log, and as evidence whatever a log signed that does not
fit. It never reads an event and cannot: it is shown sizes and hashes.
"""

import argparse
import os
import socket
import ssl
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from contextlib import suppress
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import BoundedSemaphore, Timer
from typing import Any
from urllib.parse import urlsplit

from audit.standalone.faults import UNREADABLE, Unusable
from audit.standalone.judging import LARGEST, Answer, Store
from audit.standalone.notes import KEY_NAME, SIGNS, key

ADD, AT_ONCE, SECONDS = "/add-checkpoint", 16, 10.0


class Edge(BaseHTTPRequestHandler):
    """The HTTP edge of a witness: one request, one call, one answer."""

    server_version, sys_version = "witness", ""
    timeout = SECONDS
    store: Store
    room = BoundedSemaphore(AT_ONCE)

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if urlsplit(self.path).path != ADD:
            self._say(Answer(404, "There is only /add-checkpoint.\n"))
        elif not length.isdecimal() or int(length) > LARGEST or len(length) > 9:
            self._say(Answer(413, f"A request has a Content-Length of at most {LARGEST}.\n"))
        else:
            body = self.rfile.read(int(length))
            self._say(self.store.add(body.decode("utf-8", "replace")))

    def do_GET(self) -> None:
        *_, log, what = ["", *urlsplit(self.path).path.split("/")]
        note = self.store.shown(log) if what == "checkpoint" else None
        self._say(Answer(200, note) if note else Answer(404, "No checkpoint of such a log was cosigned.\n"))

    def handle(self) -> None:
        """Answer one request, a few at a time, each within its seconds: who is slower is cut off."""
        ending = Timer(SECONDS, self._cut)
        ending.daemon = True
        ending.start()
        try:
            with self.room:
                super().handle()
        finally:
            ending.cancel()

    def _cut(self) -> None:
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing of ordinary requests; what matters is said by the store."""

    def _say(self, answer: Answer) -> None:
        data = answer.text.encode()
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


class Server(ThreadingHTTPServer):
    """A thread for each connection; one that fails is nobody's concern but its own."""

    daemon_threads = True

    def handle_error(self, *_request: Any) -> None:
        """Say nothing: whoever connects could fill the screen."""


def serve(store: Store, address: str, certificate: Path | None, private: Path | None) -> None:
    """Serve until stopped; with a certificate over TLS."""
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal():
        raise Unusable("--listen takes an address and a port, such as 127.0.0.1:8720.")
    edge = type("Edge", (Edge,), {"store": store})
    with Server((host, int(port)), edge) as server:
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate, private)
            server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        print(f"{store.key.name} listens on {host}:{server.server_port}", flush=True)
        server.serve_forever()


class _Stay(urllib.request.HTTPRedirectHandler):
    """No redirects: an address is what it is."""

    def redirect_request(self, *_request: Any) -> None:
        return None


def once(store: Store, url: str, origin: str) -> str:
    """Visit a hub: take its newest tree head, judge it, bring back the cosignature. Say what came of it.

    Raises Unusable if the hub does not answer as one does, or its log does not fit what was seen.
    """
    place = urlsplit(url)
    if place.scheme != "https" and place.hostname not in ("127.0.0.1", "localhost", "::1"):
        raise Unusable("A hub is visited over https.")
    seen = store.size(origin)
    asked = _exchange(f"{url}/checkpoint?old={seen}")
    answer = store.add(asked)
    if answer.status != 200:
        raise Unusable(f"Not cosigned ({answer.status}). {answer.text.strip()}")
    _exchange(f"{url}/cosignature", store.shown(sha256(origin.encode()).hexdigest()))
    return f"Cosigned {store.size(origin):,} events of {origin}; {seen:,} were seen before."


def _exchange(url: str, sent: str | None = None) -> str:
    request = urllib.request.Request(url, sent.encode() if sent else None, {"Content-Type": "text/plain"})  # noqa: S310
    try:
        with urllib.request.build_opener(_Stay).open(request, timeout=SECONDS) as answer:
            data: bytes = answer.read(LARGEST + 1)
    except urllib.error.HTTPError as problem:
        said = problem.read(LARGEST).decode("utf-8", "replace").strip()
        raise Unusable(f"The hub answered {problem.code}. {said}") from None
    except (OSError, ValueError) as problem:
        raise Unusable(f"The hub does not answer: {problem}") from None
    if len(data) > LARGEST:
        raise Unusable("The hub's answer is too long.")
    return data.decode("utf-8", "replace")


def prepared(folder: Path, name: str | None, logs: Sequence[str]) -> Store:
    """Open the folder of a witness; with a name make its key there, once; add logs. Raises Unusable."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    private = folder / "key"
    if name and not private.exists():
        if not KEY_NAME.fullmatch(name) or not name.isascii() or len(name) > 128:
            raise Unusable("--name takes a name such as town.example.org/witness, without spaces and plus signs.")
        with os.fdopen(os.open(private, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(f"{name} {os.urandom(32).hex()}\n")
    if not private.exists():
        raise Unusable(f"There is no key in {folder}. Begin with --name town.example.org/witness --log LOGKEY.")
    known = folder / "logs"
    texts = known.read_text("utf-8").split() if known.exists() else []
    texts += [key(each, SIGNS).text() for each in logs if each not in texts]
    known.write_text("".join(f"{each}\n" for each in texts), "utf-8")
    name, seed = private.read_text("ascii").split()
    return Store(folder, name, bytes.fromhex(seed), [key(each, SIGNS) for each in texts])


def told(store: Store) -> str:
    """Say to a person who this witness is, what it has seen, and what did not fit."""
    lines = [f"This witness's key, for the hub's policy: {store.key.text()}"]
    lines += [f"{each.name}: {store.size(each.name):,} events cosigned" for each in store.logs.values()]
    lines += [f"EVIDENCE: {each}" for each in store.evidence()]
    return "\n".join(lines)


def arguments(parser: argparse.ArgumentParser, folder: Path) -> None:
    """Say what the command line takes."""
    parser.add_argument("--folder", type=Path, default=folder, metavar="DIR", help="where key and records are kept")
    parser.add_argument("--name", help="make a key under this name, such as town.example.org/witness")
    parser.add_argument("--log", action="append", default=[], metavar="LOGKEY", help="cosign this log too")
    parser.add_argument("--listen", metavar="HOST:PORT", help="serve C2SP tlog-witness")
    parser.add_argument("--certificate", type=Path, metavar="FILE", help="with --listen: TLS, PEM")
    parser.add_argument("--private-key", type=Path, metavar="FILE", help="with --certificate: its key, PEM")
    parser.add_argument("--once", metavar="URL", help="visit one hub, then stop")


def run(given: argparse.Namespace) -> int:
    """Do what the command line says; return what to exit with: 0, or 2 if nothing could be done or did not fit."""
    try:
        store = prepared(given.folder, given.name, given.log)
        if given.listen:
            serve(store, given.listen, given.certificate, given.private_key)
        elif given.once:
            for log in store.logs:
                print(once(store, given.once.rstrip("/"), log))
        else:
            print(told(store))
    except (Unusable, OSError, ValueError) as problem:
        print(f"{time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())} {problem}", file=sys.stderr)
        return UNREADABLE
    except KeyboardInterrupt:
        return 0
    return 0


def main(words: Sequence[str] | None = None) -> int:
    """Be a program."""
    parser = argparse.ArgumentParser(prog="witness.py", description="Cosign other towns' logs while they only grow.")
    arguments(parser, Path("witness"))
    return run(parser.parse_args(words))


if __name__ == "__main__":
    sys.exit(main())
