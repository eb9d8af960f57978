from django.apps import AppConfig


class LegalConfig(AppConfig):
    name = "referrals.legal"
    label = "legal"
