"""What ``check --deploy``, and so ``up --production``, refuses besides what Django and the log refuse."""

from datetime import timedelta

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import DatabaseError, connections
from django.utils import timezone

from agencies.vault import installation, kms
from bhu.backup.restoring import tried_since
from bhu.demo.network import holds_demo

HINT = "Name the driver of a key service in BHU_KMS; what it must be able to do is agencies.vault.kms.Provider."


@register(Tags.security, deploy=True)
def keys_lie_elsewhere(**_options: object) -> list[CheckMessage]:
    """Return an error when the agencies' keys are sealed by a file on the disk that holds what they protect."""
    if isinstance(kms.provider(), kms.LocalProvider):
        return [Error("The key service is a file on this machine's disk, for development.", hint=HINT, id="bhu.E001")]
    return []


@register(Tags.security, deploy=True)
def people_are_real(**_options: object) -> list[CheckMessage]:
    """Return an error when the database carries the demo's mark, with which one click signs in as anybody."""
    try:
        marked = holds_demo()
    except DatabaseError:  # other checks say that there is none
        marked = False
    hint = "Use a database of its own; the demo network is for trying out."
    return [Error("This database holds the demo network.", hint=hint, id="bhu.E002")] if marked else []


@register(Tags.security, deploy=True)
def databases_belong_together(**_options: object) -> list[CheckMessage]:
    """Return an error when the shred store is not the one of this main database. Of two empty ones there is none."""
    try:
        if installation.together():
            return []
    except DatabaseError:  # a table that is missing, or that this role may not read: no better than no mark
        if _both_empty():
            return []
    hint = "Look at DATABASE_URL and SHRED_DATABASE_URL; python3 manage.py prepare --for ROLE marks new ones."
    return [Error("The main database and the shred store do not carry one mark.", hint=hint, id="bhu.E003")]


@register(Tags.security, deploy=True)
def keys_could_be_brought_back(**_options: object) -> list[CheckMessage]:
    """Return an error when nobody tried a backup of the keys for ``BHU_KEY_BACKUP_DAYS``: without them all is lost."""
    days = settings.BHU_KEY_BACKUP_DAYS
    try:
        if tried_since(timezone.now() - timedelta(days=days)):
            return []
    except DatabaseError:  # other checks say that there is none
        return []
    hint = "python3 manage.py backup --keys FOLDER, then --try-keys; the first time python3 manage.py init does both."
    return [Error(f"No backup of the keys was tried in the last {days} days.", hint=hint, id="bhu.E004")]


def _both_empty() -> bool:
    """Whether neither database has a table: nothing is there yet that could belong to another."""
    try:
        return not any(each.introspection.table_names() for each in connections.all())
    except DatabaseError:
        return False
