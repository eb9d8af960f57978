"""What follows when allauth or Django says that somebody signed in or out, or changed how: rows, and the log."""

from typing import Any

from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.login import record_authentication
from allauth.account.signals import password_changed, password_reset, password_set
from allauth.account.signals import user_logged_in as let_in
from allauth.mfa import signals as mfa
from allauth.mfa.models import Authenticator
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.dispatch import receiver
from django.http import HttpRequest

from agencies.models import User

from . import events, sittings
from .strength import DIRECTORY


@receiver(user_logged_in)
def _begin(request: HttpRequest, user: User, **_kwargs: Any) -> None:
    said = request.session.pop(sittings.SHARED, None)
    shared = bool(said) if said is not None else request.POST.get("shared") == "on"
    sittings.begin(request.session, user, shared=shared)
    request.device_shared = shared  # type: ignore[attr-defined]  # for the cookie of the answer


@receiver(let_in)
def _recorded(request: HttpRequest, user: User, sociallogin: Any = None, **_kwargs: Any) -> None:
    if sociallogin is not None and sociallogin.state.get("several_factors"):
        record_authentication(request, user, DIRECTORY)
    records = get_authentication_records(request, user)
    last = records[-1] if records else {}
    how = events.HOW.get(last.get("type", ""), last.get("method", ""))
    events.done("signin.in", user, code=str(how))


@receiver(user_logged_out)
def _ended(request: HttpRequest, user: User | None, **_kwargs: Any) -> None:
    sittings.end(request.session.session_key)
    if user is not None:
        events.done("signin.out", user)


@receiver(mfa.authenticator_added)
def _added(request: HttpRequest, user: User, authenticator: Authenticator, **_kwargs: Any) -> None:
    """Who has just set one up has shown that it is in their hands; recovery codes show nothing until one is used."""
    events.done("signin.add", user, code=events.HOW[authenticator.type])
    if authenticator.type != Authenticator.Type.RECOVERY_CODES:
        record_authentication(request, user, "mfa", id=authenticator.pk, type=authenticator.type)
        request.session.save()  # this may run after the commit, and then after the session was written


@receiver(mfa.authenticator_removed)
def _removed(user: User, authenticator: Authenticator, **_kwargs: Any) -> None:
    events.done("signin.remove", user, code=events.HOW[authenticator.type])


@receiver(mfa.authenticator_reset)
def _renewed(user: User, authenticator: Authenticator, **_kwargs: Any) -> None:
    events.done("signin.add", user, code=events.HOW[authenticator.type])


@receiver(mfa.authentication_failed)
def _wrong(user: User, authenticator: Authenticator, **_kwargs: Any) -> None:
    events.refused("signin.refuse", user, code=events.HOW[authenticator.type])


@receiver([password_changed, password_set])
def _carried_over(request: HttpRequest, **_kwargs: Any) -> None:
    """A new password gives the session a new key and ends every other one; who chose it stays at work."""
    sittings.carry_over(request)


@receiver([password_changed, password_set, password_reset])
def _password(user: User, **_kwargs: Any) -> None:
    events.done("signin.change", user, code="password")
