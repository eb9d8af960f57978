"""What was taken out of a log is verified elsewhere; whatever is done to the file is told, by its class."""

import json
import random
import re
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import pytest

from audit import entry_proofs, exporting, witnesses
from audit.exporting import Period
from audit.log import record
from audit.models import AuditCheckpoint, AuditEvent
from audit.sequencer import sequence
from audit.standalone import reading
from audit.standalone.faults import EXITS, MEANS, Fault, Unusable
from audit.standalone.notes import Checkpoint, checkpoint, opened
from audit.standalone.policy import policy
from audit.standalone.reading import Report, verify
from audit.standalone.verify import main
from audit.uuid7 import EPOCH
from tests.audit.conftest import Town, Write
from tests.audit.signing import LogKey, WitnessKey

pytestmark = pytest.mark.django_db
Lines = list[bytes]
Check = Callable[..., Report]
Change = Callable[[Lines], Lines]
FOREVER = EPOCH.replace(year=9000)


@pytest.fixture
def log(grow: Write, town: Town) -> list[UUID]:
    """Events under checkpoints of 4, 7 and 10; the neighbour cosigned 7."""
    ids = [*grow(4), *grow(3)]
    town.cosign()
    return [*ids, *grow(3)]


@pytest.fixture
def check(tmp_path: Path, town: Town) -> Check:
    def checked(lines: Lines, kept: Checkpoint | None = None) -> Report:
        path = tmp_path / "export.jsonl"
        path.write_bytes(b"".join(lines))
        return verify(path, town.policy, kept)

    return checked


def whole(start: int = 0) -> Lines:
    return b"".join(exporting.whole(start=start)).splitlines(keepends=True)


def own(agency: str = "Agency/1") -> Lines:
    return b"".join(exporting.own(Period(agency, EPOCH, FOREVER))).splitlines(keepends=True)


def head(size: int, key: LogKey) -> Checkpoint:
    return checkpoint(opened(AuditCheckpoint.objects.get(size=size).note, key.verifier))


def bad(report: Report) -> tuple[int | None, str] | None:
    return report.first_bad and (report.first_bad["seq"], report.first_bad["class"])


def test_a_sound_export_verifies_and_says_who_vouches(log: list[UUID], check: Check, key: LogKey) -> None:
    report = check(whole())
    assert (report.ok, report.kind, report.origin) == (True, "export", key.name)
    assert (report.size, report.events, report.cosigned) == (10, 10, 7)
    assert report.root == b64encode(bytes(AuditCheckpoint.objects.get(size=10).root)).decode()
    assert [(each["name"], each["size"]) for each in report.witnesses] == [("town", 7)]
    assert report.rate_per_s > 0


@pytest.mark.parametrize("start", [0, 1, 4, 7, 8, 10])
def test_who_kept_a_checkpoint_reads_only_what_is_new(start: int, log: list[UUID], check: Check, town: Town) -> None:
    town.cosign()
    report = check(whole(start))
    assert (report.ok, report.size, report.events) == (True, 10, 10 - start)


@pytest.mark.parametrize("size", [4, 7, 10])
@pytest.mark.parametrize("start", [0, 4])
def test_the_log_grew_out_of_a_checkpoint_kept_elsewhere(
    start: int, size: int, log: list[UUID], check: Check, key: LogKey
) -> None:
    assert check(whole(start), head(size, key)).ok
    other = Checkpoint(key.name, size, b"\7" * 32)
    assert bad(check(whole(start), other)) == (size - 1, Fault.KEPT)


def test_a_log_shorter_than_the_checkpoint_kept_elsewhere_is_told(log: list[UUID], check: Check, key: LogKey) -> None:
    assert bad(check(whole(), Checkpoint(key.name, 11, b"\7" * 32))) == (10, Fault.KEPT)
    assert bad(check(whole(), Checkpoint("example.org/other", 7, head(7, key).root))) == (None, Fault.KEPT)
    assert bad(check(whole(7), head(4, key))) == (None, Fault.KEPT)


def edited(line: bytes, old: bytes, new: bytes) -> bytes:
    assert old in line
    return line.replace(old, new, 1)


def cut(at: int) -> Change:
    """Only so many lines."""
    return lambda lines: lines[:at]


def at(place: int, old: bytes, new: bytes) -> Change:
    """One line changed."""
    return lambda lines: [*lines[:place], edited(lines[place], old, new), *lines[place + 1 :]]


# Lines: header, events 0-6, checkpoint of 7, events 7-9, checkpoint of 10.
FILES: dict[str, tuple[Change, int | None, Fault]] = {
    "cut after the header": (cut(1), 0, Fault.CUT),
    "cut short": (cut(5), 4, Fault.CUT),
    "cut after a checkpoint": (cut(9), 7, Fault.CUT),
    "without its last checkpoint": (cut(-1), 10, Fault.CUT),
    "cut within a line": (lambda lines: [*lines[:5], lines[5][:40]], None, Fault.CUT),
    "swapped lines": (lambda lines: [*lines[:3], lines[4], lines[3], *lines[5:]], 2, Fault.GAP),
    "a line twice": (lambda lines: [*lines[:4], lines[3], *lines[4:]], 3, Fault.GAP),
    "a line gone": (lambda lines: [*lines[:3], *lines[4:]], 2, Fault.GAP),
    "an event more": (lambda lines: [*lines, edited(lines[1], b'"seq":0', b'"seq":10')], 10, Fault.GAP),
    "edited event": (at(3, b"accept", b"reject"), 2, Fault.HASH),
    "edited leaf": (at(3, b'"leaf":"', b'"leaf":"0'), 2, Fault.HASH),
    "edited number": (at(3, b'"seq":2', b'"seq":8'), 2, Fault.GAP),
    "another spelling": (at(3, b":", b": "), 2, Fault.LINE),
    "an escape of its own": (at(3, b"system", b"\\u0073ystem"), 2, Fault.LINE),
    "no JSON": (lambda lines: [*lines[:3], b"x\n", *lines[4:]], 2, Fault.LINE),
    "an empty line": (lambda lines: [*lines[:3], b"\n", *lines[3:]], 2, Fault.LINE),
    "a field more": (at(3, b"}", b',"x":1}'), 2, Fault.LINE),
    "edited root": (at(8, b"\\n7\\n", b"\\n6\\n"), 6, Fault.SIGNATURE),
    "swapped checkpoints": (lambda lines: [*lines[:8], lines[-1], *lines[9:-1], lines[8]], 6, Fault.CHECKPOINT),
    "another log's name": (at(0, b"example.org/log", b"example.org/gol"), None, Fault.LOG),
    "another size": (at(0, b'"size":10', b'"size":11'), 10, Fault.CUT),
    "other fields": (at(0, b'"door"', b'"roof"'), None, Fault.LINE),
    "another beginning": (at(0, b'"start":0', b'"start":1'), None, Fault.LINE),
    "no number": (at(0, b'"start":0', b'"start":"0"'), None, Fault.LINE),
    "a field of the header gone": (at(0, b'"before"', b'"behind"'), None, Fault.LINE),
}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("block", [1 << 17, 700])
def test_what_was_done_to_a_file_is_told_at_its_place(
    name: str, block: int, log: list[UUID], check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "BLOCK", block)
    change, seq, fault = FILES[name]
    lines = whole()
    assert check(lines).ok
    assert bad(check(change(lines))) == (seq, fault)


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("system", "sys\x7fem", Fault.BODY),
        ("system", "sys em", Fault.BODY),
        ("system", "", Fault.BODY),
        ("system", "s" * 129, Fault.BODY),
        ("system", "system\n", Fault.BODY),
        ("Z\n", "z\n", Fault.CLOCK),
        ("\n20", "\n19", Fault.CLOCK),
        ("\n0\n", "\n1\n", Fault.BODY),
        ("event/v1", "event/v2", Fault.BODY),
    ],
)
def test_events_that_are_none_are_told_though_a_log_signed_them(
    old: str, new: str, fault: Fault, log: list[UUID], check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever holds the log's key can sign any tree; what stands in it must still be events."""
    monkeypatch.setattr(reading, "BLOCK", 450)  # a block has an event alone, and so a chance to go the quick way
    lines = whole()
    said = json.loads(lines[3])
    assert old in said["body"]
    made = said["body"].replace(old, new, 1)
    lines[3] = reading.spelled({**said, "leaf": reading.leaf_hash(made.encode()).hex(), "body": made})
    assert bad(check(lines)) == (2, fault)


def test_the_quick_way_and_the_slow_one_agree(log: list[UUID], check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    """Random edits of sound lines: what the quick way takes, the slow one takes; nothing else."""
    chance, taken = random.Random(3), 0
    lines = whole()
    for seq in range(7):
        assert _read("_events", lines[1 + seq], seq) == _read("_line", lines[1 + seq], seq) is not None
    assert _read("_events", b"".join(lines[1:8]), 0) is not None
    for _ in range(2_000):
        line = bytearray(lines[1 + chance.randrange(7)])
        line[chance.randrange(len(line))] = chance.choice(b'\n\\" 09afZ:,{}-\xff~')
        seq = int(bytes(line)[7:8]) if bytes(line)[7:8].isdigit() else 0
        quick, slow = (_read(way, bytes(line), seq) for way in ("_events", "_line"))
        assert quick in (slow, None)
        taken += slow is not None
    assert taken > 5


def _read(way: str, line: bytes, seq: int) -> bytes | None:
    """The root after a line was read one way, None if it was not."""
    made = reading.Export.__new__(reading.Export)
    made.tree, made.size, made.kept, made.ended = reading.Tree(), 100, None, False
    made.tree.grow([b"\0" * 32] * seq)
    try:
        return made.tree.root() if getattr(made, way)(line) is not False and made.tree.size > seq else None
    except reading.Wrong:
        return None


def test_an_event_that_needs_escapes_verifies(town: Town, check: Check) -> None:
    record(action='a"b\\c', target="Referral/\\n", actor="Membership/1", agency="Agency/1")
    sequence()
    town.cosign()
    assert check(whole()).ok
    assert check(own()).ok
    assert main(["--policy", str(town.path), str(town.path.with_name("export.jsonl"))]) == 0


def test_every_fault_has_a_sentence_and_a_number_of_its_own() -> None:
    assert set(MEANS) == set(EXITS) == set(Fault)
    assert len({*EXITS.values()}) == len(Fault)
    assert not {0, 1, 2} & {*EXITS.values()}


@pytest.mark.parametrize("name", ["cut short", "swapped lines", "edited event", "edited root", "another log's name"])
def test_the_program_says_it_in_a_sentence_and_exits_with_its_number(
    name: str, log: list[UUID], town: Town, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change, _, fault = FILES[name]
    path = tmp_path / "file"
    path.write_bytes(b"".join(change(whole())))
    assert main(["--policy", str(town.path), str(path)]) == EXITS[fault]
    assert MEANS[fault] in capsys.readouterr().out


def test_the_program_says_what_it_found(
    log: list[UUID], town: Town, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"".join(whole()))
    assert main(["--policy", str(town.path), str(path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["ok"] is True
    assert main(["--policy", str(town.path), str(path)]) == 0
    out = capsys.readouterr().out
    assert out.startswith("OK: 10 events of example.org/log")
    assert "town vouches for the first 7 events" in out


@pytest.mark.parametrize(
    ("policy_text", "file", "said"),
    [
        ("quorum none\nlog x\n", None, "Line 2"),
        ("log x\n", None, "Line 1"),
        ("", None, "no line that begins with quorum"),
        (None, b'{"a":1}\n', "no export"),
        (None, b"not json\n", None),
    ],
)
def test_what_cannot_be_read_is_not_verified(
    policy_text: str | None,
    file: bytes | None,
    said: str | None,
    log: list[UUID],
    town: Town,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "file"
    path.write_bytes(file if file is not None else b"".join(whole()))
    if policy_text is not None:
        town.path.write_text(policy_text)
    code = main(["--policy", str(town.path), str(path)])
    assert code == (2 if said else EXITS[Fault.LINE])
    assert (said or "") in capsys.readouterr().err
    assert main(["--policy", str(tmp_path / "none"), str(path)]) == 2
    assert main(["--policy", str(town.path), "--kept", str(path), str(path)]) == 2


def test_the_wrong_key_is_told(log: list[UUID], tmp_path: Path, key: LogKey) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"".join(whole()))
    other = policy(f"log {LogKey(b'z' * 32).verifier.text()}\nquorum none\n")
    assert bad(verify(path, other)) == (6, Fault.SIGNATURE)


def test_a_cosignature_of_another_tree_spoils_the_file_and_one_of_a_stranger_counts_for_nothing(
    log: list[UUID], check: Check, town: Town
) -> None:
    row = AuditCheckpoint.objects.get(size=10)
    last = {"checkpoint": row.note + town.key.line(AuditCheckpoint.objects.get(size=4).note)}
    assert bad(check([*whole()[:-1], reading.spelled(last)])) == (9, Fault.COSIGNATURE)
    stranger = WitnessKey("town.example.org/witness", b"s" * 32)
    last = {"checkpoint": row.note + stranger.line(row.note)}
    assert check([*whole()[:-1], reading.spelled(last)]).cosigned == 7


def test_too_few_witnesses_are_told(grow: Write, check: Check) -> None:
    grow(3)
    assert bad(check(whole())) == (None, Fault.QUORUM)


def test_an_agencys_own_part_has_its_events_alone_each_with_its_proof(
    log: list[UUID], check: Check, town: Town
) -> None:
    record(action="referral.open", target="Referral/9", actor="Membership/9", agency="Agency/2")
    sequence()
    town.cosign()
    lines = own()
    assert len(lines) == 1 + 10
    assert not [line for line in lines if b"Agency/2" in line]
    report = check(lines)
    assert (report.ok, report.kind, report.events, report.size, report.cosigned) == (True, "slice", 10, 11, 11)
    assert check(own("Agency/2")).events == 1
    assert check(own("Agency/3")).events == 0


def test_a_period_begins_and_ends_where_it_says(log: list[UUID]) -> None:
    at = AuditEvent.objects.get(pk=log[5]).at
    before = b"".join(exporting.own(Period("Agency/1", EPOCH, at))).count(b'"seq"')
    after = b"".join(exporting.own(Period("Agency/1", at, FOREVER))).count(b'"seq"')
    assert before + after == 10
    assert before <= 5


SLICES: dict[str, tuple[Change, int | None, Fault]] = {
    "a line gone": (lambda lines: [*lines[:3], *lines[4:]], None, Fault.CUT),
    "cut short": (cut(5), None, Fault.CUT),
    "swapped lines": (lambda lines: [*lines[:3], lines[4], lines[3], *lines[5:]], 2, Fault.GAP),
    "a line twice": (lambda lines: [*lines, lines[-1]], 9, Fault.GAP),
    "edited event": (at(3, b"accept", b"reject"), 2, Fault.PROOF),
    "edited place": (at(3, b'"seq":2', b'"seq":3'), 3, Fault.PROOF),
    "a proof cut": (lambda lines: [*lines[:3], lines[3][: lines[3].rindex(b',"')] + b"]}\n"], 2, Fault.PROOF),
    "no event": (at(3, b"event/v1", b"event/v2"), 2, Fault.BODY),
    "another checkpoint": (at(0, b"\\n10\\n", b"\\n11\\n"), 0, Fault.SIGNATURE),
}


@pytest.mark.parametrize("name", SLICES)
def test_what_was_done_to_a_slice_is_told(name: str, log: list[UUID], check: Check, town: Town) -> None:
    change, seq, fault = SLICES[name]
    town.cosign()
    lines = own()
    assert check(lines).ok
    assert bad(check(change(lines))) == (seq, fault)


def test_a_slice_shows_nothing_of_how_the_log_grew(log: list[UUID], check: Check, key: LogKey) -> None:
    with pytest.raises(Unusable, match="whole export"):
        check(own(), head(7, key))


def test_the_proof_of_one_event_holds_under_the_checkpoint_that_is_vouched_for(
    log: list[UUID], town: Town, check: Check
) -> None:
    report = check([entry_proofs.entry_proof(log[3]).encode()])
    assert (report.ok, report.kind, report.events, report.size, report.cosigned) == (True, "proof", 1, 7, 7)
    assert report.event is not None
    assert (report.event["id"], report.event["action"]) == (str(log[3]), "referral.accept")
    # One that no witness has seen yet is proven under the log's own signature, and too few have cosigned that.
    assert bad(check([entry_proofs.entry_proof(log[9]).encode()])) == (None, Fault.QUORUM)


def test_an_event_without_a_place_has_no_proof_yet(write: Write, town: Town) -> None:
    (waiting,) = write(1)
    for id_ in (waiting, UUID(int=0)):
        with pytest.raises(entry_proofs.NotYet):
            entry_proofs.entry_proof(id_)


@pytest.mark.parametrize(
    ("spoil", "fault"),
    [
        (lambda text: text.replace("index 3", "index 4"), Fault.PROOF),
        (lambda text: text.replace("index 3", "index 03"), Fault.LINE),
        (lambda text: text.replace("index 3\n", "index 3\n" + b64encode(b"\0" * 32).decode() + "\n"), Fault.PROOF),
        (lambda text: text.replace("extra Y", "extra Z"), Fault.BODY),
        (lambda text: text.replace("\n\nexample", "\nexample"), Fault.PROOF),
        (lambda text: text[:100], Fault.CUT),
        (lambda text: text.replace("\n7\n", "\n8\n"), Fault.SIGNATURE),
        (lambda text: text.replace("example.org/log\n", "example.org/gol\n"), Fault.LOG),
    ],
)
def test_what_was_done_to_a_proof_is_told(
    spoil: Callable[[str], str], fault: Fault, log: list[UUID], check: Check
) -> None:
    text = entry_proofs.entry_proof(log[3])
    assert spoil(text) != text
    report = check([spoil(text).encode()])
    assert not report.ok
    assert report.first_bad is not None
    if fault is not Fault.PROOF or "\n\nexample" in spoil(text):
        assert report.first_bad["class"] == fault


def test_the_policy_we_give_away_is_the_one_a_verifier_needs(town: Town, log: list[UUID], tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"".join(whole()))
    assert verify(path, policy(witnesses.as_policy())).ok


def test_nothing_is_taken_out_of_a_log_that_is_not_whole(log: list[UUID]) -> None:
    from tests.audit.tampering import sql, unguard

    unguard()
    sql("DELETE FROM audit_event WHERE id = %s", log[3])
    with pytest.raises(exporting.Broken):
        whole()


def test_nothing_is_taken_out_of_an_empty_log(town: Town) -> None:
    for taken in (whole, own):
        with pytest.raises(exporting.Empty):
            taken()


def flips(data: bytes, count: int, chance: random.Random) -> Iterator[bytes]:
    """The bytes with one bit of one of them flipped, each place about as often."""
    places = [*range(len(data))] * (count // len(data) + 1)
    chance.shuffle(places)
    for place in places[:count]:
        made = bytearray(data)
        made[place] ^= 1 << chance.randrange(8)
        yield bytes(made)


@pytest.mark.parametrize(("kind", "count"), [("export", 1_000), ("new", 200), ("slice", 200), ("proof", 200)])
def test_no_flipped_bit_of_what_was_taken_out_goes_unseen(
    kind: str, count: int, log: list[UUID], check: Check, town: Town, key: LogKey
) -> None:
    """Over every byte there is: all of a file is covered by the proof, none of it is left out."""
    town.cosign()
    lines = {
        "export": whole,
        "new": lambda: whole(4),
        "slice": own,
        "proof": lambda: [entry_proofs.entry_proof(log[3]).encode()],
    }[kind]()
    kept = head(4, key) if kind in ("export", "new") else None
    sound = check(lines, kept)
    assert sound.ok
    unseen = [
        flipped for flipped in flips(b"".join(lines), count, random.Random(kind)) if seen_as(check, flipped, kept)
    ]
    assert unseen == []


def seen_as(check: Check, flipped: bytes, kept: Checkpoint | None) -> bool:
    """Whether a flipped file passes for sound."""
    try:
        return check([flipped], kept).ok
    except Unusable:
        return False


def test_the_documentation_has_each_number_and_sentence() -> None:
    page = (Path(__file__).parents[2] / "docs" / "audit.md").read_text("utf-8")
    rows = {
        name: (number, means) for name, number, means in re.findall(r"^\| `(\w+)` \| (\d*) \| (.*) \|$", page, re.M)
    }
    assert {name: means for name, (_, means) in rows.items()} == {fault.value: said for fault, said in MEANS.items()}
    assert {name: int(number) for name, (number, _) in rows.items() if number}.items() <= EXITS.items()
