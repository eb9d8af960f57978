"""Why an act on a referral is refused.

Refused
 ├── Invalid          what was sent is not what it must be (422); carries issues
 ├── NotFound         not there, or not yours: one answer (404)
 ├── Denied           a gate said no; ``code`` is a deny code of the policy (403)
 ├── IllegalStep      the workflow has no such edge from here (422)
 ├── ReasonRequired   the step needs a coded reason (422)
 ├── TooEarly         the step must wait (422)
 ├── PreviewChanged   what would be done is not what was shown before (409)
 ├── Stale            the task moved on since it was read (412)
 ├── Gone             somebody else took the offer (409)
 ├── KeyReused        the same key came with other content (409)
 ├── Unavailable      the database is full, away or too slow; the same may be tried again (503)
 └── Broken           what is stored is not what was signed and sealed; an alarm, not a mistake of the person (500)
"""

from collections.abc import Sequence
from uuid import UUID

from fhir.content.issues import Issue


class Refused(Exception):
    """Nothing was done. ``code`` is stable and machine-readable; the text is for the person."""

    code = "REFUSED"

    def __init__(self, text: str, *, code: str | None = None) -> None:
        super().__init__(text)
        self.code = code or type(self).code


class Invalid(Refused):
    """What was sent is not what it must be."""

    code = "INVALID"

    def __init__(self, issues: Sequence[Issue], *, code: str | None = None) -> None:
        super().__init__("; ".join(map(str, issues)), code=code)
        self.issues = tuple(issues)


class NotFound(Refused):
    """Not there or not yours: the same answer, so that nobody can ask who is known (R-P2-02)."""

    code = "NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("There is no such referral for you.")


class Denied(Refused):
    """A gate said no. ``covered`` is the agency that was picked, where it is who covers it that gets nothing."""

    code = "ROLE"

    def __init__(self, text: str, *, code: str | None = None, covered: UUID | None = None) -> None:
        super().__init__(text, code=code)
        self.covered = covered


class IllegalStep(Refused):
    """The workflow has no such edge for this side from this state."""

    code = "ILLEGAL_STEP"

    def __init__(self, *, name: str, state: str, allowed: tuple[str, ...], what: str = "the task") -> None:
        choice = ", ".join(allowed) or "nothing"
        super().__init__(f"'{name}' is not possible while {what} is {state}. Allowed: {choice}.")
        self.allowed = allowed


class ReasonRequired(Refused):
    """The step needs a coded reason."""

    code = "REASON_REQUIRED"


class TooEarly(Refused):
    """The other side still has time to answer."""

    code = "TOO_EARLY"


class PreviewChanged(Refused):
    """Who would see what is not what was shown before; nothing was sent."""

    code = "PREVIEW_CHANGED"

    def __init__(self) -> None:
        super().__init__("Who would see what has changed since it was shown. Look at it again before you send.")


class Stale(Refused):
    """The task moved on since it was read."""

    code = "STALE"


class Gone(Refused):
    """Another agency took the offer first, or it was withdrawn."""

    code = "GONE"


class KeyReused(Refused):
    """The key was used before for something else."""

    code = "KEY_REUSED"


class Unavailable(Refused):
    """The database did not take it. ``problem`` is what it said; its first line holds no row's values."""

    code = "UNAVAILABLE"

    def __init__(self, problem: Exception) -> None:
        said = str(problem).partition("\n")[0].rstrip(".")
        super().__init__(f"The database did not do it: {said}. Nothing was written; try the same again later.")


class Broken(Refused):
    """What is stored is not what was signed and sealed. The privacy officer must look."""

    code = "SEAL_BROKEN"

    def __init__(self) -> None:
        super().__init__("This referral cannot be opened: what is stored is not what was signed. It has been reported.")
