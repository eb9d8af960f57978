"""A draft as its author sees it, and as a list shows it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

Content = Mapping[str, Sequence[str]]
"""What stands in the boxes of one page, by their names: as it was typed, right or wrong."""

Parts = Mapping[str, Content]
"""What is kept of a draft of several pages, by the name of the page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One draft in a list: nothing that was typed."""

    id: UUID
    began_at: datetime
    saved_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One draft, opened."""

    id: UUID
    version: int
    saved_at: datetime
    expires_at: datetime
    parts: Parts
