from django.apps import AppConfig


class SigninConfig(AppConfig):
    name = "bhu.signin"
    label = "signin"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from bhu.signin import receiving  # noqa: F401, PLC0415  connects itself once models are loaded
