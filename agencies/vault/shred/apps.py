from typing import Any

from django.apps import AppConfig
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

from .router import ALIAS


class ShredConfig(AppConfig):
    name = "agencies.vault.shred"
    label = "shred"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        connection_created.connect(_overwrite_what_is_deleted)


def _overwrite_what_is_deleted(connection: BaseDatabaseWrapper, **_signal: Any) -> None:
    """SQLite leaves deleted rows readable in the file unless told otherwise."""
    if connection.alias == ALIAS and connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA secure_delete=ON")
