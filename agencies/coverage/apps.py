from django.apps import AppConfig


class CoverageConfig(AppConfig):
    name = "agencies.coverage"
    label = "coverage"
    default_auto_field = "django.db.models.BigAutoField"
