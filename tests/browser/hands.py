"""Somebody's hands: what they do on a page is counted, and how long it would have taken them."""

import time
from dataclasses import dataclass, field

from playwright.sync_api import Locator, Page

LOOK = 1.2
"""Seconds to find the next thing on a page one knows and to move a thumb there."""
LETTERS = 3.0
"""A second, typed on a phone: 36 words a minute, of five letters each."""
SPOKEN = 12.0
"""Letters a second, dictated: 145 words a minute."""


@dataclass
class Hands:
    """Drive a page through these and read off ``count`` and ``seconds`` at the end.

    A field counts once, with the tap into it; so does a choice from a list. Seconds are those of a person at the
    speeds above and those that the page really made them wait.
    """

    page: Page
    taps: int = 0
    keys: int = 0
    fields: int = 0
    by_hand: float = 0.0
    began: float = field(default_factory=time.monotonic)

    def tap(self, what: Locator) -> None:
        """Touch or click something."""
        self.taps += 1
        self.by_hand += LOOK
        what.tap() if self._touches() else what.click()

    def fill(self, what: Locator, text: str, *, spoken: bool = False) -> None:
        """Write into a field, or dictate."""
        self.fields += 1
        self.by_hand += LOOK + len(text) / (SPOKEN if spoken else LETTERS)
        what.fill(text)

    def choose(self, what: Locator, value: str) -> None:
        """Pick from a list by what it says or stands for."""
        self.fields += 1
        self.by_hand += 2 * LOOK
        what.select_option(value)

    def press(self, key: str) -> None:
        """One key, as Playwright names it: ``Tab``, ``Enter``, ``a``."""
        self.keys += 1
        self.by_hand += LOOK
        self.page.keyboard.press(key)

    @property
    def count(self) -> int:
        """Interactions: taps, keys and fields together."""
        return self.taps + self.keys + self.fields

    @property
    def seconds(self) -> float:
        """How long it took, at the speed of a person."""
        return self.by_hand + time.monotonic() - self.began

    def __str__(self) -> str:
        return (
            f"{self.count} interactions ({self.taps} taps, {self.keys} keys, {self.fields} fields),"
            f" {self.seconds:.0f} s at the speed of a person"
        )

    def _touches(self) -> bool:
        return bool(self.page.evaluate("navigator.maxTouchPoints > 0"))
