"""Private halves and secrets the KMS has opened, and verified public halves, kept in this process for a minute."""

import time
from collections.abc import Callable, Hashable
from typing import Any, TypeVar, cast

from agencies.vault import kms, p256, roots, suites
from agencies.vault.errors import CannotOpen
from agencies.vault.models import AgencyKey
from agencies.vault.signatures import ES256
from agencies.vault.suites import Private

SECONDS = 60.0

T = TypeVar("T")
_kept: dict[Hashable, tuple[float, Any]] = {}


def private_half(row: AgencyKey) -> Private:
    """The key pair's private half. Raises ``CannotOpen`` if it is gone, or was sealed for a row that said otherwise.

    Kept by id: what a wrap is bound to (``opening.bound``) keeps a row relabelled since from using it.
    """
    if not row.private_sealed:
        raise CannotOpen
    return kept(row.id, lambda: _load(row))


def private_aad(row: AgencyKey) -> dict[str, str]:
    """What the KMS binds a private half to."""
    return {
        "use": "agency-key",
        "key": str(row.id),
        "agency": str(row.agency_id),
        "purpose": row.purpose,
        "epoch": str(row.epoch),
        "suite": str(row.suite),
    }


def kept(name: Hashable, open_now: Callable[[], T]) -> T:
    """What ``open_now`` returned for this name within the last minute, or returns now."""
    now = time.monotonic()
    found = _kept.get(name)
    if found is not None and now < found[0]:
        return cast("T", found[1])
    for old in [old for old, (until, _) in list(_kept.items()) if until <= now]:
        _kept.pop(old, None)
    opened = open_now()
    _kept[name] = (now + SECONDS, opened)
    return opened


def forget() -> None:
    """Drop every opened key and secret, and read the pinned root anew."""
    _kept.clear()
    roots.forget()


def _load(row: AgencyKey) -> Private:
    raw = kms.unseal(bytes(row.private_sealed), private_aad(row))
    return p256.load_private(raw) if row.suite == ES256 else suites.SUITES[row.suite].load_private(raw)
