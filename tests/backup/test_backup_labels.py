"""The label of a backup: anybody who has the public half of its key can write one, so what it names is not trusted."""

import json

import pytest

from bhu.backup.bundle import Kind, Label
from bhu.backup.errors import CannotRestore


def text(**more: object) -> str:
    said = {
        "format": 1,
        "kind": Kind.KEYS.value,
        "made_at": "2026-01-02T10:00:00+00:00",
        "mark": "x",
        "files": {"key": "00"},
    }
    return json.dumps(said | more)


def test_a_label_with_plain_names_is_read() -> None:
    assert Label.from_json(text()).files == {"key": "00"}


@pytest.mark.parametrize("name", ["../key", "/etc/key", "a/key", "..", ".", ""])
def test_a_name_that_leads_elsewhere_is_refused(name: str) -> None:
    with pytest.raises(CannotRestore):
        Label.from_json(text(files={name: "00"}))


@pytest.mark.parametrize("files", [{}, {"a": "00", "b": "00"}])
def test_a_backup_of_a_database_has_one_file(files: dict[str, str]) -> None:
    with pytest.raises(CannotRestore):
        Label.from_json(text(kind=Kind.DATABASE.value, files=files))


@pytest.mark.parametrize("said", ["[]", "1", "{}", "null", "\x00", text(files=1)])
def test_a_label_that_is_none_is_refused(said: str) -> None:
    with pytest.raises(CannotRestore):
        Label.from_json(said)
