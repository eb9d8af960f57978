"""The Django app of the FHIR edge."""

from pathlib import Path

from django.apps import AppConfig


class FhirConfig(AppConfig):
    name = "fhir"
    path = str(Path(__file__).parent)  # right even if ``fhir`` became a namespace package
