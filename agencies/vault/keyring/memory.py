"""What this process remembers of keys, for a minute at most: rows the root signed, private halves, secrets.

So a key rotated elsewhere is still sealed to for up to a minute, which is why ``destroy`` waits longer than that.
"""

import time
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any, TypeVar, cast

from agencies.vault import roots

SECONDS = 60.0

Name = TypeVar("Name", bound=Hashable)
Value = TypeVar("Value")
_kept: dict[Hashable, tuple[float, Any]] = {}


def kept_all(kind: str, names: Iterable[Name], find: Callable[[list[Name]], Mapping[Name, Value]]) -> dict[Name, Value]:
    """What ``find`` says of these names, asked only for those not remembered. Names it does not find are missing."""
    now = time.monotonic()
    wanted = list(names)
    found = {name: kept[1] for name in wanted if (kept := _kept.get((kind, name))) is not None and now < kept[0]}
    missing = [name for name in wanted if name not in found]
    if missing:
        _drop_old(now)
        fresh = find(missing)
        _kept.update({(kind, name): (now + SECONDS, value) for name, value in fresh.items()})
        found.update(fresh)
    return cast("dict[Name, Value]", found)


def kept(kind: str, name: Hashable, find: Callable[[], Value]) -> Value:
    """One of ``kept_all``; ``find`` raises where there is nothing."""
    found = _kept.get((kind, name))
    if found is not None and time.monotonic() < found[0]:
        return cast("Value", found[1])
    return kept_all(kind, [name], lambda _: {name: find()})[name]


def drop(kind: str, name: Hashable) -> None:
    """Ask anew next time."""
    _kept.pop((kind, name), None)


def forget() -> None:
    """Ask everything anew, the pinned root included."""
    _kept.clear()
    roots.forget()


def _drop_old(now: float) -> None:
    """Nothing stays in memory for being asked for no more."""
    for name in [name for name, (until, _) in list(_kept.items()) if until <= now]:
        _kept.pop(name, None)
