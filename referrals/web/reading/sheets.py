"""What a resource comes to before it is a page or a text. Pure data; every word is translated already."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One label with what stands at it; ``depth`` is how far it is set in."""

    label: str
    text: str = ""
    depth: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a screen comes to: ``level`` in words, ``total`` "" where there is none, what follows, what is open."""

    level: str
    total: str
    complete: bool
    grave: bool
    findings: tuple[str, ...]
    advice: tuple[str, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One resource: its ``lines``, and the ``rest`` that no table of ours has a label for.

    ``asks``: the labels are questions, longer than what was answered.
    """

    title: str
    lines: tuple[Line, ...]
    rest: tuple[Line, ...] = ()
    result: Result | None = None
    asks: bool = False
