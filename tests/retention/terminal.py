"""``manage.py retention`` in this process: its exit code and what it prints."""

from dataclasses import dataclass

import pytest
from django.core.management import execute_from_command_line

from tests.integrity.shell import Said


@dataclass(frozen=True)
class Terminal:
    """Runs the command; what it prints is taken by pytest."""

    capture: pytest.CaptureFixture[str]

    def __call__(self, *words: str) -> Said:
        """``manage.py retention WORDS``. No traceback ever reaches the user."""
        self.capture.readouterr()
        code = 0
        try:
            execute_from_command_line(["manage.py", "retention", *words])
        except SystemExit as ended:
            code = int(ended.code or 0)
        printed = self.capture.readouterr()
        assert "Traceback" not in printed.err
        return Said(code, printed.out, printed.err)
