"""Whether the tables of a database are those of this code."""

from django.db import connections
from django.db.migrations.executor import MigrationExecutor


def behind(alias: str) -> bool:
    """Whether the database ``alias`` lacks a migration of this code."""
    executor = MigrationExecutor(connections[alias])
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
