"""The work queue's settings: ids only as JSON, no result kept, a task lost with its worker comes back."""

import stat
from pathlib import Path
from typing import Any

import pytest
from celery import Celery

from bhu import celery, doorbell


def test_the_embedded_broker_shows_a_message_only_when_it_is_whole(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.VAR_DIR = tmp_path
    queue, seen = tmp_path / "broker" / "queue", []
    dumps = doorbell.dumps

    def looked_at_meanwhile(payload: object) -> str:
        seen.append([path.name for path in queue.glob("*.bells.msg")])
        return str(dumps(payload))

    monkeypatch.setattr(doorbell, "dumps", looked_at_meanwhile)
    with Celery("ringer", broker="filesystem://", set_as_current=False) as ringer:
        ringer.conf.update(celery.transport("filesystem://"))
        with ringer.connection_for_write() as connection, connection.SimpleQueue("bells") as bells:
            bells.put({"ring": 1})
            assert seen == [[]]
            assert bells.get_nowait().payload == {"ring": 1}


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("task_serializer", "json"),
        ("accept_content", ["json"]),
        ("task_ignore_result", True),
        ("result_backend", None),
        ("task_acks_late", True),
        ("task_reject_on_worker_lost", True),
        ("worker_prefetch_multiplier", 1),
        ("task_always_eager", False),
    ],
)
def test_messages_are_a_doorbell(setting: str, value: object) -> None:
    assert celery.app.conf[setting] == value


def test_rabbitmq_gets_quorum_queues_and_confirmed_messages() -> None:
    assert celery.transport("amqp://mq.example.org//") == {
        "broker_transport_options": {"confirm_publish": True},
        "task_default_queue_type": "quorum",
        "task_create_missing_queue_type": "quorum",
    }


def test_every_job_on_the_clock_exists_and_one_ring_does_not_pile_on_another() -> None:
    celery.app.loader.import_default_modules()
    for job in celery.app.conf.beat_schedule.values():
        assert job["task"] in celery.app.tasks
        assert job["options"]["expires"] <= job["schedule"]


def test_the_embedded_broker_lives_in_private_folders_of_the_installation(settings: Any, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path
    options = celery.transport("filesystem://")["broker_transport_options"]
    assert options["data_folder_in"] == options["data_folder_out"] == str(tmp_path / "broker" / "queue")
    for folder in (options["data_folder_in"], options["control_folder"]):
        assert stat.S_IMODE(Path(folder).stat().st_mode) == 0o700
