"""``manage.py referral`` as a person types it, in this process: its exit code and what it prints."""

from dataclasses import dataclass

import pytest
from django.core.management import execute_from_command_line


@dataclass(frozen=True)
class Said:
    """What a command answered."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Shell:
    """Runs commands; what they print is taken by pytest."""

    capture: pytest.CaptureFixture[str]

    def __call__(self, *words: str) -> Said:
        """``manage.py referral WORDS``. No traceback ever reaches the user."""
        self.capture.readouterr()
        code = 0
        try:
            execute_from_command_line(["manage.py", "referral", *words])
        except SystemExit as ended:
            code = int(ended.code or 0)
        printed = self.capture.readouterr()
        assert "Traceback" not in printed.err
        return Said(code, printed.out, printed.err)
