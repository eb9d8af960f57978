"""Every address of the URL table as it can be asked for: its name, and what stands in place of its arguments."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.urls import URLPattern, URLResolver, get_resolver

FILLED: dict[str, Any] = {
    "app_label": "agencies",
    "content_type_id": "1",
    "name": "accept",
    "object_id": "1",
    "path": "Patient/1",
    "pk": 1,
    "provider_id": "bhu",
    "token": "none",
    "uidb36": "1",
    "key": "abc-def",
}
"""What stands for an argument that is neither an id nor a place."""


@dataclass(frozen=True)
class Address:
    """``name`` as the tables of pages have it; ``path`` with ids that are nobody's."""

    name: str
    route: str
    kwargs: dict[str, Any]


def addresses() -> Iterator[Address]:
    """All of them."""
    yield from _walk(get_resolver(), (), "")


def _walk(resolver: URLResolver, spaces: tuple[str, ...], route: str) -> Iterator[Address]:
    for each in resolver.url_patterns:
        whole = f"{route}{each.pattern}"
        if isinstance(each, URLPattern):
            names = [*(str(name) for name in _arguments(whole))]
            kwargs = {name: FILLED.get(name, uuid4()) for name in names}
            yield Address(":".join((*spaces, each.name or whole)), whole, kwargs)
        else:
            yield from _walk(each, (*spaces, *filter(None, [each.namespace])), whole)


def _arguments(route: str) -> Iterator[str]:
    for part in route.split("<")[1:]:
        yield part.partition(">")[0].rpartition(":")[2]
