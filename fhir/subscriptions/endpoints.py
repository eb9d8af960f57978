"""Where notifications go: an address a client named, which is never trusted (``agencies.outside``)."""

import json
import socket
from collections.abc import Sequence
from ipaddress import ip_address
from typing import cast
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

from agencies.outside import REAL, CannotFetch, Network, NotPublic, Stream, ask, place_of
from agencies.vault import kms
from fhir.content.issues import error
from referrals.errors import Invalid

from .kinds import Problem
from .reading import KEPT, MIME

Headers = Sequence[tuple[str, str]]
GONE = 410
HOLDS_DEMO = "bhu.demo.network.holds_demo"
"""Says whether this database carries the demo mark. Named, not imported: it lies above."""
HERE = {"127.0.0.1", "localhost", "::1"}


def _plainly(address: str, port: int, _host: str, seconds: float) -> Stream:
    return socket.create_connection((address, port), timeout=seconds)


network = REAL  # tests bring their own
LOOPBACK = Network(connect=_plainly, allowed=lambda address: ip_address(address).is_loopback)


class NotTaken(Exception):
    """A notification was not taken. ``lasting``: trying again would not help."""

    def __init__(self, problem: Problem, *, lasting: bool = False) -> None:
        super().__init__(problem.value)
        self.problem, self.lasting = problem, lasting


def require(url: str) -> None:
    """Raise ``Invalid`` for an address that nothing ever goes to; where its name leads is asked at each sending."""
    try:
        place = place_of(_secure(url))
    except CannotFetch as wrong:
        raise Invalid([error("value", "Subscription.channel.endpoint", str(wrong))]) from None
    if _is_plain(url) and not (place.host in HERE and _may_be_plain()):
        text = "must be an https:// address"
        raise Invalid([error("value", "Subscription.channel.endpoint", text)])
    if not _is_plain(url) and _is_address(place.host) and not network.allowed(place.host):
        raise Invalid([error("value", "Subscription.channel.endpoint", "must be an address of the public internet")])


def post(url: str, headers: Headers, body: bytes) -> None:
    """Post a notification. Any 2xx is a yes, and its body is not read. Raises ``NotTaken``. No redirect is followed."""
    plain = _is_plain(url)
    if plain and not _may_be_plain():
        raise NotTaken(Problem.FORBIDDEN_ADDRESS, lasting=True)
    said = {**dict(headers), "Content-Type": MIME, "Accept": MIME}
    try:
        answer = ask(_secure(url), LOOPBACK if plain else network, method="POST", headers=said, body=body)
    except NotPublic:
        raise NotTaken(Problem.FORBIDDEN_ADDRESS) from None
    except CannotFetch:
        raise NotTaken(Problem.NO_ANSWER) from None
    if not 200 <= answer.status < 300:
        gone = answer.status == GONE
        raise NotTaken(Problem.GONE if gone else Problem.ODD_ANSWER, lasting=gone)


def host_of(url: str) -> str:
    """The host alone: a path or a query may hold a secret."""
    return place_of(_secure(url)).host


def seal(headers: Headers, *, subscription_id: UUID) -> bytes:
    """The headers at rest; nothing for none."""
    return kms.seal(json.dumps(list(headers)).encode(), _place(subscription_id)) if headers else b""


def unseal(sealed: bytes, *, subscription_id: UUID) -> list[tuple[str, str]]:
    """The headers as they were given. Raises ``CannotOpen``."""
    if not sealed:
        return []
    return [(name, value) for name, value in json.loads(kms.unseal(sealed, _place(subscription_id)))]


def filled(headers: Headers, before: Headers) -> list[tuple[str, str]]:
    """The headers with those that were sent back as they are shown as they were before.

    Raises ``Invalid`` for one that was not there.
    """
    known = {name.lower(): value for name, value in before}
    missing = [name for name, value in headers if value == KEPT and name.lower() not in known]
    if missing:
        text = f"{KEPT} stands for what was there before, at the same endpoint; there is no such header: give its value"
        raise Invalid([error("value", "Subscription.channel.header", text)])
    return [(name, known[name.lower()] if value == KEPT else value) for name, value in headers]


def _place(subscription_id: UUID) -> dict[str, str]:
    return {"table": "subscriptions_subscription", "field": "sealed_headers", "id": str(subscription_id)}


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _is_plain(url: str) -> bool:
    return url.lower().startswith("http://")


def _secure(url: str) -> str:
    """The same address spelled https: what may be reached without is judged here, everything else by one rule."""
    if not _is_plain(url):
        return url
    host, slash, path = url[len("http://") :].partition("/")
    return f"https://{host if host.rpartition(':')[2].isdigit() and ':' in host else f'{host}:80'}{slash}{path}"


def _may_be_plain() -> bool:
    """Whether a receiver of this machine may be told in the clear: of an invented network alone."""
    return not settings.PRODUCTION and cast("bool", import_string(HOLDS_DEMO)())
