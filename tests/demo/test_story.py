"""The story says when something is not as it must be; here it is played with scenes that go wrong."""

import re
from collections.abc import Callable
from io import StringIO

import pytest
from django.core.management import call_command

from bhu.demo import network, plaintext, story
from bhu.demo.attempts import Attempt
from bhu.demo.cast import INTRUDER, SUPERUSER
from bhu.demo.progress import Progress, silent
from bhu.demo.scenes import Scene

CONTROL_MISSING = "the search found not even what stands in the database in the clear"

Play = Callable[..., story.Story]


@pytest.fixture
def play(db: None, monkeypatch: pytest.MonkeyPatch) -> Play:
    """Plays these scenes and attempts in a database without people; each line goes to ``said``."""
    monkeypatch.setattr(network, "ready", lambda _progress: None)
    monkeypatch.setattr(story, "sequence_all", lambda: None)  # it commits

    def played(*scenes: Scene, attempts: tuple[Attempt, ...] = (), said: list[str] | None = None) -> story.Story:
        monkeypatch.setattr(story, "SCENES", scenes)
        monkeypatch.setattr(story, "ATTEMPTS", attempts)
        lines = [] if said is None else said
        return story.run(lines.append, Progress(silent))

    return played


def test_the_last_line_gives_events_root_and_verdict(play: Play) -> None:
    said: list[str] = []
    told = play(said=said)
    assert told.audit is not None
    assert re.fullmatch(r"\n\d+ events in the log, tree root [A-Za-z0-9+/]{43}=, verified\.", said[-1])
    assert told.audit.root in said[-1]


def test_a_search_that_sees_nothing_spoils_the_story(play: Play) -> None:
    told = play()
    assert (told.ok, told.problems) == (False, [CONTROL_MISSING])


def test_a_scene_that_is_refused_ends_the_story_badly(play: Play) -> None:
    scene = Scene(part=INTRUDER, title="comes in", step="look", expects="requested", play=lambda _stage, _actor: "")
    told = play(scene, attempts=(Attempt(who="x", tried="y", code="z", make=lambda _stage: "z"),))
    assert "look was refused: NOT_UNIT_MEMBER" in told.problems[0]
    assert (told.steps, told.refusals) == ([], [])


@pytest.mark.parametrize("code", ["", "GONE"])
def test_an_attempt_that_is_not_refused_as_expected_spoils_the_story(
    play: Play, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plaintext, "search", lambda *_a, **_k: plaintext.Found(controls=1))
    attempt = Attempt(who=SUPERUSER.who, tried="opens it", code="NOT_FOUND", make=lambda _stage: code)
    told = play(attempts=(attempt,))
    assert told.problems == [f"Network admin, superuser, opens it: NOT_FOUND expected, got {code!r}"]


def test_words_that_lie_open_are_counted_and_named(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    found = plaintext.Found(hits=[("castlemoor", "bhu.sqlite3")], controls=1)
    monkeypatch.setattr(plaintext, "search", lambda *_a, **_k: found)
    told = play()
    assert (told.plaintext_hits, told.problems) == (1, ["'castlemoor' lies open in bhu.sqlite3"])


def test_the_command_exits_1_when_the_story_ended_badly(play: Play) -> None:
    play()
    written = StringIO()
    with pytest.raises(SystemExit) as end:
        call_command("demo", stdout=written)
    assert end.value.code == 1
    assert "NOT AS IT MUST BE" in written.getvalue()
