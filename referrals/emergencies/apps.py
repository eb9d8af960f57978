from django.apps import AppConfig


class EmergenciesConfig(AppConfig):
    name = "referrals.emergencies"
    label = "emergencies"
    default_auto_field = "django.db.models.BigAutoField"
