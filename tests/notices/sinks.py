"""Servers that take what is sent: mails by SMTP, and whatever comes by HTTP. Each remembers all of it."""

import email
import email.policy
import socket
import socketserver
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

from agencies.outside import Network, Stream

PUBLIC = "198.41.0.4"


class MailSink:
    """An SMTP server. An address that begins with ``bounce`` is refused for good, one with ``later`` for now; at one
    that begins with ``hang`` the server says nothing any more.
    """

    def __init__(self) -> None:
        self.received: list[tuple[str, EmailMessage]] = []
        self.raw: list[bytes] = []
        self._server = _Threads(("127.0.0.1", 0), _Talk)
        self._server.sink = self
        self.port: int = self._server.server_address[1]

    def to(self, address: str) -> list[EmailMessage]:
        """The mails that came for one address."""
        return [message for name, message in self.received if name == address]

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=[0.02], daemon=True).start()
        return self

    def __exit__(self, _type: type | None, _value: BaseException | None, _where: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Threads(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    sink: MailSink


class _Talk(socketserver.StreamRequestHandler):
    """One conversation."""

    server: _Threads

    def handle(self) -> None:
        self.to: list[str] = []
        self.say("220 sink.example.org")
        for line in self.rfile:
            verb, _, rest = line.decode().strip().partition(" ")
            if verb.upper() == "QUIT":
                self.say("221 bye")
                return
            self.one(verb.upper(), rest)

    def one(self, verb: str, rest: str) -> None:
        if verb == "RCPT":
            self.recipient(rest.partition("<")[2].partition(">")[0])
        elif verb == "DATA":
            self.say("354 go on")
            self.message()
        else:
            self.say("250 ok")

    def recipient(self, address: str) -> None:
        if address.startswith("hang"):
            time.sleep(3)
        elif address.startswith("bounce"):
            self.say("550 5.1.1 no such mailbox")
        elif address.startswith("later"):
            self.say("450 4.2.0 try again later")
        else:
            self.to.append(address)
            self.say("250 ok")

    def message(self) -> None:
        data = b""
        for line in self.rfile:
            if line == b".\r\n":
                break
            data += line
        self.server.sink.raw.append(data)
        message = email.message_from_bytes(data, policy=email.policy.default)
        self.server.sink.received += [(address, message) for address in self.to]
        self.say("250 taken")

    def say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


@dataclass
class Heard:
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class WebSink:
    """An HTTP server that answers everything with ``status`` (and ``location``), after ``slow`` seconds."""

    status: int = 200
    location: str = ""
    slow: float = 0.0
    heard: list[Heard] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _answering(self))
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=[0.02], daemon=True).start()
        return self

    def __exit__(self, _type: type | None, _value: BaseException | None, _where: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()

    def network(self, *addresses: str) -> Network:
        """A network in which every name leads to ``addresses`` and every public address is this server."""

        def connect(_address: str, _port: int, _host: str, seconds: float) -> Stream:
            return socket.create_connection(("127.0.0.1", self.port), timeout=seconds)

        resolve: Callable[[str, int], Sequence[str]] = lambda _host, _port: addresses or [PUBLIC]  # noqa: E731
        return Network(resolve, connect)


def _answering(sink: WebSink) -> type[BaseHTTPRequestHandler]:
    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            sink.heard.append(Heard(self.path, dict(self.headers), body))
            time.sleep(sink.slow)
            try:
                self.send_response(sink.status)
                if sink.location:
                    self.send_header("Location", sink.location)
                self.end_headers()
                self.wfile.write(b"{}")
            except OSError:
                return

        def log_message(self, *_said: object) -> None:
            """Nothing on the screen."""

    return Answer
