"""The embedded broker's folder, written so that no reader finds half a message.

kombu's own writes a message under the name it is found by: on a machine with much to do a worker read one that was
still empty, and died of it. Nothing is lost then, since rows hold the work, but everything waits for the next worker.
"""

from pathlib import Path
from time import monotonic_ns
from typing import Any
from uuid import uuid4

from kombu.exceptions import ChannelError
from kombu.transport import filesystem
from kombu.utils.json import dumps


class Channel(filesystem.Channel):
    """A channel whose messages appear in the folder whole."""

    # kombu's own two classes call the second one differently.
    def _put(self, queue: str, payload: Any, **_kwargs: Any) -> None:  # type: ignore[override]
        """Write the message under a name that no queue has, then give it its own. Raises kombu's ``ChannelError``."""
        name = f"{monotonic_ns() // 10**6}_{uuid4()}"
        folder = Path(self.data_folder_out)
        draft = folder / f"{name}.draft"
        try:
            draft.write_bytes(dumps(payload).encode())  # type: ignore[no-untyped-call]
            draft.replace(folder / f"{name}.{queue}.msg")
        except OSError as exc:
            raise ChannelError(f"Cannot add a message to {folder}") from exc


class Transport(filesystem.Transport):
    """kombu's folders with the channel above. Named in ``bhu.celery``."""

    Channel = Channel
