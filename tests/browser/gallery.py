"""The six pictures of the documentation: the main job from a phone to a desk and back, by day and by night."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page

from bhu.demo.cast import CLINICIAN, OFFICER, WINNER
from tests.browser.camera import standing
from tests.browser.pages.board import waiting
from tests.browser.pages.file import opened
from tests.browser.pages.sending import TELL, draft
from tests.browser.screens import DESKTOP, PHONE, Screen
from tests.browser.shown import Way, at, handle

HISTORY = 150
"""So many referrals were before: enough for every list that is shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One picture: whose page, how it is come to, on which screen. ``to`` is what stands at its upper edge."""

    name: str
    user: str
    go: Way
    screen: Screen
    dark: bool = False
    to: str = ""


PICTURES = (
    Picture(name="new-phone", user=handle(OFFICER), go=at(TELL), screen=PHONE),
    Picture(name="preview-phone-dark", user=handle(OFFICER), go=draft("new-preview"), screen=PHONE, dark=True),
    Picture(name="list-desk", user=handle(CLINICIAN), go=waiting("/list/"), screen=DESKTOP),
    Picture(name="file-desk-dark", user=handle(CLINICIAN), go=opened(CLINICIAN), screen=DESKTOP, dark=True),
    Picture(name="asked-phone", user=handle(WINNER), go=opened(WINNER, step="open-ask"), screen=PHONE),
    Picture(name="officer-desk", user=handle(OFFICER), go=opened(OFFICER), screen=DESKTOP),
)


def take_all(program: str, folder: Path, *, into: Path) -> Iterator[Path]:
    """Take every picture: of what a screen shows, not of the whole page. The path of each, once it is written."""
    with standing(program, folder, size=HISTORY) as camera:
        for picture in PICTURES:
            path = into / f"{picture.name}.png"
            with camera.brought(picture.user, picture.go, picture.screen, dark=picture.dark) as page:
                _scroll(page, picture.to)
                page.screenshot(path=path)
            yield path


def _scroll(page: Page, to: str) -> None:
    if to:
        page.locator(to).first.evaluate("each => scrollTo(0, each.getBoundingClientRect().top + scrollY - 8)")
