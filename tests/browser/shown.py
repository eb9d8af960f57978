"""One page as axe and the camera are to see it."""

from collections.abc import Callable
from dataclasses import dataclass

from django.urls import reverse
from playwright.sync_api import Page

from bhu.demo.cast import Part
from tests.browser.site import Site

Way = Callable[[Page, Site], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A page of the URL table in one state, and how to come there.

    ``name`` is its name in the table, "" for a page without an address of its own; ``user`` the handle of the person
    signed in, "" for nobody. ``go`` starts from the county as loaded and leaves the page open in that state.
    """

    name: str
    go: Way
    state: str = ""
    user: str = ""

    def __str__(self) -> str:
        """``signing-sign-asked``: a word for files and for the names of tests."""
        return "-".join(part for part in (self.name.replace(":", "-").replace("_", "-"), self.state) if part)


def handle(part: Part) -> str:
    """What the tables call somebody who plays in the main job: ``officer1.alder-falls``."""
    return part.email.partition("@")[0]


def page_of(part: Part, name: str, *args: object) -> str:
    """The address of a page in the place of somebody of the main job."""
    return reverse(name, args=[part.agency, part.actor().role.value, *args])


def at(address: str) -> Way:
    """The way to a page that only has to be asked for."""
    return lambda page, _site: ignore(page.goto(address))


def ignore(_answer: object) -> None:
    """A page is looked at whatever its status."""
