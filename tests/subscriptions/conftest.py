"""The county with two tasks that wait for an answer, and an endpoint on this machine where every address leads."""

from collections.abc import Iterator

import pytest

from tests.notices.sinks import WebSink
from tests.rest.conftest import county, officers, people, stage, task, walked, way

__all__ = ["county", "officers", "people", "stage", "task", "walked", "way"]


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Iterator[WebSink]:
    with WebSink() as sink:
        monkeypatch.setattr("fhir.subscriptions.endpoints.network", sink.network())
        yield sink
