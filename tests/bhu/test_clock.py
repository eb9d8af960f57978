"""Another time than the machine's is told to everything that asks, and never in production."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone

from audit.uuid7 import moment, uuid7
from bhu.clock import told_by

THEN = datetime(2025, 6, 1, 9, 30, tzinfo=UTC)


def test_django_and_new_ids_are_told_the_same_time_until_the_end() -> None:
    with told_by(lambda: THEN):
        assert timezone.now() == THEN
        assert moment(uuid7()) == THEN
    assert timezone.now() - THEN > timedelta(days=365)
    assert moment(uuid7()) - THEN > timedelta(days=365)


def test_it_ends_with_an_error_too() -> None:
    with pytest.raises(ZeroDivisionError), told_by(lambda: THEN):
        raise ZeroDivisionError
    assert timezone.now() != THEN


def test_in_production_the_time_is_the_machines(settings: Any) -> None:
    settings.PRODUCTION = True
    with pytest.raises(ImproperlyConfigured), told_by(lambda: THEN):
        raise AssertionError("never entered")
    assert timezone.now() != THEN
