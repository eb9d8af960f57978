from django.apps import AppConfig


class BhuConfig(AppConfig):
    name = "bhu"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from bhu import checks  # noqa: F401, PLC0415  registers itself once models are loaded
