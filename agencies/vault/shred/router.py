"""Shred secrets live in a database of their own; nothing else does."""

from typing import Any

from django.db.models import Model

ALIAS = "shred"


class ShredRouter:
    """Sends the ``shred`` app to the ``shred`` alias and every other app away from it."""

    def db_for_read(self, model: type[Model], **_hints: Any) -> str | None:
        return ALIAS if model._meta.app_label == ALIAS else None

    db_for_write = db_for_read

    def allow_migrate(self, db: str, app_label: str, **_hints: Any) -> bool:
        return (db == ALIAS) == (app_label == ALIAS)
