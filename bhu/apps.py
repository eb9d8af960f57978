from django.apps import AppConfig


class BhuConfig(AppConfig):
    name = "bhu"
    default_auto_field = "django.db.models.BigAutoField"
