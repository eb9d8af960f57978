"""What a browser finds wrong while a test drives it: errors, breaches of the policy, failed or foreign requests."""

import re
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, Response, WebError

LEFT_BEHIND = "net::ERR_ABORTED"  # a page that is left, or a download, ends its requests
ASKED_FOR = frozenset({"document", "xhr", "fetch"})
BREACHES = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`breach of the policy: ${event.effectiveDirective} ${event.blockedURI} ${event.sample}`));
"""


@dataclass
class Watch:
    """The faults of every page of a test, in order. ``base`` is the only site a page may ask anything of."""

    base: str
    faults: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    def expect(self, pattern: str) -> None:
        """Let faults pass in which this regular expression is found: what the test itself brings about."""
        self.expected.append(pattern)

    def unexpected(self) -> list[str]:
        """The faults nobody expected."""
        return [fault for fault in self.faults if not any(re.search(each, fault) for each in self.expected)]

    def over(self, context: BrowserContext) -> None:
        """Watch every page of a context."""
        context.add_init_script(BREACHES)
        context.on("console", self._said)
        context.on("weberror", self._broke)
        context.on("request", self._asked)
        context.on("requestfailed", self._failed)
        context.on("response", self._answered)

    def _said(self, message: ConsoleMessage) -> None:
        # What could not be loaded is judged by its answer, which tells a refused form from a missing file.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self.faults.append(f"console: {message.text}")

    def _broke(self, error: WebError) -> None:
        self.faults.append(f"script: {error.error}")

    def _asked(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https", "ws", "wss") and f"{parts.scheme}://{parts.netloc}" != self.base:
            self.faults.append(f"foreign request: {request.url}")

    def _failed(self, request: Request) -> None:
        if request.failure != LEFT_BEHIND:
            self.faults.append(f"failed request: {request.failure} {request.url}")

    def _answered(self, response: Response) -> None:
        ours = response.status >= HTTPStatus.INTERNAL_SERVER_ERROR
        missing = response.status >= HTTPStatus.BAD_REQUEST and response.request.resource_type not in ASKED_FOR
        if ours or missing:
            self.faults.append(f"answer {response.status}: {response.url}")
