"""``fhir`` is ours, ``fhir.resources`` is the library's: the cure of a name clash, and what it must not break."""

from pathlib import Path

import fhir.resources
from django.apps import apps

import fhir

OURS = Path(__file__).resolve().parents[2] / "fhir"


def test_fhir_is_our_package() -> None:
    assert fhir.__file__ is not None
    assert Path(fhir.__file__).parent == OURS


def test_fhir_resources_is_the_library() -> None:
    assert fhir.resources.__file__ is not None
    assert OURS not in Path(fhir.resources.__file__).parents


def test_the_app_has_our_path() -> None:
    assert Path(apps.get_app_config("fhir").path) == OURS


def test_nothing_of_ours_stands_under_the_library_s_name() -> None:
    assert not list(OURS.glob("resources*"))
