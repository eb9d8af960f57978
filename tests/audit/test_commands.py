import io
import json

import pytest
from django.core.management import call_command

from audit.management.commands import audit_sequence, audit_verify
from audit.models import AuditCheckpoint, AuditDetail, PendingEvent
from tests.audit.conftest import Write
from tests.audit.tampering import insert_event

pytestmark = pytest.mark.django_db
KEYS = {"ok", "size", "root", "events", "unsequenced", "witnesses", "first_bad", "rate_per_s"}


def verified(**options: bool) -> str:
    out = io.StringIO()
    call_command("audit_verify", stdout=out, **options)
    return out.getvalue()


def test_once_sequences_all_that_is_pending_and_stops(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_sequence, "sequence", lambda: real(batch=2))
    from audit.sequencer import sequence as real

    write(5)
    call_command("audit_sequence", once=True)
    assert not PendingEvent.objects.exists()
    assert AuditCheckpoint.objects.count() == 3


def test_the_sequencer_rests_only_when_nothing_is_pending(monkeypatch: pytest.MonkeyPatch) -> None:
    class Stopped(Exception):
        pass

    def rest(seconds: float) -> None:
        rests.append((seconds, list(done)))
        raise Stopped

    rests: list[tuple[float, list[int]]] = []
    done = [3, 2, 0]
    monkeypatch.setattr(audit_sequence, "sequence", lambda: done.pop(0))
    monkeypatch.setattr(audit_sequence.time, "sleep", rest)
    with pytest.raises(Stopped):
        call_command("audit_sequence", interval=0.25)
    assert rests == [(0.25, [])]


def test_the_report_of_a_sound_log_is_one_json_object(grow: Write) -> None:
    grow(3)
    report = json.loads(verified(json=True))
    assert set(report) == KEYS
    assert (report["ok"], report["size"], report["first_bad"], report["witnesses"]) == (True, 3, None, [])


def test_a_bad_log_exits_1_and_names_place_and_class(grow: Write) -> None:
    (id_,) = grow(1)
    AuditDetail(event_id=id_, sealed=b"forged").save()
    out = io.StringIO()
    with pytest.raises(SystemExit) as left:
        call_command("audit_verify", json=True, stdout=out)
    assert left.value.code == 1
    assert json.loads(out.getvalue())["first_bad"] == {"seq": None, "class": "detail"}


def test_a_person_gets_a_sentence(grow: Write, write: Write) -> None:
    grow(3)
    write(1)
    assert verified().startswith("OK: 3 events, root ")
    assert "1 not yet sequenced" in verified()


def test_a_person_is_told_where_it_is_wrong(grow: Write) -> None:
    grow(2)
    PendingEvent(event_id=insert_event(actor="Membership/8")).save()
    call_command("audit_sequence", once=True)
    out = io.StringIO()
    with pytest.raises(SystemExit):
        call_command("audit_verify", stdout=out)
    assert out.getvalue().startswith("NOT OK: projection at position 2.")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "seconds", "told"), [(Terminal, 2, True), (Terminal, 0, False), (io.StringIO, 2, False)]
)
def test_progress_goes_to_a_terminal_after_a_second(
    grow: Write, monkeypatch: pytest.MonkeyPatch, stream: type[io.StringIO], seconds: int, told: bool
) -> None:
    grow(2)
    clock = iter(range(0, 100 * seconds + 1, seconds)) if seconds else iter([0] * 100)
    monkeypatch.setattr(audit_verify.time, "monotonic", lambda: next(clock))
    shown = stream()
    call_command("audit_verify", stdout=io.StringIO(), stderr=shown)
    assert ("2 of 2 events" in shown.getvalue()) == told
