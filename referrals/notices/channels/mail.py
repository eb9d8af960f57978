"""A mail, by the server that ``EMAIL_URL`` names."""

from smtplib import SMTPDataError, SMTPException, SMTPRecipientsRefused, SMTPServerDisconnected

from django.conf import settings
from django.core.mail import EmailMessage

from referrals.notices.kinds import Problem
from referrals.notices.message import Message

from .errors import NotSent

LASTING = 500
"""From here on a reply of a mail server says: not this mail, not later either (RFC 5321 section 4.2.1)."""


def send(message: Message, address: str) -> None:
    """Send it. Sent twice it carries the same id, by which mail programs show it once. Raises ``NotSent``."""
    host = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].strip(" >") or "localhost"
    headers = {"Message-ID": f"<{message.id}@{host}>", "Auto-Submitted": "auto-generated"}
    try:
        EmailMessage(message.subject, message.text, None, [address], headers=headers).send()
    except SMTPRecipientsRefused as refused:
        codes = [code for code, _text in refused.recipients.values()]
        raise NotSent(Problem.REFUSED, lasting=all(code >= LASTING for code in codes)) from None
    except SMTPDataError as refused:
        raise NotSent(Problem.REFUSED, lasting=refused.smtp_code >= LASTING) from None
    except SMTPServerDisconnected:
        raise NotSent(Problem.NO_ANSWER) from None
    except SMTPException:
        raise NotSent(Problem.ODD_ANSWER) from None
    except OSError:
        raise NotSent(Problem.NO_ANSWER) from None
