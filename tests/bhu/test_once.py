"""What the clients of a run of tests share is what each would have made for itself."""

from typing import Any

import pytest
from whitenoise.middleware import WhiteNoiseMiddleware

from tests import once

Table = dict[str, list[tuple[str, list[tuple[str, str]]]]]


def table(middleware: Any) -> Table:
    """Each address with the files that may be answered there, and their headers."""
    return {
        url: [(str(path), list(headers)) for _encoding, path, headers in file.alternatives]
        for url, file in middleware.files.items()
    }


def test_a_shared_table_of_static_files_is_the_one_that_would_have_been_made(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = [WhiteNoiseMiddleware(lambda _request: None) for _ in range(2)]
    settings.WHITENOISE_MAX_AGE = 7
    aged = WhiteNoiseMiddleware(lambda _request: None)
    monkeypatch.setattr(WhiteNoiseMiddleware, "add_files_from_finders", once._find)
    own_aged = WhiteNoiseMiddleware(lambda _request: None)
    del settings.WHITENOISE_MAX_AGE
    own = WhiteNoiseMiddleware(lambda _request: None)
    assert len(own.files) > 20
    assert table(shared[0]) == table(shared[1]) == table(own)
    assert table(aged) == table(own_aged) != table(own)
    assert shared[0].files is not shared[1].files
