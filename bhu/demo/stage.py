"""What the scenes share: the referral being told of, what has been shown so far, and what to compare it with."""

from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

from agencies.actor import Actor
from referrals import listing, shelltext
from referrals.listing import InboxRow
from referrals.opening import OpenReferral, open_referral
from referrals.services.showing import ShownTask

from . import vignettes
from .cast import OFFICER

BUNDLE = "vignette-03"
NOBODY = UUID(int=0)


@dataclass(slots=True)
class Stage:
    """The story while it is played. ``say`` writes a line; ``problems`` collects what is not as it must be."""

    say: Callable[[str], None]
    problems: list[str]
    referral_id: UUID = NOBODY
    reference: str = ""
    canaries: set[str] = field(default_factory=set)
    remembered: bytes = b""

    def bundle(self) -> bytes:
        """The referral to send; its words are looked for ever after."""
        data = vignettes.bundle(BUNDLE)
        self.canaries.update(vignettes.canaries(data))
        return data

    def secret(self, text: str) -> str:
        """``text``, to be looked for ever after like the words of the bundle."""
        self.canaries.add(text.lower())
        return text

    def must(self, holds: bool, otherwise: str) -> None:
        """Note ``otherwise`` as a problem unless it holds."""
        if not holds:
            self.problems.append(otherwise)

    def row(self, actor: Actor) -> InboxRow:
        """The line of this referral in the actor's list: it is among the newest."""
        return next(row for row in listing.inbox(actor) if row.referral_id == self.referral_id)

    def task(self, actor: Actor) -> ShownTask:
        """The task of this referral that stands in the actor's list."""
        task = self.row(actor).task
        if task is None:
            raise LookupError("the list shows this referral without a task")
        return task

    def open(self, actor: Actor) -> OpenReferral:
        """The referral with everything this actor may open."""
        return open_referral(actor, self.referral_id)

    def names_the_client(self, shown: OpenReferral) -> bool:
        """Whether anything of the client can be read in what was shown."""
        text = shelltext.as_json(shown).lower()
        return any(word in text for word in self.canaries)

    def officer_sees(self) -> str:
        """The officer's line about this referral, as his list has it now."""
        task = self.task(OFFICER.actor())
        return f"{task.label} – call {task.owner_phone}" if task.status == "requested" else task.label

    def officer_view(self) -> bytes:
        """Every byte the officer can be shown of this referral: list, history and all parts he may open."""
        actor = OFFICER.actor()
        shown = (self.row(actor), listing.history(actor, self.referral_id), self.open(actor))
        return "\n".join(shelltext.as_json(part) for part in shown).encode()
