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
from itertools import chain, cycle, repeat
from statistics import median
from subprocess import Popen
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import urlencode
from uuid import UUID, uuid4

from agencies.actor import Actor
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
from tests.bench.traffic import SETUP, Network, make_network
from tests.smart.partner import KEYS, Partner, jwks

AT_ONCE = (1, 8)
WARM = 40
SCOPE = "system/*.cruds"


class Request(NamedTuple):
    """One request to be sent, and the status it must have."""

    method: str
    path: str
    body: bytes = b""
    status: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """Seconds on the wall of each request, and of CPU of them all; the database's where it is known."""

    wall: list[float]
    app: float
    database: float | None

    @property
    def cpu(self) -> float:
        """Milliseconds of CPU for one request."""
        return (self.app + (self.database or 0.0)) / len(self.wall) * 1000


def measure(run: Run) -> Iterator[Figure]:
    """Time every operation from one client and from eight at once."""
    network = make_network()
    partner = _registered(network)
    tasks = [next(iter(network.send().tasks)) for _ in range(run.times(200))]
    found = ReferralTask.objects.filter(pk__in=tasks, owner=network.recipients[0])
    theirs = [*found.values_list("referral_id", flat=True)]
    port = free_port()
    with serving(server(port), port, more={"BHU_LOG_LEVEL": "INFO"}) as (_, process):
        for name, made in OPERATIONS.items():
            for at_once in AT_ONCE:
                crew = Crew(port, partner, made(network, theirs), at_once)
                crew.send(WARM)
                backends = Backends(run.pair)
                rounds = [crew.round(run.times(300) // clocks.ROUNDS, process, backends) for _ in range(clocks.ROUNDS)]
                yield from _figures(f"http: {name}, c={at_once}", rounds)
                yield from peers.beside(name, at_once)


def _registered(network: Network) -> Partner:
    """A system of the first recipient, registered, approved, and holding its key."""

    def person(agency: Agency, role: Role) -> Actor:
        user = User.objects.create_user(f"{role}@{agency.slug}.example.org")
        return actor_for(add_member(by=SETUP, agency=agency, role=role, user=user))

    operator = open_agency(by=SETUP, slug="operator", name="Operator", kind=AgencyKind.OPERATOR.value)
    shown = clients.register(
        person(network.recipients[0], Role.AGENCY_ADMIN),
        name="Detox's own system",
        role=Role.INTAKE,
        scope=SCOPE,
        purpose=Purpose.TREATMENT,
        jwks=jwks(KEYS["ES384"]),
    )
    clients.approve(person(operator, Role.NETWORK_ADMIN), shown.client_id)
    return Partner(str(shown.client_id), KEYS["ES384"])


def _reads(_network: Network, referrals: list[UUID]) -> Iterator[Request]:
    return (Request("GET", f"ServiceRequest/{each}") for each in cycle(referrals))


def _inboxes(network: Network, _referrals: list[UUID]) -> Iterator[Request]:
    asked = f"Task?owner=Organization/{network.recipients[0].id}&status=requested&_count=20"
    return repeat(Request("GET", asked))


Made = Callable[[Network, list[UUID]], Iterator[Request]]
OPERATIONS: Mapping[str, Made] = MappingProxyType({"read": _reads, "inbox of 20": _inboxes})


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
        return Round(wall=wall, app=cpu(process) - app, database=used)

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
        connection.request(request.method, f"/fhir/{request.path}", request.body or None, self._headers)
        answer = connection.getresponse()
        content = answer.read()
        took = time.perf_counter() - began
        if answer.status != request.status:
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
