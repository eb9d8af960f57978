"""What people look at our pages with: sizes in CSS pixels, light and dark."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Literal

from playwright.sync_api import CDPSession, Page


@dataclass(frozen=True, slots=True)
class Screen:
    """A screen as a browser tells a page of it. ``dense`` is how many real pixels make one of the page's."""

    width: int
    height: int
    touch: bool = False
    dense: float = 1

    @property
    def context(self) -> dict[str, Any]:
        """The options of a Playwright context that has this screen."""
        return {
            "viewport": {"width": self.width, "height": self.height},
            "has_touch": self.touch,
            "is_mobile": self.touch,
            "device_scale_factor": self.dense,
        }

    def zoomed(self, times: float) -> "Screen":
        """The same screen when its user zooms the page: fewer, larger pixels."""
        return replace(self, width=round(self.width / times), height=round(self.height / times), dense=times)


PHONE = Screen(360, 740, touch=True)
TABLET = Screen(768, 1024, touch=True)
LAPTOP = Screen(1024, 768)
"""The one in a cruiser."""
DESKTOP = Screen(1280, 800)
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
NARROWEST = Screen(320, 640)
"""A desk at 400 %, as WCAG 1.4.10 has it."""


NOW = """
() => {
  const { clientWidth, clientHeight } = document.documentElement;
  return [clientWidth, clientHeight, matchMedia("(pointer: coarse)").matches, devicePixelRatio];
}
"""


def shown_on(page: Page) -> Screen:
    """The screen a page is shown on now."""
    return Screen(*page.evaluate(NOW))


@contextmanager
def turned(page: Page, screen: Screen) -> Iterator[None]:
    """Show an open page on another screen, with or without fingers, until the block ends.

    Unlike with a device for each screen, the page need not be brought into its state again. A picture undoes it.
    """
    before = shown_on(page)
    session = page.context.new_cdp_session(page)  # not detached: with it would go what it set, and the fingers
    _turn(session, screen)
    yield
    _turn(session, before)


def _turn(session: CDPSession, screen: Screen) -> None:
    size = {"width": screen.width, "height": screen.height, "deviceScaleFactor": screen.dense, "mobile": screen.touch}
    session.send("Emulation.setDeviceMetricsOverride", size)
    session.send("Emulation.setTouchEmulationEnabled", {"enabled": screen.touch})
