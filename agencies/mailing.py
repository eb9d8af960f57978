"""The mails that bring an invitation. They say nothing of any client, and their subject nothing of anybody."""

from smtplib import SMTPException

import structlog
from django.conf import settings
from django.core.mail import send_mail
from django.urls import reverse
from django.utils.translation import gettext

from .kinds import InvitationKind
from .models import Invitation
from .roles import NAMES, Role

log = structlog.stdlib.get_logger("agencies")


def link_of(token: str) -> str:
    """The address that the mail brings."""
    return f"{settings.BHU_BASE_URL}{reverse('signin:join', args=[token])}"


def send(row: Invitation, token: str) -> bool:
    """Send the mail of an invitation. ``False`` if no server took it: then nobody has the link, and it is of no use."""
    subject, text = _said(row, link_of(token))
    try:
        send_mail(subject, text, None, [row.email])
    except (OSError, SMTPException) as problem:
        log.warning("mail not sent", mail=row.kind, problem=type(problem).__name__)
        return False
    return True


def _said(row: Invitation, link: str) -> tuple[str, str]:
    words = {"name": row.name, "agency": row.agency.name, "role": gettext(NAMES[Role(row.role)]), "link": link}
    if row.kind == InvitationKind.RENEW:
        text = gettext(
            "%(name)s,\n\nan administrator of %(agency)s took your password and your second factors away, so that you "
            "can choose new ones. You are signed out everywhere. This link works once, for 24 hours:\n\n%(link)s\n\n"
            "If you did not ask for this, call your administrator before you use it.\n"
        )
        return gettext("[BHU network] Your sign-in has to be set up again"), text % words
    text = gettext(
        "%(name)s,\n\n%(agency)s invites you to the BHU network as: %(role)s. This link works once, for seven days:\n\n"
        "%(link)s\n\nIf you do not know this agency, do nothing.\n"
    )
    return gettext("[BHU network] You are invited"), text % words
