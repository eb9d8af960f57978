"""What every sealed or signed byte is bound to. Pure; every label of the vault stands here, and no two are alike."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from fhir.content.compartments import Compartment

Field = str | int | UUID


def frame(data: bytes) -> bytes:
    """``data`` behind its length, four bytes big-endian."""
    return len(data).to_bytes(4, "big") + data


def context(*fields: Field) -> bytes:
    """The fields, each framed, so that ("ab", "c") and ("a", "bc") differ. The first is a label of this file."""
    return b"".join(frame(str(field).encode()) for field in fields)


def section(
    *, folder_id: UUID, section_id: UUID, compartment: Compartment, audience: UUID | None, version: int, epoch: int
) -> bytes:
    """The place of one section; ``audience`` is a task, or None for all participants."""
    place = (folder_id, section_id, compartment, audience or "", version, epoch)
    return context("bhu/section/v1", *place)


def attestation(
    *, folder_id: UUID, section_id: UUID, compartment: Compartment, audience: UUID | None, version: int, epoch: int
) -> bytes:
    """The place of an author's signature: that of the section it is of."""
    place = (folder_id, section_id, compartment, audience or "", version, epoch)
    return context("bhu/attestation/v1", *place)


def bundle(*, folder_id: UUID) -> bytes:
    """The folder a bundle of data keys belongs to; ``keyring.wrap`` adds the recipient's key."""
    return context("bhu/bundle/v1", folder_id)


def recipient(*, key_id: UUID, agency_id: UUID, purpose: str, epoch: int, suite: int, info: bytes) -> bytes:
    """HPKE ``info``: the recipient's key and what the caller bound."""
    return context("bhu/wrap/v1", key_id, agency_id, purpose, epoch, suite) + frame(info)


def key_row(*, key_id: UUID, agency_id: UUID, purpose: str, epoch: int, suite: int, public: bytes) -> bytes:
    """What the network root signs of an agency's key."""
    return context("bhu/agency-key/v1", key_id, agency_id, purpose, epoch, suite) + frame(public)


def manifest(body: bytes) -> bytes:
    """What an agency signs of a manifest entry: its key signs nothing else under this label."""
    return context("bhu/manifest/v1") + frame(body)


def kms(kid: str, aad: Mapping[str, str]) -> bytes:
    """What the local key service binds a secret to."""
    return context("bhu/kms/v1", kid, *(text for pair in sorted(aad.items()) for text in pair))


def blind(kind: str, fields: Sequence[str]) -> bytes:
    """What a blind token is a keyed hash of."""
    return context("bhu/blind/v1", kind, *fields)


def act(name: str, *fields: Field) -> bytes:
    """An act and what it says, for telling the same request from another under one key."""
    return context("bhu/act/v1", name, *fields)


def request(message: bytes) -> bytes:
    """What the idempotency digest is a keyed hash of."""
    return context("bhu/request/v1") + frame(message)


def legal(part: str, *fields: Field) -> bytes:
    """The place of a legal paper or a mandated report: ``part`` is its ``key`` or its ``content``."""
    return context("bhu/legal/v1", part, *fields)


def draft(part: str, *fields: Field) -> bytes:
    """The place of something begun and not sent: ``part`` is its ``key`` or its ``content``."""
    return context("bhu/draft/v1", part, *fields)
