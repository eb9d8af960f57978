"""How a witness is asked over HTTP: as any address outside, but its name is our operator's own (``BHU_WITNESSES``)."""

import socket
from ipaddress import ip_address

from django.conf import settings

from agencies.outside import CannotFetch, Network, Stream, ask
from audit.witnessing import Answer, Silent


def _plainly(address: str, port: int, _host: str, seconds: float) -> Stream:
    return socket.create_connection((address, port), timeout=seconds)


NAMED = Network(allowed=lambda _address: True)  # a neighbour's witness may well stand in the county's own network
HERE = Network(connect=_plainly, allowed=lambda address: ip_address(address).is_loopback)


def post(url: str, body: bytes) -> Answer:
    """What a witness answers. Plain http goes to this machine alone, and never in production. Raises ``Silent``."""
    plain = url.startswith("http://") and not settings.PRODUCTION
    try:
        answer = ask(
            url.replace("http://", "https://", 1) if plain else url,
            HERE if plain else NAMED,
            method="POST",
            headers={"Content-Type": "text/plain", "Content-Length": str(len(body))},
            body=body,
        )
    except CannotFetch as problem:
        raise Silent(str(problem)) from None
    return Answer(answer.status, answer.body)
