"""In which languages pages for clients are offered: those whose words a fluent speaker has reviewed."""

from collections.abc import Mapping
from types import MappingProxyType

from django.http import HttpRequest

LANGUAGES: Mapping[str, str] = MappingProxyType({"en": "English", "es": "Español"})


def chosen(request: HttpRequest) -> str:
    """The language asked for on the page, else in the address, else by the browser, else English."""
    asked = (request.POST.get("switch"), request.POST.get("lang"), request.GET.get("lang"), request.LANGUAGE_CODE)
    return next((language for language in asked if language and language in LANGUAGES), "en")
