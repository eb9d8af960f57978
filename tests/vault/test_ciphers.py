"""What no file of the application may do with ciphers (R-S-05, R-CJ-01)."""

import re
from pathlib import Path

FILES = [path for folder in ("agencies", "audit", "bhu", "fhir", "referrals") for path in Path(folder).rglob("*.py")]


def naming(pattern):
    return [str(path) for path in FILES if re.search(pattern, path.read_text())]


def test_there_are_files_to_look_at():
    assert len(FILES) > 50


def test_nothing_uses_fernet():
    assert naming(r"(?i)fernet") == []


def test_only_the_vault_encrypts():
    assert {Path(path).parts[:2] for path in naming(r"AESGCM|ciphers\.")} == {("agencies", "vault")}


def test_every_aes_key_is_made_32_bytes_long():
    assert naming(r"AESGCM\.generate_key|AES128|AES_128|urandom\(16\)") == []
    assert naming(r"KEY_BYTES = (?!32\b)") == []


def test_the_secret_key_of_django_seals_nothing():
    assert [path for path in naming(r"\bSECRET_KEY\b") if path.startswith("agencies/vault")] == []
