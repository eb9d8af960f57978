"""Documentation is held to the code: every setting stands in docs/operations.md."""

import re

from bhu import settings
from tests.databases import ROOT

OPERATIONS = (ROOT / "docs" / "operations.md").read_text("utf-8")


def test_every_setting_stands_in_the_table_of_operations() -> None:
    documented = set(re.findall(r"^\| `([A-Z_]+)`", OPERATIONS, re.MULTILINE))
    assert documented == set(settings.env.names)


def test_every_target_of_make_is_explained() -> None:
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    contributing = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    assert [target for target in targets if f"`make {target}`" not in contributing + OPERATIONS] == []
