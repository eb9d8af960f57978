"""Sealing to agencies: which key is theirs now, and wrapping for it. Needs no role: everyone may write."""

from collections.abc import Iterable
from uuid import UUID

from agencies.vault import roots, suites
from agencies.vault.errors import CannotOpen, Forged
from agencies.vault.models import AgencyKey, KeyState
from agencies.vault.purposes import KeyPurpose

from .memory import kept_all
from .opening import bound, unwrapped

Recipient = tuple[UUID, KeyPurpose]


def recipient_keys(wanted: Iterable[Recipient]) -> dict[Recipient, AgencyKey]:
    """The active key of each agency and purpose, in one query at most.

    Raises ``Forged`` (a ``CannotOpen``) if one is missing or not signed by the network root.
    """
    pairs = set(wanted)
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

    Raises ``CannotOpen`` if the two keys are not of one agency and purpose, or it does not open.
    """
    old = AgencyKey.objects.filter(pk=old_key_id, agency_id=new_key.agency_id, purpose=new_key.purpose).first()
    if old is None:
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
