"""docs/smart.md says what the code says, and its examples run."""

import json
import re
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from django.core.wsgi import get_wsgi_application

from fhir.smart.assertions import Fault
from fhir.smart.ceiling import ROLES
from fhir.smart.endpoints import CALLS
from fhir.smart.management.commands.client import JOBS
from fhir.smart.tokens import actor_of
from tests.databases import ROOT, OwnDatabase
from tests.smart.partner import make_network

PAGE = (ROOT / "docs" / "smart.md").read_text("utf-8")
WORDS = set(re.findall(r"`([^`]+)`", PAGE))
BLOCK = re.compile(r"(?:    .*\n|\n(?=    ))+")
EXAMPLES = [textwrap.dedent(found) for found in BLOCK.findall(PAGE) if "import" in found]


def test_the_page_names_every_code_role_job_and_address() -> None:
    assert set(Fault) <= WORDS
    assert ROLES <= WORDS
    assert set(JOBS) <= WORDS
    assert {f"/auth/{name}" for name in CALLS} <= WORDS


@pytest.fixture
def base(own_database: OwnDatabase, settings: Any) -> Iterator[str]:
    """A server of ours on a port of this machine, on a database of its own."""

    class Quiet(WSGIRequestHandler):
        def log_message(self, *_said: object) -> None:
            pass

    with make_server("127.0.0.1", 0, get_wsgi_application(), handler_class=Quiet) as server:
        settings.BHU_BASE_URL = f"http://127.0.0.1:{server.server_port}"
        serving = threading.Thread(target=server.serve_forever, daemon=True)
        serving.start()
        yield settings.BHU_BASE_URL
        server.shutdown()
        serving.join()


def test_the_examples_make_a_key_and_get_a_token_with_it(base: str, tmp_path: Path) -> None:
    network = make_network()
    make, ask = EXAMPLES
    subprocess.run([sys.executable, "-c", make], cwd=tmp_path, check=True)
    assert (tmp_path / "private.json").stat().st_mode & 0o077 == 0
    partner = network.register(jwks=(tmp_path / "jwks.json").read_text())
    words = [sys.executable, "-c", ask, base, partner.client_id]
    said = json.loads(subprocess.run(words, cwd=tmp_path, check=True, capture_output=True).stdout)
    assert said["scope"] == "system/Task.rus"
    assert actor_of(f"Bearer {said['access_token']}").actor.agency_id == network.bhu.id
