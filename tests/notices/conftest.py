"""The county of ``tests.county``, and servers that take what is sent."""

from collections.abc import Iterator

import pytest

from tests.notices.sinks import MailSink, WebSink
from tests.referrals.conftest import county, shared_county

__all__ = ["county", "mailbox", "shared_county", "web"]


@pytest.fixture
def mailbox(settings: object) -> Iterator[MailSink]:
    """A mail server on this machine, to which mails go."""
    with MailSink() as sink:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"  # type: ignore[attr-defined]
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", sink.port  # type: ignore[attr-defined]
        settings.EMAIL_TIMEOUT = 0.5  # type: ignore[attr-defined]
        yield sink


@pytest.fixture
def web() -> Iterator[WebSink]:
    """A web server on this machine."""
    with WebSink() as sink:
        yield sink
