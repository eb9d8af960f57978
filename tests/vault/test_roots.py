"""The network root, the log's key, and the command that makes them."""

import base64
import stat

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command

from agencies.vault import keyfiles, kms, roots
from agencies.vault.errors import CannotOpen, Forged
from agencies.vault.models import AgencyKey
from audit.uuid7 import uuid7
from tests.vault import oracle


@pytest.fixture
def keys(settings, tmp_path):
    """The folder of a fresh installation, after keys_init."""
    settings.VAR_DIR = tmp_path
    settings.BHU_KMS = "local"
    call_command("keys_init", origin="example.org/bhu", verbosity=0)
    yield tmp_path / "keys"
    roots.forget()


@pytest.fixture
def row():
    row = AgencyKey(id=uuid7(), agency_id=uuid7(), purpose="general", epoch=1, suite=1, public=b"\x04" + bytes(64))
    row.root_signature = b""
    return row


def spki(key):
    return base64.b64encode(key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()


def test_keys_init_makes_every_file_once_and_leaves_it_alone_after(keys, capsys):
    made = {path.name: path.read_bytes() for path in keys.iterdir()}
    assert set(made) == {"kms.json", "network-root.key", "network-root.pub", "audit-log.key"}
    call_command("keys_init")
    assert {path.name: path.read_bytes() for path in keys.iterdir()} == made
    said = capsys.readouterr().out
    assert said.count("already there, left alone") == 2
    assert f"BHU_NETWORK_ROOT={made['network-root.pub'].decode().strip()}" in said


def test_private_halves_are_for_their_owner_only_and_sealed(keys):
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in keys.iterdir()}
    assert {name: f"{mode:o}" for name, mode in modes.items()} == {
        "kms.json": "600",
        "network-root.key": "600",
        "audit-log.key": "600",
        "network-root.pub": "644",
    }
    with pytest.raises(CannotOpen):
        kms.unseal((keys / "network-root.key").read_bytes(), {"file": "audit-log"})


def test_keys_init_finishes_what_a_crash_left_half_done(keys, row):
    row.root_signature = roots.sign_row(row)
    (keys / "network-root.pub").unlink()
    call_command("keys_init", verbosity=0)
    roots.forget()
    assert roots.verify_row(row) is None


def test_the_root_signs_a_row_as_it_stands_and_every_column_counts(keys, row):
    row.root_signature = roots.sign_row(row)
    assert roots.verify_row(row) is None
    changes = {"id": uuid7(), "agency_id": uuid7(), "purpose": "sud", "epoch": 2, "suite": 3, "public": b"\x04" * 65}
    for name, value in changes.items():
        before = getattr(row, name)
        setattr(row, name, value)
        with pytest.raises(Forged):
            roots.verify_row(row)
        setattr(row, name, before)
    assert roots.verify_row(row) is None


def test_what_the_root_signs_is_written_down(keys, row):
    public = load_der_public_key(base64.b64decode((keys / "network-root.pub").read_bytes()))
    signature = roots.sign_row(row)
    statement = oracle.framed(
        b"bhu/agency-key/v1", str(row.id).encode(), str(row.agency_id).encode(), b"general", b"1", b"1", row.public
    )
    der = roots.signatures.encode_dss_signature(
        int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    )
    assert public.verify(der, statement, ec.ECDSA(roots.signatures.SHA256())) is None


def test_a_root_pinned_by_setting_wins_over_the_file(keys, row, settings):
    row.root_signature = roots.sign_row(row)
    settings.BHU_NETWORK_ROOT = spki(ec.generate_private_key(ec.SECP256R1()))
    with pytest.raises(Forged):
        roots.verify_row(row)
    settings.BHU_NETWORK_ROOT = (keys / "network-root.pub").read_text().strip()
    (keys / "network-root.pub").unlink()
    roots.forget()
    assert roots.verify_row(row) is None


def test_where_a_root_is_pinned_no_other_is_made(settings, tmp_path):
    settings.VAR_DIR = tmp_path
    settings.BHU_NETWORK_ROOT = spki(ec.generate_private_key(ec.SECP256R1()))
    call_command("keys_init", verbosity=0)
    assert not (tmp_path / "keys" / "network-root.key").exists()


@pytest.mark.parametrize(
    "pinned",
    ["nonsense", "AAAA", spki(ec.generate_private_key(ec.SECP384R1())), spki(ed25519.Ed25519PrivateKey.generate())],
)
def test_a_pinned_root_that_is_no_p256_key_is_refused(settings, pinned):
    settings.BHU_NETWORK_ROOT = pinned
    with pytest.raises(ImproperlyConfigured, match="P-256"):
        roots.network_root()


def test_without_a_pinned_root_nothing_verifies(settings, tmp_path, row):
    settings.VAR_DIR = tmp_path
    with pytest.raises(keyfiles.KeyFileRefused, match="keys_init"):
        roots.verify_row(row)


def test_the_log_signer_signs_under_the_logs_name(keys):
    signer = roots.log_signer()
    public = ed25519.Ed25519PublicKey.from_public_bytes(signer.public)
    assert signer.name == "example.org/bhu"
    assert public.verify(signer.sign(b"checkpoint"), b"checkpoint") is None
    assert roots.log_signer().public == signer.public
    assert "_key" not in repr(signer)


def test_the_logs_name_cannot_be_changed_in_the_file(keys):
    path = keys / "audit-log.key"
    path.write_bytes(path.read_bytes().replace(b"example.org/bhu", b"example.org/old"))
    with pytest.raises(CannotOpen):
        roots.log_signer()


@pytest.mark.parametrize("origin", ["", "two words", "a+b", "line\nfeed"])
def test_a_name_a_log_cannot_have_is_refused(keys, origin):
    (keys / "audit-log.key").unlink()
    with pytest.raises(ValueError, match="cannot name a log"):
        roots.create_log_key(origin)
