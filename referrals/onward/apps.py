from django.apps import AppConfig


class OnwardConfig(AppConfig):
    name = "referrals.onward"
    label = "onward"
    default_auto_field = "django.db.models.BigAutoField"
