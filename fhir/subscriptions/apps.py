"""The app of FHIR Subscriptions: partners' systems hear of changes without asking again and again."""

from pathlib import Path

from django.apps import AppConfig


class SubscriptionsConfig(AppConfig):
    name = "fhir.subscriptions"
    label = "subscriptions"
    path = str(Path(__file__).parent)  # right even if ``fhir`` became a namespace package
    default_auto_field = "django.db.models.BigAutoField"
