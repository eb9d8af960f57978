"""The one-time link and the code that staff say aloud: made, found again, tried, and what is sealed under the link.

The link holds 256 random bits. The row keeps its hash, and what the page shows is sealed under the link itself and
the referral's shred secret: whoever has the database, or the database and the keys, has no link and opens nothing.
"""

import base64
import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.contrib.auth.hashers import check_password, make_password
from django.db.models import F
from django.utils import timezone

from agencies.vault import contexts, seal
from agencies.vault.shred import secrets as shred_secrets

from .models import TRIES, SigningRequest, State
from .papers import Sheet

LABEL, LINK_LABEL = "bhu/signing/v1", "bhu/signing-link/v1"
CODE_DIGITS = 6
HASHER = "scrypt"
LASTS, LONGEST = timedelta(hours=24), timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What is sealed for one request: the paper, and the facts by which it is judged who must sign it.

    ``born`` is the client's FHIR date of birth, ``known_as_of`` the version of the client's record both were read from.
    """

    sheet: Sheet
    born: str
    known_as_of: int


def new_token() -> tuple[bytes, str]:
    """A fresh link: its 32 bytes, and as it stands in an address."""
    token = seal.new_key()
    return token, base64.urlsafe_b64encode(token).rstrip(b"=").decode()


def read_token(text: str) -> bytes | None:
    """The bytes of a link as it stands in an address; ``None`` for what is none."""
    try:
        token = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:
        return None
    return token if len(token) == seal.KEY_BYTES else None


def hash_of(token: bytes) -> str:
    """What the row keeps of a link."""
    return sha256(contexts.context(LINK_LABEL) + token).hexdigest()


def new_code() -> str:
    """A fresh code: six digits, to be said aloud."""
    return f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"


def hash_code(code: str) -> str:
    """What the row keeps of a code: slow, and salted."""
    return make_password(code, hasher=HASHER)


def is_code(row: SigningRequest, typed: str) -> bool:
    """Whether this is the row's code, blanks and dashes aside."""
    return check_password("".join(letter for letter in typed if letter.isdecimal() and letter.isascii()), row.code_hash)


def find(token: bytes | None) -> SigningRequest | None:
    """The request of this link, however it stands."""
    if token is None:
        return None
    return SigningRequest.objects.select_related("agency", "membership").filter(token_hash=hash_of(token)).first()


def usable(row: SigningRequest) -> bool:
    """Whether somebody may still sign by this link."""
    return row.state == State.WAITING.value and row.expires_at > timezone.now() and row.tries < TRIES


def spend_try(row: SigningRequest) -> int | None:
    """Take one try, before the code is looked at, so that no two requests share the last one.

    Returns how many are left, ``None`` if there was none to take.
    """
    left = SigningRequest.objects.filter(pk=row.pk, state=State.WAITING.value, tries__lt=TRIES)
    if not left.update(tries=F("tries") + 1):
        return None
    row.refresh_from_db(fields=["tries"])
    return TRIES - row.tries


def give_back(row: SigningRequest) -> None:
    """The code was right: the try it took counts for nothing."""
    SigningRequest.objects.filter(pk=row.pk, tries__gt=0).update(tries=F("tries") - 1)


def claim(row_id: UUID, *, consent: UUID, at: datetime) -> bool:
    """Use the link up, in the transaction that files the consent; ``False`` if somebody else was quicker."""
    waiting = SigningRequest.objects.filter(pk=row_id, state=State.WAITING.value, expires_at__gt=at, tries__lt=TRIES)
    return bool(waiting.update(state=State.SIGNED.value, ended_at=at, consent=consent, sealed=b""))


def end(row_id: UUID, state: State, *, at: datetime) -> bool:
    """End the link without a signature; ``False`` if it had ended."""
    waiting = SigningRequest.objects.filter(pk=row_id, state=State.WAITING.value)
    return bool(waiting.update(state=state.value, ended_at=at, sealed=b""))


def forget_expired(*, at: datetime) -> int:
    """Drop what is sealed for links that are over: nobody may open it any more. Returns how many; safe to run twice."""
    return SigningRequest.objects.filter(expires_at__lte=at).exclude(sealed=b"").update(sealed=b"")


def seal_content(row: SigningRequest, token: bytes, content: Content) -> None:
    """Seal ``content`` into ``row``. Raises ``CannotOpen`` if the referral was shredded."""
    row.sealed = seal.seal(
        dek=token,
        shred_secret=shred_secrets.secret(row.referral_id),
        plaintext=json.dumps(_document(content)).encode(),
        context=_place(row),
    )


def open_content(row: SigningRequest, token: bytes) -> Content:
    """What is sealed in ``row``. Raises ``CannotOpen``, also for a row whose columns are not those it was made with."""
    plaintext = seal.open_sealed(
        dek=token,
        shred_secret=shred_secrets.secret(row.referral_id),
        sealed=bytes(row.sealed),
        context=_place(row),
    )
    return _content(json.loads(plaintext))


def _place(row: SigningRequest) -> bytes:
    """What the sealed bytes are bound to: whose request it is, for what, how, and until when."""
    return contexts.context(
        LABEL,
        row.id,
        row.referral_id,
        row.agency_id,
        row.membership_id,
        row.paper,
        row.method,
        int(row.expires_at.timestamp()),
    )


def _document(content: Content) -> dict[str, Any]:
    sheet = {name: value for name, value in asdict(content.sheet).items() if name not in ("places", "until")}
    return {
        **sheet,
        "places": dict(content.sheet.places),
        "until": content.sheet.until.isoformat(),
        "born": content.born,
        "known_as_of": content.known_as_of,
    }


def _content(document: Mapping[str, Any]) -> Content:
    sheet = {name: document[name] for name in Sheet.__dataclass_fields__}
    sheet |= {"until": date.fromisoformat(document["until"]), "signers": tuple(document["signers"])}
    return Content(sheet=Sheet(**sheet), born=document["born"], known_as_of=document["known_as_of"])
