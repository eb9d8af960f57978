"""The local key service and the files it keeps."""

import base64
import json
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.core.exceptions import ImproperlyConfigured

from agencies.vault import keyfiles, kms
from agencies.vault.errors import CannotOpen
from tests.vault import oracle

AAD = {"use": "test", "agency": "a"}


@pytest.fixture
def local(settings, tmp_path):
    """A key file of this test's own."""
    settings.VAR_DIR = tmp_path
    settings.BHU_KMS = "local"
    kms.local().create()
    return tmp_path / "keys" / "kms.json"


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_what_is_sealed_opens_for_the_same_use_only(local):
    sealed = kms.seal(b"secret", AAD)
    assert kms.unseal(sealed, dict(reversed(AAD.items()))) == b"secret"
    assert b"secret" not in sealed
    for other in ({}, {"use": "test"}, AAD | {"agency": "b"}, {"use": "testagency", "": "a"}, AAD | {"more": ""}):
        with pytest.raises(CannotOpen):
            kms.unseal(sealed, other)


def test_a_sealed_secret_opens_by_the_written_format_alone(local):
    sealed = kms.seal(b"secret", AAD)
    document = json.loads(local.read_text())
    kid = document["current"].encode()
    assert sealed[: 1 + len(kid)] == bytes([len(kid)]) + kid
    nonce, body = sealed[1 + len(kid) :][:12], sealed[13 + len(kid) :]
    aad = oracle.framed(b"bhu/kms/v1", kid, b"agency", b"a", b"use", b"test")
    assert AESGCM(base64.b64decode(document["keys"][document["current"]])).decrypt(nonce, body, aad) == b"secret"


@pytest.mark.parametrize("at", [0, 1, 20, 37, 48, 49, -1])
def test_one_flipped_bit_anywhere_does_not_open(local, at):
    sealed = bytearray(kms.seal(b"secret", AAD))
    sealed[at] ^= 1
    with pytest.raises(CannotOpen):
        kms.unseal(bytes(sealed), AAD)


@pytest.mark.parametrize("sealed", [b"", b"\x00", b"\x05abc", b"\x02\xff\xff" + bytes(40), bytes(100)])
def test_bytes_that_are_no_sealed_secret_do_not_open(local, sealed):
    with pytest.raises(CannotOpen):
        kms.unseal(sealed, AAD)


def test_the_key_file_and_its_folder_are_for_their_owner_only(local):
    assert (mode(local), mode(local.parent)) == (0o600, 0o700)
    assert [path.name for path in local.parent.iterdir()] == ["kms.json"], "no draft is left behind"


@pytest.mark.parametrize("open_to", [0o640, 0o604, 0o644, 0o601, 0o660])
def test_a_key_file_others_can_read_is_refused(local, open_to):
    local.chmod(open_to)
    with pytest.raises(keyfiles.KeyFileRefused, match="chmod 600"):
        kms.seal(b"secret", AAD)
    with pytest.raises(keyfiles.KeyFileRefused):
        kms.provider().health()


def test_a_missing_key_file_is_named_with_the_cure(settings, tmp_path):
    settings.VAR_DIR = tmp_path
    with pytest.raises(keyfiles.KeyFileRefused, match="keys_init"):
        kms.seal(b"secret", AAD)


def test_the_key_file_is_never_overwritten(local):
    before = local.read_bytes()
    with pytest.raises(FileExistsError):
        kms.local().create()
    assert local.read_bytes() == before
    assert len(list(local.parent.iterdir())) == 1


def test_keys_are_32_bytes_and_a_shorter_one_is_refused(local):
    document = json.loads(local.read_text())
    assert {len(base64.b64decode(key)) for key in document["keys"].values()} == {32}
    document["keys"]["short"] = base64.b64encode(bytes(16)).decode()
    local.write_text(json.dumps(document))
    with pytest.raises(keyfiles.KeyFileRefused, match="32 bytes"):
        kms.seal(b"secret", AAD)


def test_after_rotation_new_secrets_take_the_new_key_and_old_ones_open(local):
    before = kms.seal(b"old", AAD)
    kid = kms.provider().rotate()
    after = kms.seal(b"new", AAD)
    assert kid.encode() in after
    assert kid.encode() not in before
    assert (kms.unseal(before, AAD), kms.unseal(after, AAD)) == (b"old", b"new")
    assert mode(local) == 0o600


def test_rotations_at_once_lose_no_key(local):
    with ThreadPoolExecutor(4) as pool:
        kids = list(pool.map(lambda _: kms.provider().rotate(), range(8)))
    assert set(kids) <= set(json.loads(local.read_text())["keys"])
    assert len(set(kids)) == 8


@pytest.mark.parametrize("name", ["aws-kms", "vault-transit", "", "env", "Local"])
def test_an_unknown_provider_is_refused_naming_what_is_allowed(settings, name):
    settings.BHU_KMS = name
    with pytest.raises(ImproperlyConfigured, match=r"must be one of: local, or a provider's dotted path"):
        kms.provider()


class PluggedIn:
    """The smallest provider there can be: enough to show where another one plugs in."""

    def current(self):
        return "remote/1"

    def wrap(self, kid, plaintext, aad):
        return json.dumps([kid, plaintext.hex(), aad]).encode()

    def unwrap(self, kid, sealed, aad):
        made_by, plaintext, bound = json.loads(sealed)
        if (made_by, bound) != (kid, aad):
            raise CannotOpen
        return bytes.fromhex(plaintext)


def test_a_provider_of_ones_own_plugs_in_by_its_dotted_path(settings):
    settings.BHU_KMS = f"{__name__}.PluggedIn"
    sealed = kms.seal(b"secret", AAD)
    assert sealed.startswith(b"\x08remote/1")
    assert kms.unseal(sealed, AAD) == b"secret"
    with pytest.raises(CannotOpen):
        kms.unseal(sealed, {})
