"""A refusal proves something only if the same question was answered before the damage."""

from contextlib import nullcontext

import pytest

from bhu.demo import tampering
from bhu.demo.stage import Stage


@pytest.mark.parametrize(
    ("answers", "code"),
    [(["", "SEAL_BROKEN"], "SEAL_BROKEN"), (["", ""], ""), (["ROLE", "SEAL_BROKEN"], "ROLE before the damage")],
)
def test_only_what_was_answered_before_the_damage_counts_as_found_out(
    answers: list[str], code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tampering, "standing_in", nullcontext)
    left, done = iter(answers), list[str]()
    found = tampering.found_out(
        Stage(say=done.append, problems=[]), damage=lambda _stage: done.append("damage"), ask=lambda _stage: next(left)
    )
    assert (found, done) == (code, ["damage"])
