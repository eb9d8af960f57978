"""The words of a message that leaves the installation. Pure but for the translation.

A reference number, how urgent it is, a link: nothing of a client, of what happened, or of the other agency. Whoever
reads a telephone over somebody's shoulder learns that there is a referral, and no more.
"""

import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What there is to say; ``number`` and ``link`` are "" for who may not learn which referral it is."""

    id: str
    number: str
    urgent: bool
    link: str

    @property
    def subject(self) -> str:
        """The subject of a mail."""
        if not self.number:
            return gettext("[BHU network] Something waits for you")
        said = {"number": self.number}
        if self.urgent:
            return gettext("[BHU network] URGENT: %(number)s") % said
        return gettext("[BHU network] %(number)s") % said

    @property
    def text(self) -> str:
        """The text of a mail."""
        said = {"number": self.number, "link": self.link}
        if not self.number:
            return gettext("Something in your agency waits for you. Sign in:\n\n%(link)s\n") % said
        if self.urgent:
            return gettext("URGENT. There is something new about %(number)s. Sign in:\n\n%(link)s\n") % said
        return gettext("There is something new about %(number)s. Sign in:\n\n%(link)s\n") % said

    @property
    def short(self) -> str:
        """A text message."""
        said = {"number": self.number, "link": self.link}
        if not self.number:
            return gettext("BHU network: %(link)s") % said
        if self.urgent:
            return gettext("BHU URGENT %(number)s %(link)s") % said
        return gettext("BHU %(number)s %(link)s") % said

    def body(self) -> bytes:
        """What is posted to a webhook."""
        said = {"id": self.id, "number": self.number, "urgent": self.urgent, "link": self.link}
        return json.dumps(said, separators=(",", ":")).encode()


def signature(secret: bytes, body: bytes, *, at: datetime) -> str:
    """The header that proves who posted ``body`` and when: HMAC-SHA256 over the seconds since 1970, a dot, the body."""
    seconds = str(int(at.timestamp()))
    mac = hmac.new(secret, seconds.encode() + b"." + body, hashlib.sha256).hexdigest()
    return f"t={seconds},v1={mac}"
