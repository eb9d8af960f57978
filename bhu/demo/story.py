"""The main job from end to end: scene after scene, then everything that must fail, then the log."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

from agencies.errors import AgencyError
from audit import door, signer
from audit.sequencer import sequence
from audit.verify import verify
from bhu import logs
from referrals.errors import Refused
from referrals.models import Section

from . import network, plaintext
from .attempts import ATTEMPTS, Attempt
from .cast import OFFICER
from .progress import Progress
from .scenes import SCENES, Scene
from .stage import Stage

Report = Callable[[str], None]
WIDTH = 26


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A step somebody took, and the state in which it left the task before them."""

    actor: str
    agency: str
    step: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """What somebody tried, and the code with which it was refused; "" if it was not."""

    who: str
    tried: str
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """The log after the story, verified from its stored bytes. ``root`` is the tree's, in base64."""

    events: int
    size: int
    root: str
    verified: bool


@dataclass(slots=True)
class Story:
    """What came of it. ``problems`` names everything that was not as it must be."""

    steps: list[Taken] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    sections: int = 0
    plaintext_hits: int = 0
    audit: Log | None = None
    problems: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether every step happened, every attempt was refused as expected, and nothing lay open."""
        return not self.problems

    def as_json(self) -> dict[str, Any]:
        """The whole of it, ``ok`` first."""
        return {"ok": self.ok, **asdict(self)}


def run(report: Report, progress: Progress) -> Story:
    """Play the main job on the demo network, telling it to ``report`` line by line.

    Loads the network into an empty database, for which ``progress`` is told how far that is. Raises ``NotADemo``
    for a database that holds anything else.
    """
    network.ready(progress)
    story = Story()
    stage = Stage(say=report, problems=story.problems)
    with door.opened(door="cli"), listening() as lines:
        _play(stage, story)
        story.sections = Section.objects.filter(folder_id=stage.referral_id).count()
        sequence_all()
        _attempt(stage, story)
        _search(stage, story, lines)
        _close(stage, story)
    return story


def _play(stage: Stage, story: Story) -> None:
    stage.say("Merrow County is invented, and so is everybody in it. The main job:")
    for number, scene in enumerate(SCENES, 1):
        stage.say(f"\n{number:2}  {scene.part.who:{WIDTH}}  {scene.title}")
        try:
            state = scene.play(stage, scene.part.actor())
        except (Refused, AgencyError) as refusal:
            story.problems.append(f"{scene.part.who}: {scene.step} was refused: {refusal.code}: {refusal}")
            return
        story.steps.append(_taken(scene, state))
        stage.must(state == scene.expects, f"after {scene.step} the task is {scene.expects}, not {state}")
        if scene.part is not OFFICER:
            stage.say(f"    the officer sees: {stage.officer_sees()}")


def _taken(scene: Scene, state: str) -> Taken:
    return Taken(actor=scene.part.email, agency=scene.part.agency, step=scene.step, state=state)


def _attempt(stage: Stage, story: Story) -> None:
    if story.problems:
        return
    stage.say("\nWhat must fail. Tampering happens in a copy of the database, thrown away after.\n")
    for attempt in ATTEMPTS:
        refusal = Refusal(who=attempt.who, tried=attempt.tried, code=attempt.make(stage))
        story.refusals.append(refusal)
        _tell_refusal(stage, attempt, refusal)


def _tell_refusal(stage: Stage, attempt: Attempt, refusal: Refusal) -> None:
    said = f"refused: {refusal.code}" if refusal.code else "NOT REFUSED"
    stage.say(f"    {attempt.who:{WIDTH}}  {attempt.tried}\n    {'':{WIDTH}}  {said}")
    stage.must(
        refusal.code == attempt.code, f"{attempt.who}, {attempt.tried}: {attempt.code} expected, got {refusal.code!r}"
    )


def _search(stage: Stage, story: Story, lines: list[str]) -> None:
    found = plaintext.search(stage.canaries, control=OFFICER.agency, lines=lines)
    story.plaintext_hits = len(found.hits)
    stage.say(
        f"\nLooked for {len(stage.canaries)} names, numbers and sentences of this client in both databases as they are"
        f" stored,\nthe log lines and every file of the installation ({found.places} places, {found.read:,} bytes):"
        f" found {len(found.hits)}."
    )
    stage.must(found.controls > 0, "the search found not even what stands in the database in the clear")
    for word, place in found.hits:
        stage.must(False, f"{word!r} lies open in {place}")  # noqa: FBT003  the finding itself is the failure


def _close(stage: Stage, story: Story) -> None:
    sequence_all()
    key = signer.load()
    found = verify(name=key.name, public=key.public)
    story.audit = Log(events=found.events, size=found.size, root=found.root, verified=found.ok)
    stage.must(found.ok, f"the log does not verify: {found.first_bad}")
    for problem in story.problems:
        stage.say(f"NOT AS IT MUST BE: {problem}")
    verdict = "verified" if found.ok else "NOT VERIFIED"
    stage.say(f"\n{found.events} events in the log, tree root {found.root}, {verdict}.")


def sequence_all() -> None:
    """Give every event its place in the log; a sequencer that runs beside us may be quicker."""
    while sequence():
        pass


@contextmanager
def listening() -> Iterator[list[str]]:
    """Collect every log line this process writes meanwhile, as it is written."""
    lines: list[str] = []
    handler = logging.Handler()
    handler.setFormatter(logs.formatter())
    handler.emit = lambda record: lines.append(handler.format(record))  # type: ignore[method-assign]  # one list, no class
    logging.getLogger().addHandler(handler)
    try:
        yield lines
    finally:
        logging.getLogger().removeHandler(handler)
