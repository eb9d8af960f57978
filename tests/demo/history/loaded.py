"""A demo network with its history in an installation of its own, as every module of these tests begins."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import override_settings

from audit import door
from bhu.demo import history, network
from bhu.demo.progress import Progress, silent
from bhu.models import DemoMark
from tests.databases import Pair, connected

HANDS = 2


@contextmanager
def demo_in(pair: Pair, blocker: Any, *, size: int) -> Iterator[None]:
    """The network alone, with a history of ``size`` referrals to come, and a folder that nobody else loads from."""
    with tempfile.TemporaryDirectory(prefix="demo-", dir=os.environ["BHU_TEST_FOLDER"]) as folder:
        var = shutil.copytree(settings.VAR_DIR, Path(folder) / "var")
        try:
            with (
                override_settings(VAR_DIR=var),
                blocker.unblock(),
                connected(pair),
                door.opened(door="cli"),
            ):
                network.load(Progress(silent))
                DemoMark.objects.update(planned=size)
                yield
        finally:
            pair.leave()


def load_rest(pair: Pair) -> int:
    """Load what is not there, by two processes, which are told of ``pair`` by their environment."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in pair.addresses.items():
            patch.setenv(name, value)
        return history.load(Progress(silent), hands=HANDS)
