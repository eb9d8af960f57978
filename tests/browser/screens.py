"""What people look at our pages with: sizes in CSS pixels, light and dark."""

from dataclasses import dataclass, replace
from typing import Any


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
NARROWEST = Screen(320, 640)
"""A desk at 400 %, as WCAG 1.4.10 has it."""
