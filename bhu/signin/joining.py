"""The page behind the link of an invitation: a new person chooses a password, somebody known says yes."""

from http import HTTPStatus
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import record_authentication
from allauth.account.internal.flows.logout import logout
from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import password_validators_help_texts, validate_password
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render, resolve_url
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from agencies import inviting
from agencies.errors import NotOpen
from agencies.kinds import InvitationKind
from agencies.models import Invitation, User
from agencies.roles import NAMES, Role

from . import held, sittings


class JoinForm(forms.Form):
    """What the person is called, and their password twice."""

    name = forms.CharField(label=_("Your name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    password1 = forms.CharField(
        label=_("A new password"), strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )
    password2 = forms.CharField(
        label=_("The same again"), strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )

    def __init__(self, *args: Any, row: Invitation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.row = row
        self.fields["password1"].help_text = " ".join(password_validators_help_texts())
        if row.kind == InvitationKind.RENEW:
            del self.fields["name"]

    def clean(self) -> dict[str, Any]:
        """Raise on the field for a weak password, or two that differ."""
        data = super().clean() or self.cleaned_data
        first, second = data.get("password1"), data.get("password2")
        if first and second and first != second:
            self.add_error("password2", gettext("The two are not the same."))
        if first:
            try:
                validate_password(first, User(email=self.row.email, name=data.get("name", self.row.name)))
            except ValidationError as weak:
                self.add_error("password1", weak)
        return data


@require_http_methods(["GET", "POST"])
def join(request: HttpRequest, token: str) -> HttpResponseBase:
    """Show what the link is for, and use it. A GET uses nothing: mail programs open links by themselves."""
    row = inviting.find(token)
    if row is None:
        return render(request, "signin/dead_link.html", status=HTTPStatus.GONE)
    if not inviting.needs_account(row):
        return _known(request, row, token)
    form = JoinForm(request.POST or None, row=row, initial={"name": row.name})
    if request.method == "POST" and form.is_valid():
        return _use(request, token, password=form.cleaned_data["password1"], name=form.cleaned_data.get("name", ""))
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "signin/join.html", {"row": row, "role": _role(row), "form": form}, status=status)


def _known(request: HttpRequest, row: Invitation, token: str) -> HttpResponseBase:
    """Who has an account says yes signed in, so that a link in the wrong hands makes nobody a member."""
    if request.user.is_authenticated:  # nothing was asked of the session: this address is for strangers, too
        sitting = sittings.of(request)
        if sitting is None:
            logout(request, show_message=False)
        elif sittings.is_locked(sitting):
            return held.locked_page(request)
    is_them = request.user.is_authenticated and request.user.email == row.email
    if request.method == "POST" and is_them:
        return _use(request, token)
    said = {"row": row, "role": _role(row), "is_them": is_them, "path": request.path}
    return render(request, "signin/join_known.html", said)


def _use(request: HttpRequest, token: str, *, password: str = "", name: str = "") -> HttpResponse:
    user = request.user if request.user.is_authenticated else None
    try:
        person = inviting.accept(token, user=user, password=password, name=name)
    except NotOpen:
        return render(request, "signin/dead_link.html", status=HTTPStatus.GONE)
    if not password:
        return HttpResponseRedirect(resolve_url(settings.LOGIN_REDIRECT_URL), status=HTTPStatus.SEE_OTHER)
    logout(request, show_message=False)
    record_authentication(request, person, "password")
    adapter = get_adapter(request)
    adapter.login(request, person)
    answer: HttpResponse = adapter.post_login(
        request, person, email_verification="none", signal_kwargs=None, email=None, signup=False, redirect_url=None
    )
    return answer


def _role(row: Invitation) -> str:
    return gettext(NAMES[Role(row.role)])
