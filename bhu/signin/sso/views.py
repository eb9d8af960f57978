"""There and back: to the agency's directory, and from it. The rest is allauth's."""

from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView
from django.http import Http404, HttpRequest, HttpResponseBase, QueryDict
from django.shortcuts import render
from django.views.decorators.http import require_GET
from requests import RequestException

from .adapters import Directory


@require_GET
def login(request: HttpRequest, provider_id: str) -> HttpResponseBase:
    """Send the browser to the directory. Of what the address asks for, only where to go after it is heard."""
    after = request.GET.get("next", "")
    request.GET = QueryDict(urlencode({"next": after}) if after else "")
    return _by(OAuth2LoginView, request, provider_id)


@require_GET
def callback(request: HttpRequest, provider_id: str) -> HttpResponseBase:
    """The browser comes back with a code, for which the directory says who it is."""
    return _by(OAuth2CallbackView, request, provider_id)


def _by(view: Any, request: HttpRequest, provider_id: str) -> HttpResponseBase:
    try:
        answer: HttpResponseBase = view.adapter_view(Directory(request, provider_id))(request)
    except SocialApp.DoesNotExist:
        raise Http404 from None
    except ImmediateHttpResponse as ready:
        return ready.response  # type: ignore[no-any-return]
    except RequestException:
        return render(request, "socialaccount/authentication_error.html", status=HTTPStatus.SERVICE_UNAVAILABLE)
    return answer
