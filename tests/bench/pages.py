"""Pages: how long the server takes for each kind of page of each role, with the whole demo county, on SQLite.

Timed from the question to the last byte over loopback, one after the other, with the pages of many referrals in turn.
"""

import http.client
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from itertools import cycle, islice
from pathlib import Path
from time import perf_counter
from urllib.parse import urlencode

from django.conf import settings
from django.urls import reverse

from agencies.models import User
from bhu.demo.cast import CLINICIAN, COORDINATOR, OFFICER, WINNER, Part
from bhu.demo.county import DOMAIN
from bhu.demo.history.cases import cases
from bhu.demo.history.shares import SEED, SERVED
from bhu.models import DemoMark
from referrals.models import Participation
from tests.bench.clocks import host_cpu, percentile, yardstick
from tests.bench.figures import Figure
from tests.bench.serving import cpu, free_port, server, serving
from tests.bench.suites import Run
from tests.browser.pages.sending import TELL, kept
from tests.browser.shown import page_of
from tests.browser.site import Site
from tests.databases import ROOT, OwnDatabase, Sqlite
from tests.web.signing import session_cookie

TIMES, WARM, REFERRALS = 100, 5, 25
CHIEF, ADMIN = "chief1.alder-falls", "admin1.alder-falls"
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


@dataclass(frozen=True, slots=True)
class Kind:
    """Pages of one kind: whose, and their addresses. With a ``form`` it is sent to each of them."""

    user: str
    addresses: Callable[[Site], Sequence[str]]
    form: Callable[[], Mapping[str, str]] | None = None


def measure(run: Run) -> Iterator[Figure]:
    """The middle and the slow of each kind, and what of it is CPU of the server."""
    subprocess.run([sys.executable, "manage.py", "demo_load"], cwd=ROOT, stdout=sys.stderr, check=True)
    port = free_port()
    assert isinstance(run.pair.engine, Sqlite)
    site = Site(f"http://localhost:{port}", run.pair.engine, OwnDatabase(run.pair, Path(settings.VAR_DIR)))
    with serving(server(port), port) as (_, process):
        began, before, ours = perf_counter(), host_cpu(), cpu(process)
        for name, kind in KINDS.items():
            visitor, form = Visitor(port, site.user(kind.user)), kind.form() if kind.form else None
            asked = cycle(kind.addresses(site))
            for address in islice(asked, WARM):
                visitor.ask(address, form)
            used, n = cpu(process), run.times(TIMES)
            seconds = [visitor.ask(address, form) for address in islice(asked, n)]
            used = cpu(process) - used
            yield Figure(name=f"pages: {name}: p50", value=percentile(seconds, 50) * 1000, unit="ms", n=n)
            yield Figure(name=f"pages: {name}: p95", value=percentile(seconds, 95) * 1000, unit="ms", n=n)
            yield Figure(name=f"pages: {name}: CPU", value=used / n * 1000, unit="ms", n=n)
        if before is not None:  # this process asks, and waits: what it uses itself is little
            others = ((host_cpu() or 0.0) - before - (cpu(process) - ours)) / (perf_counter() - began)
            yield Figure(name="pages: (cores others used)", value=max(0.0, others), unit="cores", n=1)
        yield Figure(name="pages: (yardstick)", value=yardstick() * 1000, unit="ms", n=1)


class Visitor:
    """Somebody signed in, at one connection that is kept."""

    def __init__(self, port: int, user: User) -> None:
        self.host = f"localhost:{port}"
        self.connection = http.client.HTTPConnection("127.0.0.1", port)
        cookie = session_cookie(user, url=f"http://{self.host}")
        self.cookies, self.token = f"{cookie['name']}={cookie['value']}", ""

    def ask(self, address: str, form: Mapping[str, str] | None) -> float:
        """Seconds until all of a page was there. Raises ``RuntimeError`` for one that is no page."""
        if form is not None and not self.token:
            self._fetch_token(address)
        began = perf_counter()
        answer, body = self._say(address, form)
        seconds = perf_counter() - began
        if answer.status != HTTPStatus.OK:
            raise RuntimeError(f"{address}: {answer.status} {body[:200]!r}")
        return seconds

    def _say(self, address: str, form: Mapping[str, str] | None) -> tuple[http.client.HTTPResponse, bytes]:
        headers = {"Host": self.host, "Cookie": self.cookies, "Accept": "text/html", "Accept-Encoding": "gzip"}
        if form is None:
            self.connection.request("GET", address, headers=headers)
        else:
            said = urlencode({**form, "csrfmiddlewaretoken": self.token})
            kind = {"Content-Type": "application/x-www-form-urlencoded", "Origin": f"http://{self.host}"}
            self.connection.request("POST", address, said, headers | kind)
        answer = self.connection.getresponse()
        return answer, answer.read()

    def _fetch_token(self, address: str) -> None:
        """What a form carries so that no other site can send it."""
        answer, body = self._say(address, None)
        found = TOKEN.search(body.decode())
        if found is None:
            raise RuntimeError(f"{address}: no form")
        self.token = found[1]
        given = answer.headers.get_all("Set-Cookie") or []
        self.cookies = "; ".join([self.cookies, *(each.partition(";")[0] for each in given)])


def _at(*addresses: str) -> Callable[[Site], Sequence[str]]:
    return lambda _site: addresses


def _files(part: Part, name: str = "file", query: str = "") -> Callable[[Site], Sequence[str]]:
    """A page of the newest referrals somebody may open."""

    def addresses(_site: Site) -> Sequence[str]:
        actor = part.actor()
        places = Participation.objects.filter(agency_id=actor.agency_id, until=None).exclude(mask=0)
        own = places.filter(member_id=actor.membership_id) if part is OFFICER else places
        ids = own.order_by("-inbox_at").values_list("referral_id", flat=True)[:REFERRALS]
        return [page_of(part, f"referrals:{name}", each) + query for each in ids]

    return addresses


def _draft(name: str) -> Callable[[Site], Sequence[str]]:
    return lambda site: [page_of(OFFICER, f"referrals:{name}", kept(site))]


def _somebody() -> Mapping[str, str]:
    """A client whom the unit helps: who is searched for."""
    dealt = cases(seed=SEED, now=DemoMark.objects.get().loaded_at)
    case = next(each for each in dealt if each.fate == SERVED and not each.waits)
    return {"family": case.client.family, "given": case.client.given, "born": case.born.isoformat()}


def _of(part: Part) -> str:
    return part.email.removesuffix(f"@{DOMAIN}")


KINDS: Mapping[str, Kind] = {
    "list, officer": Kind(_of(OFFICER), _at("/list/", "/list/?show=closed")),
    "list, clinician": Kind(_of(CLINICIAN), _at("/list/", "/list/?show=ours", "/list/?show=theirs")),
    "list of what is closed, clinician": Kind(_of(CLINICIAN), _at("/list/?show=closed")),
    "list, coordinator": Kind(_of(COORDINATOR), _at("/list/", "/list/?urgency=urgent")),
    "list, intake": Kind(_of(WINNER), _at("/list/", "/list/?show=closed")),
    "list, chief": Kind(CHIEF, _at("/list/")),
    "file, officer": Kind(_of(OFFICER), _files(OFFICER)),
    "file, clinician": Kind(_of(CLINICIAN), _files(CLINICIAN)),
    "whole file, clinician": Kind(_of(CLINICIAN), _files(CLINICIAN, query="?part=all")),
    "file, intake": Kind(_of(WINNER), _files(WINNER)),
    "history, clinician": Kind(_of(CLINICIAN), _files(CLINICIAN, "file-history")),
    "print, clinician": Kind(_of(CLINICIAN), _files(CLINICIAN, "file-print")),
    "screens, clinician": Kind(_of(CLINICIAN), _files(CLINICIAN, "screens")),
    "offer, coordinator": Kind(_of(COORDINATOR), _files(COORDINATOR, "offer")),
    "consents, clinician": Kind(_of(CLINICIAN), _files(CLINICIAN, "consents")),
    "new, officer": Kind(_of(OFFICER), _at(TELL)),
    "draft, officer": Kind(_of(OFFICER), _draft("new-draft")),
    "preview, officer": Kind(_of(OFFICER), _draft("new-preview")),
    "search, clinician": Kind(_of(CLINICIAN), _at("/find/"), _somebody),
    "members, agency admin": Kind(
        ADMIN, lambda _site: [reverse("agencies:members", args=["alder-falls-pd", "agency_admin"])]
    ),
}
