"""Sealing to agencies: which key is theirs now, and wrapping for it. Needs no role: everyone may write."""

from collections.abc import Iterable
from uuid import UUID

from agencies.vault import roots, suites
from agencies.vault.errors import CannotOpen, Forged
from agencies.vault.models import AgencyKey, KeyState
from agencies.vault.purposes import KeyPurpose

from .memory import drop, kept_all
from .opening import bound, unwrapped

Recipient = tuple[UUID, KeyPurpose]


def recipient_keys(wanted: Iterable[Recipient], *, fresh: bool = False) -> dict[Recipient, AgencyKey]:
    """The active key of each agency and purpose, in one query at most.

    Remembered for a minute, so one just retired elsewhere may come back: it still opens. Not so with ``fresh``, for
    ``rewrap``. Raises ``Forged`` (a ``CannotOpen``) if one is missing or not signed by the network root.
    """
    pairs = set(wanted)
    if fresh:
        for pair in pairs:
            drop("active", pair)
    keys = kept_all("active", pairs, _active)
    if len(keys) < len(pairs):
        raise Forged("no such key")
    return keys


def recipient_key(agency_id: UUID, purpose: KeyPurpose) -> AgencyKey:
    """One of ``recipient_keys``."""
    return recipient_keys([(agency_id, purpose)])[agency_id, purpose]


def wrap(key: AgencyKey, plaintext: bytes, *, info: bytes) -> bytes:
    """``plaintext`` for the holder of ``key``, bound to ``info`` and to the key's row.

    Raises ``Forged`` for a row the network root did not sign, ``CannotOpen`` for one that is not active.
    """
    roots.verify_row(key)
    if key.state != KeyState.ACTIVE or key.suite not in suites.SUITES:
        raise CannotOpen
    return suites.wrap(suite=key.suite, public=bytes(key.public), plaintext=plaintext, info=bound(key, info))


def rewrap(*, old_key_id: UUID, new_key: AgencyKey, sealed: bytes, info: bytes) -> bytes:
    """A wrap carried over from a retired key to its successor; nobody sees what is in it.

    Take ``new_key`` from ``recipient_keys(..., fresh=True)``. Raises ``CannotOpen`` if the two are not an older and a
    newer key of one agency and purpose, or it does not open.
    """
    old = AgencyKey.objects.filter(pk=old_key_id, agency_id=new_key.agency_id, purpose=new_key.purpose).first()
    if old is None or old.epoch >= new_key.epoch:
        drop("active", (new_key.agency_id, KeyPurpose(new_key.purpose)))  # what was remembered may be to blame
        raise CannotOpen
    return wrap(new_key, unwrapped(old, sealed, info=info), info=info)


def _active(pairs: list[Recipient]) -> dict[Recipient, AgencyKey]:
    rows = AgencyKey.objects.filter(
        agency_id__in={agency_id for agency_id, _ in pairs},
        purpose__in={purpose.value for _, purpose in pairs},
        state=KeyState.ACTIVE.value,
    )
    found = {(row.agency_id, KeyPurpose(row.purpose)): row for row in rows}
    keys = {pair: found[pair] for pair in pairs if pair in found}
    for row in keys.values():
        roots.verify_row(row)
    return keys
