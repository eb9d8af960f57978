"""Whether the tables of a database are those of this code. Each app's tables live in one database, by the router."""

from django.apps import apps
from django.db import connections, router
from django.db.migrations.executor import MigrationExecutor


def labels(alias: str) -> set[str]:
    """The apps whose tables live in the database ``alias``."""
    return {config.label for config in apps.get_app_configs() if router.allow_migrate(alias, config.label)}


def behind(alias: str) -> set[str]:
    """The apps that lack a migration in the database ``alias``."""
    executor = MigrationExecutor(connections[alias])
    own = labels(alias)
    leaves = [leaf for leaf in executor.loader.graph.leaf_nodes() if leaf[0] in own]
    return {migration.app_label for migration, _ in executor.migration_plan(leaves)}
