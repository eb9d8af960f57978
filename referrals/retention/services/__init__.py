"""Approving a schedule, holding, exporting, and deleting what is due."""
