"""The search for plaintext finds what was planted, wherever it lies; else its "0 found" would mean nothing."""

import logging
from pathlib import Path
from typing import Any

import pytest

from agencies.models import User
from agencies.vault.shred.models import ShredSecret
from audit.uuid7 import uuid7
from bhu.demo import plaintext
from bhu.demo.story import listening

CONTROL = "somebody@example.org"


@pytest.fixture
def folder(settings: Any, tmp_path: Path) -> Path:
    """The installation's folder of files, empty."""
    settings.VAR_DIR = tmp_path
    return tmp_path


@pytest.mark.usefixtures("own_database", "folder")
def test_words_in_text_and_in_unsealed_bytes_are_found_in_either_database_whatever_their_case() -> None:
    User.objects.create_user(CONTROL, name="Planted CASTLEMOOR")
    ShredSecret(folder_id=uuid7(), secret=b"\x00\xff555-0173\x00").save()
    found = plaintext.search({"castlemoor", "555-0173", "absent"}, control=CONTROL)
    assert {word for word, _place in found.hits} == {"castlemoor", "555-0173"}
    assert found.controls > 0


@pytest.mark.django_db
def test_a_word_in_a_file_is_found_across_the_border_of_two_chunks(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plaintext, "CHUNK", 4096)
    message = folder / "broker" / "queue" / "message"
    message.parent.mkdir(parents=True)
    message.write_bytes(b" " * 4093 + b"Tanner's Row")
    assert plaintext.search({"tanner"}, control=CONTROL).hits == [("tanner", str(message))]


@pytest.mark.django_db
@pytest.mark.usefixtures("folder")
def test_a_word_in_a_log_line_is_found() -> None:
    with listening() as lines:
        logging.getLogger("anything").warning("called 555-0173")
    found = plaintext.search({"555-0173"}, control=CONTROL, lines=lines)
    assert found.hits == [("555-0173", "log lines")]


@pytest.mark.django_db
@pytest.mark.usefixtures("folder")
def test_a_search_that_cannot_see_the_database_is_known_by_its_control() -> None:
    assert plaintext.search({"absent"}, control="nobody@example.org").controls == 0
