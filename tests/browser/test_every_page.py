"""Every page of the URL table, in every state named: within its budget, and built so that everybody can use it."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from django.urls import URLPattern, URLResolver, get_resolver, resolve
from playwright.sync_api import Page

from tests.browser import budget
from tests.browser.conftest import PageFor
from tests.browser.looks import axe, enlarge, sticking_out
from tests.browser.screens import DESKTOP, NARROWEST, PHONE, SCHEMES, turned
from tests.browser.shown import Shown
from tests.browser.site import Site
from tests.browser.table import NOT_OURS, PAGES, SHOW_NOTHING


def names(resolver: URLResolver, spaces: tuple[str, ...] = (), route: str = "") -> Iterator[str]:
    """Every address by its name with its namespaces, or by its route where it has none."""
    for each in resolver.url_patterns:
        if isinstance(each, URLPattern):
            yield ":".join((*spaces, each.name or f"{route}{each.pattern}"))
        else:
            yield from names(each, (*spaces, *filter(None, [each.namespace])), f"{route}{each.pattern}")


def test_every_address_is_in_the_table_of_pages_or_shows_none() -> None:
    served = {name for name in names(get_resolver()) if not name.startswith(NOT_OURS)}
    looked_at = {shown.name for shown in PAGES} - {""}
    assert sorted(served - looked_at - set(SHOW_NOTHING)) == []
    assert sorted((looked_at | set(SHOW_NOTHING)) - served) == []
    assert sorted(looked_at & set(SHOW_NOTHING)) == []


def test_what_may_cost_more_is_a_page_and_has_a_reason() -> None:
    assert sorted(set(budget.MORE) - {str(shown) for shown in PAGES}) == []
    assert [name for name, (queries, why) in budget.MORE.items() if queries <= budget.QUERIES or len(why) < 20] == []


def test_no_two_pages_have_the_same_name() -> None:
    assert len({str(shown) for shown in PAGES}) == len(PAGES)


@pytest.mark.parametrize("shown", PAGES, ids=str)
def test_everybody_can_use_it(page_for: PageFor, site: Site, shown: Shown) -> None:
    page = page_for(shown.user or None, PHONE)
    shown.go(page, site)
    if shown.name:
        assert resolve(urlsplit(page.url).path).view_name == shown.name
        assert budget.over(shown, page, site) == 0
    assert budget.sent(page) < budget.BYTES
    faults: dict[str, list[str]] = {}
    for look, fault in (*seen_by_axe(page), *too_wide(page)):
        faults.setdefault(fault, []).append(look)
    if faults:
        pytest.fail("\n".join(f"{fault} ({'; '.join(looks)})" for fault, looks in faults.items()), pytrace=False)


def seen_by_axe(page: Page) -> Iterator[tuple[str, str]]:
    """What axe finds on phone and desk, by day and by night."""
    for name, screen in (("desk", DESKTOP), ("phone", PHONE)):
        with turned(page, screen):
            for scheme in SCHEMES:
                page.emulate_media(color_scheme=scheme)
                yield from ((f"{name}, {scheme}", line) for line in axe(page))


def too_wide(page: Page) -> Iterator[tuple[str, str]]:
    """Where it must be scrolled sideways: at 200 % and 400 % on a desk, with letters twice as large on a phone."""
    for name, screen in (("200 %", DESKTOP.zoomed(2)), ("400 %", NARROWEST), ("phone", PHONE)):
        with turned(page, screen):
            yield from ((name, line) for line in sticking_out(page))
    enlarge(page)
    yield from (("large letters", line) for line in sticking_out(page))
