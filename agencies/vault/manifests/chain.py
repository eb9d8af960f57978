"""Adding to a chain and verifying one, by the same rules. Pure."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from types import MappingProxyType
from typing import NamedTuple, Protocol, TypeAlias
from uuid import UUID

from agencies.vault import contexts, signatures
from agencies.vault.errors import Forged

from . import rights
from .entries import Consent, Entry, Ground, Party, Receipt, Release, Section, encode, parse
from .state import State


class Signed(NamedTuple):
    """One stored entry: its canonical bytes, and its agency's signature."""

    body: bytes
    signature: bytes


Chain: TypeAlias = tuple[Signed, ...]
Keys: TypeAlias = tuple[tuple[UUID, bytes], ...]


class Signer(Protocol):
    """Signs for one agency; ``keyring.signer`` makes one."""

    @property
    def agency_id(self) -> UUID: ...

    @property
    def key_id(self) -> UUID: ...

    def sign(self, message: bytes) -> bytes: ...


def extend(
    state: State,
    *,
    act: str,
    signer: Signer,
    at: datetime,
    parties: Iterable[Party],
    grounds: Iterable[Ground] = (),
    consents: Iterable[Consent] = (),
    releases: Iterable[Release] = (),
    closed: Iterable[UUID] = (),
    receipts: Iterable[Receipt] = (),
    sections: Iterable[Section] = (),
) -> tuple[Signed, State]:
    """The next entry, signed, and the state after it.

    ``parties``, ``grounds``, ``consents`` and ``releases`` are all that stand after the act, ``sections`` what it adds,
    ``closed`` and ``receipts`` whose wraps it takes back and which it then writes. Raises ``Forged`` where readers
    would, so that nothing is written that nobody opens; ``ValueError`` for one named twice.
    """
    entry = Entry(
        folder_id=state.folder_id,
        number=state.number + 1,
        previous=state.hash,
        act=act,
        agency_id=signer.agency_id,
        key_id=signer.key_id,
        at=at,
        parties=tuple(parties),
        grounds=tuple(grounds),
        consents=tuple(consents),
        releases=tuple(releases),
        closed=tuple(closed),
        receipts=tuple(receipts),
        sections=tuple(sections),
    )
    body = encode(entry)
    after = _after(state, parse(body), body)
    return Signed(body, signer.sign(contexts.manifest(body))), after


def verify_chain(
    entries: Sequence[Signed],
    *,
    folder_id: UUID,
    newest_digest: str,
    public_of: Callable[[UUID], tuple[UUID, bytes]],
) -> State:
    """The state after all ``entries``, which come in order. Raises ``Forged`` unless every one is genuine.

    ``newest_digest`` is what the audit log last recorded for the folder. ``public_of`` gives the agency and the
    public point of a signing key, and raises ``CannotOpen`` for one the network root did not sign.
    """
    keys = tuple(public_of(parse(entry.body).key_id) for entry in entries)
    state = _chained(folder_id, tuple(entries), keys)
    if not entries or state.digest != newest_digest:
        raise Forged("not the newest the log knows")
    return state


class _Known:
    """How far a folder's chain was verified in this process: the entries, the keys that signed them, the state."""

    def __init__(self, folder_id: UUID) -> None:
        self.verified: tuple[Chain, Keys, State] = (), (), State(folder_id=folder_id)


@lru_cache(maxsize=512)
def _known(folder_id: UUID) -> _Known:
    return _Known(folder_id)


def _chained(folder_id: UUID, entries: Chain, keys: Keys) -> State:
    """The state these bytes, signed by these keys, come to. An act looks twice, a page many times: links that were
    verified before are not looked at again, as long as they are the same bytes, signed by the same keys.

    What is not genuine is not remembered.
    """
    known = _known(folder_id)
    before, signers, state = known.verified
    done = len(before)
    if (entries[:done], keys[:done]) != (before, signers):
        done, state = 0, State(folder_id=folder_id)
    for (body, signature), (agency_id, public) in zip(entries[done:], keys[done:], strict=True):
        entry = parse(body)
        if agency_id != entry.agency_id:
            raise Forged("key of another agency")
        signatures.verify(public=public, message=contexts.manifest(body), signature=signature)
        state = _after(state, entry, body)
    known.verified = entries, keys, state
    return state


def _after(state: State, entry: Entry, body: bytes) -> State:
    if (entry.folder_id, entry.number, entry.previous) != (state.folder_id, state.number + 1, state.hash):
        raise Forged("place in the chain")
    added = {section.section_id: section for section in entry.sections}
    if added.keys() & state.sections.keys():
        raise Forged("section replaced")
    after = replace(
        state,
        number=entry.number,
        hash=sha256(body).hexdigest(),
        parties=entry.parties,
        grounds=entry.grounds,
        consents=entry.consents,
        recorded_by=MappingProxyType(
            {line.consent_id: state.recorded_by.get(line.consent_id, entry.agency_id) for line in entry.consents}
        ),
        releases=entry.releases,
        promised_by=MappingProxyType(
            {release: state.promised_by.get(release, entry.agency_id) for release in entry.releases}
        ),
        sections=MappingProxyType({**state.sections, **added}),
        added_by=MappingProxyType({**state.added_by, **dict.fromkeys(added, entry)}),
        receipts=frozenset({row for row in state.receipts if row.agency_id not in entry.closed} | {*entry.receipts}),
        known=state.known | {party.agency_id for party in entry.parties},
    )
    rights.check(state, after, entry)
    return after
