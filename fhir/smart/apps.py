"""The app of tokens for partners' systems (SMART Backend Services)."""

import logging
from pathlib import Path

from django.apps import AppConfig


class SmartConfig(AppConfig):
    name = "fhir.smart"
    label = "smart"
    path = str(Path(__file__).parent)  # right even if ``fhir`` became a namespace package
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # At DEBUG oauthlib writes down each token it hands out, and no log line may hold one.
        for name in ("oauthlib", "oauth2_provider"):
            logging.getLogger(name).setLevel(logging.WARNING)
