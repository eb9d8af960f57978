"""``manage.py up``: the whole installation in one process tree, from nothing to the first page."""

import argparse
import fcntl
import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import IO

from django.core.exceptions import ImproperlyConfigured

from bhu.setup.supervisor import Child, Supervisor, write_to_stderr

ROOT = Path(__file__).resolve().parent.parent.parent
MANAGE = (sys.executable, str(ROOT / "manage.py"))
CELERY = (sys.executable, "-m", "celery", "-A", "bhu.celery", "-q")

# Started once the databases are ready. Beat is a process of its own: inside a worker it would outlive it.
BACKGROUND = {
    "worker": (*CELERY, "worker", "--pool=threads", "--concurrency=5", "--without-gossip", "--without-mingle"),
    "beat": (*CELERY, "beat", "--pidfile="),
    "sequencer": (*MANAGE, "audit_sequence"),
}
EVERYTHING = ("web", *BACKGROUND)
PORT = 8000
PRODUCTION_CHECKS = (("check", "--deploy", "--fail-level=WARNING"), ("prepare", "--check"))


def parse(arguments: list[str]) -> argparse.Namespace:
    """The options of ``up``; ends the process on a wrong one."""
    parser = argparse.ArgumentParser(prog="manage.py up", description="Set up and serve everything.")
    parser.add_argument("--production", action="store_true", help="refuse every development default, no demo data")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (default: this machine only)")
    parser.add_argument("--port", type=int, default=PORT)
    parser.add_argument(
        "--only",
        type=processes,
        default=EVERYTHING,
        metavar="NAMES",
        help=f"of {','.join(EVERYTHING)}: on all machines but one leave out beat, which rings for jobs once",
    )
    return parser.parse_args(arguments)


def processes(text: str) -> tuple[str, ...]:
    """The names in a list with commas. Raises ``ArgumentTypeError`` naming what they may be."""
    named = tuple(text.split(","))
    if not set(named) <= set(EVERYTHING):
        raise argparse.ArgumentTypeError(f"must be some of {','.join(EVERYTHING)}, with commas between")
    return named


def main(arguments: list[str]) -> int:
    """Serve until Ctrl-C or SIGTERM. Answers 0, or 2 with a plain sentence for what stands in the way."""
    began = time.monotonic()
    options = parse(arguments)
    if options.production:
        os.environ["BHU_MODE"] = "production"
    elif options.port != PORT:  # partners' systems sign our address, so it must be the one they reach
        os.environ.setdefault("BHU_BASE_URL", f"http://localhost:{options.port}")
    os.environ["PYTHONPATH"] = str(ROOT)  # for the children; they may be started from any folder
    try:
        settings = import_module("bhu.settings")
        with alone(settings.VAR_DIR):
            if "web" in options.only:
                free(options.host, options.port)
            return serve(settings, options, began)
    except (ImproperlyConfigured, Hindrance) as error:
        sys.stderr.write(f"BHU cannot start:\n{error}\nEvery setting is explained in docs/operations.md.\n")
        return 2


class Hindrance(Exception):
    """Something outside our settings keeps the server from starting; the text says what to do."""


def free(host: str, port: int) -> None:
    """Raise Hindrance unless we can listen there."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise Hindrance(
            f"Port {port} on {host} cannot be used ({error.strerror}). "
            f"If another program has it, choose another: python3 manage.py up --port {port + 1}"
        ) from None


def alone(folder: Path) -> IO[str]:
    """Hold the installation: two sequencers do no harm, but two beats ring everything twice."""
    (folder / "static").mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)  # the databases lie in it
    file = (folder / "up.lock").open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise Hindrance(f"Another `manage.py up` is serving the data in {folder}. End it first.") from None
    return file


def serve(settings: ModuleType, options: argparse.Namespace, began: float) -> int:
    """Start everything in order and stay until told to stop."""
    supervisor = Supervisor(write=write_to_stderr)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: supervisor.stopping.set())
    first = PRODUCTION_CHECKS if settings.PRODUCTION else ()
    if any(once(supervisor, *command) for command in first):
        return 2
    try:
        if "web" in options.only:
            web = (sys.executable, "-m", "bhu.setup.web", options.host, str(options.port))
            supervisor.add(Child("web", web))
        if not settings.PRODUCTION and once(supervisor, "prepare"):
            return 0 if supervisor.stopping.is_set() else 2
        for name, command in BACKGROUND.items():
            if name in options.only:
                supervisor.add(Child(name, command))
        greeting = threading.Thread(target=greet, args=(supervisor, settings.PRODUCTION, options, began))
        greeting.start()
        supervisor.run()
        greeting.join()
    finally:
        supervisor.stop()
    return 0


def once(supervisor: Supervisor, *command: str) -> int:
    """Run one management command to its end, its text to our output; ended early when we are to stop."""
    process = subprocess.Popen([*MANAGE, *command], stdin=subprocess.DEVNULL, start_new_session=True)
    while process.poll() is None:
        if supervisor.stopping.wait(0.05):
            os.killpg(process.pid, signal.SIGTERM)
            process.wait()
    return process.returncode


def greet(supervisor: Supervisor, production: bool, options: argparse.Namespace, began: float) -> None:
    """Say the address once the first page answers; in development then show the main job, the first time."""
    if "web" not in options.only:
        sys.stdout.write(f"BHU is ready: {', '.join(options.only)}, no pages. Ctrl-C ends it.\n")
        sys.stdout.flush()
        return
    name = "localhost" if options.host in ("127.0.0.1", "::1", "localhost") else options.host
    address = f"http://{name}:{options.port}/"
    while not answers(options.host, options.port):
        if supervisor.stopping.wait(0.05):
            return
    sys.stdout.write(f"BHU is ready at {address} ({time.monotonic() - began:.1f} s). Ctrl-C ends it.\n")
    sys.stdout.flush()
    if not production:
        once(supervisor, "demo_once")


def answers(host: str, port: int) -> bool:
    """Whether the first page is answered; with what status is not ours to judge."""
    connection = http.client.HTTPConnection(host, port, timeout=5)
    try:
        connection.request("GET", "/", headers={"Host": f"localhost:{port}"})
        connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True
