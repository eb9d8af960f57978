"""A text message, by the gateway that ``BHU_TEXT_URL`` names.

``console://`` writes it to the screen. ``twilio://SID:TOKEN@api.twilio.com?from=+15550100`` speaks the form-and-JSON
interface of Twilio's ``Messages`` resource, which other gateways offer, too.
"""

import base64
import sys
from collections.abc import Callable, Mapping
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from types import MappingProxyType
from urllib.parse import SplitResult, parse_qs, quote, unquote, urlencode, urlsplit

from django.conf import settings

from referrals.notices.kinds import Problem
from referrals.notices.message import Message

from .errors import NotSent

SECONDS = 10
NOT_THIS_NUMBER = frozenset({400, 404, 422})
"""Answers that say the number is none, or none that takes text messages."""

Gateway = Callable[[SplitResult, str, Message], None]


def send(message: Message, phone: str) -> None:
    """Send it. Raises ``NotSent``."""
    if not settings.BHU_TEXT_URL:
        raise NotSent(Problem.NO_ADDRESS, lasting=True)
    url = urlsplit(settings.BHU_TEXT_URL)
    GATEWAYS[url.scheme](url, phone, message)


def _console(_url: SplitResult, phone: str, message: Message) -> None:
    sys.stdout.write(f"Text message to {phone}: {message.short}\n")


def _twilio(url: SplitResult, phone: str, message: Message) -> None:
    account = unquote(url.username or "")
    form = urlencode({"To": phone, "From": parse_qs(url.query)["from"][0], "Body": message.short})
    login = base64.b64encode(f"{account}:{unquote(url.password or '')}".encode()).decode()
    headers = {"Authorization": f"Basic {login}", "Content-Type": "application/x-www-form-urlencoded"}
    _require_yes(_post(url, f"/2010-04-01/Accounts/{quote(account)}/Messages.json", form, headers))


def _post(url: SplitResult, path: str, form: str, headers: Mapping[str, str]) -> int:
    """The status of the gateway's answer. In the clear to this machine alone, which is where tests have theirs."""
    host, here = url.hostname or "", url.hostname == "127.0.0.1"
    kind = HTTPConnection if here else HTTPSConnection
    gateway = kind(host, url.port, timeout=SECONDS)
    try:
        gateway.request("POST", path, form, dict(headers))
        return gateway.getresponse().status
    except (OSError, HTTPException):
        raise NotSent(Problem.NO_ANSWER) from None
    finally:
        gateway.close()


def _require_yes(status: int) -> None:
    if status in NOT_THIS_NUMBER:
        raise NotSent(Problem.REFUSED, lasting=True)
    if not 200 <= status < 300:
        raise NotSent(Problem.ODD_ANSWER)


GATEWAYS: Mapping[str, Gateway] = MappingProxyType({"console": _console, "twilio": _twilio})
