"""The address that partners sign is named, absolute and has one spelling."""

import runpy
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from tests.databases import ROOT


@pytest.fixture
def base_url(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Reads the settings file anew with this address."""

    def read(value: str, **more: str) -> str:
        for name, each in {"BHU_VAR": str(tmp_path), "BHU_BASE_URL": value, **more}.items():
            monkeypatch.setenv(name, each)
        return str(runpy.run_path(str(ROOT / "bhu" / "settings.py"))["BHU_BASE_URL"])

    return read


@pytest.mark.parametrize("value", ["http://localhost:8001", "https://bhu.example.org", "https://bhu.example.org:8443"])
def test_an_address_is_a_scheme_and_a_host(base_url: Any, value: str) -> None:
    assert base_url(value) == value


def test_development_has_one_of_its_own(base_url: Any) -> None:
    assert base_url("") == "http://localhost:8000"


@pytest.mark.parametrize(
    "value",
    [
        "bhu.example.org",
        "https://bhu.example.org/",
        "https://bhu.example.org/x",
        "ftp://x.example.org",
        "https://u@x.org",
    ],
)
def test_any_other_spelling_is_named_at_start(base_url: Any, value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="BHU_BASE_URL is "):
        base_url(value)


@pytest.mark.parametrize(("value", "said"), [("", "is not set"), ("http://bhu.example.org", "is 'http://bhu")])
def test_production_names_it_and_speaks_tls(base_url: Any, value: str, said: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=f"BHU_BASE_URL {said}"):
        base_url(value, BHU_MODE="production")
