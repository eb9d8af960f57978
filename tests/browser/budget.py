"""What each page may cost: queries for it, and bytes for whoever opens it first. One table; a page not in it has the
usual budget.
"""

import gzip
import json
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.staticfiles import finders
from django.urls import resolve
from playwright.sync_api import Page

from tests.browser.shown import Shown
from tests.browser.site import Site

QUERIES, BYTES = 12, 100_000
HEADERS = 1_200  # more than any answer of ours has before its body
PATIENCE = 5.0
COLD = 3
"""Queries for keys that a process opens anew when it has not for a minute."""

ACTS = "an act was tried first, under the lock, and what came of it was written or recorded"
DESK = "sums up several rooms, each with its own tables and events, for a privacy officer"
MORE: Mapping[str, tuple[int, str]] = MappingProxyType(
    {
        "mfa-authenticate-wrong": (14, "a try is counted, the code looked up, and the refusal recorded"),
        "mfa-reauthenticate-webauthn": (14, "the question to a passkey is made anew and kept in the session"),
        "receipts-book-stopped": (32, f"stops a consent: {ACTS}"),
        "referrals-ask-consent-no-place-named": (27, f"asks for a signature: {ACTS}"),
        "referrals-ask-consent-own-phone": (38, f"makes a link: {ACTS}; the page shows it once, and is no other's"),
        "referrals-ask-consent-this-screen": (38, f"the same: {ACTS}"),
        "referrals-desk-disclosures-paper": (14, DESK),
        "referrals-desk-file": (14, DESK),
        "referrals-desk-review-content": (
            24,
            "the first look at a review: two events, a row of the ledger, whom to tell; once a minute that she works",
        ),
        "referrals-desk-why-answered": (14, DESK),
        "referrals-file-step-gone": (26, f"takes a step, and then opens the referral to say what changed: {ACTS}"),
        "referrals-file-step-overtaken": (25, f"the same: {ACTS}"),
        "referrals-file-told": (16, "sums up notices, attempts and calls, and the hours of who was asked"),
        "referrals-find-found": (13, "answers a search that was sent: each client it found is an event of its own"),
        "referrals-new-lacking": (14, "keeps what was typed as a draft before it says what is missing"),
        "referrals-new-preview": (
            14,
            "two acts, each gated and recorded: the draft is opened, the sending looked at; and who covers whom",
        ),
        **dict.fromkeys(
            ("referrals-new-preview-covered", "referrals-new-preview-itself"),
            (15, "the same, and whether the agreement it rests on is in force"),
        ),
        "referrals-new-preview-followed": (14, "as any preview, and who is asked if nobody answers"),
        "referrals-new-preview-not-there": (
            17,
            "the same, refused, and who covers asked once more to say how to get on",
        ),
        "referrals-offer-looked-at": (
            19,
            "the whole offer, gated under the lock and taken back, to say who would see what",
        ),
        "signing-sign-signed": (25, f"signs a paper: {ACTS}"),
    }
)
"""Pages that need more queries than the usual, how many, and why: most of them answer something that was sent."""

LOADED = """() => [
  ...performance.getEntriesByType("resource").map((each) => each.name),
  ...[...document.querySelectorAll("link[rel~=icon]")].map((each) => each.href),
]"""
KEPT_AHEAD = ("/worker.js", "/offline/")
"""What the browser fetches beside the first page, for when it reaches nobody."""


def allowed(shown: Shown) -> int:
    """How many queries a page may need."""
    return MORE[str(shown)][0] if str(shown) in MORE else QUERIES


def over(shown: Shown, page: Page, site: Site) -> int:
    """By how many queries the answer that is open now is over its budget, by the line the server wrote of it.

    What was only asked for is asked for again, with the keys that a process remembers for a minute. What was sent
    cannot be: it may have found none of them.
    """
    route = str(resolve(urlsplit(page.url).path).route)
    last = _lines(site, route, at_least=1)[-1]
    if last["method"] == "GET":
        before = len(_lines(site, route, at_least=1))
        page.request.get(page.url)
        last = _lines(site, route, at_least=before + 1)[-1]
    cold = 0 if last["method"] == "GET" else COLD
    return max(0, int(last["queries"]) - allowed(shown) - cold)


def _lines(site: Site, route: str, *, at_least: int) -> list[Mapping[str, Any]]:
    """What was written of the answers at one address, once it is so many."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        found = [line for line in requests(site) if line.get("route") == route]
        if len(found) >= at_least:
            return found
        time.sleep(0.02)
    raise AssertionError(f"too few lines tell of {route}")


def requests(site: Site) -> Iterator[Mapping[str, Any]]:
    """The lines of this test's requests."""
    for line in list(site.lines):
        try:
            said = json.loads(line)
        except ValueError:
            continue
        if isinstance(said, dict) and said.get("event") == "request":
            yield said


def sent(page: Page) -> int:
    """The bytes it takes to show a page for the first time: static files compressed, as they are in production."""
    paths = {urlsplit(name).path for name in page.evaluate(LOADED)}
    files = [path for path in paths if path.startswith(settings.STATIC_URL)]
    ahead = [page.request.get(path).body() for path in KEPT_AHEAD]
    return sum(HEADERS + size for size in (len(page.content().encode()), *map(len, ahead), *map(squeezed, files)))


def squeezed(path: str) -> int:
    """What of a static file goes over the wire: whitenoise keeps each compressed, where that makes it shorter."""
    found = finders.find(path.removeprefix(settings.STATIC_URL))
    assert isinstance(found, str), path
    content = Path(found).read_bytes()
    return min(len(content), len(gzip.compress(content, 9)))
