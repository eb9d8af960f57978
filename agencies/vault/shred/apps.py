from django.apps import AppConfig


class ShredConfig(AppConfig):
    name = "agencies.vault.shred"
    label = "shred"
    default_auto_field = "django.db.models.BigAutoField"
