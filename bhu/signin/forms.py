"""The forms of signing in that are not just allauth's: tries are counted, codes work once, seeds wait sealed."""

from typing import Any

from allauth.account.adapter import get_adapter as get_account_adapter
from allauth.account.forms import LoginForm as PasswordForm
from allauth.core import context
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms as codes
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm as ActivateForm
from allauth.mfa.totp.internal.auth import SECRET_SESSION_KEY, generate_totp_secret
from allauth.mfa.webauthn import forms as passkeys
from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from . import events, refusing, sealing, sittings, tries

CODE_LIVES = 120  # seconds: three half minutes in which a code is right, and a margin
SHARED: Any = {
    "label": _("This is a shared device"),
    "help_text": _("It locks after 5 minutes without use instead of 15."),
    "required": False,
}


class LoginForm(PasswordForm):  # type: ignore[misc]  # allauth is untyped
    """Address and password."""

    shared = forms.BooleanField(**SHARED)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = _("Email")
        for name in ("login", "password"):
            self.fields[name].widget.attrs.pop("placeholder", None)
        self.fields["password"].help_text = ""
        self.fields["shared"].initial = sittings.DEVICE in context.request.COOKIES

    def login(self, request: HttpRequest, redirect_url: str | None = None) -> HttpResponse:
        """Go on to the second step, with what was said of the device."""
        request.session[sittings.SHARED] = self.cleaned_data["shared"]
        response: HttpResponse = super().login(request, redirect_url)
        return response


class _Written:
    """A passkey that is none of this person's is written down; a stranger's tries are counted by network address."""

    def clean_credential(self) -> Authenticator:
        request = context.request
        try:
            tries.take(tries.ADDRESS, get_account_adapter(request).get_client_ip(request))
        except tries.Locked as locked:
            raise refusing.locked_out(locked) from None
        try:
            found: Authenticator = super().clean_credential()  # type: ignore[misc]  # of the form it is mixed into
        except forms.ValidationError:
            events.refused("signin.refuse", self.user, code="passkey")  # type: ignore[attr-defined]
            raise
        tries.give_back(tries.ADDRESS, get_account_adapter(request).get_client_ip(request))
        return found


class LoginWebAuthnForm(_Written, passkeys.LoginWebAuthnForm):  # type: ignore[misc]  # allauth is untyped
    """A passkey instead of address and password."""

    shared = forms.BooleanField(**SHARED)


class AuthenticateWebAuthnForm(_Written, passkeys.AuthenticateWebAuthnForm):  # type: ignore[misc]  # allauth is untyped
    """A passkey after the password, and to unlock."""


class AddWebAuthnForm(passkeys.AddWebAuthnForm):  # type: ignore[misc]  # allauth is untyped
    """A passkey is always one that signs in by itself, and asks for a finger, a face or a PIN."""

    name = forms.CharField(required=False, max_length=80, label=_("Name of the passkey"))
    passwordless = forms.BooleanField(required=True, initial=True, widget=forms.HiddenInput)


class _Counted:
    """Five wrong codes in fifteen minutes, and each right one once."""

    def clean_code(self) -> str:
        whose = str(self.user.pk)  # type: ignore[attr-defined]  # of the form this is mixed into
        try:
            tries.take(tries.CODE, whose)
        except tries.Locked as locked:
            raise refusing.locked_out(locked, user=self.user) from None  # type: ignore[attr-defined]
        code: str = super().clean_code()  # type: ignore[misc]
        used = self.authenticator.type == Authenticator.Type.TOTP  # type: ignore[attr-defined]
        if used and not tries.spend(code.replace(" ", ""), whose=whose, seconds=CODE_LIVES):
            raise get_adapter().validation_error("incorrect_code")
        tries.give_back(tries.CODE, whose)
        return code


class AuthenticateForm(_Counted, codes.AuthenticateForm):  # type: ignore[misc]  # allauth is untyped
    """The second step of signing in."""


class ReauthenticateForm(_Counted, codes.ReauthenticateForm):  # type: ignore[misc]  # allauth is untyped
    """The same before something is changed, and to unlock."""


class ActivateTOTPForm(ActivateForm):  # type: ignore[misc]  # allauth is untyped
    """Sets an authenticator app up. Until the first code is typed its seed waits in the session, sealed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.user = kwargs.pop("user")
        forms.Form.__init__(self, *args, **kwargs)
        self.fields["code"].widget.attrs.pop("placeholder", None)
        self.secret = self._waiting() if self.is_bound else self._fresh()

    def _fresh(self) -> str:
        seed: str = generate_totp_secret()
        context.request.session[SECRET_SESSION_KEY] = sealing.seal(seed, user_id=self.user.pk)
        return seed

    def _waiting(self) -> str:
        sealed = context.request.session.get(SECRET_SESSION_KEY)
        return sealing.unseal(sealed, user_id=self.user.pk) if sealed else self._fresh()
