"""HTTP: what a partner's system asks of FHIR: a server as ``up`` starts it, a real token, one client and eight at once.

Each operation is checked for its token, gated and written to the log. CPU is of the server's processes and of its
database's; the clients run in this process and are not counted.
"""

import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import chain, cycle, repeat
from statistics import median
from subprocess import Popen
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import urlencode
from uuid import UUID, uuid4

from django.db import connection

from agencies.actor import Actor
from agencies.agreements import sign
from agencies.kinds import AgencyKind, Purpose
from agencies.models import Agency, User
from agencies.roles import Role
from agencies.services import actor_for, add_member, open_agency
from fhir.smart import clients
from referrals.models import ReferralTask
from tests.bench import clocks, peers
from tests.bench.backends import Backends
from tests.bench.figures import Figure
from tests.bench.serving import cpu, free_port, server, serving
from tests.bench.suites import Run
from tests.bench.traffic import SETUP, make_network
from tests.rest.sending import begun, task
from tests.smart.partner import KEYS, Partner, jwks

AT_ONCE = (1, 8)
WARM = 40
SCOPE = "system/*.cruds"
SERVER = {"BHU_LOG_LEVEL": "INFO", "BHU_REQUESTS_PER_MINUTE": "1000000"}  # as it is run, but for how often one may ask
TYPES = {"POST": "application/fhir+json", "PATCH": "application/json-patch+json"}
THREE = ("Patient", "ServiceRequest", "Task")
ACCEPTED = b'[{"op": "replace", "path": "/status", "value": "accepted"}]'


class Request(NamedTuple):
    """One request to be sent, which must be answered with 200."""

    method: str
    path: str
    body: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """Seconds on the wall of each request, and of CPU of them all; the database's where it is known.

    ``yardstick`` is the CPU of the bench's fixed work, timed right after.
    """

    wall: list[float]
    app: float
    database: float | None
    yardstick: float

    @property
    def cpu(self) -> float:
        """Milliseconds of CPU for one request."""
        return (self.app + (self.database or 0.0)) / len(self.wall) * 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Who asks for what: a police unit's system sends to the BHU, and a detox's reads what it was sent by the BHU."""

    bhu: UUID
    detox: UUID
    police: Partner
    reader: Partner
    referrals: list[UUID]
    tasks: Iterator[UUID]


def measure(run: Run) -> Iterator[Figure]:
    """Time every operation from one client and from eight at once."""
    stage, port = _staged(sends=2 * (WARM + run.times(300))), free_port()
    with serving(server(port), port, more=SERVER) as (_, process):
        for name, (partner, made) in OPERATIONS.items():
            for at_once in AT_ONCE:
                crew = Crew(port, partner(stage), made(stage), at_once)
                crew.send(WARM)
                backends = Backends(run.pair)
                rounds = [crew.round(run.times(300) // clocks.ROUNDS, process, backends) for _ in range(clocks.ROUNDS)]
                yield from _figures(f"http: {name}, c={at_once}", rounds)
                yield from peers.beside(name, at_once)


def _staged(*, sends: int) -> Stage:
    network = make_network()
    bhu, detox = Agency.objects.get(pk=network.sender.agency_id), network.recipients[0]
    operator = _opened("operator", AgencyKind.OPERATOR)
    police = _opened("police", AgencyKind.POLICE)
    sign(
        by=SETUP,
        title="Police",
        document_sha256="0" * 64,
        parties=[police, bhu],
        purposes=[Purpose.COORDINATION, Purpose.TREATMENT],
        effective_on=date(2026, 1, 1),
    )
    approver = _person(operator, Role.NETWORK_ADMIN)
    ids = [network.send().referral_id for _ in range(sends)]
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # as the server does by itself, sooner or later, where it is let
    tasks = ReferralTask.objects.filter(referral_id__in=ids, owner=detox).values_list("id", flat=True)
    return Stage(
        bhu=bhu.id,
        detox=detox.id,
        police=_registered(police, Role.OFFICER, approver),
        reader=_registered(detox, Role.INTAKE, approver),
        referrals=ids[:200],
        tasks=iter(list(tasks)),
    )


def _opened(slug: str, kind: AgencyKind) -> Agency:
    return open_agency(by=SETUP, slug=slug, name=slug.title(), kind=kind.value)


def _person(agency: Agency, role: Role) -> Actor:
    user = User.objects.create_user(f"{role}@{agency.slug}.example.org")
    return actor_for(add_member(by=SETUP, agency=agency, role=role, user=user))


def _registered(agency: Agency, role: Role, approver: Actor) -> Partner:
    """A system of the agency, registered, approved, and holding its key."""
    shown = clients.register(
        _person(agency, Role.AGENCY_ADMIN),
        name=f"{agency.name}'s own system",
        role=role,
        scope=SCOPE,
        purpose=Purpose.TREATMENT,
        jwks=jwks(KEYS["ES384"]),
    )
    clients.approve(approver, shown.client_id)
    return Partner(str(shown.client_id), KEYS["ES384"])


def _creates(stage: Stage) -> Iterator[Request]:
    whole = begun(task(stage.bhu))
    whole["entry"] = [each for each in whole["entry"] if each["resource"]["resourceType"] in THREE]
    return repeat(Request("POST", "", json.dumps(whole).encode()))


def _reads(stage: Stage) -> Iterator[Request]:
    return (Request("GET", f"/ServiceRequest/{each}") for each in cycle(stage.referrals))


def _inboxes(stage: Stage) -> Iterator[Request]:
    return repeat(Request("GET", f"/Task?owner=Organization/{stage.detox}&status=requested&_count=20"))


def _accepts(stage: Stage) -> Iterator[Request]:
    return (Request("PATCH", f"/Task/{each}", ACCEPTED) for each in stage.tasks)


Made = Callable[[Stage], Iterator[Request]]
OPERATIONS: Mapping[str, tuple[Callable[[Stage], Partner], Made]] = MappingProxyType(
    {
        "create": (lambda stage: stage.police, _creates),
        "read": (lambda stage: stage.reader, _reads),
        "inbox of 20": (lambda stage: stage.reader, _inboxes),
        "accept": (lambda stage: stage.reader, _accepts),
    }
)


class Crew:
    """So many clients at once, each on a connection that it keeps, who share out the requests of one operation."""

    def __init__(self, port: int, partner: Partner, requests: Iterator[Request], at_once: int) -> None:
        self._port, self._requests, self._lock = port, requests, threading.Lock()
        self._connections = [http.client.HTTPConnection("127.0.0.1", port, timeout=30) for _ in range(at_once)]
        self._headers = {"Host": f"localhost:{port}", "Authorization": f"Bearer {self._token(partner)}"}

    def round(self, n: int, process: "Popen[bytes]", backends: Backends) -> Round:
        """Send ``n`` requests and see what they took."""
        app, database = cpu(process), backends.cpu()
        wall = self.send(n)
        used = None if database is None else (backends.cpu() or 0.0) - database
        return Round(wall=wall, app=cpu(process) - app, database=used, yardstick=clocks.yardstick())

    def send(self, n: int) -> list[float]:
        """Send ``n`` requests. Returns the seconds each took; raises ``RuntimeError`` for an answer that is not it."""
        share = n // len(self._connections)
        walls, faults = list[float](), list[BaseException]()

        def work(connection: http.client.HTTPConnection) -> None:
            try:
                walls.extend([self._ask(connection) for _ in range(share)])
            except (OSError, RuntimeError, http.client.HTTPException) as fault:
                faults.append(fault)

        crew = [threading.Thread(target=work, args=(each,)) for each in self._connections]
        for thread in crew:
            thread.start()
        for thread in crew:
            thread.join()
        if faults:
            raise faults[0]
        return walls

    def _ask(self, connection: http.client.HTTPConnection) -> float:
        with self._lock:
            request = next(self._requests)
        began = time.perf_counter()
        headers = self._headers | ({"Content-Type": TYPES[request.method]} if request.body else {})
        connection.request(request.method, f"/fhir{request.path}", request.body or None, headers)
        answer = connection.getresponse()
        content = answer.read()
        took = time.perf_counter() - began
        if answer.status != 200:
            raise RuntimeError(f"{request.method} {request.path}: {answer.status} {content[:300]!r}")
        return took

    def _token(self, partner: Partner) -> str:
        connection = self._connections[0]
        form = urlencode(partner.form(scope=SCOPE, claims={"jti": uuid4().hex}))
        headers = {"Host": f"localhost:{self._port}", "Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", "/auth/token", form, headers)
        answer: dict[str, Any] = json.loads(connection.getresponse().read())
        return str(answer["access_token"])


def _figures(name: str, rounds: list[Round]) -> Iterator[Figure]:
    wall = list(chain.from_iterable(each.wall for each in rounds))
    n = len(wall)
    yield Figure(name=f"{name}: CPU", value=median(each.cpu for each in rounds), unit="ms", n=n)
    app = median(each.app / len(each.wall) for each in rounds) * 1000
    yield Figure(name=f"{name}: app CPU", value=app, unit="ms", n=n)
    served = [each.database / len(each.wall) for each in rounds if each.database is not None]
    if served:
        yield Figure(name=f"{name}: database CPU", value=median(served) * 1000, unit="ms", n=n)
    yield Figure(name=f"{name}: wall median", value=median(wall) * 1000, unit="ms", n=n)
    yield Figure(name=f"{name}: wall p95", value=clocks.percentile(wall, 95) * 1000, unit="ms", n=n)
    yield Figure(name=f"{name}: (yardstick)", value=median(each.yardstick for each in rounds) * 1000, unit="ms", n=n)
