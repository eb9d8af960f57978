"""The signed paper as a DocumentReference (LOINC 64292-6): the words on the screen, or a photo of the page. Pure."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from uuid import UUID

from fhir.content.catalog import concept
from fhir.content.exact import Lexeme, Object
from fhir.content.issues import error
from fhir.content.systems import LOINC
from referrals.errors import Invalid

SIGNED_FORM = ("64292-6", "Release of information consent")
URI = "urn:ietf:rfc:3986"
TEXT = "text/plain; charset=utf-8"
LARGEST = 3_000_000
"""Bytes of one photographed page: in base64, and as one resource, it stays under what an import may have."""

BEGINNINGS: Mapping[bytes, str] = MappingProxyType(
    {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png", b"%PDF-": "application/pdf"}
)
"""How a file of each kind begins; its name says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """What was signed: its bytes and what they are. ``language`` is that of the form."""

    content_type: str
    data: bytes
    language: str

    @property
    def sha256(self) -> str:
        """The hash of the bytes, in hex."""
        return hashlib.sha256(self.data).hexdigest()


def words(text: str, *, language: str) -> Signed:
    """The text that was signed on a screen."""
    return Signed(content_type=TEXT, data=text.encode(), language=language)


def page(image: bytes, *, language: str) -> Signed:
    """A photographed or scanned page. Raises ``Invalid`` for none, one too large, and a file of another kind."""
    kind = next((kind for begins, kind in BEGINNINGS.items() if image.startswith(begins)), None)
    if not image:
        raise Invalid([error("required", "image", "The file is empty: the photo of the signed page is needed.")])
    if len(image) > LARGEST:
        text = f"The file has {len(image)} bytes; at most {LARGEST} are taken (3 MB). Photograph it again, smaller."
        raise Invalid([error("too-long", "image", text)])
    if kind is None:
        raise Invalid([error("not-supported", "image", "The file must be a photo (JPEG or PNG) or a PDF.")])
    return Signed(content_type=kind, data=image, language=language)


def reference(signed: Signed, *, id_: UUID, patient: str, author: str, at: str) -> Object:
    """The DocumentReference that carries what was signed; ``at`` is a FHIR instant.

    Its identifier is the SHA-256 of the bytes as a name of RFC 6920; ``hash`` is the SHA-1 that R4 asks for.
    """
    sha1 = hashlib.sha1(signed.data, usedforsecurity=False).digest()
    return {
        "resourceType": "DocumentReference",
        "id": str(id_),
        "identifier": [{"system": URI, "value": name_of(signed.sha256)}],
        "status": "current",
        "docStatus": "final",
        "type": concept(LOINC, *SIGNED_FORM),
        "subject": {"reference": patient},
        "date": at,
        "author": [{"reference": author}],
        "content": [
            {
                "attachment": {
                    "contentType": signed.content_type,
                    "language": signed.language,
                    "data": base64.b64encode(signed.data).decode(),
                    "size": Lexeme(str(len(signed.data))),
                    "hash": base64.b64encode(sha1).decode(),
                    "title": "Signed form",
                    "creation": at,
                }
            }
        ],
    }


def name_of(sha256: str) -> str:
    """The name of bytes by their SHA-256 in hex (RFC 6920)."""
    digest = base64.urlsafe_b64encode(bytes.fromhex(sha256)).rstrip(b"=").decode()
    return f"ni:///sha-256;{digest}"
