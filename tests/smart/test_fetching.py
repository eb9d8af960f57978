"""A partner's address cannot lead into our network, keep us waiting, or fill our memory."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from agencies import outside
from agencies.outside import CannotFetch, Network, is_public, place_of
from fhir.smart.fetching import fetch

PUBLIC = "198.41.0.4"
URL = "https://keys.example.org/jwks.json"
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"

INSIDE = [
    "127.0.0.1",
    "127.9.9.9",
    "0.0.0.0",
    "10.0.0.1",
    "10.255.255.255",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "192.0.0.1",
    "192.0.2.7",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.9",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fe80::1%eth0",
    "2606:4700::1%eth0",
    "fec0::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:198.41.0.4",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::1",
    "2001:db8::1",
    "2001::1",
    "2002:7f00:1::1",
    "3fff::1",
    "100::1",
    "not an address",
    "",
]


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_that_is_not_of_the_public_internet_is_none(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", [PUBLIC, "9.9.9.9", "172.32.0.1", "2606:4700::1", "2a00:1450::1"])
def test_a_public_address_is_one(address: str) -> None:
    assert is_public(address)


def never(*_asked: object) -> outside.Stream:
    raise AssertionError("it was connected to")


def leading_to(*addresses: str) -> Callable[[str, int], Sequence[str]]:
    return lambda _host, _port: addresses


@pytest.mark.parametrize("address", [address for address in INSIDE if address])
def test_a_name_that_leads_inside_is_not_connected_to(address: str) -> None:
    for found in ([address], [PUBLIC, address], [address, PUBLIC]):
        with pytest.raises(CannotFetch):
            fetch(URL, Network(leading_to(*found), never))


@pytest.mark.parametrize(
    "url",
    [
        "http://keys.example.org/jwks.json",
        "ftp://keys.example.org/",
        "file:///etc/passwd",
        "gopher://keys.example.org/",
        "//keys.example.org/",
        "https://",
        "https:///jwks",
        "https://user@keys.example.org/",
        "https://user:pw@keys.example.org/",
        "https://@keys.example.org/",
        "https://keys.example.org/#x",
        "https://keys.example.org:x/",
        "https://keys.example.org:99999/",
        "https://keys.example.org/a b",
        "https://keys.example.org/a\r\nHost: x",
        "https://keys.exämple.org/",
        "https://keys.example.org\\@127.0.0.1/",
        "https://[::1/",
        "",
    ],
)
def test_only_a_plain_https_address_is_looked_at(url: str) -> None:
    with pytest.raises(CannotFetch):
        fetch(url, Network(never, never))  # type: ignore[arg-type]  # not reached


@pytest.mark.parametrize(
    "url", ["https://127.0.0.1/", "https://[::1]/", "https://2130706433/", "https://0x7f.1/", "https://localhost/"]
)
def test_the_machines_own_resolver_sees_through_spellings_of_inside(url: str) -> None:
    with pytest.raises(CannotFetch):
        fetch(url, Network(connect=never))


def test_the_place_of_an_address_is_host_port_and_path() -> None:
    place = place_of("https://Keys.Example.org:8443/a/jwks.json?x=1")
    assert (place.host, place.port, place.path) == ("keys.example.org", 8443, "/a/jwks.json?x=1")
    assert place_of("https://keys.example.org").path == "/"


@contextmanager
def server(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    """A server on this machine that reads one request and answers it; its port."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            try:
                connected, _from = listening.accept()
                with connected:
                    answer(connected)
            except OSError:
                return

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listening.getsockname()[1]
    thread.join(5)


def saying(data: bytes, heard: list[bytes] | None = None) -> Callable[[socket.socket], None]:
    def answer(connected: socket.socket) -> None:
        request = connected.recv(65536)
        if heard is not None:
            heard.append(request)
        connected.sendall(data)

    return answer


def to(port: int, asked: list[tuple[str, int, str]] | None = None) -> Network:
    """A network in which a public address is that server, in the clear."""

    def connect(address: str, wanted: int, host: str, seconds: float) -> outside.Stream:
        if asked is not None:
            asked.append((address, wanted, host))
        return socket.create_connection(("127.0.0.1", port), timeout=seconds)

    return Network(leading_to(PUBLIC), connect)


def test_it_is_fetched_from_the_very_address_that_was_judged() -> None:
    heard: list[bytes] = []
    asked: list[tuple[str, int, str]] = []
    with server(saying(OK + b"Cache-Control: max-age=600\r\n\r\n{}", heard)) as port:
        got = fetch("https://keys.example.org:8443/jwks.json", to(port, asked))
    assert (got.body, got.max_age) == (b"{}", 600)
    assert asked == [(PUBLIC, 8443, "keys.example.org")]
    lines = heard[0].decode().split("\r\n")
    assert lines[:2] == ["GET /jwks.json HTTP/1.1", "Host: keys.example.org:8443"]
    assert "Connection: close" in lines


def test_a_name_is_resolved_once_so_it_cannot_change_its_mind() -> None:
    answers = [[PUBLIC], ["127.0.0.1"]]
    with server(saying(OK + b"\r\n{}")) as port:
        fetch(URL, Network(lambda _host, _port: answers.pop(0), to(port).connect))
    assert answers == [["127.0.0.1"]]


def test_an_answer_in_pieces_is_put_together() -> None:
    with server(saying(OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n")) as port:
        assert fetch(URL, to(port)).body == b"{}"


BAD = {
    "a redirect": b"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n",
    "a lasting redirect": b"HTTP/1.1 308 Moved\r\nLocation: https://other.example.org/\r\n\r\n",
    "not found": b"HTTP/1.1 404 Not Found\r\n\r\n{}",
    "an error": b"HTTP/1.1 500 Oops\r\n\r\n{}",
    "a part": b"HTTP/1.1 206 Partial\r\n\r\n{}",
    "a huge body": OK + b"\r\n" + b"x" * (64 * 1024 + 1),
    "a body without end": OK + b"\r\n" + b"x" * 1_000_000,
    "huge headers": OK + b"".join(b"X-%d: %s\r\n" % (at, b"x" * 1000) for at in range(90)) + b"\r\n{}",
    "a body cut off": OK + b"Content-Length: 100\r\n\r\n{}",
    "nothing": b"",
    "no HTTP": b"SSH-2.0-OpenSSH\r\n",
}


@pytest.mark.parametrize("data", BAD.values(), ids=BAD)
def test_anything_but_a_whole_small_answer_is_refused(data: bytes) -> None:
    with server(saying(data)) as port, pytest.raises(CannotFetch):
        fetch(URL, to(port))


def test_a_body_of_exactly_the_largest_size_is_taken() -> None:
    with server(saying(OK + b"\r\n" + b"x" * 64 * 1024)) as port:
        assert len(fetch(URL, to(port)).body) == 64 * 1024


@pytest.mark.parametrize("slow", [b"", OK + b"\r\n{"], ids=["headers", "body"])
def test_a_server_that_drips_is_not_waited_for(monkeypatch: pytest.MonkeyPatch, slow: bytes) -> None:
    """Each byte comes in time; only the sum does not."""
    monkeypatch.setattr(outside, "SECONDS", 0.6)

    def drip(connected: socket.socket) -> None:
        connected.recv(65536)
        connected.sendall(slow)
        for _ in range(40):
            connected.sendall(b"x")
            time.sleep(0.1)

    began = time.monotonic()
    with server(drip) as port:
        with pytest.raises(CannotFetch):
            fetch(URL, to(port))
        assert time.monotonic() - began < 2


def test_a_resolver_that_hangs_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outside, "SECONDS", 0.2)
    free = threading.Event()

    def hang(_host: str, _port: int) -> Sequence[str]:
        free.wait(5)
        return [PUBLIC]

    began = time.monotonic()
    with pytest.raises(CannotFetch):
        fetch(URL, Network(hang, never))
    assert time.monotonic() - began < 2
    free.set()


def test_five_seconds_are_all_there_is() -> None:
    assert (outside.SECONDS, outside.LARGEST) == (5.0, 65536)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("max-age=600", 600),
        ("public, max-age=60", 60),
        ('max-age="60"', 60),
        ("MAX-AGE=7", 7),
        ("max-age=999999999", 3600),
        ("s-maxage=600", 0),
        ("no-store, max-age=600", 0),
        ("no-cache, max-age=600", 0),
        ("max-age=-1", 0),
        ("max-age=x", 0),
        ("", 0),
    ],
)
def test_a_copy_is_good_for_as_long_as_its_server_says_and_an_hour_at_most(header: str, seconds: int) -> None:
    with server(saying(OK + f"Cache-Control: {header}\r\n\r\n{{}}".encode())) as port:
        assert fetch(URL, to(port)).max_age == seconds


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for keys.example.org with its key, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "keys.example.org")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("keys.example.org")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


def tls(certificate: Path, connected: socket.socket) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with context.wrap_socket(connected, server_side=True) as stream:
        stream.recv(65536)
        stream.sendall(OK + b"\r\n{}")
        stream.unwrap()


@pytest.mark.parametrize(
    ("host", "trusted", "good"),
    [("keys.example.org", True, True), ("other.example.org", True, False), ("keys.example.org", False, False)],
)
def test_the_certificate_must_be_good_for_the_name_not_for_the_address(
    monkeypatch: pytest.MonkeyPatch, certificate: Path, host: str, trusted: bool, good: bool
) -> None:
    made = ssl.create_default_context
    if trusted:
        monkeypatch.setattr(ssl, "create_default_context", lambda: made(cafile=str(certificate)))
    with server(partial(tls, certificate)) as port:
        here = Network(
            leading_to(PUBLIC),
            lambda _address, _port, host, seconds: outside.connect("127.0.0.1", port, host, seconds),
        )
        if good:
            assert fetch(f"https://{host}/", here).body == b"{}"
        else:
            with pytest.raises(CannotFetch):
                fetch(f"https://{host}/", here)
