"""The hub has its log cosigned: it asks, it takes, and whatever a witness answers, the hub goes on."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from audit import witnesses, witnessing
from audit.checks import witnesses_are_understood
from audit.models import AuditCheckpoint, AuditCosignature, AuditEvent, WitnessStanding
from audit.sequencer import sequence
from audit.standalone.judging import Store
from audit.verify import verify
from audit.witnessing import Answer, Silent, ask_all
from tests.audit.conftest import Town, Write
from tests.audit.signing import LogKey, WitnessKey

pytestmark = pytest.mark.django_db
SEED = b"w" * 32


@pytest.fixture
def store(tmp_path: Path, key: LogKey) -> Store:
    """The neighbour's own memory; its key is that of ``Town``."""
    (tmp_path / "neighbour").mkdir()
    return Store(tmp_path / "neighbour", "town.example.org/witness", SEED, [key.verifier])


@pytest.fixture
def asked(town: Town) -> Town:
    """The policy with an address."""
    town.path.write_text(town.text.replace("\nquorum", " https://town.example.org\nquorum"))
    return town


def reaching(store: Store) -> witnessing.Post:
    """The neighbour without a network between."""

    def post(url: str, body: bytes) -> Answer:
        assert url == "https://town.example.org/add-checkpoint"
        answer = store.add(body.decode())
        return Answer(answer.status, answer.text.encode())

    return post


def told() -> list[tuple[str, str]]:
    return list(AuditEvent.objects.filter(action="audit.witness").order_by("pk").values_list("code", "outcome"))


def test_a_witness_is_asked_for_what_is_new_and_no_more(grow: Write, asked: Town, store: Store, key: LogKey) -> None:
    for count, size in ((4, 4), (0, 4), (3, 7)):
        if count:
            grow(count)
        assert ask_all(reaching(store)) == {"town": ""}
        assert store.size(key.name) == size
    assert list(AuditCosignature.objects.order_by("size").values_list("size", flat=True)) == [4, 7]
    assert told() == []
    report = verify(name=key.name, public=key.public, witnesses={"town": asked.key.verifier})
    assert report.ok
    assert [(each.name, each.size, each.lag_s) for each in report.witnesses] == [("town", 7, 0)]


def test_a_witness_that_knows_another_size_is_asked_from_there(
    grow: Write, asked: Town, store: Store, key: LogKey
) -> None:
    grow(4)
    ask_all(reaching(store))
    grow(3)
    store.add(witnessing.request(AuditCheckpoint.objects.get(size=7), 4))
    grow(3)
    assert ask_all(reaching(store)) == {"town": ""}
    assert store.size(key.name) == 10


ANSWERS: dict[str, tuple[Answer, str, str]] = {
    "nonsense": (Answer(200, b"hello"), "nonsense", "4"),
    "no text": (Answer(200, b"\xff\xfe"), "nonsense", "4"),
    "an empty answer": (Answer(200, b""), "nonsense", "4"),
    "another page": (Answer(302, b""), "nonsense", "4"),
    "a broken server": (Answer(500, b""), "nonsense", "4"),
    "a size that is none": (Answer(409, b"many\n"), "nonsense", "4"),
    "a size that never fits": (Answer(409, b"1\n"), "nonsense", "4"),
    "a size beyond ours": (Answer(409, b"900\n"), "ahead", "8"),
    "a fork": (Answer(422, b""), "fork", "8"),
    "an unknown log": (Answer(404, b""), "unknown", "4"),
    "a key it does not take": (Answer(403, b""), "forbidden", "4"),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_whatever_a_witness_answers_is_remembered_and_said_once(name: str, grow: Write, asked: Town) -> None:
    answer, trouble, outcome = ANSWERS[name]
    grow(4)
    for _ in range(3):
        assert ask_all(lambda _url, _body: answer) == {"town": trouble}
    assert told() == [(trouble, outcome)]
    (standing,) = witnesses.standings()
    assert (standing.size, standing.trouble, standing.alarming) == (0, trouble, True)
    assert not AuditCosignature.objects.exists()


def test_one_that_never_answers_alarms_after_a_quarter_of_an_hour(grow: Write, asked: Town, store: Store) -> None:
    def silent(_url: str, _body: bytes) -> Answer:
        raise Silent

    grow(4)
    assert ask_all(silent) == {"town": "silent"}
    (standing,) = witnesses.standings()
    assert not standing.alarming
    with time_machine.travel(timezone.now() + timedelta(minutes=16)):
        (standing,) = witnesses.standings()
        assert standing.alarming
        assert standing.lag_s >= 15 * 60
    assert ask_all(reaching(store)) == {"town": ""}
    assert told() == [("silent", "4"), ("", "0")]
    sequence()
    assert ask_all(reaching(store)) == {"town": ""}
    assert witnesses.standings()[0].lag_s == 0


def test_a_cosignature_of_a_time_that_has_not_come_is_not_taken(grow: Write, asked: Town) -> None:
    grow(4)
    late = int((timezone.now() + timedelta(hours=1)).timestamp())
    line = asked.key.line(AuditCheckpoint.objects.get().note, late)
    assert ask_all(lambda _url, _body: Answer(200, line.encode())) == {"town": "clock"}
    assert not AuditCosignature.objects.exists()


def test_a_witness_in_trouble_does_not_keep_others_from_being_asked(
    grow: Write, asked: Town, store: Store, key: LogKey
) -> None:
    other = WitnessKey("birch.example.org/witness", b"b" * 32)
    line = f"witness birch {other.verifier.text()} https://birch.example.org\n"
    asked.path.write_text(line + asked.path.read_text())
    grow(4)

    def post(url: str, body: bytes) -> Answer:
        if "birch" in url:
            raise Silent
        return reaching(store)(url, body)

    assert ask_all(post) == {"birch": "silent", "town": ""}


def test_without_witnesses_nobody_is_asked_and_it_is_said_calmly(
    grow: Write, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.BHU_WITNESSES = ""
    grow(4)
    assert ask_all(lambda *_: Answer(500, b"")) == {}
    assert witnesses.standings() == []
    call_command("audit_verify")
    assert "Not yet cosigned by another town." in capsys.readouterr().out
    from bhu import attention

    assert attention.good_to_know() == ["The log is not yet cosigned by another town."]
    assert list(attention._witnesses()) == []


def test_who_looks_after_the_server_is_told_of_a_fork(grow: Write, asked: Town) -> None:
    from bhu import attention

    grow(4)
    ask_all(lambda *_: Answer(422, b""))
    (want,) = attention._witnesses()
    assert (want.agency, want.since is not None) == ("the log", True)
    assert "not the one it saw" in want.what


@pytest.mark.parametrize("text", ["", "quorum nobody\n", "witness town x\nquorum town\n", None])
def test_a_file_of_witnesses_that_is_not_understood_stops_the_start(
    text: str | None, town: Town, tmp_path: Path, settings: Any
) -> None:
    assert witnesses_are_understood() == []
    if text is None:
        settings.BHU_WITNESSES = str(tmp_path / "none")
    else:
        town.path.write_text(text)
    assert [each.id for each in witnesses_are_understood()] == ["audit.E005"]
    with pytest.raises(ImproperlyConfigured, match="BHU_WITNESSES"):
        witnesses.rules()


def test_a_witness_whose_name_the_log_cannot_hold_stops_the_start(town: Town) -> None:
    town.path.write_text(town.text.replace("town ", "städtchen ").replace("quorum town", "quorum städtchen"))
    assert [each.id for each in witnesses_are_understood()] == ["audit.E005"]


@pytest.fixture
def visitor(store: Store, settings: Any) -> Iterator[Callable[[], tuple[int, int]]]:
    """A witness's visit, as ``--once`` makes it: fetch, judge, bring back. What the two addresses answered."""
    client = Client()

    def visit() -> tuple[int, int]:
        size = store.size("example.org/log")
        fetched = client.get("/log/checkpoint", {"old": size})
        if fetched.status_code != 200:
            return fetched.status_code, 0
        answer = store.add(fetched.content.decode())
        assert answer.status == 200, answer
        note = fetched.content.decode().partition("\n\n")[2] + answer.text
        return 200, client.post("/log/cosignature", note, content_type="text/plain").status_code

    return visit


def test_a_witness_that_nobody_can_reach_comes_by_itself(grow: Write, town: Town, visitor: Any, key: LogKey) -> None:
    grow(4)
    assert visitor() == (200, 200)
    grow(3)
    assert visitor() == visitor() == (200, 200)
    assert list(AuditCosignature.objects.order_by("size").values_list("size", flat=True)) == [4, 7]
    assert verify(name=key.name, public=key.public, witnesses={"town": town.key.verifier}).ok


def test_the_two_addresses_are_shut_while_no_witness_is_named(grow: Write, settings: Any) -> None:
    settings.BHU_WITNESSES = ""
    grow(4)
    assert Client().get("/log/checkpoint").status_code == 404
    assert Client().post("/log/cosignature", "x", content_type="text/plain").status_code == 404


def test_the_two_addresses_answer_what_is_no_visit(grow: Write, town: Town) -> None:
    client = Client()
    assert client.get("/log/checkpoint").status_code == 404
    grow(4)
    assert client.get("/log/checkpoint", {"old": "x"}).status_code == 400
    assert client.get("/log/checkpoint", {"old": "5"}).status_code == 409
    note = AuditCheckpoint.objects.get().note
    stranger = WitnessKey("town.example.org/witness", b"s" * 32)
    posted = {
        "x": 422,
        note: 403,
        note + stranger.line(note): 403,
        note + town.key.line(note.replace("\n4\n", "\n5\n")): 422,
        "x" * (1 << 17): 413,
    }
    for body, status in posted.items():
        assert client.post("/log/cosignature", body, content_type="text/plain").status_code == status, body[:50]
    assert client.post("/log/cosignature", b"\xff", content_type="text/plain").status_code == 422
    assert client.get("/log/cosignature").status_code == 405
    assert not AuditCosignature.objects.exists()
    assert not WitnessStanding.objects.exists()


def test_a_checkpoint_of_another_log_is_not_taken(grow: Write, town: Town) -> None:
    grow(4)
    other = AuditCheckpoint.objects.get().note.replace("example.org/log\n4", "example.org/gol\n4")
    answer = Client().post("/log/cosignature", other + town.key.line(other), content_type="text/plain")
    assert answer.status_code == 422
