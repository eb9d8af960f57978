from django.apps import AppConfig


class LaterConfig(AppConfig):
    name = "referrals.later"
    label = "later"
    default_auto_field = "django.db.models.BigAutoField"
