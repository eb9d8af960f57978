"""Witnesses as other towns run them: real processes of the one file, in a folder of their own, without our code."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from audit.standalone.single import file_of
from tests.audit.signing import LogKey

NOTHING = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"}


@dataclass
class Neighbour:
    """One town's folder: the program, its key, what it has seen."""

    folder: Path
    name: str
    port: int = 0
    log: str = LogKey().verifier.text()

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "witness.py").write_text(file_of("witness"), "utf-8")
        done = self.run("--name", f"{self.name}.example.org/witness", "--log", self.log)
        assert done.returncode == 0, done.stderr
        found = re.search(r"policy: (\S+)", done.stdout)
        assert found
        self.key = found[1]

    @property
    def command(self) -> list[str]:
        """Isolated: neither our folder nor the environment is on its path."""
        return [sys.executable, "-I", str(self.folder / "witness.py"), "--folder", str(self.folder / "kept")]

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*self.command, *arguments],
            env=NOTHING,
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    @contextmanager
    def serving(self) -> Iterator[subprocess.Popen[str]]:
        """The service, at a port of its own that it keeps over restarts."""
        process = self.start()
        try:
            yield process
        finally:
            process.kill()
            process.communicate()

    def start(self) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [*self.command, "--listen", f"127.0.0.1:{self.port}"],
            env=NOTHING,
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        line = process.stdout.readline()
        assert "listens on" in line, process.communicate()[1]
        self.port = int(line.rsplit(":", 1)[1])
        return process

    def kill(self, process: subprocess.Popen[str]) -> None:
        process.send_signal(signal.SIGKILL)
        process.communicate()

    @property
    def line(self) -> str:
        """Its line in a policy."""
        return f"witness {self.name} {self.key} http://127.0.0.1:{self.port}\n"

    def evidence(self) -> list[str]:
        return [path.read_text("utf-8") for path in sorted((self.folder / "kept" / "evidence").glob("*.txt"))]
