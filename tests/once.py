"""What one process of the application does once and a suite would do again for each test: done once here too.

A test that asks for a page makes a client, and a client builds the whole chain of middleware. In a web process the
chain is built when it starts; among it whitenoise then reads every static file's date and headers.

And Python's search for cycles that nobody holds any more goes through everything there is: ten thousand tests and all
the modules stay to the end, and looking at them again and again was a fifth of the suite's work.
"""

import gc
from typing import Any

from whitenoise.middleware import WhiteNoiseMiddleware

_find = WhiteNoiseMiddleware.add_files_from_finders
_found: dict[tuple[Any, ...], dict[str, Any]] = {}


def share_static_files() -> None:
    """From now on every chain of middleware shares the table of static files that the first like it made."""
    WhiteNoiseMiddleware.add_files_from_finders = _shared


def _shared(middleware: Any) -> None:
    # All that an entry of the table is made from, besides the files.
    like = (middleware.static_prefix, middleware.max_age, middleware.charset, middleware.allow_all_origins)
    if like not in _found:
        before, middleware.files = middleware.files, {}
        _find(middleware)
        _found[like], middleware.files = middleware.files, before
    middleware.files.update(_found[like])


def seek_cycles_seldom() -> None:
    """Look for cycles after fifty thousand new objects, not after seven hundred."""
    gc.set_threshold(50_000, 50, 100)


def pass_over_what_stays() -> None:
    """Never look again at what is there now: modules, and the tests that were collected."""
    gc.collect()
    gc.freeze()
