"""An author's signature over the FHIR content of a section: made when it is written, and sealed beside it.

It is sealed because who holds a signature can try out what was signed. A manifest signs sealed bytes and names every
agency that takes part, so it can be shown to nobody; this one says what was written, and by whom, alone.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from uuid import UUID

from agencies.vault import contexts, jws, keyring, seal
from agencies.vault.bundles import DataKey
from agencies.vault.errors import Forged
from fhir.content import jcs
from fhir.content.compartments import Compartment
from fhir.content.exact import Object
from fhir.content.systems import ACT_CODE, CONFIDENTIALITY
from referrals.models import Section

Place = tuple[Compartment, UUID | None]

AUTHOR = "1.2.840.10065.1.12.1.1"
"""ASTM E1762: author's signature."""


def attest(
    sections: Iterable[Section], trees: Mapping[UUID, Object], keys: Mapping[Place, DataKey], shred_secret: bytes
) -> None:
    """Sign new sections as the agency that wrote them. The anonymous ask stays unsigned: it names nobody."""
    for section in sections:
        part = Compartment(section.compartment)
        if part is not Compartment.REQUEST:
            _attest(section, trees[section.id], keys[part, section.task_id], shred_secret)


def _attest(section: Section, tree: Object, key: DataKey, shred_secret: bytes) -> None:
    signer = keyring.signer(section.agency_id)
    try:
        payload = jcs.document(tree)
    except ValueError:
        return  # a number beyond a double: RFC 8785 has no form for it
    header = {
        "kid": str(signer.key_id),
        "sigT": moment(section.created_at),
        "srCms": [{"commId": {"id": f"urn:oid:{AUTHOR}"}}],
        "bhu_target": _target(section),
        "bhu_labels": _labels(tree),
    }
    section.attested = seal.seal(
        dek=key.dek,
        shred_secret=shred_secret,
        plaintext=jws.detached(signer.sign, payload, header).encode(),
        context=_context(section),
    )


def attestation(section: Section, tree: Object, key: DataKey, shred_secret: bytes) -> str:
    """The detached JWS over ``tree``, "" if it was written without one.

    Raises ``CannotOpen`` for one that is not its author's signature over this version of this resource.
    """
    if not section.attested:
        return ""
    sealed = bytes(section.attested)
    opened = seal.open_sealed(dek=key.dek, shred_secret=shred_secret, sealed=sealed, context=_context(section))
    text = opened.decode("ascii", "replace")
    header = jws.header_of(text)
    try:
        agency_id, public = keyring.public_of(UUID(str(header.get("kid"))))
    except ValueError:
        raise Forged("key of a signature") from None
    if (agency_id, header.get("bhu_target")) != (section.agency_id, _target(section)):
        raise Forged("signature of something else")
    jws.verify(text, jcs.document(tree), public=public)
    return text


def moment(at: datetime) -> str:
    """The time of a signature, to the second."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _target(section: Section) -> str:
    return f"{section.type}/{section.resource_id}/_history/{section.version}"


def _labels(tree: Object) -> list[str]:
    """The security labels as they are signed, because canonical FHIR leaves ``meta`` out.

    HL7's by their code, others as ``system|code``: many a library takes no header that is long.
    """
    meta = tree.get("meta")
    labels = meta.get("security") if isinstance(meta, dict) else None
    rows = labels if isinstance(labels, list) else []
    return [_label(row) for row in rows if isinstance(row, dict)]


def _label(row: Object) -> str:
    system, code = row.get("system", ""), row.get("code", "")
    return f"{code}" if system in (CONFIDENTIALITY, ACT_CODE) else f"{system}|{code}"


def _context(section: Section) -> bytes:
    return contexts.attestation(
        folder_id=section.folder_id,
        section_id=section.id,
        compartment=Compartment(section.compartment),
        audience=section.task_id,
        version=section.version,
        epoch=section.epoch,
    )
