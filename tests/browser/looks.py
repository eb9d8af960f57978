"""What is wrong with how a page is built or shown: by axe's rules, and where it is wider than its screen."""

from dataclasses import replace
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

from tests.browser.screens import shown_on, turned

RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
OPTIONS = {
    "runOnly": {"type": "tag", "values": list(RULES)},
    "rules": {"target-size": {"enabled": True}},  # off by itself, as the one rule of 2.2
    "resultTypes": ["violations"],
}
RUN = "(options) => axe.run(options).then((results) => results.violations)"
WIDER = """
() => {
  const page = document.documentElement;
  if (page.scrollWidth <= page.clientWidth) return [];
  const reach = (each) => {
    const { left, width } = each.getBoundingClientRect();
    return left + Math.max(width, each.scrollWidth);
  };
  const name = ({ tagName, id, className }) =>
    tagName.toLowerCase() + (id && `#${id}`) + (className && `.${className}`);
  const out = [...document.body.querySelectorAll("*")].filter((each) => reach(each) > page.clientWidth + 0.5);
  const causes = out.filter((each) => ![...each.children].some((child) => out.includes(child)));
  causes.sort((one, other) => reach(other) - reach(one));
  return [`${page.scrollWidth} px wide on ${page.clientWidth} px`, ...causes.slice(0, 5).map(name)];
}
"""
LARGE = 32  # px of a letter where the browser's own is 16


def axe(page: Page) -> list[str]:
    """Every violation axe finds on the page, a line for each place: its rule, where, and what to do.

    The screen is made as high as the page meanwhile: a bar that stays at its edge would cover whatever happens to be
    there, and axe takes that for small.
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    screen = shown_on(page)
    with turned(
        page, replace(screen, height=max(screen.height, page.evaluate("document.documentElement.scrollHeight")))
    ):
        found: list[dict[str, Any]] = page.evaluate(RUN, OPTIONS)
    return [
        f"{one['id']}: {' '.join(map(str, node['target']))}: {' '.join(node['failureSummary'].split())}"
        for one in found
        for node in one["nodes"]
    ]


def sticking_out(page: Page) -> list[str]:
    """How wide the page is and what makes it so, if it has to be scrolled sideways; nothing if not."""
    found: list[str] = page.evaluate(WIDER)
    return found


def enlarge(page: Page, letters: int = LARGE) -> None:
    """Set the size of letters as somebody does in the settings of their phone."""
    session = page.context.new_cdp_session(page)
    session.send("Page.setFontSizes", {"fontSizes": {"standard": letters, "fixed": letters}})
    session.detach()
