"""The whole main job at the shell, then every byte it left: none of it is a word about the client."""

import base64
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from django.conf import settings
from django.db import connections

from agencies.models import User
from bhu import logs
from bhu.celery import app
from tests.county import CANARIES, SCREEN, bundle_of, consent_in, make_county
from tests.databases import ALIASES, OwnDatabase
from tests.integrity.shell import Said, Shell

WORDS = (
    *CANARIES,
    "AF-1188",
    "2007-05-11",
    "wants no bed near the door",
    "brings her own blanket",
    "mother in Leominster",
)
CONTROL = "officer@police.example.org"  # stands in the clear: a search that misses it has not looked
OFFICER, CLINICIAN = (("--as", f"{who}.example.org") for who in ("officer@police", "clinician@bhu"))
DETOX, CLINIC = (("--as", f"intake@{where}.example.org") for where in ("detox", "clinic"))


def forms(word: str) -> set[bytes]:
    """A word as it might lie about: plain, in capitals, in UTF-16, in hex, and in base64 wherever it begins."""
    plain = word.encode()
    shifted = (base64.b64encode(b"\0" * shift + plain)[-(-shift * 4 // 3) + 1 if shift else 0 :] for shift in range(3))
    inner = {each[: len(each) // 4 * 4 - 4] for each in shifted}
    return {plain, plain.lower(), plain.upper(), word.encode("utf-16-le"), plain.hex().encode(), *inner} - {b""}


def found_in(data: bytes, words: tuple[str, ...]) -> list[str]:
    return [word for word in words if any(form in data for form in forms(word))]


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every log line of this process at every level, as it would be written, whoever configures logging meanwhile."""
    kept: list[str] = []
    formatter = logs.formatter()
    monkeypatch.setattr(logging.Logger, "isEnabledFor", lambda _logger, _level: True)
    monkeypatch.setattr(logging.Logger, "callHandlers", lambda _logger, record: kept.append(formatter.format(record)))
    return kept


def play(shell: Shell, folder: Path) -> list[Said]:
    """Send, look, take on, add, offer, decline, accept, complete, find, and one that is refused; what each said."""
    said: list[Said] = []

    def at(*words: str, code: int = 0) -> Said:
        said.append(shell(*words))
        assert said[-1].code == code, said[-1]
        return said[-1]

    def file(name: str, data: bytes) -> str:
        (folder / name).write_bytes(data)
        return str(folder / name)

    sent = json.loads(
        at("send", file("bundle", bundle_of(SCREEN)), *OFFICER, "--to", "bhu", "--key", "1", "--json").out
    )
    number, (first,) = sent["reference"], sent["tasks"]
    at("send", file("bad", bundle_of(request={"status": CANARIES[3]})), *OFFICER, "--to", "bhu", code=2)
    at("step", first, "accept", "--note", "mother in Leominster", *CLINICIAN)
    at("add", number, file("consent", consent_in(UUID(json.loads(said[0].out)["referral"]))), *CLINICIAN)
    offer = at(
        "offer", number, "--to", "detox", "--to", "clinic", "--release", "contact,clinical", *CLINICIAN, "--json"
    )
    for task in json.loads(offer.out)["tasks"]:
        if shell("step", task, "reject", "--reason", "no-capacity", "--note", WORDS[-3], *CLINIC).code == 0:
            continue
        if shell("step", task, "accept", "--note", WORDS[-2], *DETOX).code == 0:
            at("step", task, "start", *DETOX)
            at("step", task, "complete", "--note", WORDS[-2], *DETOX)
    at("inbox", *CLINICIAN)
    at("history", number, *OFFICER)
    at("find", "--family", CANARIES[0], "--given", CANARIES[1], "--born", "2007-05-11", *CLINICIAN)
    at("find", "--phone", CANARIES[2], "--born", "2007-05-11", *CLINICIAN)
    for who in (CLINICIAN, DETOX):  # what was written is there, so that its absence elsewhere means something
        opened = shell("open", number, *who).out
        assert WORDS[-2] in opened
        assert CANARIES[0] in opened
    return said


def stored(own: OwnDatabase) -> Iterator[tuple[str, bytes]]:
    """Every place where this installation keeps something: database files, or all values of all tables, and folders."""
    for alias in ALIASES:
        connection = connections[alias]
        if connection.vendor == "sqlite":
            path = Path(str(connection.settings_dict["NAME"]))
            yield from ((each.name, each.read_bytes()) for each in path.parent.glob(f"{path.name}*"))
            continue
        with connection.cursor() as cursor:
            for table in connection.introspection.table_names(cursor):
                cursor.execute(f'SELECT * FROM "{table}"')
                yield table, b"\n".join(raw(value) for row in cursor.fetchall() for value in row)
    for folder in (Path(settings.VAR_DIR), own.var):
        yield from ((str(path), path.read_bytes()) for path in folder.rglob("*") if path.is_file())


def raw(value: object) -> bytes:
    return bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()


def test_no_word_about_the_client_is_left_anywhere_in_the_clear(
    own_database: OwnDatabase, shell: Shell, lines: list[str], tmp_path: Path
) -> None:
    make_county()
    assert User.objects.filter(email=CONTROL).exists()
    said = play(shell, tmp_path)
    for task in ("rewrap", "sweep"):
        app.send_task(f"referrals.tasks.{task}")
    logging.getLogger("anything").info("a line of the log")
    assert [found for each in said if (found := found_in((each.out + each.err).encode(), WORDS))] == []
    assert found_in("\n".join(lines).encode(), WORDS) == []
    assert any("a line of the log" in line for line in lines)
    places = dict(stored(own_database))
    assert {place: found for place, data in places.items() if (found := found_in(data, WORDS))} == {}
    assert any(found_in(data, (CONTROL,)) for data in places.values())
    assert any("broker" in place for place in places)


def test_the_search_knows_a_word_in_every_form_it_looks_for() -> None:
    for shift in range(3):
        for data in (b"x" * shift + b"555-0147 and more", b"x" * shift + b"ZWILLINGER!"):
            for form in (data, base64.b64encode(data), data.hex().encode(), data.decode().encode("utf-16-le")):
                assert found_in(form, ("555-0147", "ZWILLINGER")), (shift, form)
