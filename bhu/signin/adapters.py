"""What of allauth is ours: nobody makes an account for themselves, tries are counted in rows, seeds are sealed."""

import time
from smtplib import SMTPException
from typing import Any

import segno
import structlog
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.account.internal.stagekit import unstash_login
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils.translation import gettext

from agencies.models import User

from . import events, refusing, sealing, tries

log = structlog.stdlib.get_logger("bhu.signin")

SECOND_STEP = {"allauth.mfa.stages.AuthenticateStage": "bhu.signin.sso.stages.SecondStep"}
RECENT = 5 * 60
ISSUER = "BHU network"


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth is untyped
    """Accounts are made by an invitation of an agency's admin."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002
        """Never."""
        return False

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        """The person with this address and password. Raises ``ValidationError`` when there were too many tries."""
        email, source = str(credentials.get("email", "")), self.get_client_ip(request)
        try:
            tries.take(tries.ADDRESS, source)
            tries.take(tries.ACCOUNT, email)
        except tries.Locked as locked:
            raise refusing.locked_out(locked, email=email) from None
        user: User | None = super().authenticate(request, **credentials)
        if user is not None:
            tries.give_back(tries.ADDRESS, source)
            tries.give_back(tries.ACCOUNT, email)
        return user

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:  # noqa: ARG002
        """Write it down."""
        refusing.record_wrong(str(credentials.get("email", "")))

    def get_login_stages(self) -> list[str]:
        """allauth's, with our second step in the place of its own."""
        return [SECOND_STEP.get(stage, stage) for stage in super().get_login_stages()]

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Not within five minutes of signing in: the same was shown just now."""
        request = context.request
        records = get_authentication_records(request, request.user)
        if any(time.time() - record["at"] < RECENT for record in records):
            return False
        return bool(super().is_reauthentication_required(app=app, **kwargs))

    def send_password_reset_mail(self, user: User, email: str, context: dict[str, Any]) -> None:
        """At most three a quarter of an hour; more are not sent, and nobody is told."""
        try:
            tries.take(tries.MAIL, email)
        except tries.Locked:
            return
        events.asked("signin.mail", user)
        super().send_password_reset_mail(user, email, context)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """One mail. What was done stands even if no server takes the mail; the process log says that none did."""
        site = {"name": ISSUER, "domain": settings.BHU_BASE_URL}
        message = self.render_mail(template_prefix, email, {"email": email, "current_site": site, **context})
        try:
            message.send()
        except (OSError, SMTPException) as problem:
            log.warning("mail not sent", mail=template_prefix, problem=type(problem).__name__)

    def format_email_subject(self, subject: str) -> str:
        """Our name before it."""
        return f"[{ISSUER}] {subject}"


class MFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth is untyped
    """Seeds sealed by the key service, and pictures that a strict content policy shows."""

    def encrypt(self, text: str) -> str:
        """``text`` sealed for the person who is setting it up."""
        return sealing.seal(text, user_id=_whose().pk)

    def decrypt(self, encrypted_text: str) -> str:
        """Undo ``encrypt``, for the same person. Raises ``CannotOpen``."""
        return sealing.unseal(encrypted_text, user_id=_whose().pk)

    def get_totp_issuer(self) -> str:
        """What an authenticator app calls us."""
        return ISSUER

    def build_totp_svg(self, url: str) -> str:
        """The picture to scan, as an element of the page."""
        code = segno.make(url, error="m")
        picture: str = code.svg_inline(scale=5, border=4, light="#fff", dark="#000", title=gettext("Code to scan"))
        return picture

    def generate_authenticator_name(self, user: User, type: str) -> str:  # noqa: A002
        """What a new passkey is called until its owner says otherwise."""
        count = Authenticator.objects.filter(user=user, type=type).count()
        return gettext("Passkey %(number)d") % {"number": count + 1}

    def _get_site_name(self) -> str:
        return ISSUER


def _whose() -> User:
    """The person at work: signed in, or past the password and on the way. Raises ``PermissionDenied``."""
    request = context.request
    if request.user.is_authenticated:
        signed_in: User = request.user
        return signed_in
    login = unstash_login(request, peek=True)
    if login is None or login.user is None:
        raise PermissionDenied
    on_the_way: User = login.user
    return on_the_way
