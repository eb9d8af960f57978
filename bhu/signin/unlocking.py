"""Proving to be the person whose session it is: by passkey, or by password and a code."""

from allauth.account.adapter import get_adapter
from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal import auth
from django.core.exceptions import ValidationError
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext

from agencies.models import User

from . import demo, events
from .forms import AuthenticateForm, AuthenticateWebAuthnForm
from .strength import DEMO, by_demo


def ways(request: HttpRequest) -> frozenset[str]:
    """By what this person can unlock: ``passkey``, ``code``, ``demo``."""
    if by_demo(request):
        return frozenset({DEMO})
    has = set(Authenticator.objects.filter(user=_user(request)).values_list("type", flat=True))
    passkey = {"passkey"} if Authenticator.Type.WEBAUTHN in has else set()
    return frozenset(passkey | ({"code"} if has - {Authenticator.Type.WEBAUTHN} else set()))


def directory(request: HttpRequest) -> str:
    """The handle of the agency whose directory this session was begun by, "" if by none."""
    records = get_authentication_records(request, request.user)
    return next((str(each["provider"]) for each in records if each.get("method") == "socialaccount"), "")


def options(request: HttpRequest) -> object:
    """What the browser needs to ask for the passkey; the challenge waits in the session."""
    return auth.begin_authentication(_user(request))


def prove(request: HttpRequest, sent: QueryDict) -> str:
    """How the person proved it, as the log calls it. Raises ``ValidationError`` with what to show."""
    if by_demo(request):
        if not demo.allowed(request):
            raise ValidationError(gettext("The demo's sign-in is closed here."))
        return DEMO
    if sent.get("credential"):
        return _by_passkey(request, sent)
    return _by_password(request, sent)


def _by_passkey(request: HttpRequest, sent: QueryDict) -> str:
    form = AuthenticateWebAuthnForm(user=_user(request), data=sent)
    if not form.is_valid():
        raise ValidationError(gettext("That passkey is not one of yours, or it took too long. Try again."))
    return events.HOW[form.cleaned_data["credential"].type]


def _by_password(request: HttpRequest, sent: QueryDict) -> str:
    """The password first, so that codes cannot be tried without it; one sentence for either being wrong."""
    user = _user(request)
    known = get_adapter(request).authenticate(request, email=user.email, password=sent.get("password", ""))
    form = AuthenticateForm(user=user, data={"code": sent.get("code", "")})
    if known is None or known.pk != user.pk:
        raise ValidationError(gettext("Password or code is wrong."))
    if not form.is_valid():
        locked = [error for error in form.errors.as_data().get("code", []) if error.code == "locked"]
        raise locked[0] if locked else ValidationError(gettext("Password or code is wrong."))
    return events.HOW[form.authenticator.type]


def _user(request: HttpRequest) -> User:
    if not request.user.is_authenticated:
        raise TypeError("Nobody is signed in.")
    return request.user
