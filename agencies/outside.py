"""A question to an address that somebody outside named, asked so that it cannot lead into our network.

https only, every address of the name public, the connection to the very address that was judged, no redirect,
five seconds in all, 64 KiB. Whatever else happens is one refusal.
"""

import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http.client import HTTPException, HTTPMessage, HTTPResponse
from io import BytesIO
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from types import MappingProxyType
from typing import Protocol
from urllib.parse import urlsplit

SECONDS = 5.0
LARGEST = 64 * 1024
HEADERS = 16 * 1024
CHUNK = 8192
NONE: Mapping[str, str] = MappingProxyType({})

# The only block of IPv6 that is handed out to the public, and what in it leads elsewhere or nowhere:
# protocol assignments with Teredo, documentation, 6to4 (which carries an IPv4 address of anybody's choice).
PUBLIC = IPv6Network("2000::/3")
NOT_PUBLIC = tuple(map(IPv6Network, ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")))

HOST = re.compile(r"[A-Za-z0-9._:-]{1,253}", re.ASCII)


class CannotFetch(Exception):
    """Not fetched. The text says why; it goes to nobody outside."""


class NotPublic(CannotFetch):
    """The address leads to where nobody outside has one."""


class Stream(Protocol):
    """What is asked of a connection."""

    def settimeout(self, seconds: float) -> None: ...
    def sendall(self, data: bytes) -> None: ...
    def recv(self, size: int) -> bytes: ...
    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Place:
    """Where an https address points: its host, port, and the path with its query."""

    host: str
    port: int
    path: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    body: bytes
    headers: HTTPMessage


def addresses_of(host: str, port: int) -> Sequence[str]:
    """Every address that ``host`` has by the machine's own resolver. Raises ``OSError``."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def connect(address: str, port: int, host: str, seconds: float) -> Stream:
    """A TLS connection to ``address``, whose certificate must be good for ``host``. Raises ``OSError``."""
    until = time.monotonic() + seconds
    raw = socket.create_connection((address, port), timeout=seconds)
    try:
        raw.settimeout(max(0.01, until - time.monotonic()))
        return ssl.create_default_context().wrap_socket(raw, server_hostname=host)
    except BaseException:
        raw.close()
        raise


def place_of(url: str) -> Place:
    """Where ``url`` points. Raises ``CannotFetch`` for anything but a plain https address of a host."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise CannotFetch("This is not an address.") from None
    host = parts.hostname or ""
    if parts.scheme != "https" or parts.username is not None or parts.password is not None or parts.fragment:
        raise CannotFetch("An https:// address without a user or a fragment is needed.")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if not HOST.fullmatch(host) or not path.isascii() or not path.isprintable() or " " in path:
        raise CannotFetch("The address has letters that do not belong there.")
    return Place(host=host, port=port or 443, path=path)


def is_public(text: str) -> bool:
    """Whether an IP address is one that anybody on the internet may have; an IPv4 one in IPv6 clothes never is."""
    try:
        address = ip_address(text)
    except ValueError:
        return False
    if isinstance(address, IPv4Address):
        return address.is_global and not address.is_multicast
    return _is_public_v6(address)


def _is_public_v6(address: IPv6Address) -> bool:
    return address.scope_id is None and address in PUBLIC and not any(address in block for block in NOT_PUBLIC)


@dataclass(frozen=True, slots=True)
class Network:
    """How names are resolved, which addresses may be reached, and how; tests bring their own.

    An address that our own operator named may lead anywhere (``allowed``); one from outside never may.
    """

    resolve: Callable[[str, int], Sequence[str]] = addresses_of
    connect: Callable[[str, int, str, float], Stream] = connect
    allowed: Callable[[str], bool] = is_public


REAL = Network()


def ask(
    url: str, network: Network = REAL, *, method: str = "GET", headers: Mapping[str, str] = NONE, body: bytes = b""
) -> Answer:
    """What the server at ``url`` answers, whatever its status. ``headers`` are ours: nothing in them is from outside.

    Raises ``CannotFetch`` for whatever keeps an answer from being had safely, in time and whole.
    """
    until = time.monotonic() + SECONDS
    place = place_of(url)
    try:
        address = _judged(_resolved(network, place, until), network.allowed)
        stream = network.connect(address, place.port, place.host, _left(until))
        try:
            stream.settimeout(_left(until))
            stream.sendall(_request(place, method, headers, body))
            return _answer(_read(stream, until))
        finally:
            stream.close()
    except (OSError, HTTPException, ValueError) as problem:
        raise CannotFetch(f"It could not be fetched: {type(problem).__name__}.") from None


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise CannotFetch("It took too long.")
    return left


def _resolved(network: Network, place: Place, until: float) -> Sequence[str]:
    """The addresses of the host. The resolver itself knows no limit in time, so it is waited for beside it."""
    found: list[str] = []

    def ask() -> None:
        try:
            found.extend(network.resolve(place.host, place.port))
        except (OSError, UnicodeError):
            found.clear()

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(_left(until))
    if asking.is_alive() or not found:
        raise CannotFetch("The name has no address.")
    return found


def _judged(addresses: Sequence[str], allowed: Callable[[str], bool]) -> str:
    """The address to connect to: the first, if all of them are allowed. One that is not makes the name suspect."""
    if not all(map(allowed, addresses)):
        raise NotPublic("The name leads to an address that is not public.")
    return addresses[0]


def _request(place: Place, method: str, headers: Mapping[str, str], body: bytes) -> bytes:
    host = f"[{place.host}]" if ":" in place.host else place.host
    said = {
        "Host": host if place.port == 443 else f"{host}:{place.port}",
        "Accept": "application/json",
        "Accept-Encoding": "identity",
        "Connection": "close",
        **({"Content-Length": str(len(body))} if body else {}),
        **headers,
    }
    lines = (f"{method} {place.path} HTTP/1.1", *(f"{name}: {value}" for name, value in said.items()))
    return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii") + body


def _read(stream: Stream, until: float) -> bytes:
    """All that comes until the other side closes, not a byte more than is allowed."""
    data = bytearray()
    while chunk := _chunk(stream, until):
        data += chunk
        if len(data) > LARGEST + HEADERS:
            raise CannotFetch("It is too large.")
    return bytes(data)


def _chunk(stream: Stream, until: float) -> bytes:
    stream.settimeout(_left(until))
    return stream.recv(CHUNK)


class _Bytes:
    """Bytes in the place of a socket, which is all that the standard library's parser of answers asks for."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def makefile(self, *_how: object) -> BytesIO:
        return BytesIO(self._data)


def _answer(data: bytes) -> Answer:
    answer = HTTPResponse(_Bytes(data))  # type: ignore[arg-type]  # see _Bytes
    answer.begin()
    body = answer.read()
    if len(body) > LARGEST:
        raise CannotFetch("It is too large.")
    return Answer(status=answer.status, body=body, headers=answer.headers)
